from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import ScaleFigures
from modelreport.measure.units.scales import survey_scales
from tests.measure.tensors import make_tensor
from tests.measure.units.tables import make_module, make_structure


def figures_of(arrays: dict[str, NDArray[Any]], kind: str = "BatchNorm2d", graph: Any = None) -> ScaleFigures:
    structure = make_structure(arrays, [make_module("bn", kind, eps="1e-5")])
    tensors = {name: make_tensor(array, name=name) for name, array in arrays.items()}
    (found,) = survey_scales(structure, tensors, graph)
    return found


def norm(count: int = 8, **changes: dict[int, float]) -> dict[str, NDArray[np.float32]]:
    arrays = {
        "bn.weight": np.linspace(0.5, 1.5, count, dtype=np.float32),
        "bn.bias": np.zeros(count, np.float32),
        "bn.running_mean": np.zeros(count, np.float32),
        "bn.running_var": np.ones(count, np.float32),
    }
    for name, values in changes.items():
        for place, value in values.items():
            arrays[f"bn.{name}"][place] = value
    return arrays


def test_scales_are_gamma_where_the_variance_is_far_above_epsilon() -> None:
    arrays = norm(9)
    found = figures_of(arrays)
    assert found.kind == "batch"
    assert found.scales == pytest.approx(np.quantile(arrays["bn.weight"], (0, 0.25, 0.5, 0.75, 1)), rel=1e-4)
    assert (found.zero, found.weak, found.shut, found.seldom) == (0, 0, 0, 0)


def test_a_channel_of_a_hundredth_of_the_median_is_weak() -> None:
    found = figures_of(norm(weight={2: 0.02, 5: -1e-4}))
    assert found.weak == 1
    assert found.weak_units == (5,)


def test_a_channel_that_never_varied_in_training_is_weak_whatever_its_scale() -> None:
    found = figures_of(norm(running_var={3: 1e-12}))
    assert found.weak_units == (3,)  # sqrt(1e-12 / 1e-5) = 3e-4 of its scale


def test_only_a_scale_of_zero_with_a_shift_not_above_zero_is_shut() -> None:
    found = figures_of(norm(weight={0: 0, 1: 0, 2: 0, 3: 1e-6}, bias={0: -0.5, 2: 0.5, 3: -0.5}))
    assert found.zero == 3
    assert found.shut_units == (0, 1)
    assert found.seldom == 1  # the fourth: -0.5 is far more than six of its deviations below zero


def test_a_layer_that_starts_at_zero_has_no_weak_channels() -> None:
    arrays = norm()
    arrays["bn.weight"][:] = 0
    found = figures_of(arrays)
    assert (found.zero, found.weak, found.shut) == (8, 0, 0)


def test_a_layer_norm_has_scales_and_no_shut_channels() -> None:
    arrays = {name: array for name, array in norm(weight={0: 0}, bias={0: -1}).items() if "running" not in name}
    found = figures_of(arrays, "LayerNorm")
    assert found.kind == "other"
    assert (found.zero, found.weak, found.shut) == (1, 1, 0)


def test_a_norm_that_multiplies_by_one_plus_its_weight_is_read_so() -> None:
    found = figures_of({"bn.weight": np.zeros(8, np.float32)}, "GemmaRMSNorm")
    assert found.scales == (1.0,) * 5


def test_the_graph_says_which_tensor_is_which() -> None:
    arrays = {"w_0": np.ones(4), "b_0": np.full(4, -9.0), "w_1": np.zeros(4), "w_2": np.ones(4)}
    named = {f"bn.{name}": array.astype(np.float32) for name, array in arrays.items()}
    node = SimpleNamespace(op_type="BatchNormalization", input=["x", "bn.w_0", "bn.b_0", "bn.w_1", "bn.w_2"])
    graph = SimpleNamespace(graph=SimpleNamespace(node=[node]))
    found = figures_of(named, "BatchNormalization", graph)
    assert (found.name, found.seldom) == ("bn.w_0", 4)


def test_other_modules_and_flawed_scales_have_no_figures() -> None:
    arrays = norm(weight={0: np.nan})
    tensors = {name: make_tensor(array, name=name) for name, array in arrays.items()}
    assert survey_scales(make_structure(arrays, [make_module("bn", "BatchNorm2d")]), tensors) == ()
    arrays = norm()
    assert survey_scales(make_structure(arrays, [make_module("bn", "Linear")]), tensors) == ()
