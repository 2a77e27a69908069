"""Module calls of an ONNX graph, from the hierarchy around its nodes."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING

from modelreport.facts import ModuleCall, TensorSpec
from modelreport.trace.graph_values import Frame

if TYPE_CHECKING:
    from modelreport.trace.graph_values import Step, Value
    from modelreport.trace.graph_walk import Walk

_REPEAT = re.compile(r"^(.+)_(\d+)$")


@dataclass
class _Open:
    """A call while it is collected."""

    path: str
    type: str
    parent: int
    first: int
    last: int = 0
    number: int = 0
    leaves: Counter[str] = field(default_factory=Counter)
    """Operators of nodes directly in it."""
    children: int = 0


def derive_calls(walk: Walk, title: str) -> tuple[tuple[ModuleCall, ...], list[int]]:
    """The calls, parents first in order of execution, and for each step the index of its innermost call.

    A run of nodes with the same hierarchy is one call; when nodes of other modules come in between it is called again.
    """
    calls = [_Open("", title, -1, 0, len(walk.steps))]
    innermost: list[int] = []
    stack: list[tuple[Frame | None, int]] = [(None, 0)]
    for step in walk.steps:
        depth = 1
        while depth < len(stack) and depth <= len(step.frames) and stack[depth][0] == step.frames[depth - 1]:
            depth += 1
        for _, index in stack[depth:]:
            calls[index].last = step.id
        del stack[depth:]
        for frame in step.frames[depth - 1 :]:
            parent = stack[-1][1]
            calls[parent].children += 1
            calls.append(_Open(frame.path, frame.type, parent, step.id))
            stack.append((frame, len(calls) - 1))
        calls[stack[-1][1]].leaves[step.op] += 1
        innermost.append(stack[-1][1])
    for _, index in stack[1:]:
        calls[index].last = len(walk.steps)
    _number(calls)
    return _facts(calls, walk), innermost


def place_by_weights(steps: list[Step]) -> bool:
    """Where the exporter named no module at all, put operations into the modules that their weights' names give.

    Returns whether that was done.
    """
    if any(frame.instance == 0 for step in steps for frame in step.frames):
        return False
    placed = False
    for step in steps:
        names = [name for value in step.inputs if value is not None and value.shape for name in value.parameters]
        owners = {name.rpartition(".")[0] for name in names}
        owner = owners.pop() if len(owners) == 1 else ""
        if owner and all(frame.path != owner for frame in step.frames):
            step.frames, placed = (*step.frames, Frame(owner)), True
    return placed


def _number(calls: list[_Open]) -> None:
    """Count repeated calls; ``relu_1`` beside ``relu`` is the second call of ``relu``, as PyTorch names it."""
    paths = {call.path for call in calls}
    kinds: dict[str, set[str]] = {}
    for call in calls:
        kinds.setdefault(call.path, set()).update(call.leaves)
    seen: Counter[str] = Counter()
    for call in calls:
        repeat = _REPEAT.match(call.path)
        if repeat and repeat[1] in paths and not call.children and kinds[call.path] == kinds[repeat[1]]:
            call.path = repeat[1]
        call.number = seen[call.path]
        seen[call.path] += 1


def _facts(calls: list[_Open], walk: Walk) -> tuple[ModuleCall, ...]:
    readers = _last_reads(walk)
    flops = [0, *accumulate(step.flops or 0 for step in walk.steps)]
    macs = [0, *accumulate(step.macs or 0 for step in walk.steps)]
    facts = []
    for call in calls:
        steps = walk.steps[call.first : call.last]
        facts.append(
            ModuleCall(
                path=call.path,
                type=call.type or _guess_type(call),
                parent=call.parent,
                number=call.number,
                inputs=_entering(steps, call.first),
                outputs=_leaving(steps, call.last, readers),
                first=call.first,
                last=call.last,
                flops=flops[call.last] - flops[call.first],
                macs=macs[call.last] - macs[call.first],
            )
        )
    return tuple(facts)


def _guess_type(call: _Open) -> str:
    """The one operator of a leaf; names alone do not give the class of anything larger."""
    return next(iter(call.leaves)) if len(call.leaves) == 1 and not call.children else "Module"


def _last_reads(walk: Walk) -> dict[Value, int]:
    """The last step that reads each value; one past the end for outputs of the model."""
    last: dict[Value, int] = {}
    for step in walk.steps:
        for value in step.inputs:
            if value is not None:
                last[value] = step.id
    last.update(dict.fromkeys(walk.outputs, len(walk.steps)))
    return last


def _entering(steps: list[Step], first: int) -> tuple[TensorSpec, ...]:
    """Values read inside and made outside, stored tensors left out."""
    found: dict[Value, None] = {}
    for step in steps:
        for value in step.inputs:
            if value is None or value.constant:
                continue
            if value.step is None or value.step.id < first:
                found[value] = None
    return tuple(value.spec for value in found)[:32]


def _leaving(steps: list[Step], last: int, readers: dict[Value, int]) -> tuple[TensorSpec, ...]:
    """Values made inside and read after it."""
    made = [value for step in steps for value in step.outputs if readers.get(value, -1) >= last]
    return tuple(value.spec for value in made)[:32]
