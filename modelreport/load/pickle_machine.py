"""A pickle machine that only records: every opcode of protocols 0 to 5, no import, no call.

The stack, the memo and the marks behave as in Python's own ``pickle``, so that the recorded operands are the real
ones. Source of the opcodes: Lib/pickletools.py of CPython.
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from modelreport.load.describe import short
from modelreport.load.pickle_stream import BrokenPickleError, Stream
from modelreport.load.pickle_values import Blob, Group, Made, Name, Pairs, Persistent

OPERATION_LIMIT = 10_000_000
INTEGER_LIMIT_BYTES = 1024
EMBEDDED_LIMIT = 200
NAME_LIMIT = 100_000
NAME_CHARACTERS = 500
_MARK = object()


@dataclass(frozen=True)
class Effect:
    """Something done to an imported object itself: ``BUILD``, ``APPEND`` or ``SETITEM`` on a global."""

    target: str
    value: Any


@dataclass
class PickleRead:
    """What one pickle stream says, as far as it could be read."""

    value: Any = None
    error: str = ""
    """Why reading stopped early; empty when the stream ended as it should."""
    names: list[Name] = field(default_factory=list)
    """Every global, in order, once per distinct path."""
    calls: list[Made] = field(default_factory=list)
    """Every call that unpickling would make, in order."""
    effects: list[Effect] = field(default_factory=list)
    persistent: list[Persistent] = field(default_factory=list)
    embedded: list[bytes | Blob] = field(default_factory=list)
    """Bytes values that themselves look like pickles or archives."""
    operations: int = 0
    end: int = 0
    """Offset of the first byte after the stream."""


def read_pickle(stream: Stream, limit: int = OPERATION_LIMIT) -> PickleRead:
    """Read one pickle of at most ``limit`` operations; never raises for its content: see ``PickleRead.error``."""
    machine = _Machine(stream, limit)
    read = machine.read
    try:
        machine.run()
    except BrokenPickleError as error:
        read.error = str(error)
    except (ValueError, struct.error, OverflowError, IndexError, TypeError) as error:
        read.error = f"an operand is malformed ({str(error)[:100]})"
    except MemoryError:
        read.error = "it needs more memory than there is"
    read.end = stream.offset
    return read


class _Machine:
    """State of one run: stack, memo and what was recorded."""

    def __init__(self, stream: Stream, limit: int) -> None:
        self.stream = stream
        self.limit = limit
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.read = PickleRead()
        self._names: dict[tuple[str, str], Name] = {}

    def run(self) -> None:
        take, table, read = self.stream.take, _TABLE, self.read
        while True:
            code = take(1)[0]
            read.operations += 1
            if read.operations > self.limit:
                raise BrokenPickleError(f"it has more than {self.limit:,} operations")
            if code == 0x2E:  # STOP
                read.value = self.pop()
                return
            operation = table[code]
            if operation is None:
                raise BrokenPickleError(f"byte {code:#04x} at {self.stream.offset - 1} is no pickle operation")
            operation(self)

    # Stack

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def pop(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise BrokenPickleError("it takes a value from an empty stack")
        return self.stack.pop()

    def top(self) -> Any:
        if not self.stack or self.stack[-1] is _MARK:
            raise BrokenPickleError("it uses a value of an empty stack")
        return self.stack[-1]

    def pop_marked(self) -> list[Any]:
        stack = self.stack
        for index in range(len(stack) - 1, -1, -1):
            if stack[index] is _MARK:
                values = stack[index + 1 :]
                del stack[index:]
                return values
        raise BrokenPickleError("it closes a group that was never opened")

    def take_top(self, count: int) -> tuple[Any, ...]:
        return tuple([self.pop() for _ in range(count)][::-1])

    # Numbers and text

    def unsigned(self, size: int) -> int:
        return int.from_bytes(self.stream.take(size), "little")

    def signed(self) -> int:
        return int.from_bytes(self.stream.take(4), "little", signed=True)

    def long(self, size: int) -> int:
        if size > INTEGER_LIMIT_BYTES:
            raise BrokenPickleError(f"it holds an integer of {size:,} bytes")
        return int.from_bytes(self.stream.take(size), "little", signed=True)

    def integer_line(self) -> int | bool:
        text = self.stream.line()
        if text in (b"00", b"01"):
            return text == b"01"
        if len(text) > 2 * INTEGER_LIMIT_BYTES:
            raise BrokenPickleError(f"it holds an integer of {len(text):,} digits")
        return int(text.rstrip(b"L") or b"0", 0)

    def quoted_line(self) -> str | bytes:
        text = self.stream.line().strip()
        if len(text) < 2 or text[:1] != text[-1:] or text[:1] not in (b"'", b'"'):
            raise BrokenPickleError("a quoted text has no quotes")
        return python2_text(codecs.escape_decode(text[1:-1])[0])

    def data(self, size: int) -> None:
        value = self.stream.data(size)
        head = value if isinstance(value, bytes) else value.read(64)
        if looks_embedded(head) and len(self.read.embedded) < EMBEDDED_LIMIT:
            self.read.embedded.append(value)
        self.push(value)

    # Names and calls

    def name(self, module: Any, name: Any) -> Name:
        module, name = (
            short(part, NAME_CHARACTERS) if isinstance(part, str) else f"<{type(part).__name__}>"
            for part in (module, name)
        )
        parts = (module, name)
        known = self._names.get(parts)
        if known is None:
            known = Name(*parts)
            if len(self.read.names) >= NAME_LIMIT:
                raise BrokenPickleError(f"it refers to more than {NAME_LIMIT:,} names")
            self._names[parts] = known
            self.read.names.append(known)
        return known

    def call(self, function: Any, arguments: Any, keywords: Any = None, *, new: bool = False) -> None:
        made = Made(function, arguments, "new" if new else "call", keywords)
        self.read.calls.append(made)
        self.push(made)

    def persist(self, value: Any) -> None:
        reference = Persistent(value)
        self.read.persistent.append(reference)
        self.push(reference)

    def remember(self, index: int) -> None:
        self.memo[index] = self.top()

    def recall(self, index: int) -> None:
        if index not in self.memo:
            raise BrokenPickleError("it recalls a value that was never stored")
        self.push(self.memo[index])

    # Changes to values

    def extend(self, values: list[Any]) -> None:
        target = self.top()
        if isinstance(target, list):
            target.extend(values)
        elif isinstance(target, Group):
            target.items.extend(values)
        elif isinstance(target, Made):
            target.items = target.items or []
            target.items.extend(values)
        elif isinstance(target, Name):
            self.read.effects.append(Effect(f"{target.path}.append", tuple(values)))
        else:
            raise BrokenPickleError(f"it appends to a {type(target).__name__}")

    def set_items(self, values: list[Any]) -> None:
        if len(values) % 2:
            raise BrokenPickleError("it sets a key without a value")
        target = self.top()
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if isinstance(target, (Pairs, Made)):
            target.pairs = target.pairs or []
            target.pairs.extend(pairs)
        elif isinstance(target, Name):
            self.read.effects.append(Effect(f"{target.path}.__setitem__", tuple(values)))
        elif isinstance(target, list) and all(isinstance(key, int) and 0 <= key < len(target) for key, _ in pairs):
            for key, value in pairs:
                target[key] = value
        else:
            raise BrokenPickleError(f"it sets an item of a {type(target).__name__}")

    def build(self) -> None:
        state = self.pop()
        target = self.top()
        if isinstance(target, Made):
            if isinstance(target.state, Pairs) and isinstance(state, Pairs):
                state = Pairs(target.state.pairs + state.pairs)
            target.state = state
        elif isinstance(target, Name):
            self.read.effects.append(Effect(f"{target.path}.__setstate__", state))
        else:
            raise BrokenPickleError(f"it sets attributes of a {type(target).__name__}")


def python2_text(data: bytes) -> str | bytes:
    """A Python 2 string: text where it is UTF-8, otherwise bytes (array data)."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data


def text(data: bytes) -> str:
    """Text of a pickle; what is not UTF-8 is shown escaped, surrogates are kept as Python wrote them."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("utf-8", "backslashreplace")


def looks_embedded(head: bytes) -> bool:
    """Whether bytes start like a pickle of protocol 2 to 5, a zip, or an old-style pickle of a call."""
    if len(head) < 4:
        return False
    return (
        (head[0] == 0x80 and 2 <= head[1] <= 5) or head[:4] == b"PK\3\4" or (head[:1] in (b"c", b"(") and b"\n" in head)
    )


def _protocol(machine: _Machine) -> None:
    version = machine.unsigned(1)
    if version > 5:
        raise BrokenPickleError(f"it is of pickle protocol {version}, which does not exist")


def _pop_any(machine: _Machine) -> None:
    if machine.stack and machine.stack[-1] is _MARK:
        machine.stack.pop()
    else:
        machine.pop()


def _dict(machine: _Machine) -> None:
    values = machine.pop_marked()
    machine.push(Pairs())
    machine.set_items(values)


def _instance(machine: _Machine) -> None:
    module, name = text(machine.stream.line()), text(machine.stream.line())
    machine.call(machine.name(module, name), tuple(machine.pop_marked()))


def _object(machine: _Machine) -> None:
    values = machine.pop_marked()
    if not values:
        raise BrokenPickleError("it makes an object without a class")
    machine.call(values[0], tuple(values[1:]))


def _new_with_keywords(machine: _Machine) -> None:
    function, arguments, keywords = machine.take_top(3)
    machine.call(function, arguments, keywords, new=True)


def _add_to_set(machine: _Machine) -> None:
    values = machine.pop_marked()
    if not isinstance(machine.top(), (Group, Made)):
        raise BrokenPickleError("it adds to something that is no set")
    machine.extend(values)


def _extension(machine: _Machine, code: int) -> None:
    machine.push(machine.name("copyreg.extension", str(code)))


def _out_of_band(_: _Machine) -> None:
    raise BrokenPickleError("it needs buffers that are kept outside the file")


_OPERATIONS: dict[int, Callable[[_Machine], Any]] = {
    ord("("): lambda m: m.push(_MARK),
    ord("0"): _pop_any,
    ord("1"): lambda m: m.pop_marked(),
    ord("2"): lambda m: m.push(m.top()),
    ord("F"): lambda m: m.push(float(m.stream.line())),
    ord("I"): lambda m: m.push(m.integer_line()),
    ord("J"): lambda m: m.push(m.signed()),
    ord("K"): lambda m: m.push(m.unsigned(1)),
    ord("L"): lambda m: m.push(int(m.integer_line())),
    ord("M"): lambda m: m.push(m.unsigned(2)),
    ord("N"): lambda m: m.push(None),
    ord("P"): lambda m: m.persist(text(m.stream.line())),
    ord("Q"): lambda m: m.persist(m.pop()),
    ord("R"): lambda m: m.call(*m.take_top(2)),
    ord("S"): lambda m: m.push(m.quoted_line()),
    ord("T"): lambda m: m.push(python2_text(m.stream.take(m.signed()))),
    ord("U"): lambda m: m.push(python2_text(m.stream.take(m.unsigned(1)))),
    ord("V"): lambda m: m.push(m.stream.line().decode("raw-unicode-escape", "backslashreplace")),
    ord("X"): lambda m: m.push(text(m.stream.take(m.unsigned(4)))),
    ord("a"): lambda m: m.extend([m.pop()]),
    ord("b"): _Machine.build,
    ord("c"): lambda m: m.push(m.name(text(m.stream.line()), text(m.stream.line()))),
    ord("d"): _dict,
    ord("}"): lambda m: m.push(Pairs()),
    ord("e"): lambda m: m.extend(m.pop_marked()),
    ord("g"): lambda m: m.recall(int(m.integer_line())),
    ord("h"): lambda m: m.recall(m.unsigned(1)),
    ord("i"): _instance,
    ord("j"): lambda m: m.recall(m.unsigned(4)),
    ord("l"): lambda m: m.push(m.pop_marked()),
    ord("]"): lambda m: m.push([]),
    ord("o"): _object,
    ord("p"): lambda m: m.remember(int(m.integer_line())),
    ord("q"): lambda m: m.remember(m.unsigned(1)),
    ord("r"): lambda m: m.remember(m.unsigned(4)),
    ord("s"): lambda m: m.set_items(list(m.take_top(2))),
    ord("t"): lambda m: m.push(tuple(m.pop_marked())),
    ord(")"): lambda m: m.push(()),
    ord("u"): lambda m: m.set_items(m.pop_marked()),
    ord("G"): lambda m: m.push(struct.unpack(">d", m.stream.take(8))[0]),
    0x80: _protocol,
    0x81: lambda m: m.call(*m.take_top(2), new=True),
    0x82: lambda m: _extension(m, m.unsigned(1)),
    0x83: lambda m: _extension(m, m.unsigned(2)),
    0x84: lambda m: _extension(m, m.signed()),
    0x85: lambda m: m.push(m.take_top(1)),
    0x86: lambda m: m.push(m.take_top(2)),
    0x87: lambda m: m.push(m.take_top(3)),
    0x88: lambda m: m.push(True),
    0x89: lambda m: m.push(False),
    0x8A: lambda m: m.push(m.long(m.unsigned(1))),
    0x8B: lambda m: m.push(m.long(m.signed())),
    ord("B"): lambda m: m.data(m.unsigned(4)),
    ord("C"): lambda m: m.data(m.unsigned(1)),
    0x8C: lambda m: m.push(text(m.stream.take(m.unsigned(1)))),
    0x8D: lambda m: m.push(text(m.stream.take(m.unsigned(8)))),
    0x8E: lambda m: m.data(m.unsigned(8)),
    0x8F: lambda m: m.push(Group()),
    0x90: _add_to_set,
    0x91: lambda m: m.push(Group(m.pop_marked())),
    0x92: _new_with_keywords,
    0x93: lambda m: m.push(m.name(*m.take_top(2))),
    0x94: lambda m: m.remember(len(m.memo)),
    0x95: lambda m: m.unsigned(8),
    0x96: lambda m: m.data(m.unsigned(8)),
    0x97: _out_of_band,
    0x98: _out_of_band,
}
_TABLE: list[Callable[[_Machine], Any] | None] = [_OPERATIONS.get(code) for code in range(256)]
