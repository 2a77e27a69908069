"""From what was found in a file to the open ``Checkpoint``: the chosen model in front, everything else beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.errors import CorruptFileError, OptionsError
from modelreport.facts import Content, Item, ModelChoice, Security, Skipped, Source, SourceFile, SourceKind
from modelreport.files import OpenFile
from modelreport.load.contents import Candidate, Contents, Finder
from modelreport.load.describe import short
from modelreport.load.training import training_state

if TYPE_CHECKING:
    from modelreport.load.format import Format
    from modelreport.load.pickle_machine import PickleRead
    from modelreport.load.security import Scan
    from modelreport.load.tensors import Tensors
    from modelreport.options import Options


@dataclass
class Opened:
    """What a format knows about the source before a model is chosen."""

    name: str
    format_id: str
    format_title: str
    kind: SourceKind = "file"
    files: list[OpenFile] = field(default_factory=list)
    security: Security | Skipped = field(default_factory=lambda: Security(calls=(), executes=False, pickles=0))
    notes: list[str] = field(default_factory=list)
    code: list[Item] = field(default_factory=list)
    metadata: list[Item] = field(default_factory=list)
    size_bytes: int = 0

    @staticmethod
    def of(file: OpenFile, format_: Format) -> Opened:
        """For a single open file."""
        return Opened(
            name=file.path.name,
            format_id=format_.id,
            format_title=format_.title,
            files=[file],
            size_bytes=file.size_bytes,
        )


def broken(name: str, reason: str, scan: Scan) -> CorruptFileError:
    """The error for a pickle that breaks off; it names what the file would already have run."""
    first = f" Before that, opening it with torch.load would call {scan.first}." if scan.executes else ""
    return CorruptFileError(f"{name} is damaged: its pickle cannot be read to the end, {reason}.{first}")


def require(found: PickleRead, scan: Scan, name: str) -> None:
    """``CorruptFileError`` for a pickle that breaks off, unless its calls are worth a report."""
    if found.error and not scan.executes:
        raise broken(name, found.error, scan)


def contents_of(found: PickleRead, tensors: Tensors, scan: Scan, name: str) -> Contents:
    """What one pickle holds; a broken one that would run code gives empty contents with a note."""
    if not found.error:
        return Finder(tensors).find(found.value)
    require(found, scan, name)
    return Contents(notes=[f"The pickle cannot be read to its end ({found.error}); nothing but its calls is shown."])


def choose(candidates: list[Candidate], pick: str) -> Candidate:
    """The picked model, or the largest: with parameter names before one without, the first of equals."""
    if pick:
        for candidate in candidates:
            if candidate.path == pick:
                return candidate
        named = [candidate.path for candidate in candidates if candidate.path]
        more = f" and {len(named) - 20} more" if len(named) > 20 else ""
        hint = f"It holds: {', '.join(named[:20])}{more}." if named else "It holds one model: leave out --pick."
        raise OptionsError(f"--pick {short(pick, 100)}: the file holds no model of this name.", hint)
    return max(candidates, key=lambda candidate: (candidate.parameters, candidate.kind != "list"))


def assemble(opened: Opened, contents: Contents, options: Options, content: Content | None = None) -> Checkpoint:
    """The checkpoint; ``CorruptFileError`` when there is no tensor and nothing to warn of."""
    executes = isinstance(opened.security, Security) and opened.security.executes
    candidates = [candidate for candidate in contents.candidates if candidate.tensors or candidate.tree]
    if not candidates and not executes:
        held = f"only the state of an optimizer ({', '.join(contents.kinds)})" if contents.kinds else "no tensor"
        raise CorruptFileError(
            f"{opened.name} is a readable {opened.format_title} file that holds {held}.",
            "Give the file that holds the weights.",
        )
    chosen = choose(candidates, options.pick) if candidates else Candidate("", "list", [])
    training = training_state(contents.items, contents.kinds, contents.optimizer)
    notes = [*opened.notes, *contents.notes]
    if not candidates:
        notes.append("The file holds no tensors.")
    if contents.items.dropped:
        notes.append(f"{contents.items.dropped:,} further values beside the weights are not listed.")
    extra = (*contents.optimizer, *_others(candidates, chosen), *contents.loose)
    source = Source(
        name=opened.name,
        kind=opened.kind,
        format=opened.format_id,
        format_title=opened.format_title,
        content=content or _content(chosen, training is not None),
        files=tuple(SourceFile(name=file.path.name, size_bytes=file.size_bytes) for file in opened.files),
        size_bytes=opened.size_bytes,
        model_key=chosen.path,
        stripped_prefix=chosen.prefix,
        choices=_choices(candidates, chosen),
        training=training,
        metadata=tuple(opened.metadata),
        code=tuple(opened.code),
        unreadable=_unreadable((*chosen.tensors, *extra)),
        notes=tuple(dict.fromkeys(notes)),
    )
    return Checkpoint(
        source=source,
        security=opened.security,
        tensors=tuple(chosen.tensors),
        extra=extra,
        optimizers=tuple(contents.optimizers),
        tree=chosen.tree,
        files=opened.files,
    )


def _unreadable(tensors: Iterable[LazyTensor]) -> tuple[Item, ...]:
    """Tensors that are in the pickle but whose values are not in the file (meta tensors never had any)."""
    return tuple(Item(name=short(t.name, 200), value=t.missing) for t in tensors if t.missing and t.dtype == "unknown")


def _content(chosen: Candidate, trained: bool) -> Content:
    if trained and chosen.path:
        return "training checkpoint"
    if chosen.kind == "module":
        return "module"
    return "state_dict" if chosen.kind == "state_dict" else "weights"


def _choices(candidates: list[Candidate], chosen: Candidate) -> tuple[ModelChoice, ...]:
    if len(candidates) < 2:
        return ()
    return tuple(
        ModelChoice(name=c.path, tensors=len(c.tensors), parameters=c.parameters, chosen=c is chosen)
        for c in candidates
    )


def _others(candidates: list[Candidate], chosen: Candidate) -> list[LazyTensor]:
    found: list[LazyTensor] = []
    for candidate in candidates:
        if candidate is not chosen:
            front = f"{candidate.path}." if candidate.path else ""
            found += [
                replace(tensor, name=f"{front}{short(tensor.name, 1000)}", role="other") for tensor in candidate.tensors
            ]
    return found
