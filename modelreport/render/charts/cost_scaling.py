"""How the cost of a pass grows with a size of its input."""

from __future__ import annotations

from typing import Final

from modelreport.facts import Law, Skipped, Usage
from modelreport.render import format as text
from modelreport.render.charts.partition import as_float
from modelreport.render.charts.spec import Axis, Chart, Line, Points, Unit
from modelreport.render.language import mark

SYMBOLS: Final = {"batch": "B", "sequence": "S", "image side": "W", "length": "L"}
NAMES: Final = {"sequence": "sequence length", "image side": "image side in pixels", "batch": "batch size"}
WORDS: Final = {
    "macs": "Multiply-adds",
    "flops": "FLOPs",
    "peak_bytes": "Peak activation memory",
    "kept_bytes": "Activations kept for training",
}
_UNITS: Final[dict[str, Unit]] = {"macs": "macs", "flops": "flops", "peak_bytes": "bytes", "kept_bytes": "bytes"}
_WRITERS: Final = {
    "macs": text.macs,
    "flops": text.flops,
    "peak_bytes": text.bytes_binary,
    "kept_bytes": text.bytes_binary,
}
_STEPS: Final = 40
_RAISED: Final = {2: "²", 3: "³", 4: "⁴"}


def formula(law: Law) -> str:
    """The law in words: ``123.5 M × S + 18,432 × S²``."""
    symbol = SYMBOLS.get(law.variable, "n")
    write = _size if law.quantity.endswith("bytes") else _glance
    terms = []
    for power, value in reversed(list(enumerate(law.coefficients))):
        if value:
            sign = "−" if value < 0 else "+"
            size = abs(value)
            number = write(round(size)) if size >= 1 else text.number(size)
            factor = "" if power == 0 else f" × {symbol}{_RAISED.get(power, '')}"
            terms.append((sign, number + factor))
    if not terms:
        return "0"
    first = ("−" if terms[0][0] == "−" else "") + terms[0][1]
    return " ".join([first, *(f"{sign} {term}" for sign, term in terms[1:])])


def name_of(law: Law) -> str:
    """What grows, in words."""
    return NAMES.get(law.variable) or text.name(law.variable)


def _deviation(law: Law) -> str:
    return f"off by {text.share(law.deviation_share)}" if law.deviation_share else "exact"


def _size(value: int) -> str:
    """Bytes without the sign ``B``, which is the batch here."""
    return text.plural(value, "byte") if value < 1024 else text.bytes_binary(value)


def _glance(value: int) -> str:
    return text.exact(value) if value < 10**6 else text.count(value)


def at(law: Law, size: float) -> float:
    """What the law says for a size."""
    return sum(value * size**power for power, value in enumerate(law.coefficients))


def amount(law: Law, cost: int) -> str:
    """A cost in the unit of the law."""
    return _WRITERS[law.quantity](cost)


def drawn_law(usage: Usage) -> Law | None:
    """The law of the picture: multiply-adds over the sequence or the side of the image, else over the batch."""
    laws = [] if isinstance(usage.scaling, Skipped) else [law for law in usage.scaling if law.quantity == "macs"]
    return next((law for law in laws if law.variable != "batch"), laws[0] if laws else None)


def cost_scaling(usage: Usage | Skipped) -> Chart | Skipped:
    """Measured passes and the law through them, to twice the largest size."""
    if isinstance(usage, Skipped):
        return usage
    if isinstance(usage.scaling, Skipped):
        return usage.scaling
    law = drawn_law(usage)
    if law is None or not law.points:
        return Skipped(stage="trace", reason="No multiply-adds were counted.")
    top = 2 * law.points[-1][0]
    xs = [top * i / _STEPS for i in range(_STEPS + 1)]
    symbol = SYMBOLS.get(law.variable, "n")
    return Chart(
        id="cost-scaling",
        title=f"{WORDS[law.quantity]} of one pass: {formula(law)}",
        caption=f"{symbol} is the {name_of(law)}. Marks are passes that were run; the law was fitted to all "
        f"but the last, at which it is {_deviation(law)}. Beyond that it is extrapolated.",
        x=Axis(title=name_of(law), unit="count"),
        y=Axis(title=WORDS[law.quantity].lower() if law.quantity == "macs" else "", unit=_UNITS[law.quantity], low=0.0),
        layers=(
            Line(
                name=mark("law"),
                colour="accent",
                x=tuple(xs),
                y=tuple(max(at(law, x), 0.0) for x in xs),
                hover=tuple(f"{symbol} = {round(x):,}\n{amount(law, round(max(at(law, x), 0.0)))}" for x in xs),
            ),
            Points(
                name=mark("passes"),
                colour="accent",
                x=tuple(float(size) for size, _ in law.points),
                y=tuple(as_float(cost) for _, cost in law.points),
                labels=tuple(amount(law, cost) if size == law.points[-1][0] else "" for size, cost in law.points),
                hover=tuple(f"{symbol} = {size:,}, measured\n{text.exact(cost)}" for size, cost in law.points),
                side="above left",
            ),
        ),
        header=(mark("Size"), mark("Measured"), mark("Law")),
        rows=tuple((text.exact(n), text.exact(cost), text.exact(round(at(law, n)))) for n, cost in law.points),
    )  # fmt: skip
