"""Where formulas are written down, each once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Formula = Callable[..., int]
"""Takes the operator's arguments and ``out``, its result; gives FLOPs."""

MATRIX: dict[str, Formula] = {}
"""FLOPs of matrix-class operators, twice their multiply-adds, by name: ``mm``, ``torchvision.deform_conv2d``."""
BESIDE: dict[str, Formula] = {}
"""Arithmetic that a matrix-class operator does besides its multiply-adds: biases, scaling, softmax, gates."""
ARITHMETIC: dict[str, Formula] = {}
"""FLOPs of all other operators that have a formula."""
ELEMENTS: dict[str, int] = {}
"""FLOPs for each real element of the result, for operators where that is all there is to say."""
COMPLEX: dict[str, int] = {}
"""The same for complex elements."""


def _register(book: dict[str, Formula], names: tuple[str, ...]) -> Callable[[Formula], Formula]:
    def register(function: Formula) -> Formula:
        for name in names:
            _once(name, book)
            book[name] = function
        return function

    return register


def _once(name: str, book: object) -> None:
    books: tuple[dict[str, Any], ...] = (BESIDE,) if book is BESIDE else (MATRIX, ARITHMETIC, ELEMENTS)
    if any(name in each for each in books):
        raise ValueError(f"{name} has two FLOP formulas")


def matrix(*names: str) -> Callable[[Formula], Formula]:
    """Register the FLOPs of matrix-class operators; ``ValueError`` when one has a formula already."""
    return _register(MATRIX, names)


def beside(*names: str) -> Callable[[Formula], Formula]:
    """Register what matrix-class operators do besides multiply-adds; ``ValueError`` when one has such a formula."""
    return _register(BESIDE, names)


def arithmetic(*names: str) -> Callable[[Formula], Formula]:
    """Register the FLOPs of other operators; ``ValueError`` when one has a formula already."""
    return _register(ARITHMETIC, names)


def elements(count: int, names: str, complex_count: int | None = None) -> None:
    """Register ``count`` FLOPs for each element of the result of the named operators (separated by spaces).

    ``complex_count`` is the number for complex elements; without it, complex calls have no formula. ``ValueError`` when
    an operator has a formula already.
    """
    for name in names.split():
        _once(name, ELEMENTS)
        ELEMENTS[name] = count
        if complex_count is not None:
            COMPLEX[name] = complex_count


def numel(value: Any) -> int:
    """Elements of a tensor, of all tensors of a tuple or list, 0 of anything else."""
    if isinstance(value, (tuple, list)):
        return sum(numel(item) for item in value)
    return int(value.numel()) if hasattr(value, "numel") else 0


def first(value: Any) -> Any:
    """The first of several results, or the only one."""
    return value[0] if isinstance(value, (tuple, list)) else value


def argument(args: tuple[Any, ...], kwargs: dict[str, Any], place: int, name: str, default: Any = None) -> Any:
    """An argument given by place or by name."""
    return args[place] if len(args) > place else kwargs.get(name, default)
