"""A diffusers pipeline: a folder of several models, each in a folder of its own, listed in ``model_index.json``.

The largest is opened, or the one that ``--pick`` names; the others are listed with their sizes.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelreport.errors import LoadError, OptionsError
from modelreport.facts import ModelChoice, SourceFile
from modelreport.load.documents import flatten
from modelreport.load.parts import Parts
from modelreport.load.siblings import show_name
from modelreport.remote import Location

if TYPE_CHECKING:
    from modelreport.options import Options

INDEX = "model_index.json"
MOST_PARTS = 50
Read = Callable[[Parts, tuple[str, ...], "Options"], None]
"""Reads the weights of one folder."""


def models_of(folder: Location, index: Any) -> dict[str, str]:
    """The parts of a pipeline that have a folder with a configuration or weights: name and class, in their order."""
    found: dict[str, str] = {}
    for name, value in index.items() if isinstance(index, dict) else ():
        named = isinstance(value, list) and len(value) == 2 and all(isinstance(v, str) for v in value)
        plain = isinstance(name, str) and name not in (".", "..") and Path(name).name == name and len(name) < 200
        if named and plain and (folder / name).is_dir() and not (folder / name).is_symlink():
            found[name] = f"{value[1][:100]} of {value[0][:100]}"
        if len(found) == MOST_PARTS:
            break
    return found


def read_largest(parts: Parts, options: Options, read_weights: Read) -> str:
    """Add the weights of the chosen model of a pipeline to ``parts``; its name, empty when none has weights.

    Raises ``OptionsError`` when the pick is not one of its models.
    """
    models = models_of(parts.folder, parts.document(INDEX))
    opened: dict[str, Parts] = {}
    for name in models:
        part = Parts(parts.folder / name)
        try:
            read_weights(part, tuple(sorted(entry.name for entry in part.folder.iterdir())), options)
        except (LoadError, OSError) as error:
            parts.notes.append(f"The part {show_name(name)} cannot be read: {error}")
            _close(part)
            continue
        if part.tensors or part.named:
            opened[name] = part
        else:
            _close(part)
    sizes = {name: sum(t.count for t in part.tensors) for name, part in opened.items()}
    if options.pick and options.pick not in opened:
        for part in opened.values():
            _close(part)
        raise OptionsError(
            f"--pick {options.pick[:100]}: not a model of this pipeline.",
            f"Choose one of {', '.join(opened) or 'none'}.",
        )
    if not opened:
        return ""
    chosen = options.pick or max(sizes, key=lambda name: sizes[name])
    parts.choices = tuple(
        ModelChoice(name=name, tensors=len(part.tensors), parameters=sizes[name], chosen=name == chosen)
        for name, part in opened.items()
    )
    for name, part in opened.items():
        if name != chosen:
            _close(part)
    _take(parts, opened[chosen], chosen)
    listed = ", ".join(f"{name} ({kind})" for name, kind in list(models.items())[:12])
    parts.notes.append(f"A pipeline of {listed}. This report is on {chosen}; --pick names another.")
    return chosen


def _take(parts: Parts, part: Parts, name: str) -> None:
    """What one part holds, its files named with their folder."""
    if (part.folder / "config.json").is_file():
        part.metadata += flatten(part.document("config.json"), "config")
        part.add_file("config.json")
    parts.tensors, parts.extra, parts.named = part.tensors, part.extra, part.named
    parts.files += part.files
    parts.source_files += [SourceFile(name=f"{name}/{f.name}", size_bytes=f.size_bytes) for f in part.source_files]
    parts.owner |= part.owner
    parts.metadata += part.metadata
    parts.unreadable += part.unreadable
    parts.notes += [note for note in part.notes if not note.startswith("Other weight files")]
    parts.calls += part.calls
    parts.security_notes += part.security_notes
    parts.pickles += part.pickles
    parts.executes = parts.executes or part.executes
    parts.documents[f"{name}/config.json"] = part.documents.get("config.json")


def _close(part: Parts) -> None:
    for file in part.files:
        file.close()
