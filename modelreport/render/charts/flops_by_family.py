"""Which kinds of operation the compute goes to."""

from __future__ import annotations

from collections import Counter

from modelreport.facts import Family, Skipped, Trace
from modelreport.render import format as text
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.charts.partition import as_float, part_of
from modelreport.render.charts.spec import Axis, Bars, Chart
from modelreport.render.language import mark


def flops_by_family(trace: Trace | Skipped) -> Chart | Skipped:
    """FLOPs of each operation family, largest first; skipped without a trace or when nothing could be counted."""
    if isinstance(trace, Skipped):
        return trace
    flops: Counter[Family] = Counter()
    calls: Counter[Family] = Counter()
    for operation in trace.operations:
        calls[operation.family] += 1
        flops[operation.family] += operation.flops or 0
    order = [family for family, value in sorted(flops.items(), key=lambda item: (-item[1], item[0])) if value]
    if not order:
        return Skipped(stage="trace", reason="No operation of the pass has a FLOP formula.")
    words = {family: word for family, word in FAMILY_WORDS.items() if family in order}
    shares = {family: text.share(part_of(flops[family], trace.flops)) for family in order}
    return Chart(
        id="flops-by-family",
        title=f"{words[order[0]].capitalize()} does {shares[order[0]]} of {text.flops(trace.flops)}",
        caption="All floating-point operations of one forward pass by family of operation, arithmetic included; a "
        "multiply-add counts as two. " + uncounted_note(trace),
        x=Axis(title=mark("floating-point operations"), unit="flops"),
        y=Axis(categories=tuple(words[family] for family in order)),
        layers=(
            Bars(
                values=tuple(as_float(flops[family]) for family in order),
                colours=tuple(order),
                labels=tuple(f"{text.flops(flops[family])} · {shares[family]}" for family in order),
                hover=tuple(
                    f"{words[family]}: {text.exact(flops[family])} FLOP in {text.plural(calls[family], 'operation')}"
                    for family in order
                ),
            ),
        ),
        header=(mark("Family"), mark("Operations"), mark("FLOPs"), mark("Share")),
        rows=tuple(
            (words[family], text.exact(calls[family]), text.exact(flops[family]), shares[family]) for family in order
        ),
    )


def uncounted_note(trace: Trace) -> str:
    """What the FLOPs leave out, as a sentence."""
    if not trace.uncounted:
        return "Every operation is counted." if trace.complete else "The pass ended early: only what ran is counted."
    kernels = ", ".join(text.name(item.kernel, 40) for item in trace.uncounted[:3])
    rest = len(trace.uncounted) - 3
    return f"Not counted, without a formula: {kernels}{f' and {rest} more' if rest > 0 else ''}."
