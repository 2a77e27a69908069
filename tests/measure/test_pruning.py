from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from statistics import NormalDist
from typing import Any

import ml_dtypes
import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from modelreport.facts import Pruning, Skipped, TensorPruning, Weights
from modelreport.measure.parts import measure_all
from modelreport.measure.piece import read_piece, read_whole
from modelreport.measure.precision.layout import layout
from modelreport.measure.pruning import KEPT, LEVELS, two_of_four
from modelreport.measure.walk import walk
from modelreport.options import Options
from tests.measure.precision.test_elementwise import drawn
from tests.measure.tensors import make_checkpoint, make_tensor
from tests.measure.units.tables import make_structure


def pruning_of(arrays: Mapping[str, NDArray[np.float32]], dtype: str = "") -> Pruning:
    tensors = [make_tensor(array, dtype, name=name) for name, array in arrays.items()]
    changes = {name.rpartition(".")[2]: {"dtype": dtype} for name in arrays} if dtype else {}
    weights = measure_all(make_checkpoint(*tensors), make_structure(arrays, (), **changes), Options())
    assert isinstance(weights, Weights)
    assert isinstance(weights.pruning, Pruning), weights.pruning
    return weights.pruning


def of(found: Pruning, name: str) -> TensorPruning:
    return next(each for each in found.tensors if each.name == name)


@pytest.mark.parametrize("dtype", ["float32", "float16", "bfloat16"])
def test_the_curve_is_that_of_sorting_all_weights_together(dtype: str) -> None:
    kind = {"float32": np.float32, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16}[dtype]
    arrays = {"a.weight": drawn("heavy", 300, 400).astype(kind), "b.weight": (drawn("normal", 50, 60) * 4).astype(kind)}
    found = pruning_of(arrays, dtype)
    flat = {name: np.abs(array.astype(np.float64)).reshape(-1) for name, array in arrays.items()}
    together = np.sort(np.concatenate(list(flat.values())))
    reached = np.cumsum(together**2) / (together**2).sum()
    assert found.count == together.size
    assert found.levels == LEVELS
    for level, threshold, kept in zip(found.levels, found.thresholds, found.kept, strict=True):
        place = int(level * together.size)
        assert threshold == pytest.approx(together[place], rel=2**-7)
        assert kept == pytest.approx(1 - reached[place - 1], abs=2e-4)
    for name, values in flat.items():
        for share, threshold in zip(of(found, name).removed, found.thresholds, strict=True):
            low, high = (float((values <= threshold * (1 + side * 2**-7)).mean()) for side in (-1, 1))
            assert low - 1e-6 <= share <= high + 1e-6


def test_normal_values_keep_what_the_normal_distribution_does() -> None:
    """Share of Σx² beyond the quantile t of |x|: 1 − (2Φ(t) − 1 − 2tφ(t))."""
    found = pruning_of({"a.weight": np.random.default_rng(0).standard_normal((1000, 1000)).astype(np.float32)})
    for level, threshold, kept in zip(found.levels, found.thresholds, found.kept, strict=True):
        cut = NormalDist().inv_cdf((1 + level) / 2)
        assert threshold == pytest.approx(cut, rel=0.01)
        assert kept == pytest.approx(1 - (level - 2 * cut * NormalDist().pdf(cut)), abs=3e-3)


def test_torchs_global_pruning_removes_the_same_from_each_layer() -> None:
    from torch.nn.utils import prune

    torch.manual_seed(0)
    layers = [torch.nn.Linear(200, 100), torch.nn.Linear(100, 300), torch.nn.Conv2d(8, 16, 3)]
    arrays = {f"{i}.weight": layer.weight.detach().numpy().copy() for i, layer in enumerate(layers)}
    found = pruning_of(arrays)
    prune.global_unstructured([(layer, "weight") for layer in layers], prune.L1Unstructured, amount=0.5)
    for i, layer in enumerate(layers):
        removed = float((layer.weight == 0).float().mean())
        assert of(found, f"{i}.weight").removed[LEVELS.index(0.5)] == pytest.approx(removed, abs=2e-3)


def test_zeros_go_first_and_cost_nothing() -> None:
    array = drawn("half zero", 100, 200)
    found = pruning_of({"a.weight": array})
    assert of(found, "a.weight").zeros == pytest.approx(float((array == 0).mean()), rel=1e-5)
    below = [i for i, level in enumerate(LEVELS) if level < 0.48]
    assert {found.thresholds[i] for i in below} == {0.0}
    assert {found.kept[i] for i in below} == {1.0}


def expected_two_of_four() -> float:
    """Share of Σx² in the two largest of four independent normal values, by quadrature over order statistics.

    The k-th largest of four has the density 4!/((4−k)!(k−1)!) · F^(4−k) · (1−F)^(k−1) · f of |x|.
    """
    size = np.linspace(0, 9, 200_001)
    density = np.sqrt(2 / np.pi) * np.exp(-(size**2) / 2)
    reached = np.cumsum(density) * (size[1] - size[0])
    reached -= reached[0] / 2
    largest = 4 * reached**3 * density
    second = 12 * reached**2 * (1 - reached) * density
    return float(((largest + second) * size**2).sum() * (size[1] - size[0]) / 4)


def test_two_of_four_normal_values_keep_87_percent_of_the_sum_of_squares() -> None:
    assert expected_two_of_four() == pytest.approx(0.868, abs=1e-3)
    small = of(pruning_of({"a.weight": drawn("normal", 250, 260)}), "a.weight")
    assert small.two_four_kept == pytest.approx(expected_two_of_four(), abs=5e-3)
    assert (small.two_four, small.sampled) == (False, 0)
    large = of(pruning_of({"a.weight": drawn("normal", 900, 512)}), "a.weight")
    assert large.two_four_kept == pytest.approx(expected_two_of_four(), abs=5e-3)
    assert 0 < large.sampled <= 1 << 16


def loop(array: NDArray[np.float32]) -> float:
    """The same by a loop over output channels, kernel positions and groups of inputs."""
    out, inputs, *kernel = array.shape
    wide = array.reshape(out, inputs, -1).astype(np.float64)
    kept = total = 0.0
    for row in wide:
        for position in range(math.prod(kernel)):
            for start in range(0, inputs // 4 * 4, 4):
                group = sorted((row[start : start + 4, position] ** 2).tolist())
                kept += sum(group[2:])
                total += sum(group)
    return kept / total


@pytest.mark.parametrize("shape", [(20, 32), (20, 30), (8, 16, 3, 3), (6, 10, 5)])
def test_groups_lie_along_the_inputs(shape: tuple[int, ...]) -> None:
    array = drawn("heavy", *shape)
    assert of(pruning_of({"a.weight": array}), "a.weight").two_four_kept == pytest.approx(loop(array), abs=5e-5)


def test_fewer_than_four_inputs_have_no_pattern() -> None:
    assert of(pruning_of({"a.weight": drawn("normal", 64, 3, 7, 7)}), "a.weight").two_four_kept is None


@pytest.mark.parametrize("shape", [(40, 64), (600, 256)])
def test_a_pattern_of_two_zeros_in_four_is_known(shape: tuple[int, int]) -> None:
    array = drawn("normal", *shape)
    groups = array.reshape(-1, 4)
    smallest = np.argsort(np.abs(groups), axis=1)[:, :2]
    np.put_along_axis(groups, smallest, 0, axis=1)
    sparse = of(pruning_of({"a.weight": array}), "a.weight")
    assert (sparse.two_four, sparse.two_four_kept, sparse.zeros) == (True, 1.0, 0.5)
    array[-1, :4] = array[shape[0] // 2, :4] = 1.0
    if array.size < 1 << 16:
        assert not of(pruning_of({"a.weight": array}), "a.weight").two_four


def test_half_zeros_at_random_are_no_pattern() -> None:
    assert not of(pruning_of({"a.weight": drawn("half zero", 40, 64)}), "a.weight").two_four


def test_what_is_kept_does_not_depend_on_where_a_tensor_is_cut() -> None:
    from modelreport.measure.piece import finish

    plan = walk(make_tensor(drawn("heavy", 700, 500)))
    whole, cut = read_piece(plan, 0, 700), read_piece(plan, 0, 123)
    cut.merge(read_piece(plan, 123, 700))
    first, second = finish(plan, whole).keep[KEPT], finish(plan, cut).keep[KEPT]
    np.testing.assert_array_equal(first.keys, second.keys)
    np.testing.assert_array_equal(first.counts, second.counts)
    assert (first.zeros, first.two_four) == (second.zeros, second.two_four)


def test_a_stack_of_experts_is_its_rows() -> None:
    stack = drawn("normal", 4, 32, 64)
    form = layout(stack.shape)
    assert form
    flat = two_of_four(stack.reshape(4, -1), form, whole=True)
    assert flat == two_of_four(stack.reshape(128, 64), form, whole=True)


@pytest.mark.parametrize("array", [drawn("normal", 9), np.zeros((3, 3), np.int8), np.empty((0, 3), np.float32)])
def test_vectors_integers_and_nothing_keep_nothing(array: NDArray[np.float32]) -> None:
    assert KEPT not in read_whole(walk(make_tensor(array))).keep


@pytest.mark.parametrize("scale", [1e-44, 1e37])
def test_extreme_magnitudes_are_ordered_too(scale: float) -> None:
    found = pruning_of({"a.weight": (np.random.default_rng(0).standard_normal((40, 50)) * scale).astype(np.float32)})
    assert found.count == 2000
    assert list(found.kept) == sorted(found.kept, reverse=True)


def skipped(arrays: Mapping[str, NDArray[Any]]) -> str:
    tensors = [make_tensor(array, name=name) for name, array in arrays.items()]
    weights = measure_all(make_checkpoint(*tensors), make_structure(arrays), Options())
    assert isinstance(weights, Weights)
    assert isinstance(weights.pruning, Skipped)
    return weights.pruning.reason


def test_a_matrix_of_zeros_among_others_is_all_pruned() -> None:
    found = pruning_of({"a.weight": np.zeros((8, 8), np.float32), "b.weight": drawn("normal", 8, 8)})
    assert (of(found, "a.weight").zeros, of(found, "a.weight").two_four_kept) == (1.0, None)


def test_weights_of_zeros_only_cannot_be_pruned() -> None:
    assert skipped({"a.weight": np.zeros((8, 8), np.float32)}) == "All its weights are zero."


def test_a_matrix_of_nothing_but_nan_is_left_out_and_named() -> None:
    blank = np.full((8, 8), np.nan, np.float32)
    found = pruning_of({"a.weight": drawn("normal", 8, 8), "b.weight": blank})
    assert [each.name for each in found.tensors] == ["a.weight"]
    assert found.notes == ("Left out, without any finite value: b.weight.",)
    assert skipped({"b.weight": blank}) == "No weight matrix has finite values."


def test_a_model_without_matrices_says_so() -> None:
    arrays = {"a.bias": drawn("normal", 9)}
    weights = measure_all(
        make_checkpoint(make_tensor(arrays["a.bias"], name="a.bias")), make_structure(arrays), Options()
    )
    assert isinstance(weights, Weights)
    assert isinstance(weights.pruning, Skipped)
    assert "No weight matrix" in weights.pruning.reason


def test_the_small_real_model_is_told(silero: Path) -> None:
    import modelreport

    report = modelreport.build(silero / "silero_vad_16k.safetensors", trace=False)
    assert isinstance(report.weights, Weights)
    assert isinstance(report.weights.pruning, Pruning)
    assert len(report.weights.pruning.tensors) == 7


@pytest.mark.parametrize("size", [1, 5, 64, 3000])
def test_magnitudes_are_counted_alike_in_tensors_of_few_and_many_values(size: int) -> None:
    array = np.random.default_rng(size).integers(-2, 3, (size, 2)).astype(np.float32)
    array[-1, -1] = np.nan
    array[0, 0] = 1
    kept = read_whole(walk(make_tensor(array))).keep.get(KEPT)
    if size == 1:
        assert kept is None  # one value of one row is no matrix
        return
    finite = np.abs(array[np.isfinite(array)])
    values, counts = np.unique(finite, return_counts=True)
    assert (kept.keys.astype(np.uint32) << 16).view(np.float32).tolist() == values.tolist()
    assert kept.counts.tolist() == counts.tolist()
    assert kept.zeros == int((finite == 0).sum())
