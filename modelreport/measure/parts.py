"""After the pass over all values: what is told of the model as a whole, part by part."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import msgspec

from modelreport.checkpoint import Checkpoint
from modelreport.facts import FAILED, Skipped, Structure, Weights
from modelreport.measure.adapter.survey import adapter
from modelreport.measure.average import average
from modelreport.measure.beside import Beside
from modelreport.measure.optimizer import optimizer
from modelreport.measure.peers import peers
from modelreport.measure.pictures import pictures
from modelreport.measure.precision import precision
from modelreport.measure.pruning import pruning
from modelreport.measure.spectra import spectra
from modelreport.measure.survey import measure
from modelreport.measure.units import duplicated, units
from modelreport.options import Options

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Measured:
    """What a part may look at: the open checkpoint, the structure and the statistics of every tensor."""

    checkpoint: Checkpoint
    structure: Structure
    weights: Weights
    options: Options
    kept: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """What the functions of ``piece.TOLD`` kept in ``Told.keep``, by the tensor's name."""


PARTS: tuple[tuple[str, Callable[[Measured], Any]], ...] = (
    ("duplicates", duplicated),
    ("units", units),
    ("pictures", pictures),
    ("peers", peers),
    ("precision", precision),
    ("pruning", pruning),
    ("spectra", spectra),
    ("adapter", adapter),
    ("optimizer", optimizer),
    ("average", average),
)
"""Field of ``facts.Weights`` and the function that fills it, each after those before it."""


def measure_all(
    checkpoint: Checkpoint, structure: Structure, options: Options, begun: Beside | None = None
) -> Weights | Skipped:
    """Statistics of every tensor, then every part; a part that fails is ``Skipped`` with its reason.

    The statistics come from the pass that was ``begun``, if one was.
    """
    kept: dict[str, dict[str, Any]] = {}
    weights = begun.weights(kept) if begun is not None else measure(checkpoint, options, kept=kept)
    if isinstance(weights, Skipped):
        return weights
    with one_blas_thread():
        for name, work in PARTS:
            weights = msgspec.structs.replace(
                weights, **{name: _attempt(name, work, Measured(checkpoint, structure, weights, options, kept))}
            )
    return weights


def one_blas_thread() -> AbstractContextManager[object]:
    """BLAS on one thread: the order of its sums, and with it the last bits, does not depend on how many there are.

    Parts that take long run several matrices beside each other instead.
    """
    from threadpoolctl import threadpool_limits

    limits: AbstractContextManager[object] = threadpool_limits(1, "blas")
    return limits


def _attempt(name: str, work: Callable[[Measured], Any], measured: Measured) -> Any:
    """What the part gives; where it fails in a way nobody foresaw, its reason, or what the field was before."""
    try:
        return work(measured)
    except Exception as error:
        log.debug("%s failed", name, exc_info=True)
        before = getattr(measured.weights, name)
        reason = next(iter(str(error).strip().splitlines()), "no message")[:300]
        failed = Skipped(stage="measure", reason=f"{FAILED}: {type(error).__name__}: {reason}")
        return failed if isinstance(before, Skipped) else before
