"""What it costs to use the model: to train it, to generate with it, on which device, and how that grows."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

from modelreport.facts import Roofline, Skipped, Usage
from modelreport.trace.outcome import skipped

if TYPE_CHECKING:
    from modelreport.checkpoint import Model
    from modelreport.facts import TensorFact, Trace
    from modelreport.options import Options

__all__ = ["usage_of"]

log = logging.getLogger(__name__)
T = TypeVar("T")
PACKED = (
    "Generation reads packed weights as the file stores them, with their scales and zero points; a program that "
    "unpacks them first reads more."
)


def usage_of(
    model: Model | Skipped,
    trace: Trace | Skipped,
    options: Options,
    weights_bytes: int,
    tensors: Sequence[TensorFact] = (),
) -> Usage | Skipped:
    """All costs of use; each part says why it is missing. Raises ``OptionsError`` for an unknown device.

    ``weights_bytes`` are the parameters and buffers, for whether they fit a device; ``tensors`` those of the file, for
    what packed weights take there.
    """
    from modelreport.trace.usage.roofline import roofline

    if isinstance(trace, Skipped):
        return skipped(f"Without a forward pass its costs are not known. {trace.reason}")
    roof = roofline(trace, weights_bytes, options.device)
    why = _why_not(model, trace)
    if why is not None or isinstance(model, Skipped):
        missing = why or skipped("There is no module that could be run.")
        return Usage(training=missing, generation=missing, scaling=missing, roofline=roof)
    return _measured(model, trace, roof, tensors)


def _why_not(model: Model | Skipped, trace: Trace) -> Skipped | None:
    """Why no further pass can be run."""
    if trace.method == "graph":
        return skipped("The file holds a graph, which was read and cannot be run again at other sizes.")
    if isinstance(model, Skipped) or model.ran is None:
        return skipped("There is no module that could be run.")
    if not trace.complete:
        return skipped("The forward pass ended early.")
    return None


def _measured(model: Model, trace: Trace, roof: Roofline, tensors: Sequence[TensorFact]) -> Usage:
    from modelreport.trace.usage.generation import generation
    from modelreport.trace.usage.runs import runner
    from modelreport.trace.usage.scaling import laws
    from modelreport.trace.usage.stored import stored_shares
    from modelreport.trace.usage.training import training_memory

    with runner(model) as runs:
        training, notes, tally = _guarded(lambda: training_memory(runs), lambda why: (why, (), None))
        shares = stored_shares(runs, tensors, model.renamed, model.joined)
        generated = _guarded(lambda: generation(runs, shares), lambda why: why)
        scaling, more = _guarded(lambda: laws(runs, trace, tally), lambda why: (why, ()))
    if trace.method == "cpu":
        more = (*more, "The traced pass was a real one; these ran without values and may have taken other branches.")
    if shares and not isinstance(generated, Skipped):
        more = (*more, PACKED)
    return Usage(training=training, generation=generated, scaling=scaling, roofline=roof, notes=(*notes, *more))


def _guarded(work: Callable[[], T], otherwise: Callable[[Skipped], T]) -> T:
    """The result of one part; one that fails in a way nobody foresaw leaves the others alone."""
    try:
        return work()
    except Exception as error:
        log.debug("a part of the costs of use failed", exc_info=True)
        text = " ".join(str(error).split())[:200].rstrip(".") or "no message"
        return otherwise(skipped(f"This could not be worked out: {type(error).__name__}: {text}."))
