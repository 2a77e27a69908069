"""What lies beside a weight file: its configuration, the other shards of the same model."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from modelreport.errors import LoadError
from modelreport.facts import Item
from modelreport.load.documents import read_json
from modelreport.remote import RemotePath

if TYPE_CHECKING:
    from pathlib import Path

    from modelreport.checkpoint import Checkpoint
    from modelreport.remote import Location

CONFIG_LIMIT = 1 << 20
NAME = "config.json"
_SHARD = re.compile(r"[-_](\d{5})-of-(\d{5})\.")
"""As transformers, diffusers and Megatron name shards."""
_PARALLEL = re.compile(r"mp_rank_\d+(_\d+)*")
"""Folders of Megatron, one for each part."""
_PROCESS = re.compile(r"(?<![a-z])rank[-_]?\d+")
_NAME_CHARACTERS = 300
_ENTRIES = 20_000


def take_config(checkpoint: Checkpoint, path: Location) -> None:
    """Give a checkpoint read from a file of bare weights the ``config.json`` beside that file, where it has one.

    Only a configuration that names its architecture is taken; whether it is that of these weights is for the second
    room to say, since a folder may hold files of several models.
    """
    bare = checkpoint.tree is None and checkpoint.graph is None and checkpoint.source.content != "script"
    if checkpoint.config is not None or checkpoint.source.kind != "file" or not bare:
        return
    config = _read(path.parent)
    if any(".lora_" in tensor.name[:1000] for tensor in checkpoint.tensors[:100]):
        adapter = _read(path.parent, "adapter_config.json")
        checkpoint.adapter = adapter or None
        checkpoint.folder = checkpoint.folder or path.parent
        return
    if isinstance(config.get("model_type"), str) or isinstance(config.get("architecture"), str):
        checkpoint.config = config
        checkpoint.folder = checkpoint.folder or path.parent


def note_shard(checkpoint: Checkpoint, path: Location) -> None:
    """Say that the file is one of several that make up a model, where its name says so."""
    found = _SHARD.search(path.name)
    if found is None or checkpoint.source.kind != "file" or int(found[2]) < 2:
        return
    note = (
        f"By its name this is file {int(found[1])} of the {int(found[2])} that hold the model: give their folder "
        "for a report on all of them."
    )
    checkpoint.source = replace(checkpoint.source, notes=(*checkpoint.source.notes, note))


def note_process(checkpoint: Checkpoint, path: Location) -> None:
    """Say that the file is that of one of several processes, where names around it say so."""
    if checkpoint.source.kind != "file" or isinstance(path, RemotePath):
        return
    note = ""
    if _PARALLEL.fullmatch(path.parent.name):
        others = [entry for entry in _entries(path.parent.parent) if _PARALLEL.fullmatch(entry)]
        if len(others) > 1:
            note = (
                f"This is the part of {path.parent.name}, one of {len(others)} that tensor and pipeline parallelism "
                "make of a model: tensors may be slices of the model's. How they fit together is not in the file."
            )
    elif _PROCESS.search(path.name[:_NAME_CHARACTERS]):
        pattern = _PROCESS.sub("#", path.name[:_NAME_CHARACTERS])
        files = [entry for entry in _entries(path.parent) if _PROCESS.sub("#", entry[:_NAME_CHARACTERS]) == pattern]
        if len(files) > 1:
            note = (
                f"By its name this is the file of one of {len(files)} processes: give their folder for a report on all "
                "of them."
            )
    if note:
        checkpoint.source = replace(checkpoint.source, notes=(*checkpoint.source.notes, note))


def _entries(folder: Path) -> list[str]:
    """Names in a folder; none where it cannot be read."""
    try:
        return [entry.name for entry in islice(folder.iterdir(), _ENTRIES)]
    except OSError:
        return []


def note_address(checkpoint: Checkpoint, path: Location) -> None:
    """Say where a checkpoint of another machine lies, without the secrets of its address, and how it was read."""
    if not isinstance(path, RemotePath):
        return
    source = checkpoint.source
    notes = dict.fromkeys(note for file in checkpoint.files for note in file.notes)
    address = Item(name="address", value=str(path)[:2000])
    checkpoint.source = replace(source, metadata=(address, *source.metadata), notes=(*source.notes, *notes))


def _read(folder: Location, name: str = NAME) -> dict[str, Any]:
    try:
        found = read_json(folder, name, CONFIG_LIMIT)
    except LoadError:  # nobody asked for it
        return {}
    return found if isinstance(found, dict) else {}
