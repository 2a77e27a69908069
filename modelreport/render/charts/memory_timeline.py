"""How much activation memory is alive during the forward pass."""

from __future__ import annotations

from modelreport.facts import Skipped, Trace
from modelreport.render import format as text
from modelreport.render.charts.partition import as_float
from modelreport.render.charts.spec import Axis, Chart, Line, Points
from modelreport.render.language import _, mark


def memory_timeline(trace: Trace | Skipped) -> Chart | Skipped:
    """Live activation bytes after each operation, the peak marked; skipped when the pass did not measure it."""
    if isinstance(trace, Skipped):
        return trace
    memory = trace.memory
    if memory is None or not memory.points:
        return Skipped(stage="trace", reason="Activation memory was not measured in this kind of pass.")
    where = [_where(trace, point.operation) for point in memory.points]
    peak = _where(trace, memory.peak_operation)
    shown = text.bytes_binary(memory.peak_bytes)
    rows = [
        (at, text.exact(p.operation), text.bytes_binary(p.live_bytes))
        for at, p in zip(where, memory.points, strict=True)
    ]
    return Chart(
        id="memory-timeline",
        title=f"Activation memory peaks at {shown}, at {peak}",
        caption="Memory of activations alive after each operation of one forward pass without gradients, batch as "
        "traced; weights and inputs are not included. An estimate from tensor sizes, not from an allocator.",
        x=Axis(title=mark("operation, in the order of execution"), unit="count"),
        y=Axis(title=mark("activations alive"), unit="bytes", low=0.0),
        layers=(
            Line(
                name=mark("live activations"),
                colour="accent",
                x=tuple(float(point.operation) for point in memory.points),
                y=tuple(as_float(point.live_bytes) for point in memory.points),
                hover=tuple(f"{at}\n{row[2]}" for at, row in zip(where, rows, strict=True)),
                area=True,
                step=True,
            ),
            Points(
                name=mark("peak"),
                colour="bad",
                x=(float(memory.peak_operation),),
                y=(as_float(memory.peak_bytes),),
                labels=(f"peak {shown}",),
                hover=(_("peak: {count} bytes at {peak}", count=text.exact(memory.peak_bytes), peak=peak),),
            ),
        ),
        header=(mark("Operation"), mark("Number"), mark("Live")),
        rows=tuple(rows),
    )


def _where(trace: Trace, index: int) -> str:
    """The operation and its module, in words."""
    if not 0 <= index < len(trace.operations):
        return f"operation {index}"
    operation = trace.operations[index]
    path = trace.calls[operation.call].path if 0 <= operation.call < len(trace.calls) else ""
    name = text.name(operation.name, 40)
    return _("{operation} in {module}", operation=name, module=text.brief(path, 60)) if path else name
