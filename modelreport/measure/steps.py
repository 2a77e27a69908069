"""Which rule an optimizer uses what it keeps by, told from the state of a parameter and the settings of its group.

Where the rule needs the gradient of the step, which no file holds, what is told is the step of a usual gradient, or a
bound; where the rule is not known, nothing. ``moves.py`` has the formulas.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from modelreport.checkpoint import LazyTensor
from modelreport.measure.moves import (
    Context,
    Settings,
    State,
    Update,
    adadelta,
    adafactor_of_torch,
    adafactor_of_transformers,
    adagrad,
    adam,
    adam_weight,
    adamax,
    buffer,
    momentum,
    muon,
    nadam,
    radam,
    rmsprop,
    rprop,
    sparse_adam,
)

Told = Literal["exact", "usual", "least", "most"]
"""What an update is: the last step's; root mean square over recent steps of a steady training; or a bound."""

_OTHER_RULES = frozenset({
    "trust_clip", "trust_coeff", "max_grad_norm", "grad_averaging", "use_nvlamb", "max_coeff", "rho", "d_coef", "k",
    "clip_exp", "delta", "wd_ratio", "no_prox", "rectify", "final_lr", "mars_type", "max_lr_snapshot", "safety_factor",
    "precond_lr",
})  # fmt: skip
"""Settings of optimizers that keep Adam's or SGD's state and update by another rule: LAMB, LARS, Adan, AdamP, SGDP,
ADOPT, AdaBelief, AdaBound, Prodigy, MARS, AdaMuon, Kron, schedule-free …"""

_PLAIN = frozenset({"amsgrad", "dampening"})
"""Settings that torch's Adam and SGD have, and timm's of the same rule, whatever else is there."""

_SAME_MOMENTS = frozenset(
    {"trust_clip", "max_grad_norm", "use_nvlamb", "max_coeff", "wd_ratio", "k", "max_lr_snapshot"}
)
"""Those of LAMB, AdamP, NAdamW and schedule-free optimizers: their second moment is that of Adam."""

_ADAM = frozenset({"amsgrad", "bias_correction", "correct_bias", "use_muon"})
"""Settings of which every Adam has one: torch's, those of apex, DeepSpeed and transformers, and that beside Muon."""

_OTHER_STATES = frozenset({"z", "exp_avg_diff", "exp_avg_slow", "exp_avg_lr_1", "last_grad", "m_schedule"})
"""Tensors that relatives of Adam keep beside its moments."""


@dataclass(frozen=True)
class Rule:
    """How an optimizer uses its state."""

    first: str = ""
    """Name of the momentum."""
    second: str = ""
    """Name of the mean of squared gradients, or of their sum."""
    others: tuple[str, ...] = ()
    weight: Callable[[Context], float | None] = lambda _: 1.0
    """What the second moment must be divided by to be a mean of squared gradients."""
    update: Update | None = None
    """Values whose root mean square is that of the update."""
    known: Callable[[Context], float | None] = lambda _: None
    """RMS of the update where the rule gives it without the moments."""
    stepless: bool = False
    """Whether the update does not depend on the number of steps."""
    base: str = ""
    """Setting that the second moment began with."""
    told: Told = "exact"
    reason: str = ""
    """Why there is no update, or no exact one."""


def find_rule(kind: str, state: State, settings: Settings) -> Rule:
    """The rule that a state is used by, told from its tensors, the kind and the settings of its group."""
    if "state1" in state:
        return _eight_bit(state, settings)
    if settings.get("caution") is True:  # values whose gradient turned are left as they are
        return replace(_unknown(kind, state, settings), reason=_CAUTIOUS)
    if "exp_avg_sq_row" in state or "row_var" in state or "Adafactor" in kind:
        return _adafactor(state, settings)
    if "square_avg" in state:
        return _square_average(kind, state, settings)
    if "exp_inf" in state:
        return Rule("exp_avg", "", ("exp_inf",), update=adamax)
    if "sum" in state:
        return Rule(
            "", "sum", (), lambda c: float(c.step) or None, adagrad, base="initial_accumulator_value", told="usual",
            reason=_NEEDS.format("Adagrad"),
        )  # fmt: skip
    if "prev" in state and "step_size" in state:
        return Rule("", "", ("prev", "step_size"), update=rprop, stepless=True)
    if "exp_avg" in state and "exp_avg_sq" in state:
        return _adam_like(kind, state, settings)
    if "momentum_buffer" in state and set(state) <= {"momentum_buffer", "step", "use_muon"}:
        return _momentum_like(kind, settings)
    if "exp_avg" in state and set(state) <= {"exp_avg", "step"} and "Lion" in kind:
        return Rule("exp_avg", known=lambda c: c.rate, stepless=True)  # every value moves by it, one way or the other
    if "ax" in state and "eta" in state:
        return Rule(reason="averaged SGD keeps nothing that tells the size of gradients")
    if "old_dirs" in state:
        return Rule(reason="L-BFGS keeps one memory of all parameters together")
    return _unknown(kind, state, settings)


_CAUTIOUS = "a cautious step leaves out the values whose gradient turned, which the file does not hold"
_NEEDS = "{} needs the gradient of the step itself, which the file does not hold"


def _unknown(kind: str, state: State, settings: Settings, *, moments: bool = False) -> Rule:
    """No step; whether the ``moments`` are those of Adam, which tell the gradients, is known of some."""
    first = next((name for name in ("exp_avg", "momentum_buffer") if name in state), "")
    cautious = settings.get("caution") is True and not (_OTHER_RULES - _SAME_MOMENTS) & set(settings)
    same = moments or (cautious and not _OTHER_STATES & set(state))
    second = "exp_avg_sq" if same and "exp_avg_sq" in state and "betas" in settings else ""
    return Rule(first, second, (), adam_weight, reason=f"the rule of {kind} is not known")


def _is_other(settings: Settings) -> bool:
    """Whether the settings are those of an optimizer that updates by a rule of its own."""
    found = _OTHER_RULES & set(settings)
    return bool(found) and not (found == {"max_lr_snapshot"} and _PLAIN & set(settings))


def _adam_like(kind: str, state: State, settings: Settings) -> Rule:
    """Adam and its relatives; ``mu_product`` marks NAdam, the want of a weight decay SparseAdam."""
    betas = settings.get("betas")
    if not isinstance(betas, (list, tuple)) or len(betas) != 2 or _is_layerwise(state):
        return _unknown(kind, state, settings)
    if _is_other(settings) or _OTHER_STATES & set(state):
        found = _OTHER_RULES & set(settings)
        return _unknown(kind, state, settings, moments=found <= _SAME_MOMENTS and _OTHER_STATES & set(state) <= {"z"})
    moments = ("exp_avg", "exp_avg_sq", (), adam_weight)
    if "mu_product" in state:
        return Rule(*moments, nadam, told="usual", reason=_NEEDS.format("NAdam"))
    if "NAdam" in kind:
        return Rule(*moments, reason=_NEEDS.format("NAdam"))
    if "RAdam" in kind:
        return Rule(*moments, radam)
    if "maximize" in settings and not {"weight_decay", "amsgrad"} & set(settings):
        reason = "SparseAdam changes only the rows that had a gradient in the step"
        return Rule(*moments, sparse_adam, told="most", reason=reason)
    if not _ADAM & set(settings) and kind not in ("Adam", "AdamW"):
        return Rule(*moments, reason=f"the rule of {kind} with these settings is not known")
    largest = "max_exp_avg_sq" if settings.get("amsgrad") and "max_exp_avg_sq" in state else ""
    return Rule(
        "exp_avg", "exp_avg_sq", (largest,) if largest else (), adam_weight, adam("exp_avg", largest or "exp_avg_sq")
    )


def _is_layerwise(state: State) -> bool:
    """Whether the second moment is one number for the whole layer."""
    first, second = state.get("exp_avg"), state.get("exp_avg_sq")
    return isinstance(first, LazyTensor) and isinstance(second, LazyTensor) and second.count == 1 != first.count


def _eight_bit(state: State, settings: Settings) -> Rule:
    if "state2" in state and len(settings.get("betas") or ()) == 2:
        return Rule("state1", "state2", (), adam_weight, adam("state1", "state2"))
    return Rule("state1", reason="a state of bitsandbytes that several optimizers share")


def _square_average(kind: str, state: State, settings: Settings) -> Rule:
    """RMSprop and Adadelta."""

    def weight(c: Context) -> float | None:
        return 1 - c.number("alpha", c.number("rho", 0.99)) ** c.step if c.step else None

    if "lr_in_momentum" in settings:  # of timm: the mean begins at 1, and the rate may be in the buffer already
        bare = settings["lr_in_momentum"] is True
        if "momentum_buffer" in state:
            update = buffer if bare else momentum
            return Rule("momentum_buffer", "square_avg", (), lambda _: None, update, stepless=True)
        return Rule("", "", reason=_NEEDS.format("RMSprop of timm"))
    if "momentum_buffer" in state:
        return Rule("momentum_buffer", "square_avg", (), weight, momentum, stepless=True)
    if "acc_delta" in state:
        return Rule("", "square_avg", ("acc_delta",), weight, adadelta, told="usual", reason=_NEEDS.format("Adadelta"))
    mean = ("grad_avg",) if settings.get("centered") and "grad_avg" in state else ()
    if "alpha" not in settings:
        return Rule("", "square_avg", (), weight, reason=f"the rule of {kind} is not known")
    return Rule("", "square_avg", mean, weight, rmsprop, told="usual", reason=_NEEDS.format("RMSprop"))


def _adafactor(state: State, settings: Settings) -> Rule:
    """Steps are clipped, so that their size is bounded; with a first moment that moment is the step."""
    second = next((name for name in ("exp_avg_sq", "variance") if name in state), "")
    if "relative_step" in settings and "exp_avg" in state:
        return Rule("exp_avg", second, update=lambda blocks, _: blocks["exp_avg"], stepless=True)
    known = adafactor_of_transformers if "relative_step" in settings else adafactor_of_torch
    return Rule(second=second, known=known, told="most", reason=_NEEDS.format("Adafactor"))


def _momentum_like(kind: str, settings: Settings) -> Rule:
    """SGD, and Muon, which makes all directions of the momentum equally long."""
    if ("ns_steps" in settings or settings.get("use_muon") is True or "Muon" in kind) and not _is_other(settings):
        return Rule("momentum_buffer", known=muon, told="most", stepless=True, reason=_NEEDS.format("Muon"))
    if "dampening" not in settings or _is_other(settings):
        return _unknown(kind, {"momentum_buffer": 0}, settings)
    if settings.get("nesterov"):
        return Rule(
            "momentum_buffer", update=momentum, told="least", stepless=True, reason=_NEEDS.format("Nesterov momentum")
        )
    return Rule("momentum_buffer", update=momentum, stepless=True)
