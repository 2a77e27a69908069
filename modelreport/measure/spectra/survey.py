"""Singular values of weight matrices: which are looked at, and what their spectra say."""

from __future__ import annotations

import math
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import takewhile
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from modelreport.errors import ModelReportError
from modelreport.facts import Skipped, Spectra, Spectrum
from modelreport.measure.crew import thread_count
from modelreport.measure.spectra import powerlaw, singular
from modelreport.measure.spectra.matrices import Found, Matrix, matrices
from modelreport.measure.spectra.nearby import held_bytes, nearby
from modelreport.measure.spectra.sampling import Choice, budget_for, everything, sample

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

_TOGETHER_BYTES = 32 << 20
"""Matrices that have to be taken into memory and are larger than this are looked at one at a time."""
_TOGETHER_SIDE = 2048
"""Larger Gram matrices are made one at a time, so that memory stays bounded."""

_ERROR = 16 * singular.EPSILON
"""Of an eigenvalue, over the largest one."""

_SHOWN = 64
_MOST_DIGITS, _SPARE_DIGITS = 6, 4
"""Digits that are told at most, and how many of the correct ones are kept back: the last bits of a decomposition depend
on the processor, and a report does not."""


def spectra(measured: Measured) -> Spectra | Skipped:
    """Spectra of the weight matrices that the options ask for."""
    options = measured.options
    if options.spectra == "none":
        return Skipped(stage="measure", reason="Spectra were switched off.", hint="leave out --spectra none")
    found = matrices(measured.checkpoint, measured.structure, measured.weights)
    if not found.matrices:
        reason = "There is no floating-point weight matrix of 8 × 8 or more with values."
        return Skipped(stage="measure", reason=" ".join((reason, *found.notes)))
    if options.spectra == "all":
        chosen = everything(found.matrices)
    else:
        chosen = sample(found.matrices, budget_for(measured.weights.read_bytes))
    if not chosen:
        large = "The only weight matrix is" if len(found.matrices) == 1 else "Its weight matrices are"
        reason = f"{large} larger than a fixed amount of arithmetic reaches."
        return Skipped(stage="measure", reason=" ".join((reason, *found.notes)), hint="--spectra all")
    made, failed = _run(chosen, measured)
    if not made:
        return Skipped(stage="measure", reason=" ".join(("No spectrum could be computed.", *failed)))
    return Spectra(
        tensors=tuple(made),
        left_out=len(found.matrices) - len(chosen),
        chosen=_how(found, chosen, asked_all=options.spectra == "all"),
        matrices=len(found.matrices),
        notes=(*found.notes, *failed),
    )


def _how(found: Found, chosen: list[Choice], *, asked_all: bool) -> str:
    levels = Counter(choice.level for choice in chosen)
    large, plain = levels["largest"], levels["ranks"]
    ending = f"; of {large} large {'one' if large == 1 else 'ones'} the largest values only" if large else ""
    ending += f"; of {plain} {'convolution' if plain == 1 else 'convolutions'} no power law" if plain else ""
    if len(chosen) < len(found.matrices):
        return (
            f"{len(chosen)} of {len(found.matrices)} weight matrices, spread over roles and depths, as far as a fixed "
            f"amount of arithmetic reaches{ending}; --spectra all takes all."
        )
    more = "" if asked_all or not ending else "; --spectra all looks further"
    return f"All {len(chosen)} weight matrices{ending}{more}."


def _run(chosen: list[Choice], measured: Measured) -> tuple[list[Spectrum], list[str]]:
    """The spectra in the order of the model, and what failed."""
    total = int(sum(each.cost for each in chosen))
    done = 0.0
    outcomes: list[Spectrum | str] = [""] * len(chosen)
    alone = [_is_alone(choice) for choice in chosen]
    rounds = ((thread_count(measured.options.workers), False), (1, True))
    for threads, which in rounds:
        indices = [i for i, single in enumerate(alone) if single is which]
        with ThreadPoolExecutor(max(1, min(threads, len(indices)))) as pool:
            for index, outcome in zip(indices, pool.map(lambda i: _attempt(chosen[i]), indices), strict=True):
                outcomes[index] = outcome
                done += chosen[index].cost
                measured.options.progress("spectra", int(done), total)
    return [o for o in outcomes if isinstance(o, Spectrum)], [o for o in outcomes if isinstance(o, str)]


def _is_alone(choice: Choice) -> bool:
    """Whether a matrix takes so much memory that no other is looked at beside it."""
    large = choice.level != "largest" and choice.matrix.short > _TOGETHER_SIDE
    return large or held_bytes(choice.matrix) > _TOGETHER_BYTES


def _attempt(choice: Choice) -> Spectrum | str:
    """The spectrum, or why there is none."""
    matrix = choice.matrix
    try:
        matrix = nearby(matrix)
        with np.errstate(all="ignore"):
            if choice.level == "largest":
                return describe_largest(matrix)
            return describe_full(matrix, with_law=choice.level == "full")
    except (ArithmeticError, ValueError, OSError, ModelReportError, np.linalg.LinAlgError) as error:
        return f"No spectrum of {matrix.tensor.name[:80]}: {str(error)[:120]}."


def describe_full(matrix: Matrix, *, with_law: bool = True) -> Spectrum:
    """What the whole spectrum says."""
    eigenvalues = singular.decompose(matrix)
    energy, top = float(eigenvalues.sum()), float(eigenvalues[0])
    if not math.isfinite(energy) or top <= 0:
        raise ValueError("its values are too far apart")
    values = np.sqrt(eigenvalues)
    edge = singular.random_edge(energy, matrix.rows, matrix.columns)
    rank = int((values > _least(matrix, math.sqrt(edge), float(values[0]))).sum())
    places = thinned(values.size)
    law = _law(matrix, eigenvalues) if with_law else None

    low = float(values[-1])

    def uncertain(value: float) -> float:
        return _ERROR * top / (2 * value * value) if value else 0.0

    def told(value: float) -> float:
        return rounded(math.ldexp(value, -matrix.scale), uncertain(value))

    return Spectrum(
        name=matrix.tensor.name,
        part=matrix.part,
        role=matrix.role,
        depth=matrix.depth,
        rows=matrix.rows,
        columns=matrix.columns,
        method="full",
        values=tuple(told(float(values[i])) for i in places),
        places=tuple(places),
        largest=told(float(values[0])),
        smallest=told(low),
        stable_rank=rounded(energy / top),
        effective_rank=rounded(singular.effective_rank(eigenvalues)),
        rank=rank,
        rank_90=singular.rank_at(eigenvalues, 0.90),
        rank_95=singular.rank_at(eigenvalues, 0.95),
        rank_99=singular.rank_at(eigenvalues, 0.99),
        alpha=rounded(law.alpha) if law else None,
        alpha_distance=rounded(law.distance) if law else None,
        alpha_count=law.count if law else None,
        condition=rounded(float(values[0]) / low, uncertain(low)) if rank == values.size else None,
        random_edge=rounded(math.sqrt(top / edge)),
        random_distance=rounded(singular.random_distance(eigenvalues, matrix.rows, matrix.columns)),
    )


def describe_largest(matrix: Matrix) -> Spectrum:
    """What the largest singular values say."""
    found = singular.project(matrix)
    top = float(found.eigenvalues[0])
    if not math.isfinite(found.energy) or top <= 0:
        raise ValueError("its values are too far apart")
    values = [_few(math.ldexp(math.sqrt(value), -matrix.scale)) for value in found.eigenvalues.tolist()]
    edge = singular.random_edge(found.energy, matrix.rows, matrix.columns)
    return Spectrum(
        name=matrix.tensor.name,
        part=matrix.part,
        role=matrix.role,
        depth=matrix.depth,
        rows=matrix.rows,
        columns=matrix.columns,
        method="randomised",
        values=tuple(values),
        places=tuple(range(len(values))),
        largest=values[0],
        smallest=None,
        stable_rank=_few(found.energy / top),
        effective_rank=None,
        rank_90=None,
        random_edge=_few(math.sqrt(top / edge)),
    )


def _least(matrix: Matrix, edge: float, top: float) -> float:
    """The singular value from which on rounding explains none.

    Rounding to a dtype changes values by up to ε / 2 of their size, as good as at random: the singular values of that
    change alone reach ε / 2 of what random values of the size of the weights have.
    """
    import ml_dtypes

    bits = float(ml_dtypes.finfo(matrix.codec.stored if matrix.codec.values is None else _kind(matrix)).eps)
    return max(bits / 2 * edge, math.sqrt(singular.resolution(matrix.short)) * top)


def _kind(matrix: Matrix) -> np.dtype[np.generic]:
    import ml_dtypes

    name = matrix.codec.dtype
    return np.dtype(np.float16) if name == "float16" else np.dtype(getattr(ml_dtypes, name))


def _law(matrix: Matrix, eigenvalues: NDArray[np.float64]) -> powerlaw.Fit | None:
    """The power law of the eigenvalues in the units of the file.

    WeightWatcher halves those of convolutions; it only matters for which of them lie above its threshold. What it does
    with 2-d kernels is done with those of one and three dimensions too.
    """
    if matrix.kernel > 1:
        eigenvalues = singular.decompose_positions(matrix)
    halved = 0.5 if matrix.kernel > 1 or len(matrix.tensor.shape) == 4 else 1.0
    with np.errstate(over="ignore", under="ignore"):
        told = np.ldexp(eigenvalues, -2 * matrix.scale) * halved
    return powerlaw.fit(told) if np.isfinite(told).all() else None


def thinned(count: int) -> list[int]:
    """Up to 64 places along a spectrum, its ends among them: every one of the first, then ever further apart."""
    return list(_thinned(count))


@cache
def _thinned(count: int) -> tuple[int, ...]:
    if count <= _SHOWN:
        return tuple(range(count))
    steps = (np.unique(np.rint(np.geomspace(1, count, n))).astype(int) - 1 for n in range(_SHOWN, 8 * _SHOWN))
    return tuple(int(place) for place in max(takewhile(lambda places: places.size <= _SHOWN, steps), key=len))


def rounded(value: float, relative_error: float = singular.EPSILON * 100) -> float:
    """A figure to six digits, or fewer where its error would reach them; 0 and infinities as they are."""
    if value == 0 or not math.isfinite(value):
        return value
    correct = -math.log10(max(relative_error, singular.EPSILON)) - _SPARE_DIGITS
    return float(f"{value:.{max(2, min(_MOST_DIGITS, int(correct))) - 1}e}")


def _few(value: float) -> float:
    """A figure of a projection: its first values are right to about three digits."""
    return float(f"{value:.3e}")
