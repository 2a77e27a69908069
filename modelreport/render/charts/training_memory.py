"""How much memory one training step takes, by optimizer and precision."""

from __future__ import annotations

from typing import Final

from modelreport.facts import Skipped, TrainingMemory, Usage
from modelreport.render import format as text
from modelreport.render.charts.partition import as_float
from modelreport.render.charts.spec import Axis, Chart, Stack
from modelreport.render.language import _, mark, tell

DRAWN: Final = ("AdamW", "8-bit AdamW", "SGD with momentum")
"""Optimizers in the picture; the table behind it has all."""
_PARTS: Final = (
    (mark("weights"), "linear", "weights_bytes"),
    (mark("gradients"), "conv", "gradients_bytes"),
    (mark("optimizer state"), "activation", "optimizer_bytes"),
    (mark("activations"), "norm", "activations_bytes"),
)


def training_memory(usage: Usage | Skipped) -> Chart | Skipped:
    """Weights, gradients, optimizer state and activations of one step, stacked."""
    if isinstance(usage, Skipped):
        return usage
    table = usage.training
    if isinstance(table, Skipped):
        return table
    drawn = [row for row in table if row.optimizer in DRAWN] or list(table)
    usual = next((r for r in table if r.optimizer == "AdamW" and "mixed" in r.precision), drawn[0])
    names = tuple(
        _("{optimizer}, {precision}", optimizer=tell(row.optimizer), precision=_short(tell(row.precision)))
        for row in drawn
    )
    return Chart(
        id="training-memory",
        title=f"Training with {text.name(usual.optimizer)} in {text.name(usual.precision)} takes at least "
        f"{text.bytes_binary(usual.total_bytes)}",
        caption="One step with the batch that was traced. Activations are those kept for the backward pass.",
        x=Axis(title=mark("memory"), unit="bytes"),
        y=Axis(categories=names),
        layers=tuple(
            Stack(
                name=part,
                colour=colour,
                values=tuple(as_float(getattr(row, field)) for row in drawn),
                hover=tuple(
                    _("{name}, {part}: {size}", name=name, part=_(part), size=text.bytes_binary(getattr(row, field)))
                    for name, row in zip(names, drawn, strict=True)
                ),
                labels=tuple(text.bytes_binary(row.total_bytes) for row in drawn) if part == _PARTS[-1][0] else (),
            )
            for part, colour, field in _PARTS
        ),
        header=(mark("Optimizer"), mark("Precision"), mark("Weights"), mark("Gradients"),
                mark("State"), mark("Activations"), mark("Total")),
        rows=tuple(row_of(row) for row in table),
    )  # fmt: skip


def _short(precision: str) -> str:
    """``bf16 mixed``: of a long name a narrow drawing would show the end alone."""
    return precision.replace("bfloat", "bf").replace("float", "fp")


def row_of(row: TrainingMemory) -> tuple[str, ...]:
    """One row of the table behind the chart."""
    parts = (row.weights_bytes, row.gradients_bytes, row.optimizer_bytes, row.activations_bytes, row.total_bytes)
    return (text.name(row.optimizer), text.name(row.precision), *map(text.bytes_binary, parts))
