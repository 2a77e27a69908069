"""Adapters made from arrays, as the names of several libraries have them."""

from __future__ import annotations

from typing import Any

import numpy as np

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import AdapterEffect, Weights
from modelreport.measure.adapter.survey import adapter
from modelreport.measure.parts import Measured
from modelreport.measure.survey import measure
from modelreport.options import Options
from tests.measure.spectra.cases import structure_of
from tests.measure.tensors import make_checkpoint, make_tensor

RNG = np.random.default_rng(21)


def tensor(name: str, *shape: int, scale: float = 1.0) -> LazyTensor:
    """Normal values in float64."""
    return make_tensor(RNG.standard_normal(shape) * scale, name=name)


def pair(path: str, out: int = 12, into: int = 10, rank: int = 3) -> tuple[LazyTensor, LazyTensor]:
    """A layer's factors in the names of peft."""
    start = f"base_model.model.{path}"
    return tensor(f"{start}.lora_A.weight", rank, into), tensor(f"{start}.lora_B.weight", out, rank)


def product_of(factors: tuple[LazyTensor, LazyTensor]) -> np.ndarray:
    """B · A."""
    down, up = (np.array(each.array(), np.float64) for each in factors)
    return up @ down


def measured(checkpoint: Checkpoint) -> Measured:
    """What the part sees of it."""
    weights = measure(checkpoint, Options())
    assert isinstance(weights, Weights)
    return Measured(checkpoint, structure_of(checkpoint), weights, Options())


def effect(*tensors: LazyTensor, config: Any = None, base: tuple[LazyTensor, ...] = ()) -> AdapterEffect:
    """What is told of an adapter's tensors."""
    checkpoint = make_checkpoint(*tensors, adapter=config, base=make_checkpoint(*base) if base else None)
    made = adapter(measured(checkpoint))
    assert isinstance(made, AdapterEffect), made
    return made
