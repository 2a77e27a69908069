"""A checkpoint folder of DeepSpeed ZeRO: ``latest``, and below it the files of every process.

Module weights of ZeRO 1 and 2 are whole in ``mp_rank_00_model_states.pt``; those of ZeRO 3 are put together from the
float32 partitions in ``*_optim_states.pt``. Moments of the optimizer are put together for all stages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelreport.errors import MissingFileError
from modelreport.load.assemble import Opened, assemble
from modelreport.load.contents import Finder
from modelreport.load.documents import read_bytes
from modelreport.load.format import REPOSITORY, Format
from modelreport.load.opening import close_on_failure
from modelreport.load.pickle_values import Made, Pairs, mapping, state_of
from modelreport.load.siblings import show_name
from modelreport.load.storages import no_storages
from modelreport.load.tensors import Tensors
from modelreport.load.torch_files import TorchFiles
from modelreport.load.zero_moments import optimizer_of
from modelreport.load.zero_weights import RANKS_LIMIT, Step, module_of

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

_MODEL = re.compile(r"(?:zero_pp_rank_(\d+)_)?mp_rank_(\d+)_model_states\.pt")
_OPTIMIZER = re.compile(r"(?:\w+_)?zero_pp_rank_(\d+)_mp_rank_(\d+)_optim_states\.pt")
_OTHER = re.compile(r"(?:layer_\d+|expp_rank_\d+).*[-_](?:model|optim)_states\.pt")
_OWN = {
    "module", "param_shapes", "frozen_param_shapes", "frozen_param_fragments", "shared_params", "buffer_names",
    "optimizer", "ds_config",
}  # fmt: skip


def recognises(head: bytes, names: tuple[str, ...]) -> bool:
    """Whether a folder's entries are those of such a checkpoint, or of one step of it."""
    if head or REPOSITORY & set(names):
        return False
    if any(_MODEL.fullmatch(name) for name in names):
        return True
    return "latest" in names and any(name.startswith("global_step") or name == "zero_to_fp32.py" for name in names)


def read(path: Location, options: Options) -> Checkpoint:
    """Open the latest step of a folder, or one step's folder; weights stay lazy.

    A file that is missing costs what cannot be put together without it. Raises ``LoadError`` when the model cannot be
    read at all.
    """
    folder, tag = find_step(path)
    files = TorchFiles(folder)
    with close_on_failure(files.files):
        step = read_step(files, options)
        root = Pairs([*module_of(step), *optimizer_of(step), *_values(step)])
        contents = Finder(Tensors(no_storages("it lies outside the file"))).find(root)
        opened = Opened(path.name or path.resolve().name, FORMAT.id, FORMAT.title, "folder", files.files)
        opened.security = files.scan.security()
        opened.size_bytes = sum(file.size_bytes for file in files.files)
        opened.notes = [*([f"This is the step {show_name(tag)}."] if tag else []), *_notes(step)]
        checkpoint = assemble(opened, contents, options)
    checkpoint.folder = folder
    return checkpoint


def find_step(path: Location) -> tuple[Location, str]:
    """The folder of the step to read, and its name when it lies below ``path``."""
    names = {entry.name for entry in path.iterdir()}
    if any(_MODEL.fullmatch(name) for name in names):
        return path, ""
    tag = ""
    if "latest" in names:
        tag = read_bytes(path, "latest", 1000).decode("utf-8", "replace").strip()
    if tag not in names or not (path / tag).is_dir() or (path / tag).is_symlink():
        raise MissingFileError(
            f"{path.name} names {show_name(tag)} as its latest step, which is not in the folder.",
            "Give the folder of the step that is there.",
        )
    return path / tag, tag


def read_step(files: TorchFiles, options: Options) -> Step:
    """Open every file of a step; ``LoadError`` when no model is among them."""
    names = sorted(entry.name for entry in files.folder.iterdir())
    models = {name: found for name in names if (found := _MODEL.fullmatch(name))}
    states = {name: found for name in names if (found := _OPTIMIZER.fullmatch(name))}
    step = Step(files)
    wanted = [*models.items(), *states.items()]
    for number, (name, found) in enumerate(wanted):
        options.progress("load", number, len(wanted))
        if int(found[2]) or int(found[1] or 0) >= RANKS_LIMIT:
            continue
        file = files.read(name)
        if file is None:
            continue
        if name in models:
            step.models[int(found[1] or 0)] = file
        elif (state := mapping((mapping(file.value) or {}).get("optimizer_state_dict"))) is not None:
            step.states[int(found[1])], step.readers[int(found[1])] = state, file.tensors
    if not step.models:
        reasons = " ".join(f"{reason}." for reason in list(files.failed.values())[:3])
        raise MissingFileError(f"No model states of this step can be read. {reasons}".strip())
    step.stage = max((_stage(state) for state in step.states.values()), default=0)
    step.ranks = max([_count(state) for state in step.states.values()] + [len(step.states), 1])
    if step.ranks > RANKS_LIMIT:
        step.notes.append(f"The optimizer's states name {step.ranks:,} processes, more than are put together.")
        step.states, step.readers, step.ranks = {}, {}, 1
    _note_others(step, names, [int(found[2]) for found in models.values()])
    return step


def _note_others(step: Step, names: list[str], parallel: list[int]) -> None:
    if max(parallel, default=0):
        step.notes.append(
            f"The model is split over {max(parallel) + 1} tensor-parallel parts that hold other slices of tensors of "
            "the same names; how they fit together is not in the files, so that only the first part is reported."
        )
    others = [name for name in names if _OTHER.fullmatch(name)]
    if others:
        step.notes.append(
            f"{len(others)} files of pipeline stages or experts were not read, such as {show_name(others[0])}."
        )


def _stage(state: Mapping[str, Any]) -> int:
    value = state.get("zero_stage")
    if isinstance(value, Made) and value.positional:  # an enumeration
        value = value.positional[0]
    return value if isinstance(value, int) else 0


def _count(state: Mapping[str, Any]) -> int:
    value = state.get("partition_count")
    counts = [c for c in (value if isinstance(value, (list, tuple)) else [value]) if isinstance(c, int)]
    return max(counts, default=0)


def _values(step: Step) -> Iterator[tuple[str, Any]]:
    """Plain values beside the weights: steps, samples, the user's own."""
    model = mapping(step.models[min(step.models)].value) or {}
    for name, value in model.items():
        if name not in _OWN and not (isinstance(value, Made) and state_of(value)):
            yield name, value


def _notes(step: Step) -> list[str]:
    notes = [*step.notes, *(f"{reason}." for reason in step.files.failed.values())]
    missing = [str(rank) for rank in range(step.ranks) if rank not in step.states]
    if missing and step.states:
        shown = ", ".join(missing[:10]) + (" …" if len(missing) > 10 else "")
        notes.append(f"The optimizer states of {len(missing)} of {step.ranks} processes are missing ({shown}).")
    if 0 < step.stage < 3 and step.states:
        notes.append(
            f"ZeRO stage {step.stage} over {step.ranks} processes: the module's own weights are reported; the float32 "
            "copies in the optimizer's files were not compared with them."
        )
    elif step.stage == 3:
        notes.append(f"ZeRO stage 3: weights are put together from the float32 partitions of {step.ranks} processes.")
    return [*notes, *step.files.notes]


FORMAT = Format(
    id="deepspeed-zero",
    title="DeepSpeed ZeRO checkpoint",
    suffixes=("folder",),
    summary="Folder of DeepSpeed (ZeRO 1, 2 and 3): the files of all processes, read as one model.",
    recognises=recognises,
    read=read,
)
