"""Memory of one training step: weights, gradients, optimizer state and the activations kept for the backward pass.

Weights, gradients and state follow from the parameters; activations are measured: a forward pass with gradients on, in
which every storage that autograd saves is counted once (parameters and buffers not; the model's input is, where the
first layer saves it). Not counted: temporary buffers of kernels, gradients of activations during the backward pass,
communication buffers, fragmentation, the framework's own context.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from modelreport.facts import Skipped, TrainingMemory
from modelreport.trace.outcome import skipped
from modelreport.trace.usage.runs import CannotRunError, Kept, Runner, Tally

if TYPE_CHECKING:
    import torch

EIGHT_BIT_BLOCK: Final = 2048
"""Elements that share one float32 scale in an 8-bit optimizer (Dettmers et al. 2022, 8-bit Optimizers via Block-wise
Quantization, section 2)."""
EIGHT_BIT_LEAST: Final = 4096
"""Smaller tensors keep 32-bit state (documentation of bitsandbytes, ``min_8bit_size``)."""


@dataclass(frozen=True)
class Weight:
    """What training memory depends on of one parameter."""

    shape: tuple[int, ...]
    width: int
    """Bytes of an element; of floating-point ones replaced by that of the precision."""
    floating: bool
    trainable: bool

    @property
    def count(self) -> int:
        """Elements."""
        return math.prod(self.shape)


@dataclass(frozen=True)
class Precision:
    """Bytes of an element of what training holds."""

    name: str
    weight: int
    gradient: int
    master: int
    """A float32 copy of the trainable weights that the optimizer updates, 0 for none."""
    state: int
    """An element of the moments."""
    activation: int


PRECISIONS: Final = (
    Precision("float32", 4, 4, 0, 4, 4),
    Precision("bfloat16 mixed", 2, 2, 4, 4, 2),
    Precision("bfloat16", 2, 2, 0, 2, 2),
)
"""*Mixed*: bfloat16 weights and gradients, float32 master weights and moments, which with Adam is 16 bytes a parameter
(Rajbhandari et al. 2020, ZeRO, section 3.1); ``torch.autocast`` comes to the same with float32 weights and gradients
and no copy. *bfloat16*: everything in it, moments too, as ``torch.optim`` does when the parameters are."""

StateBytes = Callable[[Weight, int], int]


def _none(weight: Weight, width: int) -> int:
    del weight, width
    return 0


def _one(weight: Weight, width: int) -> int:
    return weight.count * width


def _two(weight: Weight, width: int) -> int:
    return 2 * weight.count * width


def _eight_bit(weight: Weight, width: int) -> int:
    """Two moments of one byte, and a float32 scale for each block of each."""
    del width
    if weight.count < EIGHT_BIT_LEAST:
        return 8 * weight.count
    return 2 * (weight.count + 4 * -(-weight.count // EIGHT_BIT_BLOCK))


def _factored(weight: Weight, width: int) -> int:
    """Adafactor: row and column sums of squared gradients in place of all of them, no first moment; vectors keep all.

    Shazeer and Stern 2018, Adafactor: Adaptive Learning Rates with Sublinear Memory Cost.
    """
    if len(weight.shape) < 2:
        return weight.count * width
    *lead, rows, columns = weight.shape
    return math.prod(lead) * (rows + columns) * width


OPTIMIZERS: Final[tuple[tuple[str, StateBytes], ...]] = (
    ("SGD", _none),
    ("SGD with momentum", _one),
    ("Adafactor", _factored),
    ("8-bit AdamW", _eight_bit),
    ("AdamW", _two),
)
"""By what they remember of each parameter, the least first."""


def weights_of(module: Any) -> list[Weight]:
    """All parameters of a module, tied ones once."""

    def weight(parameter: torch.Tensor) -> Weight:
        floats = parameter.is_floating_point() and parameter.element_size() > 1
        return Weight(tuple(parameter.shape), parameter.element_size(), floats, parameter.requires_grad)

    return [weight(parameter) for parameter in module.parameters()]


def memory_of(weights: Sequence[Weight], buffers_bytes: int, kept: Sequence[Kept]) -> tuple[TrainingMemory, ...]:
    """Every optimizer in every precision. Buffers stay as they are."""
    native = native_width(weights)
    found = []
    for precision in PRECISIONS:
        frozen_too = sum(w.count * (precision.weight if w.floating else w.width) for w in weights)
        trained = [w for w in weights if w.trainable]
        elements = sum(w.count for w in trained)
        activations = sum(item.size_bytes * _growth(item, native, precision.activation) // 2 for item in kept)
        for name, state in OPTIMIZERS:
            remembered = sum(state(w, precision.state) for w in trained) + elements * precision.master
            parts = (frozen_too + buffers_bytes, elements * precision.gradient, remembered, activations)
            found.append(
                TrainingMemory(
                    optimizer=name,
                    precision=precision.name,
                    weights_bytes=parts[0],
                    gradients_bytes=parts[1],
                    optimizer_bytes=parts[2],
                    activations_bytes=parts[3],
                    total_bytes=sum(parts),
                )
            )
    return tuple(found)


def native_width(weights: Sequence[Weight]) -> int:
    """Bytes of an element of most of the floating-point parameters: 2 or 4."""
    halves = sum(w.count for w in weights if w.floating and w.width == 2)
    return 2 if 2 * halves > sum(w.count for w in weights if w.floating) else 4


def _growth(item: Kept, native: int, wanted: int) -> int:
    """Twice the factor by which an activation grows or shrinks from the precision it was measured in."""
    if native == wanted or item.width not in (2, 4):
        return 2
    return 1 if item.width > wanted else 4 if item.width < wanted else 2


def training_memory(runner: Runner) -> tuple[tuple[TrainingMemory, ...] | Skipped, tuple[str, ...], Tally | None]:
    """The table, remarks on how it came about, and the pass that measured the activations."""
    weights = weights_of(runner.module)
    if not any(w.trainable for w in weights):
        return skipped("No parameter asks for a gradient: there is nothing to train."), (), None
    notes: list[str] = []
    try:
        tally = runner.run(grad=True, train=True)
    except CannotRunError as first:
        try:
            tally = runner.run(grad=True)
        except CannotRunError as second:
            return skipped(f"The pass with gradients did not run: {second}."), (), None
        notes.append(f"Activations were measured in evaluation mode, as training mode did not run: {first}.")
    if not tally.kept:
        return skipped("Nothing of the pass is kept for a backward pass: its output asks for no gradient."), (), None
    frozen = sum(w.count for w in weights if not w.trainable)
    if frozen:
        notes.append(f"{frozen:,} of {sum(w.count for w in weights):,} parameters are frozen: no gradient, no state.")
    if any("RNNBase" in (base.__name__ for base in type(m).__mro__) for m in runner.module.modules()):
        notes.append("Recurrent layers were run step by step to see what they keep; fused kernels keep other amounts.")
    buffers = {id(b): b.nbytes for b in runner.module.buffers()}
    tally.out = None
    return memory_of(weights, sum(buffers.values()), tally.kept), tuple(notes), tally
