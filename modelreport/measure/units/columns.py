"""Output units that lie along the second dimension of a weight: zero ones and repeated ones."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import ColumnFigures, Item, ModuleFact, TensorFact
from modelreport.measure.units.reading import LONGEST_ROW, as_numbers, evenly, plan_of, raw_rows, slabs
from modelreport.measure.units.repeats import copies, groups, twins
from modelreport.measure.walk import Walk

READ_BYTES = 512 << 20
"""Most that is read a second time over all tensors, where a first look left candidates."""

_LOOKED = 16
"""Rows of the first look: columns that differ there need no second one."""

_SLAB = 1 << 19
_ZEROS = 16


@dataclass(frozen=True)
class Columns:
    """A weight seen as ``(inputs, units, rest)``: each unit is all that lies at one place of the middle dimension."""

    tensor: LazyTensor
    plan: Walk
    units: int
    rest: int


def lies_in_columns(fact: TensorFact, module: ModuleFact | None) -> bool:
    """Whether the output units of a weight are its second dimension, as its module's type proves.

    ``Conv1D`` of transformers holds (in, out), so does the second input of an ONNX ``MatMul``, and of a ``Gemm`` that
    does not transpose it; transposed convolutions hold (in, out / groups, kernel).
    """
    if module is None or fact.role != "parameter" or fact.tied_to:
        return False
    matrix = len(fact.shape) == 2
    if module.type == "Gemm":
        return matrix and all(a.value == "0" for a in module.attributes if a.name == "transB")
    if module.type.startswith("ConvTranspose"):
        single = all(a.value == "1" for a in module.attributes if a.name in ("group", "groups"))
        return len(fact.shape) > 2 and single
    return matrix and module.type in ("Conv1D", "MatMul")


def columns_of(tensor: LazyTensor) -> Columns | None:
    """The units of a weight; ``None`` when it cannot be read, or has too few to compare."""
    plan = plan_of(tensor)
    if plan is None or len(plan.shape) < 2 or plan.shape[1] < 2 or plan.shape[0] < 2 or plan.row > LONGEST_ROW:
        return None
    return Columns(tensor, plan, plan.shape[1], plan.row // plan.shape[1])


def survey_columns(found: Iterator[tuple[str, Columns]]) -> tuple[tuple[ColumnFigures, ...], tuple[Item, ...]]:
    """Figures of every weight, and those that were left out when the budget was spent."""
    figures, left = [], []
    spent = 0
    for name, columns in found:
        candidates = first_look(columns)
        if candidates.any():
            spent += columns.plan.size_bytes
            if spent > READ_BYTES:
                left.append(Item(name=name, value="its columns were not read: more than 512 MiB had been"))
                continue
        figures.append(column_figures(name, columns, candidates))
    return tuple(figures), tuple(left)


def first_look(columns: Columns) -> NDArray[np.bool_]:
    """Units that are zero in some evenly spaced rows, or equal another unit there."""
    plan = columns.plan
    rows = [raw_rows(plan, i, i + 1) for i in evenly(plan.rows, _LOOKED)]
    seen = _by_unit(np.concatenate(rows), columns)
    zero = (as_numbers(plan, seen) == 0).all(axis=1)
    code = _codes(seen)
    twin = twins(code, ~zero)
    alike = np.zeros(columns.units, np.bool_)
    alike[twin[twin >= 0]] = True
    return np.asarray(zero | alike | (twin >= 0))


def column_figures(name: str, columns: Columns, candidates: NDArray[np.bool_]) -> ColumnFigures:
    """Figures of one weight; only candidates are compared, over all of their values."""
    chosen = np.flatnonzero(candidates)
    if not chosen.size:
        return ColumnFigures(name=name, units=columns.units, zero=0)
    zero = np.ones(chosen.size, np.bool_)
    flawed = np.zeros(chosen.size, np.bool_)
    code = np.zeros(chosen.size, np.uint64)
    for _, slab in slabs(columns.plan, _SLAB):
        part = np.ascontiguousarray(_by_unit(slab, columns)[chosen])
        values = as_numbers(columns.plan, part)
        zero &= (values == 0).all(axis=1)
        flawed |= np.isnan(values).any(axis=1)
        code = _mixed(code, _codes(part))
    found = twins(code, ~zero & ~flawed)
    twin = np.full(columns.units, -1, np.int64)
    twin[chosen] = np.where(found >= 0, chosen[found], -1)
    dead = chosen[zero]
    empty = np.zeros(columns.units, np.bool_)
    empty[dead] = True
    return ColumnFigures(
        name=name,
        units=columns.units,
        zero=int(dead.size),
        zeros=tuple(int(i) for i in dead[:_ZEROS]),
        identical=int((twin >= 0).sum()),
        groups=groups(twin),
        copies=copies(twin, empty),
    )


def _by_unit(rows: NDArray[Any], columns: Columns) -> NDArray[Any]:
    """Some rows as one line for each unit, shape ``(units, rows · rest)``."""
    wide = rows.reshape(len(rows), columns.units, columns.rest)
    return np.ascontiguousarray(wide.transpose(1, 0, 2)).reshape(columns.units, -1)


def _codes(lines: NDArray[Any]) -> NDArray[np.uint64]:
    """A 64-bit hash of each line's bytes."""
    import hashlib

    digests = [hashlib.blake2b(line, digest_size=8).digest() for line in np.ascontiguousarray(lines)]
    return np.frombuffer(b"".join(digests), np.uint64)


def _mixed(before: NDArray[np.uint64], after: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The hash of what came before and after: equal lines keep equal hashes, and no line can be made to fit another."""
    return _codes(np.stack((before, after), axis=1))
