"""Where in the model the compute is, from input to output."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from modelreport.facts import FAMILIES, Skipped, Trace
from modelreport.render import format as text
from modelreport.render.charts.flops_by_family import uncounted_note
from modelreport.render.charts.palette import FAMILY_WORDS
from modelreport.render.charts.partition import as_float, part_of, partition
from modelreport.render.charts.spec import Axis, Chart, Stack
from modelreport.render.language import mark


@dataclass(frozen=True)
class _Part:
    """Operations that ran together: a module call, its own operations, or a run of neighbours."""

    label: str
    operations: tuple[int, ...]
    flops: int
    call: int = -1


def flops_by_depth(trace: Trace | Skipped) -> Chart | Skipped:
    """FLOPs of the parts of the model in the order they run, split by operation family."""
    if isinstance(trace, Skipped):
        return trace
    parts = _parts(trace)
    if not parts:
        return Skipped(stage="trace", reason="No operation of the pass has a FLOP formula.")
    split = [Counter[str]() for _ in parts]
    for counter, part in zip(split, parts, strict=True):
        for index in part.operations:
            counter[trace.operations[index].family] += trace.operations[index].flops or 0
    families = [family for family in FAMILIES if any(counter[family] for counter in split)]
    heaviest = max(parts, key=lambda part: part.flops)
    return Chart(
        id="flops-by-depth",
        title=f"{heaviest.label} does {text.share(part_of(heaviest.flops, trace.flops))} of {text.flops(trace.flops)}",
        caption="All floating-point operations along the forward pass, from input (top) to output; large modules are "
        "shown by their parts. " + uncounted_note(trace),
        x=Axis(title=mark("floating-point operations"), unit="flops"),
        y=Axis(categories=tuple(part.label for part in parts)),
        layers=tuple(
            Stack(
                name=FAMILY_WORDS[family],
                colour=family,
                values=tuple(as_float(counter[family]) for counter in split),
                hover=tuple(
                    f"{part.label}, {FAMILY_WORDS[family]}: {text.exact(counter[family])} FLOP"
                    for part, counter in zip(parts, split, strict=True)
                ),
                labels=tuple(text.flops(part.flops) for part in parts) if family == families[-1] else (),
            )
            for family in families
        ),
        header=(mark("Part"), mark("Operations"), mark("FLOPs"), mark("Share")),
        rows=tuple(
            (p.label, text.exact(len(p.operations)), text.exact(p.flops), text.share(part_of(p.flops, trace.flops)))
            for p in parts
        ),
    )


def _parts(trace: Trace) -> list[_Part]:
    children: defaultdict[int, list[int]] = defaultdict(list)
    for index, call in enumerate(trace.calls):
        children[call.parent].append(index)
    own: defaultdict[int, list[int]] = defaultdict(list)
    for operation in trace.operations:
        own[operation.call].append(operation.id)

    def part(label: str, operations: Sequence[int], call: int = -1) -> _Part:
        flops = sum(trace.operations[i].flops or 0 for i in operations)
        return _Part(label, tuple(operations), flops, call)

    def whole(index: int) -> _Part:
        call = trace.calls[index]
        repeat = f" (call {call.number + 1})" if call.number else ""
        return part((text.brief(call.path, 60) or "model") + repeat, range(call.first, call.last), index)

    def expand(found: _Part) -> list[_Part]:
        if found.call < 0 or not children[found.call]:
            return []
        rest = own[found.call]
        inner = [whole(index) for index in children[found.call]]
        if rest:
            inner.append(part(f"{found.label}: own operations", rest))
        return sorted(inner, key=lambda item: min(item.operations, default=0))

    def group(run: Sequence[_Part]) -> _Part:
        return part(f"{run[0].label} … {run[-1].label}", [i for item in run for i in item.operations])

    roots = [whole(index) for index in children[-1]]
    root = roots[0] if len(roots) == 1 else part("model", range(len(trace.operations)))
    if root.flops == 0:
        return []
    return partition(root, weight=lambda item: item.flops, expand=expand, group=group)
