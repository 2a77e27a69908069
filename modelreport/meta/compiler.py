"""torch's compiler kept out of a process that does not compile anything.

torchvision and timm import ``torch._dynamo`` to mark functions that it should leave alone, and so do torch's own rules
for meta tensors, which also ask its symbolic shapes, and with them sympy, whether plain numbers are equal. That takes
longer than torch itself, and 120 MB. Here modules of these names answer what is asked of them so; the real ones are
imported when anything else is.
"""

from __future__ import annotations

import functools
import importlib
import operator
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FunctionType, ModuleType
from typing import Any

_DYNAMO, _UTILS, _SHAPES = "torch._dynamo", "torch._dynamo.utils", "torch.fx.experimental.symbolic_shapes"


class Later(ModuleType):
    """Stands for a module until something of it is used that ``answers`` does not hold."""

    def __init__(self, name: str, answers: dict[str, Any]) -> None:
        super().__init__(name)
        vars(self).update(answers)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and (name, self.__name__) != ("__path__", _DYNAMO):
            raise AttributeError(name)  # what the import system asks of any module: only one of them is a package
        return getattr(_real(self.__name__), name)


@contextmanager
def compiler_later() -> Iterator[None]:
    """Nothing of the compiler is imported while the block runs, if it was not before and is not needed."""
    if any(name in sys.modules for name in _ANSWERS):
        yield
        return
    for name, answers in _ANSWERS.items():
        sys.modules[name] = Later(name, answers)
    try:
        yield
    finally:
        _let_go()


def is_there() -> bool:
    """Whether the compiler was imported, by whomever."""
    return not isinstance(sys.modules.get(_DYNAMO), Later | None)


def _let_go() -> None:
    for name in _ANSWERS:
        if isinstance(sys.modules.get(name), Later):
            del sys.modules[name]


def _real(name: str) -> Any:
    """The module itself. Its package comes first, and wants the others.

    Imported on a thread of its own: errors that an import has caught and kept would else hold the frames of the pass
    that it interrupts, and with them tensors.
    """
    if isinstance(sys.modules.get(name), Later):
        _let_go()
        thread = threading.Thread(target=importlib.import_module, args=(name,))
        thread.start()
        thread.join()
    return importlib.import_module(name)


def _is_supported(device_type: Any) -> Any:
    return _real(_UTILS).is_compile_supported(device_type)


def _mark(fn: Any = None, recursive: bool = True, **options: Any) -> Any:
    """``disable`` for functions that no compiler has seen yet: it is told of them when there is one."""
    if fn is None:
        return lambda given: _mark(given, recursive, **options)
    if not isinstance(fn, FunctionType):
        return _real(_DYNAMO).disable(fn, recursive, **options)

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        known = _real(_DYNAMO).disable(fn, recursive, **options) if is_there() else fn
        return known(*args, **kwargs)

    return call


# --- what symbolic shapes say of plain numbers ----------------------------------------------------------------------


def _plainly(name: str, kind: type) -> Callable[..., Any]:
    """The function that gives a plain value of this type back; the real one for any other."""

    def answer(value: Any, *args: Any, **kwargs: Any) -> Any:
        return value if type(value) is kind else getattr(_real(_SHAPES), name)(value, *args, **kwargs)

    return answer


def _in_time(name: str) -> Callable[..., Any]:
    """The real function, imported when it is called."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return getattr(_real(_SHAPES), name)(*args, **kwargs)

    return call


def _and(x: Any, *others: Any) -> Any:
    return functools.reduce(operator.and_, others, x)


def _or(x: Any, *others: Any) -> Any:
    return functools.reduce(operator.or_, others, x)


def _equal(x: Any, y: Any) -> Any:
    if _are_plain(x) and _are_plain(y):
        return tuple(x) == tuple(y) if isinstance(x, (tuple, list)) and isinstance(y, (tuple, list)) else x == y
    return _real(_SHAPES).sym_eq(x, y)


def _are_plain(x: Any) -> bool:
    return type(x) is int or (isinstance(x, (tuple, list)) and all(type(n) is int for n in x))


def _is_nested(size: Any) -> Any:
    return False if type(size) in (int, float) else _real(_SHAPES).is_nested_int(size)


_ANSWERS: dict[str, dict[str, Any]] = {
    _DYNAMO: {"disable": _mark},
    _UTILS: {"is_compile_supported": _is_supported},
    _SHAPES: {
        **{
            name: _plainly(name, bool)
            for name in ("expect_true", "guard_bool", "guard_or_false", "guard_or_true", "statically_known_true")
        },
        **{name: _in_time(name) for name in ("free_unbacked_symbols", "guarding_hint_or_throw", "has_guarding_hint")},
        "guard_size_oblivious": _plainly("guard_size_oblivious", bool),
        "guard_int": _plainly("guard_int", int),
        "sym_and": _and,
        "sym_or": _or,
        "sym_eq": _equal,
        "is_nested_int": _is_nested,
    },
}
