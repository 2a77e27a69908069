"""Small models and helpers for the tests of the pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from modelreport.checkpoint import Model
from modelreport.facts import Identification, Operation, Skipped, TensorSpec, Trace
from modelreport.meta import on_meta
from modelreport.options import Options
from modelreport.trace import trace
from modelreport.trace.dummies import given
from modelreport.trace.layers import vocabulary
from modelreport.trace.outcome import trace_of as facts_of
from modelreport.trace.search import best_pass, parameters_of


def define_torchvision_operators() -> None:
    """torchvision registers shapes for operators of its C++ library, which a CPU-only wheel of another build lacks."""
    for name in ("nms", "qnms"):
        if not hasattr(torch.ops.torchvision, name):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")


def model_of(module: nn.Module, how: str = "live", library: str = "", name: str = "m") -> Model:
    return Model(identification=Identification(name=name, library=library, how=how), module=module)  # type: ignore[arg-type]


def spec(*shape: int, dtype: str = "float32", name: str = "") -> TensorSpec:
    return TensorSpec(shape=shape, dtype=dtype, name=name)


def outcome_of(module: nn.Module, *inputs: TensorSpec, how: str = "live", **more: Any) -> Trace | Skipped:
    return trace(model_of(module, how, **more), Options(inputs=tuple(inputs)))


def trace_of(module: nn.Module, *inputs: TensorSpec, **more: Any) -> Trace:
    """The trace of a module that must run."""
    found = outcome_of(module, *inputs, **more)
    assert isinstance(found, Trace), found
    return found


def complete_trace_of(module: nn.Module, *inputs: TensorSpec, **more: Any) -> Trace:
    found = trace_of(module, *inputs, **more)
    assert found.complete, found.error
    return found


def meta_trace_of(module: nn.Module, *inputs: TensorSpec) -> Trace:
    """The trace of the pass on meta alone, without a real run where that would tell more."""
    result, tries = best_pass(model_of(module), given(tuple(inputs), vocabulary(module)), lambda _: None)
    assert result is not None
    found = facts_of(result, parameters_of(module), {}, tries)
    assert isinstance(found, Trace)
    assert found.complete, found.error
    return found


def vision(name: str, **settings: Any) -> Trace:
    """The trace of a torchvision model at 224×224, built without data."""
    define_torchvision_operators()
    import torchvision

    with on_meta():
        module = torchvision.models.get_model(name, weights=None, **settings).eval()
    return complete_trace_of(module, how="keys and shapes", library="torchvision", name=name)


class Function(nn.Module):
    """A module whose forward is a function."""

    def __init__(self, function: Any) -> None:
        super().__init__()
        self.function = function

    def forward(self, *tensors: Any) -> Any:
        return self.function(*tensors)


def flops_of(function: Any, *shapes: tuple[int, ...], dtype: str = "float32") -> int:
    """What a function of tensors costs; every operator in it must have a formula."""
    found = complete_trace_of(Function(function), *(spec(*shape, dtype=dtype) for shape in shapes))
    assert found.uncounted == ()
    return found.flops


def operation(found: Trace, name: str) -> Operation:
    """The only operation of that name."""
    (one,) = [o for o in found.operations if o.name == name]
    return one


def names_of(found: Trace) -> list[str]:
    return [o.name for o in found.operations]


@dataclass
class Output:
    """An output that is a dataclass."""

    hidden: torch.Tensor
    extra: tuple[torch.Tensor, ...] = ()


class Net(nn.Module):
    """conv 3→8, relu, pool, flatten, linear 8·16·16→10 on 32×32 images."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.fc = nn.Linear(8 * 16 * 16, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = functional.max_pool2d(functional.relu(self.conv(x)), 2)
        return self.fc(x.flatten(1))


class Residual(nn.Module):
    """``x + relu(linear(x))``."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.fc = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + functional.relu(self.fc(x))
