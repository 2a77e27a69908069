"""Several weight files as one checkpoint: shards of an index, or the files of a folder."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import LazyTensor, OptimizerState, Storage
from modelreport.errors import LoadError, UnknownFormatError
from modelreport.facts import Call, Item, ModelChoice, Security, SourceFile, TrainingState
from modelreport.files import OpenFile, open_file
from modelreport.load.documents import read_json
from modelreport.load.probe import probe
from modelreport.load.siblings import find_sibling, show_name
from modelreport.options import Options

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint, ModuleNode
    from modelreport.load.contents import Contents
    from modelreport.load.format import Format
    from modelreport.remote import Location

FOLDER_FORMATS = ("sharded", "huggingface", "torch-dcp", "deepspeed-zero", "torch-ranks", "safetensors-shards")
"""Formats that consist of several files themselves."""


@dataclass
class Parts:
    """What has been read so far; ``files`` and ``source_files`` have the same order."""

    folder: Location
    tensors: list[LazyTensor] = field(default_factory=list)
    extra: list[LazyTensor] = field(default_factory=list)
    files: list[OpenFile] = field(default_factory=list)
    source_files: list[SourceFile] = field(default_factory=list)
    metadata: list[Item] = field(default_factory=list)
    unreadable: list[Item] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    calls: list[Call] = field(default_factory=list)
    security_notes: list[str] = field(default_factory=list)
    code: list[Item] = field(default_factory=list)
    pickles: int = 0
    executes: bool = False
    owner: dict[str, str] = field(default_factory=dict)
    """File that each tensor came from."""
    named: tuple[str, ...] = ()
    """Names in an index of which no file is here."""
    tree: ModuleNode | None = None
    training: TrainingState | None = None
    optimizers: list[OptimizerState] = field(default_factory=list)
    choices: tuple[ModelChoice, ...] = ()
    documents: dict[str, Any] = field(default_factory=dict)
    """JSON files of the folder that were read, by name."""

    def document(self, name: str) -> Any:
        """The value of the JSON file ``name`` of the folder; ``None`` with a note when it cannot be read."""
        if name not in self.documents:
            try:
                self.documents[name] = read_json(self.folder, name)
            except LoadError as error:
                self.documents[name] = None
                self.notes.append(f"{error.message} Its facts are missing.")
            else:
                if self.documents[name] is None:
                    self.notes.append(f"{show_name(name)} holds nothing; its facts are missing.")
        return self.documents[name]

    def add_weights(self, name: str, pick: str = "") -> None:
        """Read the weight file ``name`` of the folder and take over what it holds; may raise ``LoadError``."""
        path = find_sibling(self.folder, name)
        format_ = find_format(path)
        self._merge(format_.read(path, Options(pick=pick)), name)

    def take(self, part: Checkpoint) -> None:
        """Take over what another format read of the folder."""
        self._merge(part, "")

    def add_optimizers(self, contents: Contents, index: int) -> None:
        """Take over the optimizers of a file that is ``files[index]``."""
        moved: dict[int, Storage] = {}
        self.extra += [_move(tensor, tensor.name, index, moved) for tensor in contents.optimizer]
        self.optimizers += [_move_state(state, index, moved) for state in contents.optimizers]

    def add_file(self, name: str) -> None:
        """Name a file that was read for its facts among the source files; ``LoadError`` when it cannot be opened."""
        file = open_file(find_sibling(self.folder, name))
        self.files.append(file)
        self.source_files.append(SourceFile(name=name, size_bytes=file.size_bytes))

    @property
    def security(self) -> Security:
        """What all parts together would have run."""
        return Security(
            calls=tuple(self.calls), executes=self.executes, pickles=self.pickles, notes=tuple(self.security_notes)
        )

    def _merge(self, part: Checkpoint, name: str) -> None:
        base = len(self.files)
        self.files += part.files
        self.source_files += [
            SourceFile(name=name if name and i == 0 else f.name, size_bytes=f.size_bytes)
            for i, f in enumerate(part.source.files)
        ]
        moved: dict[int, Storage] = {}
        prefix = part.source.stripped_prefix
        for tensor in part.tensors:
            full = prefix + tensor.name
            if full in self.owner:
                self.notes.append(
                    f"{show_name(full)} is in {self.owner[full]} and again in {name}; the first is shown."
                )
                continue
            self.owner[full] = name or part.source.format_title
            self.tensors.append(_move(tensor, full, base, moved))
        self.extra += [_move(tensor, tensor.name, base, moved) for tensor in part.extra]
        self.optimizers += [_move_state(state, base, moved) for state in part.optimizers]
        self.metadata += [item for item in part.source.metadata if item not in self.metadata]
        self.unreadable += part.source.unreadable
        self.notes += part.source.notes
        self.code += part.source.code
        self.tree = self.tree or part.tree
        self.training = self.training or part.source.training
        self.choices = self.choices or part.source.choices
        if isinstance(part.security, Security):
            self.calls += [replace_where(call, name) if name else call for call in part.security.calls]
            self.security_notes += part.security.notes
            self.pickles += part.security.pickles
            self.executes = self.executes or part.security.executes
        else:
            self.security_notes.append(f"{name} was not checked for code: {part.security.reason}")


def replace_where(call: Call, name: str) -> Call:
    """The same call, its place named with the file it is in."""
    import msgspec

    return msgspec.structs.replace(call, where=f"{name}: {call.where}")


def find_format(path: Location) -> Format:
    """The format of one weight file, by its content; ``UnknownFormatError`` when it is none that holds weights."""
    from modelreport.load import FORMATS

    seen = probe(path)
    for format_ in FORMATS:
        if format_.id not in FOLDER_FORMATS and format_.recognises(seen.head, seen.names):
            return format_
    raise UnknownFormatError(f"{show_name(path.name)} is not a weight file of a known format.")


def _move_state(state: OptimizerState, base: int, moved: dict[int, Storage]) -> OptimizerState:
    """The state of an optimizer, its tensors moved as those of the model are."""
    states = {
        key: {
            name: _move(value, value.name, base, moved) if isinstance(value, LazyTensor) else value
            for name, value in values.items()
        }
        for key, values in state.states.items()
    }
    return replace(state, states=states)


def _move(tensor: LazyTensor, name: str, base: int, moved: dict[int, Storage]) -> LazyTensor:
    """The tensor under its full name, its storage pointing at the file's place in the joined list; sharing is kept."""
    storage = tensor.storage
    if storage is not None and base:
        storage = moved.setdefault(id(storage), replace(storage, file=storage.file + base))
    return replace(tensor, name=name, storage=storage)
