"""Where the layers stand under the roof of a device."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from modelreport.facts import Bound, DeviceEstimate, LayerTime, Roofline, Skipped, Trace, Usage
from modelreport.render import format as text
from modelreport.render.charts.spec import Axis, Chart, Line, Points
from modelreport.render.language import _, mark

_COLOURS: Final[dict[Bound, str]] = {"compute": "linear", "memory": "activation"}
_BOUND: Final[dict[Bound, str]] = {"compute": mark("compute-bound layers"), "memory": mark("memory-bound layers")}
_NAMED: Final = 4
_ROWS: Final = 40


@dataclass(frozen=True)
class Group:
    """Calls that cost the same."""

    path: str
    """Of the first of them."""
    name: str
    """The path; with ``own``, that it stands for less than the whole module."""
    type: str
    count: int
    flops: int
    moved_bytes: int
    time_s: float
    """Of all of them."""
    bound: Bound

    @property
    def intensity(self) -> float:
        """FLOPs for each byte moved."""
        return self.flops / self.moved_bytes if self.moved_bytes else 0.0


def groups(roof: Roofline, trace: Trace) -> list[Group]:
    """Layers of the same type and cost together, those that take longest first."""
    found: defaultdict[tuple[str, int, int, Bound], list[LayerTime]] = defaultdict(list)
    for layer in roof.layers:
        call = trace.calls[layer.call] if 0 <= layer.call < len(trace.calls) else None
        found[(call.type if call else "", layer.flops, layer.moved_bytes, layer.bound)].append(layer)
    parents = {call.parent for call in trace.calls}
    made = [_group(kind, members, trace, parents) for (kind, *_cost), members in found.items()]
    return sorted(made, key=lambda group: -group.time_s)


def _group(kind: str, members: list[LayerTime], trace: Trace, parents: set[int]) -> Group:
    first = members[0]
    path = trace.calls[first.call].path if 0 <= first.call < len(trace.calls) else ""
    name = text.brief(path, 60) or "model"
    return Group(
        path=path,
        name=_("{label}: own operations", label=name) if first.call in parents else name,
        type=text.name(kind, 40),
        count=len(members),
        flops=first.flops,
        moved_bytes=first.moved_bytes,
        time_s=sum(member.time_s for member in members),
        bound=first.bound,
    )


def roofline(usage: Usage | Skipped, trace: Trace | Skipped) -> Chart | Skipped:
    """Intensity and attainable speed of every layer, under the peaks of the chosen device."""
    if isinstance(usage, Skipped) or isinstance(trace, Skipped):
        return usage if isinstance(usage, Skipped) else Skipped(stage="trace", reason="There was no forward pass.")
    roof = usage.roofline
    if isinstance(roof, Skipped):
        return roof
    found = groups(roof, trace)
    shown = [g for g in found if g.flops and g.moved_bytes and g.time_s > 0]
    if not shown or not roof.estimates:
        return Skipped(stage="trace", reason="No layer has both arithmetic and memory traffic that are known.")
    main = roof.estimates[0]
    left_out = sum(g.time_s for g in found) - sum(g.time_s for g in shown)
    lines = _roofs(main, shown)
    low_y = min(g.flops * g.count / g.time_s for g in shown) / 2
    return Chart(
        id="roofline",
        title=_title(main),
        caption="Each mark is a layer (equal ones together) at its arithmetic intensity and the speed it can reach at "
        f"most; the lines are the device's peaks. {_dtype_words(main)} "
        + (f"Layers that only move data, {text.seconds(left_out)} in all, have no mark." if left_out > 0 else ""),
        x=Axis(title=mark("FLOP for each byte moved"), unit="number", low=lines[0].x[0], high=lines[0].x[-1], log=True),
        y=Axis(title="FLOP/s", unit="count", low=low_y, log=True),
        layers=(*lines, *_points(shown)),
        header=(mark("Layer"), mark("Type"), mark("Times"), mark("Bound by"),
                mark("Time"), mark("Share"), mark("FLOP/B")),
        rows=tuple(_row(g, main) for g in found[:_ROWS]),
    )  # fmt: skip


def _title(main: DeviceEstimate) -> str:
    name = text.name(main.device.title)
    if not main.compute_bound_share:
        return f"On {name} the whole pass is bound by memory traffic"
    if main.compute_bound_share > 0.9995:
        return f"On {name} the whole pass is bound by arithmetic"
    return f"{text.share(main.compute_bound_share)} of the time on {name} is bound by arithmetic, the rest by memory"


def _dtype_words(main: DeviceEstimate) -> str:
    peak = main.device.flops_per_s.get(main.dtype)
    speed = text.rate(main.device.bytes_per_s, "B")
    return f"Matrix peak in {text.dtype(main.dtype)}: {text.rate(peak, 'FLOP')}; memory {speed}."


def _roofs(main: DeviceEstimate, shown: Sequence[Group]) -> tuple[Line, ...]:
    device = main.device
    matrix = device.flops_per_s.get(main.dtype, max(device.flops_per_s.values()))
    ridge = matrix / device.bytes_per_s
    low = min(min(g.intensity for g in shown) / 2, ridge / 4)
    high = max(max(g.intensity for g in shown) * 2, ridge * 4)
    found = [_roof(f"{text.dtype(main.dtype)} matrix units", "ink", matrix, device.bytes_per_s, low, high)]
    vector = device.vector_flops_per_s
    if vector is not None and vector < 0.98 * matrix:
        found.append(_roof("ordinary units", "muted", vector, device.bytes_per_s, low, high))
    return tuple(found)


def _roof(name: str, colour: str, peak: float, speed: float, low: float, high: float) -> Line:
    xs = [low, *([peak / speed] if low < peak / speed < high else []), high]
    ys = [min(peak, x * speed) for x in xs]
    hover = tuple(f"{name}\n{text.rate(y, 'FLOP')} at {text.number(x)} FLOP/B" for x, y in zip(xs, ys, strict=True))
    return Line(name=name, colour=colour, x=tuple(xs), y=tuple(ys), hover=hover)


def _points(shown: Sequence[Group]) -> tuple[Points, ...]:
    named = _labelled(shown)
    made = []
    for bound, colour in _COLOURS.items():
        of_kind = [g for g in shown if g.bound == bound]
        if of_kind:
            made.append(
                Points(
                    name=_BOUND[bound],
                    colour=colour,
                    x=tuple(g.intensity for g in of_kind),
                    y=tuple(g.flops * g.count / g.time_s for g in of_kind),
                    labels=tuple(_tail(g.name) if id(g) in named else "" for g in of_kind),
                    hover=tuple(_hover(g) for g in of_kind),
                    side="above" if bound == "compute" else "below right",
                )
            )
    return tuple(made)


def _labelled(shown: Sequence[Group]) -> set[int]:
    """The layers that take longest, as long as their words keep apart."""
    kept: list[Group] = []
    for group in shown[:20]:
        x, y = math.log10(group.intensity), math.log10(group.flops * group.count / group.time_s)
        near = any(
            abs(math.log10(k.intensity) - x) < 0.7 and abs(math.log10(k.flops * k.count / k.time_s) - y) < 0.5
            for k in kept
        )
        if not near and len(kept) < _NAMED:
            kept.append(group)
    return {id(group) for group in kept}


def _tail(path: str) -> str:
    """The last two parts of a path; three where an index would come first."""
    parts = path.split(".")
    return ".".join(parts[-3 if len(parts) > 2 and parts[-2].isdecimal() else -2 :])


def _hover(group: Group) -> str:
    times = f" ×{group.count}" if group.count > 1 else ""
    return (
        f"{group.name}{times} ({group.type})\n{text.flops(group.flops)}, {text.bytes_binary(group.moved_bytes)} moved, "
        f"{text.number(group.intensity)} FLOP/B\n{text.seconds(group.time_s / group.count)} each, {group.bound}-bound"
    )


def _row(group: Group, main: DeviceEstimate) -> tuple[str, ...]:
    return (
        group.name,
        group.type,
        text.exact(group.count),
        group.bound,
        text.seconds(group.time_s),
        text.share(group.time_s / main.time_s if main.time_s else None),
        text.number(group.intensity) if group.flops else text.UNKNOWN,
    )
