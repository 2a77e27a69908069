"""Which layers have units that do nothing, or nothing of their own."""

from __future__ import annotations

from modelreport.facts import Report, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.spec import Axis, Chart, Stack
from modelreport.render.language import _, mark
from modelreport.render.unit_counts import UnitCounts, unit_counts

MOST_ROWS = 40
_SERIES = (
    ("dead", mark("dead"), "bad", mark("Dead: all weights zero.")),
    ("repeated", mark("repeated"), "attention", mark("Repeated: equal to another unit to the bit.")),
    (
        "shut",
        mark("shut"),
        "warn",
        mark("Shut: scale zero and shift not above zero, so that a ReLU behind gives zero."),
    ),
    ("weak", mark("weak"), "accent", mark("Weak: effective scale under a hundredth of the layer's median.")),
)


def unit_shares(report: Report) -> Chart | Skipped:
    """Share of dead, repeated, shut and weak units of each layer that has any; skipped when none has."""
    if not isinstance(report.weights, Weights):
        return report.weights
    counts = unit_counts(report, report.weights)
    some = [each for each in counts if each.any]
    if not some:
        return Skipped(stage="measure", reason="No layer has units that are dead, repeated, shut or weak.")
    kept = _worst(some)
    names = tuple(text.name(each.name, 60) for each in kept)
    left = f" The {MOST_ROWS} with the largest share are drawn." if len(some) > len(kept) else ""
    used = [series for series in _SERIES if any(getattr(each, series[0]) for each in kept)]
    meaning = " ".join(series[3] for series in used)
    return Chart(
        id="unit-shares",
        title=_(
            "{layers} {kinds} units",
            layers=text.plural(len(some), "layer has", "layers have"),
            kinds=_(" or ").join(_(each[1]) for each in used),
        ),
        caption=f"Share of the output units of each layer, in the order of the file; the other "
        f"{text.plural(len(counts) - len(some), 'layer has', 'layers have')} none.{left} {meaning}",
        x=Axis(title=mark("share of the layer's units"), unit="share"),
        y=Axis(categories=names),
        layers=tuple(
            Stack(
                name=word,
                colour=colour,
                values=tuple(getattr(each, field) / each.units for each in kept),
                hover=tuple(f"{n}: {text.exact(getattr(e, field))} {word}" for n, e in zip(names, kept, strict=True)),
                labels=tuple(text.share(_share(each)) for each in kept) if field == used[-1][0] else (),
            )
            for field, word, colour, _ in used
        ),
        header=(mark("Layer"), mark("Units"), mark("Dead"), mark("Repeated"), mark("Shut"), mark("Weak")),
        rows=tuple(
            (name, *(text.exact(n) for n in (each.units, each.dead, each.repeated, each.shut, each.weak)))
            for name, each in zip(names, kept, strict=True)
        ),
    )


def _share(each: UnitCounts) -> float:
    return (each.dead + each.repeated + each.shut + each.weak) / each.units


def _worst(some: list[UnitCounts]) -> list[UnitCounts]:
    """The layers with the largest shares, in the order of the file."""
    places = sorted(range(len(some)), key=lambda i: (-_share(some[i]), i))[:MOST_ROWS]
    return [some[i] for i in sorted(places)]
