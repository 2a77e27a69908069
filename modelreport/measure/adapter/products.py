"""Singular values of the product of an adapter's factors, without forming it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.spectra.singular import effective_rank
from modelreport.measure.units.reading import plan_of, rows_of

Array = NDArray[np.float64]

LARGEST_RANK = 2048
"""Rank up to which the core of a product is decomposed."""

_MOST_ELEMENTS = 1 << 27
"""Of one factor, held in float64: 1 GiB."""

_ROWS = 1 << 20
"""Elements of a slab of a row-wise product."""


@dataclass(frozen=True)
class Product:
    """What the change of one layer is like, before its scale."""

    norm: float
    largest: float
    effective_rank: float | None

    @property
    def stable_rank(self) -> float | None:
        """‖ΔW‖_F² / σ₁²; ``None`` when nothing is changed."""
        return (self.norm / self.largest) ** 2 if self.largest else None


def numbers(tensor: LazyTensor) -> Array:
    """The values in float64. ``ValueError`` with a reason when there are none, too many, or some are not finite."""
    if tensor.storage is None:
        raise ValueError(tensor.missing or "it has no values")
    if tensor.count > _MOST_ELEMENTS or tensor.is_expanded:
        raise ValueError("it is too large")
    plan = plan_of(tensor)
    if plan is None:
        raise ValueError(f"its {tensor.dtype} values are packed, or not stored one by one")
    values = rows_of(plan, 0, plan.rows).reshape(tensor.shape)
    if not np.isfinite(values).all():
        raise ValueError("it holds NaN or infinite values")
    return values


def product(kind: str, parts: Mapping[str, Array]) -> Product:
    """What the factors make together. ``ValueError`` with a reason when they do not fit or are too large."""
    if kind == "LoHa":
        return _hadamard(parts)
    if kind == "LoKr":
        return _kronecker(parts)
    up, down = factors_of(parts)
    return _of_core(up.T @ up, down @ down.T)


def factors_of(parts: Mapping[str, Array]) -> tuple[Array, Array]:
    """``up`` (outputs × rank) and ``down`` (rank × the rest) of a low-rank pair; a middle kernel goes into ``down``.

    LoCon's Tucker form: ΔW[o, i, k] = Σ up[o, p] · mid[p, q, k] · down[q, i] (Yeh et al. 2023).
    """
    up, down = parts["up"], parts["down"]
    if up.ndim < 2 or down.ndim < 2:
        raise ValueError("its factors are no matrices")
    up, down = up.reshape(len(up), -1), down.reshape(len(down), -1)
    if "mid" in parts:
        mid = parts["mid"]
        if mid.ndim < 3 or mid.shape[1] != len(down) or mid.shape[0] * down.shape[1] * mid[0, 0].size > _MOST_ELEMENTS:
            raise ValueError("its middle kernel does not fit")
        down = np.einsum("pqk,qi->pik", mid.reshape(*mid.shape[:2], -1), down).reshape(len(mid), -1)
    if up.shape[1] != len(down):
        raise ValueError(f"its factors do not fit: {up.shape[0]}×{up.shape[1]} and {down.shape[0]}×{down.shape[1]}")
    if len(down) > LARGEST_RANK:
        raise ValueError(f"its rank {len(down)} is too large")
    return up, down


def _of_core(left: Array, right: Array) -> Product:
    """From UᵀU and DDᵀ, both rank × rank: the eigenvalues of (UD)ᵀ(UD) are those of LᵀDDᵀL with LLᵀ = UᵀU."""
    values, vectors = np.linalg.eigh(left)
    root = vectors * np.sqrt(np.maximum(values, 0.0))
    return _of_eigenvalues(np.linalg.eigvalsh(root.T @ right @ root)[::-1])


def _of_eigenvalues(eigenvalues: Array) -> Product:
    least = 4 * eigenvalues.size * np.finfo(np.float64).eps * max(float(eigenvalues[0]), 0.0)
    kept = eigenvalues[eigenvalues > least]
    if not kept.size:
        return Product(0.0, 0.0, None)
    return Product(math.sqrt(float(kept.sum())), math.sqrt(float(kept[0])), effective_rank(kept))


def _hadamard(parts: Mapping[str, Array]) -> Product:
    """LoHa: (A₁B₁) ∘ (A₂B₂) is the product of the row-wise products of the A and of the B (Hyeon-Woo et al. 2022)."""
    if "hada_t1" in parts or "hada_t2" in parts:
        raise ValueError("the Tucker form of LoHa is not computed")
    sides = [parts[f"hada_w{i}_{side}"] for side in "ab" for i in "12"]
    if any(each.ndim != 2 for each in sides):
        raise ValueError("its factors are no matrices")
    first, second, third, fourth = sides
    if len(first) != len(second) or third.shape[1] != fourth.shape[1] or first.shape[1] != len(third):
        raise ValueError("its factors do not fit")
    if second.shape[1] != len(fourth) or first.shape[1] * second.shape[1] > LARGEST_RANK:
        raise ValueError("its factors do not fit, or their rank is too large")
    return _of_core(_row_wise_gram(first, second), _row_wise_gram(third.T, fourth.T))


def _row_wise_gram(left: Array, right: Array) -> Array:
    """Gram matrix of the columns of the row-wise Kronecker product: rank² × rank², summed over slabs."""
    size = left.shape[1] * right.shape[1]
    made = np.zeros((size, size))
    step = max(1, _ROWS // size)
    for at in range(0, len(left), step):
        slab = (left[at : at + step, :, None] * right[at : at + step, None, :]).reshape(-1, size)
        made += slab.T @ slab
    return made


def _kronecker(parts: Mapping[str, Array]) -> Product:
    """LoKr: the singular values of W₁ ⊗ W₂ are all products of theirs, so that norms and ranks multiply."""
    if "lokr_t2" in parts:
        raise ValueError("the Tucker form of LoKr is not computed")
    first, second = (_side(parts, i) for i in "12")
    both = first.effective_rank, second.effective_rank
    rank = None if both[0] is None or both[1] is None else both[0] * both[1]
    return Product(first.norm * second.norm, first.largest * second.largest, rank)


def _side(parts: Mapping[str, Array], which: str) -> Product:
    if f"lokr_w{which}" in parts:
        whole: Array = parts[f"lokr_w{which}"]
        whole = whole.reshape(len(whole), -1) if whole.ndim > 1 else whole.reshape(1, -1)
        if min(whole.shape) > LARGEST_RANK:
            raise ValueError("its matrices are too large")
        gram: Array = whole @ whole.T if whole.shape[0] <= whole.shape[1] else whole.T @ whole
        return _of_eigenvalues(np.asarray(np.linalg.eigvalsh(gram)[::-1], np.float64))
    pair: dict[str, Any] = {"up": parts[f"lokr_w{which}_a"], "down": parts[f"lokr_w{which}_b"]}
    return product("LoRA", pair)
