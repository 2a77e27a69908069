"""Singular values of one matrix: all of them by the smaller Gram matrix, or the largest by random projection."""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from modelreport.measure.spectra.matrices import SLAB, Matrix

EPSILON = float(np.finfo(np.float64).eps)

BLOCK, STEPS, KEPT = 8, 12, 8
"""Random vectors, multiplications of them by WᵀW, and singular values that are told of it."""

_PRODUCT = 1_000_000 // BLOCK
"""Elements of a slab that is multiplied with a block: of larger products OpenBLAS copies the slab first.

``sgemm_small_kernel_permit`` of its x86-64 kernels; there a slab also stays in a second-level cache for the second of
the two products.
"""

_PANEL = 512
"""Rows of a large Gram matrix that are made together: 16 MB of a matrix of 4096."""


@dataclass(frozen=True)
class Largest:
    """The largest singular values of a matrix."""

    eigenvalues: NDArray[np.float64]
    """Of WᵀW, descending: the largest ones."""
    energy: float
    """Sum of all."""


def resolution(size: int) -> float:
    """Eigenvalues of a Gram matrix of this size below this share of the largest are rounding: 4 · size · ε."""
    return 4 * size * EPSILON


def decompose(matrix: Matrix) -> NDArray[np.float64]:
    """All eigenvalues of the smaller Gram matrix, descending; 0 below the resolution.

    Forming it squares the condition: singular values below √(4 m ε) of the largest, 6e-7 of it for m = 384, are lost.
    That is near what rounding to float32 leaves of them, and five times quicker than a singular value decomposition.
    """
    return _eigenvalues(_gram(matrix))


def decompose_positions(matrix: Matrix) -> NDArray[np.float64]:
    """Eigenvalues of the matrices of every kernel position together: how WeightWatcher looks at a convolution."""
    pooled = [
        _eigenvalues(each @ each.T if each.shape[0] <= each.shape[1] else each.T @ each) for each in matrix.positions()
    ]
    return np.concatenate(pooled)


def _gram(matrix: Matrix) -> NDArray[np.float64]:
    """W Wᵀ or WᵀW, whichever is smaller, summed over slabs in a fixed order; of a large one the lower half only."""
    made = np.zeros((matrix.short, matrix.short))
    if matrix.rows <= matrix.columns:
        for slab in matrix.row_slabs() if matrix.count <= SLAB else matrix.column_slabs():
            _add_square(made, slab)
    else:
        for slab in matrix.row_slabs():
            _add_square(made, slab.T)
    return made


def _add_square(made: NDArray[np.float64], side: NDArray[np.float64]) -> None:
    """Add ``side @ side.T``; where that is large a panel of rows at a time, so that it is not in memory twice."""
    size = len(made)
    if size <= _PANEL * 4:
        made += side @ side.T
        return
    for at in range(0, size, _PANEL):
        end = min(at + _PANEL, size)
        made[at:end, :end] += side[at:end] @ side[:end].T


def _eigenvalues(gram: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of the lower half of a symmetric matrix, descending; 0 below the resolution."""
    found = np.linalg.eigvalsh(gram, UPLO="L")[::-1]
    return np.where(found > resolution(found.size) * max(found[0], 0.0), found, 0.0)


def project(matrix: Matrix) -> Largest:
    """The largest eigenvalues of WᵀW from a block Krylov space of a random start: block Lanczos, orthogonal throughout.

    Halko, Martinsson, Shkolnisky and Tygert 2011 (An algorithm for the principal component analysis of large data
    sets): all blocks of the power iteration are kept, so that flat spectra converge as well (Musco and Musco 2015).
    Few vectors and many steps: on matrices of random values, up to 4096 × 4096, σ₁ comes out within 0.2 % and σ₈ within
    1 %, where twice the vectors in half the steps leave 1 to 2 %. The start comes from name and shape. One walk for
    each step.
    """
    seed = zlib.crc32(f"{matrix.tensor.name}\0{matrix.part}\0{matrix.rows}\0{matrix.columns}".encode())
    start = np.random.default_rng(seed).standard_normal((matrix.columns, BLOCK))
    space = np.linalg.qr(start)[0]
    steps = max(1, min(STEPS, matrix.short // BLOCK))
    form = np.zeros((BLOCK * steps, BLOCK * steps))
    energy = 0.0
    for step in range(steps):
        product = np.zeros((matrix.columns, BLOCK))
        block = space[:, -BLOCK:].astype(matrix.narrow)
        for slab in matrix.row_slabs(_PRODUCT, matrix.narrow):
            product += slab.T @ (slab @ block)
            if not step:
                energy += float(np.einsum("ij,ij->", slab, slab, dtype=np.float64))
        form[: space.shape[1], -BLOCK * (steps - step) :][:, :BLOCK] = space.T @ product
        for _ in range(2):  # twice is enough for orthogonality to rounding
            product -= space @ (space.T @ product)
        space = np.concatenate([space, np.linalg.qr(product)[0]], axis=1)
    found = np.linalg.eigvalsh(form, UPLO="U")[::-1]
    return Largest(np.maximum(found[:KEPT], 0.0), energy)


def full_cost(matrix: Matrix) -> float:
    """Arithmetic of all singular values, in floating-point operations at the speed of a matrix product.

    n·m² for the Gram matrix, and 4·m³ for its eigenvalues, whose 4/3·m³ run at a third of that speed. For what is no
    convolution the power law is in it, at 80 for each pair of an eigenvalue and a place where the law could begin.
    """
    cost = _square_cost(matrix.short, matrix.long)
    return cost + 80.0 * matrix.short**2 if matrix.kernel == 1 else cost


def law_cost(matrix: Matrix) -> float:
    """Arithmetic of the power law beyond ``full_cost``: a decomposition for each kernel position, and the fit."""
    if matrix.kernel == 1:
        return 0.0
    short, long = sorted((matrix.rows, matrix.columns // matrix.kernel))
    return matrix.kernel * _square_cost(short, long) + 80.0 * (matrix.kernel * short) ** 2


def _square_cost(short: int, long: int) -> float:
    return float(long) * short * short + 4.0 * float(short) ** 3


def projected_cost(matrix: Matrix) -> float:
    """Arithmetic of ``project``: two products with a block in each step, at the speed that float32 has."""
    return 4.0 * matrix.count * BLOCK * STEPS


# --- what a spectrum says -------------------------------------------------------------------------------------------


def rank_at(eigenvalues: NDArray[np.float64], share: float) -> int:
    """How many of the largest hold this share of their sum."""
    reached = np.cumsum(eigenvalues)
    return int(np.searchsorted(reached, share * float(reached[-1]) * (1 - 1e-12))) + 1


def effective_rank(eigenvalues: NDArray[np.float64]) -> float:
    """Exponential of the entropy of the singular values over their sum (Roy and Vetterli 2007)."""
    values = np.sqrt(eigenvalues[eigenvalues > 0])
    shares = values / values.sum()
    return math.exp(-float((shares * np.log(shares)).sum()))


def random_edge(energy: float, rows: int, columns: int) -> float:
    """Largest eigenvalue that independent values of the same sum of squares have: s²·(√rows + √columns)²."""
    return energy / (rows * columns) * (math.sqrt(rows) + math.sqrt(columns)) ** 2


def random_distance(eigenvalues: NDArray[np.float64], rows: int, columns: int) -> float:
    """Kolmogorov–Smirnov distance of the eigenvalues to those of a random matrix of the same shape and energy.

    Marchenko and Pastur 1967: with q = m / n and x = eigenvalue / (n·s²) = 1 + q + 2·√q·cos θ the density becomes
    (2/π)·sin²θ / x dθ on 0 … π.
    """
    short, long = sorted((rows, columns))
    ratio = short / long
    steps = 2048
    angle = (np.arange(steps) + 0.5) * (math.pi / steps)  # from the largest eigenvalue to the smallest
    places = 1 + ratio + 2 * math.sqrt(ratio) * np.cos(angle)
    above = np.cumsum((2 / steps) * np.sin(angle) ** 2 / places)
    above /= above[-1]
    scaled = eigenvalues / (float(eigenvalues.sum()) / short)
    expected = np.interp(scaled[::-1], places[::-1], 1 - above[::-1])
    size = eigenvalues.size
    steps_up = np.arange(size, dtype=np.float64)
    return float(max(np.max(expected - steps_up / size), np.max((steps_up + 1) / size - expected)))
