"""W: traces of the training in the optimizer's state, and averaged weights against the raw ones."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Sequence

from modelreport.facts import LayerUpdate, OptimizerEvidence, Report
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, UncheckedError, held, known, point, say

_ORDERS = 4.0
"""Orders of magnitude from the median gradient of the weight matrices. No threshold is published; in the checkpoints
looked at, from a digit classifier to a speaker encoder of 1.5 million steps, matrices keep within three."""

_ENOUGH_MATRICES = 5
"""With fewer matrices a median says little."""

_LARGE_UPDATE = 0.1
"""Update of one step over the weight: a hundred times the 1e-3 that is usual (A. Karpathy, cs231n, "Ratio of
weights:updates"); a weight would be replaced in ten steps."""

_SETTLED = 100
"""Steps after which a large update is no matter of warming up: Adam's first updates are as large as its learning rate,
weights that begin at zero have no size yet."""


def _evidence(report: Report) -> OptimizerEvidence:
    return held(known(report.weights).optimizer)


def _parameters(found: OptimizerEvidence) -> int:
    """How many parameters the optimizer holds."""
    return len(found.layers) + len(found.without_state) + len(found.unread)


def without_gradient(report: Report) -> Found | Clean:
    """Parameters that the optimizer holds and that no gradient, or only a zero one, ever reached."""
    found = _evidence(report)
    if not found.without_state and not found.zero_state:
        if not found.layers:
            raise AbsentError("The optimizer keeps no state that would tell of gradients.")
        return Clean(
            say(
                "Each of the {parameter_count} parameters of the optimizer got a gradient.",
                parameter_count=_parameters(found),
            )
        )
    evidence = [point("tensor", name, say("its gradients were all zero")) for name in found.zero_state]
    evidence += [point("tensor", name, say("it never got a gradient")) for name in found.without_state]
    parts = []
    if found.zero_state:
        parts.append("{zero_count} of {held_count} parameters only ever got gradients of zero")
    if found.without_state:
        parts.append(
            "{none_count} never got a gradient"
            if parts
            else "{none_count} of {held_count} parameters in the optimizer never got a gradient"
        )
    message = say(
        f"{' and '.join(parts)}: {{first}}{' and others' if len(evidence) > 1 else ''} {{all_count:is|are}} as at the "
        "start of this training.",
        zero_count=len(found.zero_state),
        none_count=len(found.without_state),
        held_count=_parameters(found),
        first=evidence[0].name,
        all_count=len(evidence),
    )
    return Found(message, evidence, None if found.zero_state else "note")


def frozen(report: Report) -> Found | Clean:
    """Parameters of the model that the optimizer does not hold."""
    found = _evidence(report)
    shapes = {t.name: t.count for t in report.structure.tensors}
    if not found.outside:
        count = sum(t.role == "parameter" and not t.tied_to for t in report.structure.tensors)
        if _parameters(found) < count:  # the rest is another optimizer's
            return Clean(say("{how}", how=found.matched))
        return Clean(say("The optimizer holds all {parameter_count} parameters of the model.", parameter_count=count))
    values = sum(shapes.get(name, 0) for name in found.outside)
    evidence = [point("tensor", name, say("not in the optimizer")) for name in found.outside]
    return Found(
        say(
            "{parameter_count} {parameter_count:parameter was|parameters were} frozen in this training: the optimizer "
            "does not hold {parameter_count:it|them} ({value_count} values).",
            parameter_count=len(found.outside),
            value_count=values,
        ),
        evidence,
    )


def gradients_over_depth(report: Report) -> Found | Clean:
    """Weight matrices whose gradients vanish or explode against those of the others."""
    found = _evidence(report)
    matrices = [layer for layer in _matrices(report, found) if layer.gradient_rms]
    if len(matrices) < _ENOUGH_MATRICES:
        raise AbsentError(
            "Fewer than {enough_count} weight matrices have a gradient on record.", enough_count=_ENOUGH_MATRICES
        )
    middle = statistics.median(math.log10(layer.gradient_rms or 1.0) for layer in matrices)
    far = [layer for layer in matrices if abs(math.log10(layer.gradient_rms or 1.0) - middle) > _ORDERS]
    damped = [layer for layer in matrices if layer not in far and _is_damped(layer, found)]
    if not far and not damped:
        low, high = (f(layer.gradient_rms or 0.0 for layer in matrices) for f in (min, max))
        return Clean(
            say(
                "The RMS gradients of {matrix_count} weight matrices lie between {low_value} and {high_value}.",
                matrix_count=len(matrices),
                low_value=low,
                high_value=high,
            )
        )
    evidence = [
        point(
            "tensor",
            layer.name,
            say("RMS gradient {gradient_value}; the median is {median_value}", gradient_value=layer.gradient_rms,
                median_value=10**middle),
        )
        for layer in far
    ]  # fmt: skip
    evidence += [
        point("tensor", layer.name, say("RMS gradient {gradient_value}, below the optimizer's epsilon",
                                        gradient_value=layer.gradient_rms))
        for layer in damped
    ]  # fmt: skip
    vanished = sum(math.log10(layer.gradient_rms or 1.0) < middle for layer in far)
    texts = []
    if vanished:
        texts.append("gradients of {vanished_count} weight {vanished_count:matrix|matrices} vanish")
    if len(far) - vanished:
        texts.append("gradients of {exploded_count} weight {exploded_count:matrix|matrices} explode")
    if damped:
        texts.append("gradients of {damped_count} weight {damped_count:matrix lies|matrices lie} below epsilon")
    tail = ", over {order_count} orders of magnitude from the median." if far else ": the optimizer damps its steps."
    text = " and ".join(texts) + tail
    return Found(
        say(
            text[0].upper() + text[1:],
            vanished_count=vanished,
            exploded_count=len(far) - vanished,
            damped_count=len(damped),
            order_count=int(_ORDERS),
        ),
        evidence,
        None if far else "note",
    )


def _is_damped(layer: LayerUpdate, found: OptimizerEvidence) -> bool:
    """Whether ε is larger than the root of the second moment: the step is then no longer normalised by it."""
    if layer.group is None or layer.gradient_rms is None or layer.group >= len(found.groups):
        return False
    text = next((item.value for item in found.groups[layer.group].settings if item.name == "eps"), "")
    try:
        return 0 < layer.gradient_rms < float(text)
    except ValueError:
        return False


def large_updates(report: Report) -> Found | Clean:
    """Weight matrices that one step still changes by a tenth of themselves, long after the start."""
    found = _evidence(report)
    known_ratios = [layer for layer in _matrices(report, found) if layer.update_ratio is not None]
    if not known_ratios:
        raise UncheckedError(
            found.notes[0] if found.notes else "The file does not tell the updates of weight matrices."
        )
    large = [
        layer
        for layer in known_ratios
        if (layer.update_ratio or 0.0) > _LARGE_UPDATE
        and (layer.step is None or layer.step >= _SETTLED)
        and layer.update_told != "most"  # what it cannot exceed need not be what it is
    ]
    if not large:
        ratios = [layer.update_ratio or 0.0 for layer in known_ratios]
        return Clean(
            say(
                _STEPS[_how(known_ratios)],
                matrix_count=len(ratios),
                low_value=min(ratios),
                high_value=max(ratios),
            )
        )
    evidence = [
        point("tensor", each.name, say(_ONE[each.update_told], ratio_value=each.update_ratio)) for each in large
    ]
    text = "A step changes {matrix_count} of {all_count} weight matrices by more than {limit_value} of their size."
    if _how(large) == "exact":
        text = (
            "The last step changed {matrix_count} of {all_count} weight matrices by more than {limit_value} of their "
            "size."
        )
    return Found(
        say(
            text,
            matrix_count=len(large),
            all_count=len(known_ratios),
            limit_value=_LARGE_UPDATE,
        ),
        evidence,
    )


_STEPS = {
    "exact": "The last step changed {matrix_count} weight matrices by {low_value} to {high_value} of their size.",
    "usual": "A step changes {matrix_count} weight matrices by about {low_value} to {high_value} of their size.",
    "least": "A step changes {matrix_count} weight matrices by at least {low_value} to {high_value} of their size.",
    "most": "A step changes {matrix_count} weight matrices by at most {high_value} of their size.",
}
_ONE = {
    "exact": "changed by {ratio_value} of its size in one step",
    "usual": "a usual step changes it by {ratio_value} of its size",
    "least": "a step changes it by at least {ratio_value} of its size",
}


def _how(layers: Sequence[LayerUpdate]) -> str:
    """What the updates of all of them are, ``usual`` where they differ in that."""
    told = {layer.update_told for layer in layers}
    return told.pop() if len(told) == 1 else "usual"


def broken_state(report: Report) -> Found | Clean:
    """NaN or infinite values in the state."""
    found = _evidence(report)
    if not found.non_finite:
        return Clean(say("The state of {parameter_count} parameters is finite.", parameter_count=len(found.layers)))
    return Found(
        say(
            "The optimizer's state of {parameter_count} of {all_count} parameters holds NaN or infinite values.",
            parameter_count=len(found.non_finite),
            all_count=len(found.layers),
        ),
        [point("tensor", name, say("its state is not finite")) for name in found.non_finite],
    )


def step_counts(report: Report) -> Found | Clean:
    """Parameters that took fewer steps than the others."""
    found = _evidence(report)
    counts = Counter(layer.step for layer in found.layers if layer.step is not None)
    if not counts:
        raise AbsentError("The optimizer counts no steps.")
    most = max(counts)
    late = [layer for layer in found.layers if layer.step is not None and layer.step < most]
    if not late:
        return Clean(say("All parameters took {step_count} steps.", step_count=most))
    return Found(
        say(
            "{parameter_count} of {all_count} parameters took fewer steps than the {step_count} of the others.",
            parameter_count=len(late),
            all_count=sum(counts.values()),
            step_count=most,
        ),
        [point("tensor", layer.name, say("{step_count} steps", step_count=layer.step)) for layer in late],
    )


def average_unused(report: Report) -> Found | Clean:
    """Averaged weights that are the raw ones."""
    average = held(known(report.weights).average)
    moved = [distance for _, distance in average.layers if distance]
    if average.layers and not moved:
        return Found(
            say(
                "The averaged weights at {key} are equal to the raw ones in all {parameter_count} parameters.",
                key=average.key,
                parameter_count=len(average.layers),
            ),
            [point("key", average.key, say("equal to the raw weights"))],
        )
    return Clean(
        say(
            "The averaged weights at {key} differ from the raw ones in {moved_count} of {parameter_count} parameters.",
            key=average.key,
            moved_count=len(moved),
            parameter_count=len(average.layers),
        )
    )


def _matrices(report: Report, found: OptimizerEvidence) -> Sequence[LayerUpdate]:
    """Weights of two dimensions or more: gradients of biases and scales differ for reasons of their own.

    The bias of the keys in attention, say, has no gradient at all: softmax does not see it.
    """
    wide = {t.name for t in report.structure.tensors if len(t.shape) > 1 and t.role == "parameter"}
    return [layer for layer in found.layers if layer.name in wide]


RULES = (
    Rule(
        "W050",
        "warning",
        "Parameters without a gradient",
        "Check that these take part in the loss: a dead or detached branch keeps the values it began with.",
        "weights",
        without_gradient,
    ),
    Rule(
        "W051",
        "note",
        "Frozen parameters",
        "Check that these were meant to be frozen; they are those of the model the training started from.",
        "weights",
        frozen,
    ),
    Rule(
        "W052",
        "warning",
        "Gradients vanish or explode",
        "Look at the initialisation, normalisation and residual paths around these layers, and at gradient clipping.",
        "weights",
        gradients_over_depth,
    ),
    Rule(
        "W053",
        "warning",
        "Updates too large",
        "Lower the learning rate of these weights, or check their scale: they are not settled.",
        "weights",
        large_updates,
    ),
    Rule(
        "W054",
        "warning",
        "Optimizer state not finite",
        "Training cannot be resumed from here: go back to an earlier checkpoint.",
        "weights",
        broken_state,
    ),
    Rule(
        "W055",
        "note",
        "Differing step counts",
        "Usual where layers were unfrozen later or are not part of every step; otherwise look for skipped updates.",
        "weights",
        step_counts,
    ),
    Rule(
        "W056",
        "note",
        "Average equal to raw weights",
        "Check that the average was updated in training: a copy that never moves is no average.",
        "weights",
        average_unused,
    ),
)
