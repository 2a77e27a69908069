"""W: adapters that change nothing, or more than there is."""

from __future__ import annotations

from modelreport.facts import AdapterEffect, Report
from modelreport.judge.rule import Clean, Found, Rule, UncheckedError, held, known, point, say

_WHOLE = 1.0
"""‖ΔW‖ / ‖W‖ from which on a change is larger than what it changes. Hu et al. 2021 have 11 % in a layer of GPT-3
(table 7: 6.91 of 61.95)."""


def _effect(report: Report) -> AdapterEffect:
    """What the adapter does; ``AbsentError`` where there is none."""
    return held(known(report.weights).adapter)


def without_effect(report: Report) -> Found | Clean:
    """Layers whose change is zero because a factor is, as at the beginning of training."""
    effect = _effect(report)
    fresh = [each for each in effect.deltas if each.fresh]
    if not fresh:
        return Clean(say("All {layer_count} layers of the adapter are changed.", layer_count=len(effect.deltas)))
    every = len(fresh) == len(effect.deltas)
    text = (
        "The adapter changes nothing: in {layer_count} {layer_count:layer|layers}, all it has, a factor is zero."
        if every
        else "{fresh_count} of {layer_count} layers of the adapter {fresh_count:is|are} not changed: a factor is zero."
    )
    return Found(
        say(text, fresh_count=len(fresh), layer_count=len(effect.deltas)),
        [point("module", each.target, say("a factor is zero throughout")) for each in fresh],
        None if every else "note",
    )


def overwhelming(report: Report) -> Found | Clean:
    """Layers whose change is larger than the weight."""
    effect = _effect(report)
    relative = [(each.relative, each) for each in effect.deltas if each.relative is not None]
    if not relative:
        raise UncheckedError("The base model's weights are not at hand to compare with.")
    large = [(share, each) for share, each in relative if share > _WHOLE]
    if not large:
        most = max(share for share, _ in relative)
        return Clean(say("The largest change is {change_share} of its weight.", change_share=most))
    large.sort(key=lambda pair: -pair[0])
    return Found(
        say(
            "{large_count} of {layer_count} layers {large_count:is|are} changed by more than the weight itself.",
            large_count=len(large),
            layer_count=len(relative),
        ),
        [point("module", each.target, say("{change_share} of its weight's norm", change_share=s)) for s, each in large],
    )


RULES = (
    Rule(
        "W045",
        "warning",
        "Adapter without effect",
        "Check that it was saved after training, and that the layers it was put on receive gradients.",
        "weights",
        without_effect,
    ),
    Rule(
        "W046",
        "warning",
        "Adapter larger than its base",
        "Check the scale (alpha), the learning rate, and that this is the base model it was trained on.",
        "weights",
        overwhelming,
    ),
)
