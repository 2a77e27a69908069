"""Shapes as relations: sizes of a configuration read off the names and shapes of a state dict.

A model of transformers has no fixed sizes. What is fixed are its names, up to running numbers, and how each dimension
follows from the values of its configuration: ``q_proj.weight`` is (heads × head width, hidden size). An *expression* is
one dimension in this form; ``solve`` turns expressions and a file's shapes into values. Values that no shape proves
stay unknown. Expressions are plain lists, as they are kept on disk:

- ``7``: always 7; ``None``: not understood
- ``["=", field, a, b, c]``: (a × field + c) / b
- ``["*", a, b, field, "/field" …]``: a / b × the product of the fields, divided by those behind a slash
- ``["+", c, [field, a, b], …]``: the sum of a / b × field, and c
- ``["#", image, patch, c]``: (image // patch)² + c, the positions of a square image
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

Shape: TypeAlias = tuple[int, ...]
Expression: TypeAlias = "int | list[Any] | None"
_LEGACY = (
    (re.compile(r"(LayerNorm|layer_norm|layernorm|norm)\.gamma$"), r"\1.weight"),
    (re.compile(r"(LayerNorm|layer_norm|layernorm|norm)\.beta$"), r"\1.bias"),
    (re.compile(r"\.weight_g$"), ".parametrizations.weight.original0"),
    (re.compile(r"\.weight_v$"), ".parametrizations.weight.original1"),
)
_OLD = (".gamma", ".beta", ".weight_g", ".weight_v")
_NUMBER = re.compile(r"\.\d+(?=\.|$)")
_LONGEST = 1000
_ROUNDS = 8


def fold(name: str) -> str:
    """A name with its running numbers replaced: ``layers.#.mlp.weight``; old names of norms as they are today."""
    if len(name) >= _LONGEST:
        return name
    folded = _NUMBER.sub(".#", f".{name}")[1:]
    if folded.endswith(_OLD):
        for pattern, replacement in _LEGACY:
            folded = pattern.sub(replacement, folded)
    return folded


def fits_name(key: str, name: str) -> bool:
    """Whether ``name`` is ``key`` with numbers in the places of ``#``."""
    ours, theirs = key.split("."), name.split(".")
    return len(ours) == len(theirs) and all(
        a == b or (a == "#" and b.isdigit()) for a, b in zip(ours, theirs, strict=True)
    )


def count_at(names: Iterable[str], locator: str) -> int:
    """How many numbers stand in the names right behind ``locator`` (``#``: any number); 0 if one is left out."""
    parts = locator.split(".") if locator else []
    size, found = len(parts), set()
    for name in names:
        theirs = name.split(".", size + 1)
        if (
            len(theirs) > size
            and theirs[size].isdigit()
            and len(theirs[size]) < 6
            and all(a == b or (a == "#" and b.isdigit()) for a, b in zip(parts, theirs, strict=False))
        ):
            found.add(int(theirs[size]))
    return len(found) if found and max(found) + 1 == len(found) else 0


def evaluate(expression: Expression, values: Mapping[str, int]) -> int | None:
    """The dimension for these values; ``None`` when one is missing or the form is not understood."""
    if expression is None or isinstance(expression, int):
        return expression
    names = fields_of(expression)
    if any(name not in values for name in names):
        return None
    if expression[0] == "=":
        _, name, a, b, c = expression
        return (a * values[name] + c) // b if (a * values[name] + c) % b == 0 else None
    if expression[0] == "*":
        top, bottom = _product(expression, values)
        return top // bottom if bottom and top % bottom == 0 else None
    if expression[0] == "+":
        total = expression[1] * math.lcm(*(t[2] for t in expression[2:]))
        scale = math.lcm(*(t[2] for t in expression[2:]))
        total += sum(t[1] * scale // t[2] * values[t[0]] for t in expression[2:])
        return int(total // scale) if total % scale == 0 else None
    _, image, patch, c = expression
    return int((values[image] // values[patch]) ** 2 + c) if values[patch] > 0 else None


def _product(expression: Sequence[Any], values: Mapping[str, int]) -> tuple[int, int]:
    top = math.prod(values[n] for n in expression[3:] if not n.startswith("/"))
    return expression[1] * top, expression[2] * math.prod(values[n[1:]] for n in expression[3:] if n.startswith("/"))


def fields_of(expression: Expression) -> list[str]:
    """The names of the values that an expression needs."""
    if expression is None or isinstance(expression, int):
        return []
    if expression[0] == "=":
        return [expression[1]]
    if expression[0] == "*":
        return [name.removeprefix("/") for name in expression[3:]]
    return [t[0] for t in expression[2:]] if expression[0] == "+" else [expression[1], expression[2]]


def solve_one(expression: Expression, dimension: int, values: Mapping[str, int]) -> tuple[str, int] | None:
    """The only unknown value of an expression, from the dimension; ``None`` if it is not one, or not a whole number."""
    if expression is None or isinstance(expression, int):
        return None
    unknown = [name for name in fields_of(expression) if name not in values]
    if len(unknown) != 1:
        return None
    name = unknown[0]
    top, bottom = _inverse(expression, name, dimension, values)
    if bottom == 0 or top % bottom or top // bottom < 0:
        return None
    return name, top // bottom


def _inverse(expression: list[Any], name: str, dimension: int, values: Mapping[str, int]) -> tuple[int, int]:
    """The unknown value as a fraction; (0, 0) when there is none."""
    if expression[0] == "=":
        _, _, a, b, c = expression
        return dimension * b - c, a
    if expression[0] == "*":
        top, bottom = _product([*expression[:3], *(n for n in expression[3:] if n.removeprefix("/") != name)], values)
        return (dimension * bottom, top) if name in expression else (top, dimension * bottom)
    if expression[0] == "+":
        scale = math.lcm(*(t[2] for t in expression[2:]))
        rest = dimension * scale - expression[1] * scale
        rest -= sum(t[1] * scale // t[2] * values[t[0]] for t in expression[2:] if t[0] != name)
        own = next(t for t in expression[2:] if t[0] == name)
        return rest, own[1] * scale // own[2]
    _, image, _, c = expression
    side = math.isqrt(max(dimension - c, 0))
    if name != image or side * side != dimension - c:
        return 0, 0
    return side * values[expression[2]], 1


@dataclass(frozen=True)
class Solution:
    """Values that the shapes prove, and how the shapes agree with them."""

    values: dict[str, int] = field(default_factory=dict)
    proved: int = 0
    """Tensors all of whose dimensions follow from the values."""
    against: int = 0
    """Tensors that contradict them."""
    open: int = 0
    """Tensors with a dimension that no proved value tells."""


Observed: TypeAlias = tuple[Sequence[Expression], Shape, int]
"""The dimensions of a tensor as expressions, its shape in a file, and how many tensors of that shape there are."""


def solve(observed: Sequence[Observed], known: Mapping[str, int] | None = None) -> Solution:
    """The values that most of the observed tensors agree on; ``known`` ones are given."""
    values = dict(known or {})
    distinct: dict[tuple[str, int], tuple[Expression, int]] = {}
    for expressions, shape, count in observed:
        if len(expressions) == len(shape):
            for expression, dimension in zip(expressions, shape, strict=True):
                if isinstance(expression, list):
                    key = (str(expression), dimension)
                    distinct[key] = (expression, distinct.get(key, (None, 0))[1] + count)
    for _ in range(_ROUNDS):
        votes: dict[str, Counter[int]] = {}
        for (_, dimension), (expression, count) in distinct.items():
            found = solve_one(expression, dimension, values)
            if found is not None:
                weight = 4 * count if isinstance(expression, list) and expression[0] == "=" else count
                votes.setdefault(found[0], Counter())[found[1]] += weight
        if not votes:
            break
        values |= {name: _winner(counter) for name, counter in votes.items()}
    totals = Counter[str]()
    for expressions, shape, count in observed:
        totals[_verdict(expressions, shape, values)] += count
    return Solution(values, totals["proved"], totals["against"], totals["open"])


def _verdict(expressions: Sequence[Expression], shape: Shape, values: Mapping[str, int]) -> str:
    told = [evaluate(e, values) for e in expressions]
    if len(told) != len(shape) or any(t is not None and t != n for t, n in zip(told, shape, strict=True)):
        return "against"
    return "open" if None in told else "proved"


def _winner(counter: Counter[int]) -> int:
    return min(counter, key=lambda value: (-counter[value], value))
