"""What opening a file the ordinary way would call, judged by an exact allow-list. Nothing is called to find out."""

from __future__ import annotations

import io
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import Any

from modelreport.facts import Call, CallKind, Danger, Security
from modelreport.load.allowlist import (
    CLASS_CALLS,
    EXPECTED_CALLS,
    EXPECTED_NAMES,
    NESTED_CLASSES,
    RECONSTRUCTOR_BASES,
    STANDARD_LIBRARY,
    canonical,
    is_torch_value,
)
from modelreport.load.describe import describe, short
from modelreport.load.numpy_values import bytes_of
from modelreport.load.pickle_machine import PickleRead, read_pickle
from modelreport.load.pickle_stream import Stream
from modelreport.load.pickle_values import Blob, Made, Name
from modelreport.load.storages import TensorError

CALL_LIMIT = 1000
"""Most distinct calls that are listed."""
DEPTH_LIMIT = 3
"""Deepest nesting of pickles inside the bytes of a pickle that is read."""
EMBEDDED_BYTES = 16 << 20
"""Most bytes of an embedded pickle that are read."""
EMBEDDED_OPERATIONS = 3_000_000
"""Most operations over all embedded pickles of a file."""
NOTE_LIMIT = 20
_CODECS = frozenset({"latin1", "latin-1", "utf-8", "utf8", "ascii", "bytes"})
_LOADS = "torch.storage._load_from_bytes"
_CALLS_ON = frozenset({"torch._tensor._rebuild_from_type", "torch._tensor._rebuild_from_type_v2"})


@dataclass(frozen=True)
class _Key:
    target: str
    arguments: str
    kind: CallKind
    where: str
    danger: Danger


@dataclass
class Scan:
    """Collects what all pickles of a file would do."""

    trusted: str = ""
    """Prefix of names that no Python is behind: ``__torch__.`` in TorchScript."""
    pickles: int = 0
    notes: list[str] = field(default_factory=list)
    executes: bool = False
    """Whether anything outside the allow-list was seen."""
    first: str = ""
    """The first of it, as text."""
    _counts: dict[_Key, int] = field(default_factory=dict)
    _dropped: int = 0
    _budget: int = EMBEDDED_OPERATIONS

    def add(self, read: PickleRead, where: str, depth: int = 0) -> None:
        """Judge everything one pickle would do, and the pickles inside its bytes."""
        self.pickles += 1
        called: set[int] = set()
        loaded: set[int] = set()
        for made in read.calls:
            called.add(id(made.callee))
            self._judge_call(made, where, depth)
            if made.path == _LOADS:
                loaded.update(id(argument) for argument in made.positional)
        for effect in read.effects:
            self._count(_Key(effect.target, describe(effect.value), "build", where, "code"))
        for name in read.names:
            if id(name) not in called:
                self._judge_import(name, where)
        for data in read.embedded:
            if id(data) not in loaded and depth < DEPTH_LIMIT:
                self._note_embedded(data, where, depth + 1)

    def note(self, text: str) -> None:
        """Keep a note, up to a limit."""
        if len(self.notes) < NOTE_LIMIT and text not in self.notes:
            self.notes.append(text)

    def security(self) -> Security:
        """The facts, the dangerous first."""
        order = {"code": 0, "class": 1, "expected": 2}
        keys = sorted(self._counts, key=lambda key: order[key.danger])
        calls = tuple(
            Call(
                target=k.target,
                arguments=k.arguments,
                kind=k.kind,
                where=k.where,
                danger=k.danger,
                count=self._counts[k],
            )
            for k in keys
        )
        notes = list(self.notes)
        if self._dropped:
            notes.append(f"{self._dropped:,} further calls are not listed one by one.")
        return Security(calls=calls, executes=self.executes, pickles=self.pickles, notes=tuple(notes))

    def _count(self, key: _Key) -> None:
        key = _Key(short(key.target), key.arguments if key.danger == "code" else "", key.kind, key.where, key.danger)
        if key.danger == "code" and not self.executes:
            self.executes = True
            self.first = f"{key.target}({key.arguments})" if key.kind == "call" else key.target
        elif key not in self._counts and len(self._counts) >= CALL_LIMIT:
            self._dropped += 1
            return
        self._counts[key] = self._counts.get(key, 0) + 1

    def _judge_call(self, made: Made, where: str, depth: int) -> None:
        path = canonical(made.path)
        danger = self._danger(made, path)
        if path == _LOADS:
            danger = self._nested_load(made, where, depth + 1)
        self._count(_Key(path, describe(made.arguments) if danger == "code" else "", "call", where, danger))
        inner, nested = made, 0
        while canonical(inner.path) in _CALLS_ON and nested < 20:  # these call their first argument
            values = inner.positional
            if len(values) < 3:
                break
            inner, nested = Made(values[0], values[2], "call"), nested + 1
            name = canonical(inner.path)
            self._count(_Key(name, describe(inner.arguments), "call", where, self._danger(inner, name)))

    def _danger(self, made: Made, path: str) -> Danger:
        values = made.positional
        if self.trusted and path.startswith(self.trusted):
            return "expected"
        if made.kind == "new" and _is_nested_class(made.callee):
            return "class"
        if path in EXPECTED_CALLS:
            return "expected" if _harmless(path, values) else "code"
        if path in CLASS_CALLS:
            return "class"
        top, _, rest = path.partition(".")
        if made.kind == "new":
            return "code" if top in STANDARD_LIBRARY or not rest or path.startswith("<") else "class"
        if path == "builtins.getattr" and len(values) == 2 and isinstance(values[1], str):
            changed = made.state is not None or made.items or made.pairs  # changes something that exists already
            if not changed and _is_member(values):
                return "expected"
            return "class" if values[1].isidentifier() and values[1][0] != "_" and not changed else "code"
        return "class" if top == "__main__" and rest.isidentifier() and rest[:1].isupper() else "code"

    def _judge_import(self, name: Name, where: str) -> None:
        path = canonical(name.path)
        if path in EXPECTED_NAMES or is_torch_value(path) or (self.trusted and path.startswith(self.trusted)):
            return
        outside = path.partition(".")[0] in STANDARD_LIBRARY or name.module.startswith("<")
        self._count(_Key(path, "", "import", where, "code" if outside else "class"))

    def _nested_load(self, made: Made, where: str, depth: int) -> Danger:
        """``_load_from_bytes`` is torch.load on its argument: as harmless as the pickles in it."""
        values = made.positional
        try:
            data = bytes_of(values[0]) if len(values) == 1 else None
        except TensorError:
            data = None
        if data is None or depth > DEPTH_LIMIT:
            return "code"
        inner = Scan(_budget=self._budget)
        complete = inner.scan_bytes(data, f"{where}, inside bytes", depth)
        self._budget = inner._budget
        self._merge(inner)
        return "code" if inner.executes or not complete else "expected"

    def _merge(self, other: Scan) -> None:
        self.pickles += other.pickles
        for key, count in other._counts.items():
            self._count(key)
            if key in self._counts:
                self._counts[key] += count - 1
        for text in other.notes:
            self.note(text)

    def _note_embedded(self, data: bytes | Blob, where: str, depth: int) -> None:
        inner = Scan(_budget=self._budget)
        inner.scan_bytes(data, where, depth)
        self._budget = inner._budget
        if inner.executes:
            self.note(f"{where} holds a pickle as plain bytes, which would call {inner.first} if something opened it.")
        for text in inner.notes:
            self.note(text)

    def scan_bytes(self, data: bytes | Blob, where: str, depth: int) -> bool:
        """Judge the pickles that ``data`` holds one after the other, or in a zip; whether the first was whole."""
        if depth > DEPTH_LIMIT:
            return False
        raw = data if isinstance(data, bytes) else data.read(EMBEDDED_BYTES)
        if raw[:4] == b"PK\3\4":
            return self._scan_zip(raw, where, depth)
        return self.scan_stream(Stream(memoryview(raw), 0, len(raw)), where, depth)

    def scan_stream(self, stream: Stream, where: str, depth: int = 0) -> bool:
        """Judge pickles that follow each other, as long as there are any; whether the first was whole."""
        complete = False
        for index in range(100):
            if self._budget <= 0 or stream.remaining < 2:
                break
            read = read_pickle(stream, self._budget)
            self._budget -= read.operations
            if index and read.error and not (read.calls or read.effects):
                break
            complete = complete or not read.error
            self.add(read, where if not index else f"{where}, pickle {index + 1}", depth)
            if read.error:
                break
        return complete

    def _scan_zip(self, raw: bytes, where: str, depth: int) -> bool:
        whole = False
        try:
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                for info in archive.infolist()[:100]:
                    if info.filename.endswith(".pkl") and info.file_size < EMBEDDED_BYTES:
                        with archive.open(info) as member:
                            content = member.read(EMBEDDED_BYTES)
                        whole |= self.scan_bytes(content, f"{where}/{info.filename[:100]}", depth + 1)
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError, EOFError, NotImplementedError, RuntimeError):
            return False
        return whole


def _is_nested_class(callee: Any) -> bool:
    """Whether a computed callable is a known class inside another, as old protocols reach it."""
    if not isinstance(callee, Made) or canonical(callee.path) != "builtins.getattr" or callee.state is not None:
        return False
    values = callee.positional
    changed = callee.items or callee.pairs
    return (
        len(values) == 2
        and not changed
        and isinstance(values[0], Name)
        and isinstance(values[1], str)
        and (values[0].path, values[1]) in NESTED_CLASSES
    )


def _is_member(values: tuple[Any, ...]) -> bool:
    """Whether ``getattr`` takes a member of an expected class: how Python 3.11.0 to 3.11.3 write enumerations."""
    owner, name = values
    return isinstance(owner, Name) and owner.path in EXPECTED_CALLS and name.isidentifier() and name.isupper()


def _harmless(path: str, values: tuple[Any, ...]) -> bool:
    """Whether an allowed function stays harmless with these arguments."""
    if path == "copyreg._reconstructor":  # calls base.__init__
        base = values[1] if len(values) == 3 else None
        return isinstance(base, Name) and canonical(base.path) in RECONSTRUCTOR_BASES
    if path == "_codecs.encode":  # imports encodings.<codec>
        return len(values) < 2 or (isinstance(values[1], str) and values[1].lower() in _CODECS)
    return True
