"""How alike the embeddings of positions are to each other, and tables of relative positions."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import Picture, Structure, TensorFact
from modelreport.measure.pictures.tiles import TILES_BYTES, shared_scale, steady
from modelreport.measure.units.reading import chosen_rows, evenly, plan_of

MOST_SIDE = 128
"""Positions along the side of the image of a table of one dimension."""

MOST_TABLES = 3
_MOST_READ = 1 << 23
_FEWEST_POSITIONS, _FEWEST_COLUMNS = 4, 8
_MOST_POSITIONS = 1 << 16
_MOST_EXTRA = 2
"""Tokens before the grid: class and distillation."""

NAME = re.compile(
    r"(?:^|[._])(?:wpe|embed_positions|pos(?:ition(?:al)?)?_?(?:embed(?:ding)?s?|emb|enc(?:oding)?|table))(?:$|[._])",
    re.IGNORECASE,
)
"""Names of tables with one row for each position, in the libraries that have one."""

RELATIVE = re.compile(r"relative_position_bias_table$|relative_attention_bias\.weight$")
"""Swin and BEiT; T5."""


def position_pictures(structure: Structure, tensors: Mapping[str, LazyTensor]) -> Iterator[Picture]:
    """Cosine similarity of the positions of each table, as one image or, for a grid, as a tile for each position."""
    tables = [fact for fact in structure.tensors if is_table(fact)]
    for number, fact in enumerate(tables[:MOST_TABLES]):
        rows = _rows(fact, tensors.get(fact.name))
        if rows is None:
            continue
        side = grid_side(fact, len(rows), structure)
        yield _grid(number, fact, rows, side) if side else _line(number, fact, rows)


def is_table(fact: TensorFact) -> bool:
    """Whether a tensor has one row for each position, by its name and shape."""
    shape = [size for size in fact.shape if size != 1]
    if len(shape) != 2 or "relative" in fact.name.lower() or not NAME.search(fact.name) or fact.tied_to:
        return False
    positions, width = shape
    fits = _FEWEST_POSITIONS <= positions <= _MOST_POSITIONS and width >= _FEWEST_COLUMNS
    return fits and fact.count <= _MOST_READ and fact.dtype.startswith(("float", "bfloat"))


def _rows(fact: TensorFact, tensor: LazyTensor | None) -> NDArray[np.float64] | None:
    """All positions, shape ``(positions, width)``."""
    plan = plan_of(tensor) if tensor is not None else None
    if plan is None:
        return None
    positions = next(size for size in fact.shape if size != 1)
    values = chosen_rows(plan, range(plan.rows)).reshape(positions, -1)
    return np.where(np.isfinite(values), values, 0.0)


def grid_side(fact: TensorFact, positions: int, structure: Structure) -> int:
    """Side of the square grid whose places the positions are, 0 when that is not proved.

    It is where the embedding of patches lies beside the table: a convolution with kernels of at least 2 × 2 into the
    same width; and where the positions, apart from one or two tokens before them, are a square number.
    """
    side = math.isqrt(positions)
    width = fact.shape[-1]
    if side < 3 or positions - side * side > _MOST_EXTRA:
        return 0
    parent = fact.module.rpartition(".")[0] if fact.name.endswith(".weight") else fact.module
    for other in structure.tensors:
        inside = not parent or other.name.startswith(f"{parent}.")
        if inside and len(other.shape) == 4 and other.shape[0] == width and min(other.shape[2:]) >= 2:
            return side
    return 0


def cosines(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Cosine of every two rows; 0 with a row of zeros."""
    norms = np.linalg.norm(rows, axis=1, keepdims=True)
    units = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
    return np.asarray(np.clip(units @ units.T, -1, 1))


def _all_pairs(similar: NDArray[np.float64]) -> float:
    """Mean cosine of every two positions."""
    return steady(float(similar[np.triu_indices(len(similar), 1)].mean()))


def _line(number: int, fact: TensorFact, rows: NDArray[np.float64]) -> Picture:
    indices = evenly(len(rows), MOST_SIDE)
    similar = cosines(rows[indices])
    low = steady(float(similar.min()))
    spread = evenly(len(rows) - 1, 1024)
    pairs = [float(np.dot(rows[i], rows[i + 1])) / _size(rows[i], rows[i + 1]) for i in spread]
    return Picture(
        id=f"positions-{number}",
        kind="similarity",
        tensor=fact.name,
        width=len(indices),
        height=len(indices),
        channels=1,
        tiles=(shared_scale(similar, low, 1.0).tobytes(),),
        indices=tuple(indices),
        total=len(rows),
        low=low,
        high=1.0,
        recognised="Its name says that it has a row for each position.",
        neighbours=steady(float(np.mean(pairs))),
        apart=_all_pairs(similar),
        notes=_zero_rows(rows),
    )


def _size(left: NDArray[np.float64], right: NDArray[np.float64]) -> float:
    return float(np.linalg.norm(left) * np.linalg.norm(right)) or 1.0


def _grid(number: int, fact: TensorFact, rows: NDArray[np.float64], side: int) -> Picture:
    """A tile for each place, or each few places of a large grid: its cosine with every other place."""
    before = len(rows) - side * side
    step = next(s for s in range(1, side + 1) if len(range(0, side, s)) ** 2 * side * side <= TILES_BYTES)
    places = [row * side + column for row in range(0, side, step) for column in range(0, side, step)]
    similar = cosines(rows[before:])
    low = steady(float(similar.min()))
    beside = similar.reshape(side, side, side, side)
    right = [float(beside[r, c, r, c + 1]) for r in range(side) for c in range(side - 1)]
    words = {0: "", 1: "The first row, a token before the grid, is left out."}
    note = words.get(before, f"The first {before} rows, tokens before the grid, are left out.")
    thinned = f"Every {step}th place along each side has a tile." if step > 1 else ""
    return Picture(
        id=f"positions-{number}",
        kind="similarity",
        tensor=fact.name,
        width=side,
        height=side,
        channels=1,
        tiles=tuple(shared_scale(similar[place], low, 1.0).tobytes() for place in places),
        indices=tuple(before + place for place in places),
        total=side * side,
        columns=len(range(0, side, step)),
        low=low,
        high=1.0,
        recognised=f"Its name says that it has a row for each position, and an embedding of patches of the same width "
        f"beside it that they are a grid of {side} × {side}.",
        neighbours=steady(float(np.mean(right))),
        apart=_all_pairs(similar),
        notes=tuple(each for each in (note, thinned, *_zero_rows(rows[before:])) if each),
    )


def _zero_rows(rows: NDArray[np.float64]) -> tuple[str, ...]:
    count = int((~rows.any(axis=1)).sum())
    if not count:
        return ()
    return (f"{count} {'position is' if count == 1 else 'positions are'} all zero and similar to none.",)


def bias_pictures(structure: Structure, tensors: Mapping[str, LazyTensor]) -> Iterator[Picture]:
    """Biases of relative positions in the first and in the last layer that has its own table."""
    tables = [
        fact
        for fact in structure.tensors
        if RELATIVE.search(fact.name) and len(fact.shape) == 2 and fact.dtype.startswith(("float", "bfloat"))
    ]
    for number, fact in enumerate(dict.fromkeys((*tables[:1], *tables[-1:]))):
        tensor = tensors.get(fact.name)
        plan = plan_of(tensor) if tensor is not None and fact.count <= TILES_BYTES else None
        if plan is None:
            continue
        made = _bias(number, fact, chosen_rows(plan, range(plan.rows)))
        if made is not None:
            yield made


def _bias(number: int, fact: TensorFact, values: NDArray[np.float64]) -> Picture | None:
    """A tile for each head of a square window, or one image of heads by distances."""
    places, heads = values.shape
    window = math.isqrt(places)
    square = fact.name.endswith("table")
    if square and (window % 2 == 0 or places - window * window not in (0, 3)):
        return None
    largest = float(np.abs(np.where(np.isfinite(values), values, 0.0)).max(initial=0.0))
    if not largest:
        return None
    images = values[: window * window].T.reshape(heads, window, window) if square else values.T[None]
    pixels = shared_scale(images, -largest, largest)
    return Picture(
        id=f"bias-{number}",
        kind="bias",
        tensor=fact.name,
        width=window if square else places,
        height=window if square else heads,
        channels=1,
        tiles=tuple(tile.tobytes() for tile in pixels),
        indices=tuple(range(len(pixels))),
        total=heads,
        low=-largest,
        high=largest,
        recognised="Its name is that of the table in Swin transformers and BEiT."
        if square
        else "Its name is that of the table in T5: a row for each head, a column for each range of distances.",
    )
