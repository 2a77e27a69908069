"""What a step does to a parameter, from what its optimizer keeps: exactly, for a usual gradient, or a bound.

The rules are those of ``torch/optim/*.py`` of torch 2.13 (single-tensor forms), ``Adafactor`` of transformers 5,
``Muon`` of Keller Jordan, ``RMSpropTF`` of timm 1.0 and bitsandbytes 0.45. Where a rule needs the gradient of the step,
which no file holds, it says what can be said without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.measure.streams import Blocks

State = Mapping[str, LazyTensor | int | float]
Settings = Mapping[str, Any]

_NEWTON_SCHULZ = (3.4445, -4.7750, 2.0315)
_NEWTON_SCHULZ_STEPS = 5
"""Of Muon where the settings do not say: K. Jordan, "Muon: An optimizer for hidden layers in neural networks", 2024."""
_ROUNDED = 1.02
"""Muon computes in bfloat16, whose rounding lets values pass what the polynomial itself can reach."""


class Context(NamedTuple):
    """What a rule may need besides the moments."""

    settings: Settings
    state: State
    step: int
    """0 where it is not known."""
    shape: tuple[int, ...] | None = None
    """Of the parameter."""
    weight: float | None = None
    """RMS of the parameter after the step."""

    def number(self, name: str, default: float) -> float:
        """A setting."""
        found = known_number(self.settings, name)
        return default if found is None else found

    @property
    def rate(self) -> float | None:
        """The learning rate."""
        return known_number(self.settings, "lr")

    @property
    def betas(self) -> tuple[float, float]:
        """Adam's β₁ and β₂."""
        betas = self.settings.get("betas")
        if isinstance(betas, (list, tuple)) and len(betas) >= 2 and all(isinstance(b, (int, float)) for b in betas[:2]):
            return float(betas[0]), float(betas[1])
        return 0.9, 0.999


def known_number(settings: Settings, name: str) -> float | None:
    """A setting that is a finite number."""
    value = settings.get(name)
    return float(value) if isinstance(value, (int, float)) and math.isfinite(value) else None


def scalar(value: object) -> float | None:
    """A finite number of a state: plain, or a tensor of one value."""
    if isinstance(value, LazyTensor):
        if value.storage is None or value.count != 1 or value.dtype.startswith("complex"):
            return None
        value = float(np.asarray(value.array()).reshape(-1)[0])
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return float(value)


Update = Callable[[Blocks, Context], NDArray[np.float64] | None]
"""Values whose root mean square is that of the update."""


def adam_weight(c: Context) -> float | None:
    """1 - β₂ᵗ (Kingma and Ba 2015); without bias correction the weights sum to the same."""
    beta = c.betas[1]
    return 1 - beta**c.step if c.step and 0 <= beta < 1 else None


def adam(first: str, second: str) -> Update:
    """The step lr · m̂ / (√v̂ + ε); the AdamW of old transformers may leave out the correction and adds ε to √v."""

    def update(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
        rate, (one, two) = c.rate, c.betas
        if rate is None or not c.step or second not in blocks:
            return None
        epsilon = c.number("eps", 1e-8)
        left, right = 1 - one**c.step, math.sqrt(1 - two**c.step)
        if "correct_bias" in c.settings:
            scale = rate * (right / left if c.settings["correct_bias"] else 1.0)
            return np.asarray(scale * blocks[first] / (np.sqrt(blocks[second]) + epsilon))
        return np.asarray(rate / left * blocks[first] / (np.sqrt(blocks[second]) / right + epsilon))

    return update


def sparse_adam(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """Adam's step with ε beside √v, for all rows: those without a gradient in the step were left as they were."""
    return adam("exp_avg", "exp_avg_sq")(blocks, c._replace(settings={**c.settings, "correct_bias": True}))


def nadam(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """Root of the expected square of (a · g + b · m) / (√v̂ + ε) (Dozat 2016, as torch has it).

    While the training is steady, E[m²] does not change from step to step, so that m ← β₁m + (1 - β₁)g gives
    E[gm] = ((1 + β₁)E[m²] + (1 - β₁)E[g²]) / 2, whatever gradients have in common with those before them.
    """
    rate, (one, two) = c.rate, c.betas
    product = scalar(c.state.get("mu_product"))
    if rate is None or not c.step or product is None:
        return None
    decay = c.number("momentum_decay", 4e-3)
    mu, following = (one * (1 - 0.5 * 0.96 ** (t * decay)) for t in (c.step, c.step + 1))
    a, b = rate * (1 - mu) / (1 - product), rate * following / (1 - product * following)
    gradient, momentum = blocks["exp_avg_sq"] / (1 - two**c.step), np.square(blocks["exp_avg"])
    both = ((1 + one) * momentum + (1 - one) * gradient) / 2
    return np.asarray(
        np.sqrt(a * a * gradient + 2 * a * b * both + b * b * momentum) / (np.sqrt(gradient) + c.number("eps", 1e-8))
    )


def radam(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """Rectified Adam (Liu et al. 2020)."""
    rate, (one, two) = c.rate, c.betas
    if rate is None or not c.step:
        return None
    corrected = blocks["exp_avg"] / (1 - one**c.step)
    longest = 2 / (1 - two) - 1
    length = longest - 2 * c.step * two**c.step / (1 - two**c.step)
    if length <= 5:
        return np.asarray(rate * corrected)
    rectified = math.sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    spread = np.sqrt(blocks["exp_avg_sq"]) + c.number("eps", 1e-8)
    return np.asarray(rate * corrected * rectified * math.sqrt(1 - two**c.step) / spread)


def adamax(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """The step lr / (1 - β₁ᵗ) · m / u (Kingma and Ba 2015, section 7.1)."""
    if c.rate is None or not c.step or "exp_inf" not in blocks:
        return None
    return np.asarray(c.rate / (1 - c.betas[0] ** c.step) * blocks["exp_avg"] / blocks["exp_inf"])


def rmsprop(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """The step lr · √E[g²] / (√v + ε): mean over the recent gradients, each with the weight that it has in v."""
    if c.rate is None or not c.step:
        return None
    second = blocks["square_avg"]
    spread = second - np.square(blocks["grad_avg"]) if "grad_avg" in blocks else second
    usual = np.sqrt(second / (1 - c.number("alpha", 0.99) ** c.step))
    return np.asarray(c.rate * usual / (np.sqrt(np.maximum(spread, 0)) + c.number("eps", 1e-8)))


def adadelta(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """The step lr · √E[Δ²]: it keeps the mean of its own squared steps (Zeiler 2012)."""
    weight = 1 - c.number("rho", 0.9) ** c.step if c.step else 0.0
    if c.rate is None or not weight:
        return None
    return np.asarray(c.rate * np.sqrt(blocks["acc_delta"] / weight))


def adagrad(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """The step lrₜ · √(Σg² / t) / (√s + ε), where lrₜ = lr / (1 + (t - 1) · decay): mean over all gradients."""
    if c.rate is None or not c.step:
        return None
    rate = c.rate / (1 + (c.step - 1) * c.number("lr_decay", 0.0))
    began = c.number("initial_accumulator_value", 0.0)
    usual = np.sqrt(np.maximum(blocks["sum"] - began, 0) / c.step)
    return np.asarray(rate * usual / (np.sqrt(blocks["sum"]) + c.number("eps", 1e-10)))


def adafactor_of_torch(c: Context) -> float | None:
    """At most d · ρ · max(ε₂, RMS(w)) with ρ = min(lr, 1/√t) (Shazeer and Stern 2018, algorithm 4).

    The weight is that before the step, which a step makes smaller by no more than the decay and d · ρ of itself.
    """
    if c.rate is None or not c.step or c.weight is None or "d" not in c.settings:
        return None
    most = c.number("d", 1.0) * min(c.rate, 1 / math.sqrt(c.step))
    left = 1 - most - c.rate * c.number("weight_decay", 0.0)
    return most * max(c.number("eps2", _second(c, 1e-3)), c.weight / left) if left > 0 else None


def _second(c: Context, default: float) -> float:
    """The second of two settings of ε."""
    both = c.settings.get("eps")
    found = both[1] if isinstance(both, (list, tuple)) and len(both) == 2 else default
    return float(found) if isinstance(found, (int, float)) and math.isfinite(found) else default


def adafactor_of_transformers(c: Context) -> float | None:
    """At most lr · clip, where lr may go with the step and with the weight, whose RMS before the step is kept."""
    rate = c.rate
    if c.settings.get("relative_step"):
        slow = 1e-6 * c.step if c.settings.get("warmup_init") else 1e-2
        rate = min(slow, 1 / math.sqrt(c.step)) if c.step else None
    if rate is None:
        return None
    size = 1.0
    if c.settings.get("scale_parameter"):
        kept = scalar(c.state.get("RMS"))
        if kept is None:
            return None
        size = max(_second(c, 1e-3), kept)
    return rate * size * c.number("clip_threshold", 1.0)


def momentum(blocks: Blocks, c: Context) -> NDArray[np.float64] | None:
    """The step lr · b of SGD.

    With Nesterov momentum it is lr · (g + μb). While the training is steady, b ← μb + g gives
    E[(g + μb)²] = (1 + μ)E[g²] + (μ + μ² - μ³)E[b²], and E[g²] is (1 - μ)²E[b²] or more, which a gradient that never
    changes has: lr · b is then the step, and less than it otherwise (1.16 times for independent gradients, μ = 0.9).
    """
    return None if c.rate is None else np.asarray(c.rate * blocks["momentum_buffer"])


def buffer(blocks: Blocks, _: Context) -> NDArray[np.float64] | None:
    """The buffer itself, where the learning rate is in it already."""
    return blocks["momentum_buffer"]


def muon(c: Context) -> float | None:
    """At most lr · adjustment · s / √max(rows, columns): whatever the momentum was, no singular value passes s."""
    if c.rate is None or c.shape is None or len(c.shape) < 2 or 0 in c.shape:
        return None
    rows, columns = c.shape[0], math.prod(c.shape[1:])
    adjust = math.sqrt(max(1.0, c.shape[-2] / c.shape[-1]))
    if c.settings.get("adjust_lr_fn") == "match_rms_adamw":
        adjust = 0.2 * math.sqrt(max(rows, columns))
    given = c.settings.get("ns_coefficients")
    known = isinstance(given, (list, tuple)) and len(given) == 3 and all(isinstance(x, (int, float)) for x in given)
    coefficients = tuple(map(float, given)) if known and given is not None else _NEWTON_SCHULZ
    steps = int(min(max(c.number("ns_steps", _NEWTON_SCHULZ_STEPS), 0), 100))
    return c.rate * adjust * _ROUNDED * _longest(coefficients, steps) / math.sqrt(max(rows, columns))


@cache
def _longest(coefficients: tuple[float, ...], steps: int) -> float:
    """The largest value that p(x) = ax + bx³ + cx⁵ reaches on 0 … 1 when it is applied so often."""
    x = np.linspace(0, 1, 1 << 16)
    a, b, c = coefficients
    with np.errstate(all="ignore"):
        for _ in range(steps):
            x = a * x + b * x**3 + c * x**5
    return float(np.abs(x).max())


def rprop(blocks: Blocks, _: Context) -> NDArray[np.float64] | None:
    """sign(g) · step size (Riedmiller and Braun 1993); where the sign turned, the gradient is kept as zero."""
    return np.asarray(np.sign(blocks["prev"]) * blocks["step_size"])
