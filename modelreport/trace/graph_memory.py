"""Activation memory of an ONNX graph by liveness over the order of its nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.facts import Memory
from modelreport.trace.graph_labels import VIEWS
from modelreport.trace.memory import memory_of

if TYPE_CHECKING:
    from modelreport.trace.graph_values import Value
    from modelreport.trace.graph_walk import Walk


def measure_memory(walk: Walk) -> Memory:
    """Bytes alive after each node: what it and earlier nodes made and later ones, or the outputs, still read.

    The operands of the running node count as alive. Weights and inputs are left out, reshapes share memory.
    """
    for step in walk.steps:
        first = step.inputs[0] if step.inputs else None
        if step.op in VIEWS and first is not None and step.outputs:
            step.outputs[0].root = first
    born: dict[Value, int] = {}
    last: dict[Value, int] = {}
    for step in walk.steps:
        for value in step.outputs:
            if value.name and value.buffer is value:
                born[value] = last[value] = step.id
        for read in step.inputs:
            if read is not None and read.buffer in born:
                last[read.buffer] = step.id
    for value in walk.outputs:
        if value.buffer in born:
            last[value.buffer] = len(walk.steps) - 1
    return _sum_up(born, last, len(walk.steps))


def _sum_up(born: dict[Value, int], last: dict[Value, int], steps: int) -> Memory:
    changes = [0] * (steps + 1)
    for value, start in born.items():
        changes[start] += value.size_bytes
        changes[last[value] + 1] -= value.size_bytes
    course: list[tuple[int, int]] = []
    live = 0
    for number in range(steps):
        live += changes[number]
        course.append((number, live))
    peak, at = max((size, -number) for number, size in course)
    alive: dict[int, int] = {}
    for value, start in born.items():
        if value.size_bytes and start <= -at <= last[value]:
            alive[start] = alive.get(start, 0) + value.size_bytes
    return memory_of(course, peak, -at, alive)
