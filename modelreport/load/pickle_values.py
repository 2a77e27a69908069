"""What a pickle says, as data: names that are never resolved, calls that are never made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from modelreport.files import OpenFile


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Name:
    """A global that the pickle refers to: two strings, never imported."""

    module: str
    name: str

    @property
    def path(self) -> str:
        """Dotted path, such as ``torch._utils._rebuild_tensor_v2``."""
        return f"{self.module}.{self.name}"


@dataclass(eq=False, repr=False, slots=True)
class Made:
    """What a call would have returned; the call, and all that was done to its result, is only recorded."""

    function: Any
    """Usually a ``Name``; anything else is a computed callable."""
    arguments: Any
    """Usually a tuple."""
    kind: Literal["call", "new"]
    """``call`` for ``f(*arguments)``, ``new`` for ``f.__new__(f, *arguments)``."""
    keywords: Any = None
    state: Any = None
    items: list[Any] | None = None
    """Appended or added to it; made on first use, since a file may hold millions of these."""
    pairs: list[tuple[Any, Any]] | None = None
    """Set on it by key."""

    @property
    def callee(self) -> Any:
        """What was called; in files before 1.6 the class inside a reference ``("module", class, file, source)``."""
        function = self.function
        if isinstance(function, Persistent) and isinstance(function.value, tuple) and len(function.value) > 1:
            return function.value[1]
        return function

    @property
    def path(self) -> str:
        """Dotted path of what was called."""
        callee = self.callee
        return callee.path if isinstance(callee, Name) else "<computed callable>"

    @property
    def positional(self) -> tuple[Any, ...]:
        """The arguments; empty where the file gives something else than a tuple."""
        return self.arguments if isinstance(self.arguments, tuple) else ()


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Persistent:
    """A reference to something outside the pickle, such as a tensor's storage."""

    value: Any


@dataclass(eq=False, repr=False, slots=True)
class Pairs:
    """A dict in order of insertion. Keys may be hostile, so they are never hashed as they are."""

    pairs: list[tuple[Any, Any]] = field(default_factory=list)
    _entries: dict[str, Any] = field(default_factory=dict)
    _seen: int = -1

    def entries(self) -> dict[str, Any]:
        """The entries with keys as text, a later key winning; made once, since many objects may share them."""
        if self._seen != len(self.pairs):
            self._entries = {key_text(key): item for key, item in self.pairs}
            self._seen = len(self.pairs)
        return self._entries


@dataclass(eq=False, repr=False, slots=True)
class Group:
    """A set or frozenset."""

    items: list[Any] = field(default_factory=list)


@dataclass(frozen=True, eq=False, repr=False, slots=True)
class Blob:
    """A long bytes value left where it lies."""

    source: OpenFile | memoryview
    offset: int
    size_bytes: int

    def read(self, limit: int) -> bytes:
        """At most ``limit`` bytes from its start."""
        size = min(limit, self.size_bytes)
        if isinstance(self.source, memoryview):
            return bytes(self.source[self.offset : self.offset + size])
        return self.source.pread(size, self.offset)


def key_text(key: Any) -> str:
    """A dict key as text; keys that are neither text nor numbers are named by their type."""
    if isinstance(key, str):
        return key
    if key is None or isinstance(key, (bool, int, float)):
        return str(key)
    if isinstance(key, bytes):
        return key.decode("utf-8", "backslashreplace")
    if isinstance(key, tuple) and all(isinstance(part, (str, int)) for part in key):
        return ".".join(str(part) for part in key)
    return f"<{type(key).__name__}>"


def mapping(value: Any) -> dict[str, Any] | None:
    """The entries of a dict, or of an object that items were set on, with keys as text (a later key wins).

    ``None`` for anything else. Text keys keep the hashing safe from chosen collisions. Not to be changed.
    """
    if isinstance(value, Pairs):
        return value.entries()
    if isinstance(value, Made) and (value.pairs or value.path in MAPPING_CLASSES):
        return {key_text(key): item for key, item in value.pairs or ()}
    return None


MAPPING_CLASSES = frozenset({"collections.OrderedDict", "collections.defaultdict", "collections.Counter"})


def state_of(value: Made) -> dict[str, Any]:
    """The attributes an object would have received; empty when it has none."""
    state = value.state
    if isinstance(state, tuple) and state:  # (dict, slots)
        slots = mapping(state[1]) if len(state) == 2 else None
        attributes = mapping(state[0]) or {}
        return attributes | slots if slots else attributes
    return mapping(state) or {}


def state_size(value: Made) -> int:
    """Entries that ``state_of`` and ``mapping`` look at, counted without looking."""
    states = value.state if isinstance(value.state, tuple) else (value.state,)
    return len(value.pairs or ()) + sum(len(state.pairs) for state in states if isinstance(state, Pairs))
