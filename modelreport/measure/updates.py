"""What one optimizer's memory of one parameter says: RMS of gradients, of momentum, and of the update it would make.

The rules are those of ``torch/optim/*.py`` of torch 2.13 (single-tensor forms) and bitsandbytes 0.45; a rule that needs
the gradient of the step, which no file holds, gives no update. Everything is computed in float64, block by block.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.streams import Blocks, numbers_of, squares, together

State = Mapping[str, LazyTensor | int | float]
Settings = Mapping[str, Any]

_OTHER_RULES = frozenset({"trust_clip", "max_grad_norm", "grad_averaging", "use_nvlamb", "rho", "d_coef", "k"})
"""Settings of optimizers that keep Adam's state and update by another rule: LAMB, Adan, Prodigy, schedule-free …"""
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
    never: bool = False
    """Whether the second moment is zero throughout: every gradient was zero."""
    finite: bool = True
    """Whether all values are."""
    reason: str = ""
    """Why there is no gradient or no update."""


@dataclass(frozen=True)
class Rule:
    """How an optimizer uses its state."""

    first: str = ""
    """Name of the momentum."""
    second: str = ""
    """Name of the mean of squared gradients, or of their sum."""
    others: tuple[str, ...] = ()
    weight: Callable[[Settings, int], float | None] = lambda _settings, _step: 1.0
    """What the second moment must be divided by to be a mean of squared gradients."""
    update: Callable[[Blocks, Settings, int], NDArray[np.float64] | None] | None = None
    known: Callable[[Settings], float | None] = lambda _settings: None
    """RMS of the update where the rule gives it without the state."""
    stepless: bool = False
    """Whether the update does not depend on the number of steps."""
    base: str = ""
    """Setting that the second moment began with."""
    reason: str = ""
    """Why there is no update."""


def read_memory(kind: str, state: State, settings: Settings) -> Memory:
    """Figures of one parameter's state; ``ValueError`` when its tensors cannot be read."""
    step = _step(state, settings)
    rule = find_rule(kind, state, settings)
    tensors = {name: state[name] for name in (rule.first, rule.second, *rule.others) if name in state}
    readable = {name: tensor for name, tensor in tensors.items() if isinstance(tensor, LazyTensor)}
    if "exp_avg_sq_row" in state or "row_var" in state:
        return _factored(state, step, rule.reason)
    if not readable:
        return Memory(step, update_rms=rule.known(settings), reason=rule.reason)
    return _sums(rule, readable, state, settings, step)


def _sums(rule: Rule, tensors: Mapping[str, LazyTensor], state: State, settings: Settings, step: int | None) -> Memory:
    """Walk the tensors side by side."""
    totals = {"first": 0.0, "second": 0.0, "update": 0.0}
    count, never, finite = 0, rule.second in tensors, True
    update = rule.update is not None and (rule.stepless or step is not None)
    with np.errstate(all="ignore"):
        for blocks in together({name: _blocks(tensor, state) for name, tensor in tensors.items()}):
            count += next(iter(blocks.values())).size
            if rule.first in blocks:
                totals["first"] += squares(blocks[rule.first])
            if rule.second in blocks:
                totals["second"] += float(blocks[rule.second].sum())
                never = never and not blocks[rule.second].any()
            if update and rule.update is not None:
                change = rule.update(blocks, settings, step or 0)
                update = change is not None
                totals["update"] += squares(change) if change is not None else 0.0
            finite = finite and all(math.isfinite(total) for total in totals.values())
    weight = rule.weight(settings, step) if step is not None else None
    totals["second"] -= count * _number(settings, rule.base, 0.0) if rule.base else 0.0
    known = rule.known(settings)
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


def _factored(state: State, step: int | None, reason: str) -> Memory:
    """Adafactor keeps means over rows and columns; its decay is 1 at the first step, so that weights sum to 1."""
    rows = state.get("exp_avg_sq_row", state.get("row_var"))
    if not isinstance(rows, LazyTensor):
        return Memory(step, reason=reason)
    count, total, never = 0, 0.0, True
    with np.errstate(all="ignore"):
        for block in _blocks(rows, state):
            count, total, never = count + block.size, total + float(block.sum()), never and not block.any()
    return Memory(step, _root(total, count, 1.0), never=never and count > 0, finite=math.isfinite(total), reason=reason)


def _step(state: State, settings: Settings) -> int | None:
    """Steps taken, counted for the parameter or for its group."""
    value: Any = state.get("step", settings.get("step"))
    if isinstance(value, LazyTensor):
        if value.storage is None or value.count != 1:
            return None
        value = float(np.asarray(value.array()).reshape(-1)[0])
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value) or value < 0:
        return None
    return int(value)


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


def find_rule(kind: str, state: State, settings: Settings) -> Rule:
    """The rule that a state is used by, told from its tensors, the kind and the settings of its group."""
    eight = "state1" in state
    if eight and "state2" in state and len(settings.get("betas") or ()) == 2:
        return Rule("state1", "state2", (), _adam_weight, _adam("state1", "state2"))
    if eight:
        return Rule("state1", reason="a state of bitsandbytes that several optimizers share")
    if "exp_avg_sq_row" in state or "row_var" in state or "Adafactor" in kind:
        return Rule(second="exp_avg_sq" if "exp_avg_sq" in state else "variance", reason=_NEEDS.format("Adafactor"))
    if "exp_inf" in state:
        return Rule("exp_avg", "", ("exp_inf",), update=_adamax)
    if "exp_avg_sq" in state:
        return _adam_like(kind, state, settings)
    if "square_avg" in state:
        momentum = "momentum_buffer" in state
        return Rule(
            "momentum_buffer" if momentum else "",
            "square_avg",
            (),
            lambda s, t: 1 - _number(s, "alpha", _number(s, "rho", 0.99)) ** t if t else None,
            _momentum if momentum else None,
            stepless=True,
            reason="" if momentum else _NEEDS.format("RMSprop" if "alpha" in settings else kind),
        )
    if "sum" in state:
        base = "initial_accumulator_value"
        return Rule("", "sum", (), lambda _, t: float(t) or None, base=base, reason=_NEEDS.format("Adagrad"))
    if "momentum_buffer" in state:
        plain = not settings.get("nesterov") and "Muon" not in kind
        reason = "" if plain else _NEEDS.format("Muon" if "Muon" in kind else "Nesterov momentum")
        return Rule("momentum_buffer", update=_momentum if plain else None, stepless=True, reason=reason)
    if "exp_avg" in state:  # every value moves by the learning rate, one way or the other
        return Rule("exp_avg", known=lambda s: _known(s, "lr") if "Lion" in kind else None, stepless=True)
    return Rule(reason=f"the rule of {kind} is not known")


_NEEDS = "{} needs the gradient of the step itself, which the file does not hold"


def _adam_like(kind: str, state: State, settings: Settings) -> Rule:
    """Adam and its relatives; ``z`` marks the schedule-free ones, ``mu_product`` NAdam."""
    if "mu_product" in state or "NAdam" in kind:
        return Rule("exp_avg", "exp_avg_sq", (), _adam_weight, reason=_NEEDS.format("NAdam"))
    if "z" in state or _OTHER_RULES & set(settings) or "betas" not in settings:
        return Rule("exp_avg", "exp_avg_sq", (), _adam_weight, reason=f"the rule of {kind} is not known")
    if "RAdam" in kind:
        return Rule("exp_avg", "exp_avg_sq", (), _adam_weight, _radam)
    largest = "max_exp_avg_sq" if settings.get("amsgrad") and "max_exp_avg_sq" in state else ""
    return Rule(
        "exp_avg", "exp_avg_sq", (largest,) if largest else (), _adam_weight, _adam("exp_avg", largest or "exp_avg_sq")
    )


def _number(settings: Settings, name: str, default: float) -> float:
    found = _known(settings, name)
    return default if found is None else found


def _known(settings: Settings, name: str) -> float | None:
    value = settings.get(name)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def _betas(settings: Settings) -> tuple[float, float]:
    betas = settings.get("betas")
    if isinstance(betas, (list, tuple)) and len(betas) >= 2 and all(isinstance(b, (int, float)) for b in betas[:2]):
        return float(betas[0]), float(betas[1])
    return 0.9, 0.999


def _adam_weight(settings: Settings, step: int) -> float | None:
    """1 - β₂ᵗ (Kingma and Ba 2015); without bias correction the weights sum to the same."""
    beta = _betas(settings)[1]
    return 1 - beta**step if step and 0 <= beta < 1 else None


def _adam(first: str, second: str) -> Callable[[Blocks, Settings, int], NDArray[np.float64] | None]:
    """The step lr · m̂ / (√v̂ + ε); the AdamW of old transformers may leave out the correction and adds ε to √v."""

    def update(blocks: Blocks, settings: Settings, step: int) -> NDArray[np.float64] | None:
        rate, (one, two) = _known(settings, "lr"), _betas(settings)
        if rate is None or not step or second not in blocks:
            return None
        epsilon = _number(settings, "eps", 1e-8)
        left, right = 1 - one**step, math.sqrt(1 - two**step)
        if "correct_bias" in settings:
            scale = rate * (right / left if settings["correct_bias"] else 1.0)
            return np.asarray(scale * blocks[first] / (np.sqrt(blocks[second]) + epsilon))
        return np.asarray(rate / left * blocks[first] / (np.sqrt(blocks[second]) / right + epsilon))

    return update


def _radam(blocks: Blocks, settings: Settings, step: int) -> NDArray[np.float64] | None:
    """Rectified Adam (Liu et al. 2020)."""
    rate, (one, two) = _known(settings, "lr"), _betas(settings)
    if rate is None or not step:
        return None
    corrected = blocks["exp_avg"] / (1 - one**step)
    longest = 2 / (1 - two) - 1
    length = longest - 2 * step * two**step / (1 - two**step)
    if length <= 5:
        return np.asarray(rate * corrected)
    rectified = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    spread = np.sqrt(blocks["exp_avg_sq"]) + _number(settings, "eps", 1e-8)
    return np.asarray(rate * corrected * rectified * math.sqrt(1 - two**step) / spread)


def _adamax(blocks: Blocks, settings: Settings, step: int) -> NDArray[np.float64] | None:
    """The step lr / (1 - β₁ᵗ) · m / u (Kingma and Ba 2015, section 7.1)."""
    rate = _known(settings, "lr")
    if rate is None or not step or "exp_inf" not in blocks:
        return None
    return np.asarray(rate / (1 - _betas(settings)[0] ** step) * blocks["exp_avg"] / blocks["exp_inf"])


def _momentum(blocks: Blocks, settings: Settings, _: int) -> NDArray[np.float64] | None:
    """The step lr · buffer."""
    rate = _known(settings, "lr")
    return None if rate is None else np.asarray(rate * blocks["momentum_buffer"])
