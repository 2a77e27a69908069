"""How much of the weights is left when the smallest are set to zero."""

from __future__ import annotations

from statistics import NormalDist
from typing import Final

from modelreport.facts import Pruning, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.spec import Axis, Chart, Line
from modelreport.render.language import mark

TWO_FOUR_NORMAL: Final = 0.868
"""Share of Σx² in the two largest of every four independent normal values (by quadrature over order statistics)."""

_NORMAL: Final = NormalDist()


def pruning_curve(weights: Weights | Skipped) -> Chart | Skipped:
    """Share of the sum of squares against the share of weights removed, with that of normal values."""
    if isinstance(weights, Skipped):
        return weights
    pruning = weights.pruning
    if isinstance(pruning, Skipped):
        return pruning
    levels = (0.0, *pruning.levels, 1.0)
    kept, normal = (1.0, *pruning.kept, 0.0), tuple(normal_kept(level) for level in levels)
    return Chart(
        id="pruning-curve",
        title=outcome(pruning),
        caption="All weight matrices together, the smallest magnitudes removed first, by one threshold for the model. "
        "Above the other line values are further apart than normal ones are.",
        x=Axis(title=mark("weights removed"), unit="share", low=0.0, high=1.0),
        y=Axis(title=mark("sum of squares left"), unit="share", low=0.0, high=1.0),
        layers=(
            Line(
                name=mark("normal values"), colour="other", x=levels, y=normal, reference=True,
                hover=tuple(f"normal values: {text.share(left)} left" for left in normal),
            ),
            Line(
                name=mark("this model"), colour="accent", x=levels, y=kept,
                hover=tuple(
                    f"{text.share(level)} removed: {text.share(left)} left"
                    for level, left in zip(levels, kept, strict=True)
                ),
            ),
        ),
        header=(mark("Removed"), mark("Threshold"), mark("Sum of squares left"), mark("Of normal values")),
        rows=tuple(
            (text.share(level), text.number(threshold), text.share(left), text.share(normal_kept(level)))
            for level, threshold, left in zip(pruning.levels, pruning.thresholds, pruning.kept, strict=True)
        ),
    )  # fmt: skip


def outcome(pruning: Pruning) -> str:
    """What is left without the smaller half, in a sentence without a full stop."""
    return (
        f"Without the smaller half of its weights the model keeps {text.share(at_half(pruning))} of their sum of "
        f"squares; normal values keep {text.share(normal_kept(0.5))}"
    )


def at_half(pruning: Pruning) -> float:
    """Share of the sum of squares left without the smaller half."""
    place = min(range(len(pruning.levels)), key=lambda i: abs(pruning.levels[i] - 0.5))
    return pruning.kept[place]


def normal_kept(level: float) -> float:
    """Share of Σx² that independent normal values keep without the smallest ``level`` of them.

    With t the quantile of |x|: 1 − (level − 2·t·φ(t)), by parts.
    """
    if level >= 1.0:
        return 0.0
    cut = _NORMAL.inv_cdf((1 + level) / 2)
    return 1 - level + 2 * cut * _NORMAL.pdf(cut)
