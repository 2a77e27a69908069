"""Attributes of pickled objects as plain data: scalars, tuples, lists, dicts, and ``Opaque`` for everything else."""

from __future__ import annotations

from typing import Any

from modelreport.checkpoint import LazyTensor, Opaque
from modelreport.load.allowlist import canonical
from modelreport.load.describe import short
from modelreport.load.numpy_values import is_array, read_scalar
from modelreport.load.pickle_values import Blob, Group, Made, Name, Pairs, key_text, mapping, state_of

DEPTH_LIMIT = 8
ITEM_LIMIT = 10_000
"""Most values inside one attribute; what is beyond is left out."""
TOTAL_LIMIT = 5_000_000
"""Most values over all attributes of a file."""
KEY_CHARACTERS = 1000
_INTEGER_BITS = 4096
_SEQUENCES = {"builtins.list": list, "builtins.tuple": tuple, "torch.Size": tuple, "collections.deque": list}
_NUMBERS = {"builtins.int": int, "builtins.float": float, "builtins.bool": bool}


class Plain:
    """Converts values of one pickle; an object that is met again gives the same ``Opaque``."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[Any, Any]] = {}
        self._texts: dict[int, tuple[str, str]] = {}
        self._left = 0
        self._total = TOTAL_LIMIT

    def convert(self, value: Any) -> Any:
        """``value`` as plain data of bounded depth and size."""
        self._left = budget = min(ITEM_LIMIT, self._total)
        result = self._convert(value, 0)
        self._total -= budget - self._left
        return result

    def _convert(self, value: Any, depth: int) -> Any:
        self._left -= 1
        if value is None or isinstance(value, (bool, float)):
            return value
        if isinstance(value, int):
            return value if value.bit_length() < _INTEGER_BITS else Opaque("builtins.int", ("too long",))
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, bytes):
            return Opaque("builtins.bytes", (len(value),))
        if isinstance(value, Blob):
            return Opaque("builtins.bytes", (value.size_bytes,))
        if isinstance(value, LazyTensor):
            return Opaque("torch.Tensor", (value.dtype, value.shape))
        if isinstance(value, Name):
            return Opaque(value.path)
        if depth >= DEPTH_LIMIT or self._left <= 0:
            return Opaque("…")
        if isinstance(value, tuple):
            return tuple(self._several(value, depth))
        if isinstance(value, list):
            return self._several(value, depth)
        if isinstance(value, Pairs):
            return self._dict(value.pairs, depth)
        if isinstance(value, Group):
            return Opaque("builtins.set", tuple(self._several(value.items, depth)))
        return self._object(value, depth) if isinstance(value, Made) else Opaque(f"<{type(value).__name__}>")

    def _text(self, value: str) -> str:
        """Long texts are cut once, however often they are met."""
        if len(value) <= KEY_CHARACTERS:
            return value
        if id(value) not in self._texts:
            self._texts[id(value)] = (value, short(value, 100_000))
        return self._texts[id(value)][1]

    def _several(self, values: list[Any] | tuple[Any, ...], depth: int) -> list[Any]:
        found = []
        for value in values:
            if self._left <= 0:
                break
            found.append(self._convert(value, depth + 1))
        return found

    def _dict(self, pairs: list[tuple[Any, Any]], depth: int) -> dict[Any, Any]:
        found: dict[Any, Any] = {}
        for key, value in pairs:
            if self._left <= 0:
                break
            small = type(key) is int and -(2**31) < key < 2**31
            found[key if small else short(key_text(key), KEY_CHARACTERS)] = self._convert(value, depth + 1)
        return found

    def _object(self, value: Made, depth: int) -> Any:
        known = self._known.get(id(value))
        if known is not None:
            return known[1]
        path = canonical(value.path)
        self._known[id(value)] = (value, Opaque(path))  # what a cycle sees
        result = self._object_once(value, path, depth)
        self._known[id(value)] = (value, result)
        return result

    def _object_once(self, value: Made, path: str, depth: int) -> Any:
        arguments = value.positional
        number = read_scalar(value)
        if number is not None:
            return number
        entries = mapping(value)
        if entries is not None and path.startswith("collections."):
            return self._dict(value.pairs or [], depth)
        if path in _SEQUENCES:
            inner = arguments[0] if arguments and isinstance(arguments[0], (list, tuple)) else ()
            return _SEQUENCES[path](self._several([*inner, *(value.items or ())], depth))
        if path in _NUMBERS and len(arguments) == 1 and isinstance(arguments[0], (int, float)):
            return arguments[0]
        if path.startswith("torch.jit._pickle.") and arguments:  # build_intlist(values), restore_type_tag(value, type)
            return self._convert(arguments[0], depth + 1)
        if path in ("torch.device", "torch.torch_version.TorchVersion") and arguments and isinstance(arguments[0], str):
            rest = [str(a) for a in arguments[1:2] if isinstance(a, int)]
            return ":".join([arguments[0], *rest])
        if path.startswith("pathlib.") and all(isinstance(part, str) for part in arguments):
            return "/".join(arguments).replace("//", "/", 1)
        if is_array(value) or path.startswith(("torch._utils._rebuild", "torch._tensor._rebuild")):
            return Opaque("torch.Tensor" if not is_array(value) else "numpy.ndarray")
        if state_of(value).keys() >= {"_modules", "_parameters"}:
            return Opaque(path, ("a module",))
        return self._opaque(value, path, arguments, depth)

    def _opaque(self, value: Made, path: str, arguments: tuple[Any, ...], depth: int) -> Opaque:
        state: Any = None
        if value.state is not None:
            attributes = state_of(value)
            state = self._dict(list(attributes.items()), depth) if attributes else self._convert(value.state, depth + 1)
        elif value.pairs:
            state = self._dict(value.pairs, depth)
        elif value.items:
            state = self._several(value.items, depth)
        if path == "copyreg._reconstructor" and arguments and isinstance(arguments[0], Name):
            return Opaque(canonical(arguments[0].path), (), state)
        return Opaque(path, tuple(self._several(arguments, depth)), state)
