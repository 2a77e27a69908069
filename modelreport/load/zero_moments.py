"""The optimizer's moments of one step of DeepSpeed ZeRO, parameter by parameter."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

from modelreport.checkpoint import LazyTensor
from modelreport.load.flat import Shape, Span, Vector, cut_each, cut_together, gather, offsets
from modelreport.load.pickle_values import Pairs, mapping
from modelreport.load.storages import TensorError
from modelreport.load.zero_weights import GROUPS_LIMIT, Step, groups_of


def optimizer_of(step: Step) -> Iterator[tuple[str, Any]]:
    """The moments of every parameter, as an optimizer's state whose keys are names."""
    key = "optimizer_state_dict" if step.stage == 3 else "base_optimizer_state"
    bases = {rank: mapping(state.get(key)) or {} for rank, state in step.states.items()}
    held = {rank: mapping(base.get("state")) or {} for rank, base in bases.items()}
    if not bases or not any("param_groups" in base for base in bases.values()):
        return
    base = bases[min(bases)]
    groups = groups_of(step)
    states: dict[str, list[tuple[str, Any]]] = {}
    first = held[min(held)]
    for moment in _moments(first):
        for name, tensor in _moment(step, held, groups, moment).items():
            states.setdefault(name, []).append((moment, tensor))
    for index, names in enumerate(groups):
        counted = _state(first, index).get("step", _state(first, 0).get("step"))
        parts = step.readers[min(bases)].read(counted)
        for name in names:
            if counted is not None and name in states:
                states[name].append(("step", parts.main if parts is not None else counted))
    listed = base.get("param_groups")
    settings = listed if isinstance(listed, (list, tuple)) else []
    made = [
        Pairs(
            [
                *((k, v) for k, v in _settings(settings, i).items() if k not in ("params", "param_names")),
                ("params", list(g)),
            ]
        )
        for i, g in enumerate(groups)
    ]
    yield "optimizer", Pairs([("state", Pairs([(n, Pairs(s)) for n, s in states.items()])), ("param_groups", made)])


def _settings(listed: Sequence[Any], index: int) -> Mapping[str, Any]:
    return mapping(listed[index]) or {} if index < len(listed) else {}


def _state(states: Mapping[str, Any], index: int) -> Mapping[str, Any]:
    """What the optimizer keeps for one flat group."""
    return mapping(states.get(str(index))) or {}


def _moments(states: Mapping[str, Any]) -> list[str]:
    """Names of the flat vectors that are kept for a group."""
    known = ("exp_avg", "exp_avg_sq", "momentum_buffer", "square_avg", "sum", "exp_inf", "max_exp_avg_sq")
    kept = {name for state in list(states.values())[:100] for name in (mapping(state) or {})}
    return [name for name in known if name in kept]


def _moment(
    step: Step, held: Mapping[int, Mapping[str, Any]], groups: Sequence[Mapping[str, Shape]], moment: str
) -> dict[str, LazyTensor]:
    """One moment of every parameter that it can be put together for; ``held`` is the state of each process."""
    found: dict[str, LazyTensor] = {}

    def vector(rank: int, index: int) -> list[LazyTensor | None]:
        value = _state(held[rank], index).get(moment) if rank in held else None
        parts = step.readers[rank].read(value) if value is not None else None
        return [parts.main if parts is not None else None]

    if step.stage == 3:
        vectors: list[Vector] = [
            [t for i in range(min(len(held[r]), GROUPS_LIMIT)) for t in vector(r, i)] if r in held else [None]
            for r in range(step.ranks)
        ]
        at = 0
        for name, shape in (pair for group in groups for pair in group.items()):
            count = math.prod(shape)
            _keep(found, name, shape, cut_each(at, count, step.ranks), vectors)
            at += math.ceil(count / step.ranks)
        return found
    paddings = step.states[min(held)].get("param_alignment_paddings")
    for index, group in enumerate(groups):
        vectors = [vector(rank, index) for rank in range(step.ranks)]
        lengths = [tensor.count for part in vectors for tensor in part if tensor is not None]
        sizes = [max(lengths, default=0) if part[0] is None else part[0].count for part in vectors]
        ends = list(accumulate(sizes))
        for name, shape, at in offsets(group, _paddings(paddings, index)):
            _keep(found, name, shape, cut_together(at, math.prod(shape), ends), vectors)
    return found


def _keep(
    found: dict[str, LazyTensor], name: str, shape: Shape, spans: Iterable[Span], vectors: Sequence[Vector]
) -> None:
    try:
        found[name] = gather(shape, spans, vectors)
    except TensorError as error:
        found[name] = LazyTensor("", "unknown", shape, None, missing=f"unreadable: {error}", layout="meta")


def _paddings(value: Any, index: int) -> Sequence[int]:
    group = value[index] if isinstance(value, (list, tuple)) and index < len(value) else ()
    return [p for p in group if isinstance(p, int) and 0 <= p < 1 << 40] if isinstance(group, (list, tuple)) else ()
