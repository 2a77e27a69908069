"""The base model's weights that an adapter changes: which one a layer's is, and its norm."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.adapter.factors import without_prefix
from modelreport.measure.streams import numbers_of, squares
from modelreport.measure.units import reading
from modelreport.measure.units.reading import as_numbers, plan_of

_FLOATS = ("float", "bfloat")
_KOHYA = re.compile(r"lora_(?:unet|te\d?|transformer|prior_unet)_")
_SLAB = 1 << 20
_MOST_PARTS = 64


class Base:
    """Weights of the base model by the path of their layer."""

    def __init__(self, tensors: Iterable[LazyTensor]) -> None:
        self._whole: dict[str, LazyTensor] = {}
        self._ends: defaultdict[str, list[LazyTensor]] = defaultdict(list)
        self._flat: dict[str, LazyTensor] = {}
        for tensor in tensors:
            path = without_prefix(tensor.name.removesuffix(".weight").removesuffix(".base_layer"))
            if tensor.storage is None or len(tensor.shape) < 2 or path.count(".") > _MOST_PARTS:
                continue
            self._whole.setdefault(path, tensor)
            self._flat.setdefault(path.replace(".", "_"), tensor)
            for end in _ends(path):
                self._ends[end].append(tensor)

    def __bool__(self) -> bool:
        """Whether there is any weight with values."""
        return bool(self._whole)

    def find(self, path: str, count: int) -> LazyTensor | None:
        """The weight of a layer with so many elements; ``None`` when there is none, or no single one."""
        kohya = _KOHYA.match(path)
        if kohya is not None:
            found = [self._flat[path[kohya.end() :]]] if path[kohya.end() :] in self._flat else []
        elif path in self._whole:
            found = [self._whole[path]]
        elif path in self._ends:  # the base lies one module deeper than the adapter says
            found = self._ends[path]
        else:
            found = [self._whole[end] for end in _ends(path) if end in self._whole]
        fitting = [tensor for tensor in found if tensor.count == count]
        return fitting[0] if len(fitting) == 1 else None


def _ends(path: str) -> list[str]:
    """The path without its first part, as long as what is left still has an index or three parts."""
    parts = path.split(".")
    rest = parts[1:]
    return [".".join(rest)] if len(rest) > 2 or any(part.isdecimal() for part in rest) else []


def is_plain(tensor: LazyTensor) -> bool:
    """Whether its values are numbers as they are, rather than codes of a quantised weight."""
    return tensor.dtype.startswith(_FLOATS) and tensor.layout == "dense" and plan_of(tensor) is not None


def slabs(tensor: LazyTensor) -> Iterator[NDArray[np.float64]]:
    """Some rows of a plain weight at a time in float64, rows × the rest; nothing of any other."""
    plan = plan_of(tensor)
    if plan is not None:
        yield from (as_numbers(plan, raw) for _, raw in reading.slabs(plan, _SLAB))


def norm_of(tensor: LazyTensor) -> float:
    """Euclidean norm; NaN or infinite where values are. Block by block: a row may be a whole expert."""
    return math.sqrt(math.fsum(squares(block) for block in numbers_of(tensor)))


def change_of_direction(
    tensor: LazyTensor, up: NDArray[np.float64], down: NDArray[np.float64], magnitude: NDArray[np.float64]
) -> tuple[float, float]:
    """Norms of W' − W and of W for DoRA, where each row of W' = m · (W + UD) / ‖W + UD‖ has the length m.

    ``up`` carries the scale. Liu et al. 2024, equation 5, a row for each output as peft stores weights. ``ValueError``
    when the shapes do not fit.
    """
    if magnitude.size != len(up) or tensor.shape[0] != len(up):
        raise ValueError("its magnitudes do not fit")
    change = whole = 0.0
    at = 0
    lengths = magnitude.reshape(-1, 1)
    for slab in slabs(tensor):
        rows = slice(at, at + len(slab))
        moved = slab + up[rows] @ down
        own = np.linalg.norm(moved, axis=1, keepdims=True)
        moved *= np.divide(lengths[rows], own, out=np.ones_like(own), where=own > 0)
        moved -= slab
        change += float(np.vdot(moved, moved))
        whole += float(np.vdot(slab, slab))
        at += len(slab)
    return math.sqrt(change), math.sqrt(whole)
