"""A report on a deep model whose blocks do the same work, made by hand."""

from __future__ import annotations

from functools import cache

import numpy as np
from msgspec.structs import replace

from modelreport.facts import Report, TensorFact, Weights
from tests.factories import make_report, make_statistics, with_peers

SHAPES = {"attn.q": (64, 64), "attn.k": (64, 64), "mlp.up": (96, 64), "mlp.down": (64, 96)}


def deep_arrays(depth: int = 12, experts: int = 0) -> dict[str, np.ndarray]:
    """Blocks as training leaves them: rows of different norms, tails, a scale that falls with depth."""
    rng = np.random.default_rng(4)
    arrays: dict[str, np.ndarray] = {}
    for i in range(depth):
        names = {f"blocks.{i}.{name}.weight": shape for name, shape in SHAPES.items()}
        names |= {f"blocks.{i}.experts.{e}.up.weight": (32, 64) for e in range(experts)}
        for name, shape in names.items():
            arrays[name] = rng.standard_t(9, shape) * rng.lognormal(0, 0.3, (shape[0], 1)) * 0.05 * 0.95**i
        arrays[f"blocks.{i}.norm.weight"] = rng.normal(1, 0.1, 64)
    return arrays


def report_of(arrays: dict[str, np.ndarray]) -> Report:
    """A report whose only tensors are these parameters; nothing is known of how they are used."""
    report = make_report()
    facts = tuple(
        TensorFact(
            name=name, shape=a.shape, dtype="float32", role="parameter", module=name.rpartition(".")[0],
            count=a.size, size_bytes=4 * a.size, stored_bytes=4 * a.size,
        )
        for name, a in arrays.items()
    )  # fmt: skip
    structure = replace(report.structure, tensors=facts)
    weights = Weights(tensors=tuple(make_statistics(name, a) for name, a in arrays.items()), read_bytes=1)
    return replace(report, structure=structure, weights=with_peers(structure, weights))


@cache
def deep_report(depth: int = 12, experts: int = 0) -> Report:
    """Twelve blocks, two matrices drawn anew, one ten times as large, one vector of ones."""
    arrays = deep_arrays(depth, experts)
    arrays["blocks.3.attn.q.weight"] = np.random.default_rng(0).uniform(-0.1, 0.1, (64, 64))
    arrays["blocks.3.mlp.up.weight"] = np.random.default_rng(0).uniform(-0.1, 0.1, (96, 64))
    arrays["blocks.5.mlp.down.weight"] = arrays["blocks.5.mlp.down.weight"] * 10
    arrays["blocks.3.norm.weight"] = np.ones(64)
    return report_of(arrays)
