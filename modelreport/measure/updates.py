"""What one optimizer's memory of one parameter says: RMS of gradients, of momentum, and of the update it would make.

``steps.py`` has the rules, ``moves.py`` their formulas. Everything is computed in float64, block by block.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.moves import Context, Settings, State, scalar
from modelreport.measure.steps import Rule, Told, find_rule
from modelreport.measure.streams import numbers_of, squares, together

_QUANTISED_BLOCKS = (64, 128, 256, 512, 1024, 2048, 4096)
"""Values that share one scale in bitsandbytes' 8-bit states."""


@dataclass(frozen=True)
class Memory:
    """What the state of one parameter says; ``None`` for what it does not."""

    step: int | None = None
    gradient_rms: float | None = None
    momentum_rms: float | None = None
    update_rms: float | None = None
    """Of one step with the settings of the group, decoupled weight decay left out."""
    told: Told = "exact"
    """Whether that is the last step's, a usual one's, or a bound."""
    never: bool = False
    """Whether the second moment, or the momentum where there is none, is zero throughout: every gradient was zero."""
    finite: bool = True
    """Whether all values are."""
    reason: str = ""
    """Why there is no gradient or no exact update."""


def read_memory(
    kind: str, state: State, settings: Settings, shape: tuple[int, ...] | None = None, weight: float | None = None
) -> Memory:
    """Figures of one parameter's state; ``ValueError`` when its tensors cannot be read.

    ``shape`` and ``weight``, the RMS of its values, are those of the parameter, where it is known.
    """
    step = _step(state, settings)
    rule = find_rule(kind, state, settings)
    context = Context(settings, state, step or 0, shape, weight)
    tensors = {name: state[name] for name in (rule.first, rule.second, *rule.others) if name in state}
    readable = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, LazyTensor)}
    rows = state.get("exp_avg_sq_row", state.get("row_var"))
    if readable:
        memory = _sums(rule, readable, context, step)
    else:
        memory = Memory(step, update_rms=rule.known(context), reason=rule.reason)
    if isinstance(rows, LazyTensor):
        memory = _with_rows(memory, rows, state)
    return memory if memory.update_rms is None else replace(memory, told=rule.told)


def _sums(rule: Rule, tensors: Mapping[str, LazyTensor], context: Context, step: int | None) -> Memory:
    """Walk the tensors side by side."""
    totals = {"first": 0.0, "second": 0.0, "update": 0.0}
    tells = rule.second if rule.second in tensors else rule.first  # a momentum of zero had gradients of zero
    count, never, finite = 0, tells in tensors, True
    update = rule.update is not None and (rule.stepless or step is not None)
    with np.errstate(all="ignore"):
        for blocks in together({name: _blocks(tensor, context.state) for name, tensor in tensors.items()}):
            count += next(iter(blocks.values())).size
            if rule.first in blocks:
                totals["first"] += squares(blocks[rule.first])
            if rule.second in blocks:
                totals["second"] += float(blocks[rule.second].sum())
            never = never and not blocks[tells].any()
            if update and rule.update is not None:
                change = rule.update(blocks, context)
                update = change is not None
                totals["update"] += squares(change) if change is not None else 0.0
            finite = finite and all(math.isfinite(total) for total in totals.values())
    weight = rule.weight(context) if step is not None else None
    totals["second"] -= count * context.number(rule.base, 0.0) if rule.base else 0.0
    known = rule.known(context)
    return Memory(
        step,
        _root(totals["second"], count, weight) if rule.second in tensors else None,
        _root(totals["first"], count, 1.0) if rule.first in tensors else None,
        known if known is not None else _root(totals["update"], count, 1.0) if update else None,
        never=never and count > 0,
        finite=finite,
        reason=rule.reason or ("the step is not known" if step is None and not rule.stepless else ""),
    )


def _root(total: float, count: int, weight: float | None) -> float | None:
    """Root of a mean, ``None`` where it is not a finite number."""
    if not count or not weight or weight < 0 or not math.isfinite(total) or total < 0:
        return None
    return math.sqrt(total / count / weight)


def _with_rows(memory: Memory, rows: LazyTensor, state: State) -> Memory:
    """Adafactor keeps means over rows and columns; its decay is 1 at the first step, so that weights sum to 1."""
    count, total, never = 0, 0.0, True
    with np.errstate(all="ignore"):
        for block in _blocks(rows, state):
            count, total, never = count + block.size, total + float(block.sum()), never and not block.any()
    return replace(
        memory, gradient_rms=_root(total, count, 1.0), never=never and count > 0,
        finite=memory.finite and math.isfinite(total),
    )  # fmt: skip


def _step(state: State, settings: Settings) -> int | None:
    """Steps taken, counted for the parameter or for its group."""
    value = scalar(state.get("step", settings.get("step")))
    return None if value is None or value < 0 else int(value)


def _blocks(tensor: LazyTensor, state: State) -> Iterator[NDArray[np.float64]]:
    """The values of a tensor of the state; 8-bit ones decoded."""
    scales = _scales(tensor, state)
    return numbers_of(tensor, None if scales is None else scales.decode)


@dataclass(frozen=True)
class _Scales:
    """How an 8-bit state is decoded: ``map[pattern] * largest[index // size]``."""

    map: NDArray[np.float64]
    largest: NDArray[np.float64]
    size: int

    def decode(self, patterns: NDArray[Any], start: int) -> NDArray[np.float64]:
        """Numbers of the patterns from index ``start`` on."""
        places = np.arange(start, start + patterns.size) // self.size
        return np.asarray(self.map[patterns] * self.largest[places])


def _scales(tensor: LazyTensor, state: State) -> _Scales | None:
    """The scales of bitsandbytes' ``state1`` or ``state2``; ``None`` for a tensor of plain numbers."""
    if tensor.dtype != "uint8":
        return None
    which = next((n for n in ("1", "2") if state.get(f"state{n}") is tensor), "")
    codes, largest = state.get(f"qmap{which}"), state.get(f"absmax{which}")
    if not isinstance(codes, LazyTensor) or not isinstance(largest, LazyTensor) or codes.count != 256:
        raise ValueError("an 8-bit state without the table that decodes it")
    sizes = [size for size in _QUANTISED_BLOCKS if -(-tensor.count // size) == largest.count]
    if len(sizes) != 1 and largest.count != 1:
        raise ValueError("an 8-bit state whose blocks are of an unknown size")
    size = sizes[0] if len(sizes) == 1 else max(tensor.count, 1)
    table, scale = (np.asarray(t.array(), np.float64).reshape(-1) for t in (codes, largest))
    return _Scales(table, scale, size)
