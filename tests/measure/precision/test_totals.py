from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import Precision, Scheme, Skipped, Structure, Weights
from modelreport.identify import describe
from modelreport.load import open_checkpoint
from modelreport.measure import measure
from modelreport.measure.parts import Measured, measure_all
from modelreport.measure.precision import precision
from modelreport.measure.precision.elementwise import Effect
from modelreport.measure.precision.totals import count_beyond, ratio_db
from modelreport.options import Options
from tests.measure.precision.brute import decibels, torch_noise
from tests.measure.precision.test_elementwise import drawn
from tests.measure.tensors import make_checkpoint, make_tensor
from tests.measure.units.tables import make_structure


def precision_of(arrays: Mapping[str, NDArray[np.float32]], structure: Structure | None = None) -> Precision:
    tensors = [make_tensor(array, name=name) for name, array in arrays.items()]
    weights = measure_all(make_checkpoint(*tensors), structure or make_structure(arrays), Options())
    assert isinstance(weights, Weights)
    assert isinstance(weights.precision, Precision), weights.precision
    return weights.precision


def scheme_of(found: Precision, scheme: str) -> Scheme:
    return next(each for each in found.schemes if each.id == scheme)


def test_sizes_count_what_stays_as_it_is() -> None:
    found = precision_of({"a.weight": drawn("normal", 64, 128), "a.bias": drawn("normal", 64)})
    assert scheme_of(found, "fp16").size_bytes == (64 * 128 + 64) * 2
    assert scheme_of(found, "int8_channel").size_bytes == 64 * 128 + 64 * 4 + 64 * 4
    assert scheme_of(found, "int4_128").size_bytes == 64 * 128 // 2 + 64 * 2 + 64 * 4
    assert (scheme_of(found, "fp16").tensors, scheme_of(found, "int4_128").tensors) == (2, 1)


def test_the_whole_model_is_all_its_weights_together() -> None:
    arrays = {"a.weight": drawn("normal", 60, 50), "b.weight": drawn("heavy", 40, 70) * 30}
    found = precision_of(arrays)
    energy = {name: float((array.astype(np.float64) ** 2).sum()) for name, array in arrays.items()}
    for scheme in torch_noise(arrays["a.weight"]):
        noise = sum(torch_noise(array)[scheme] * energy[name] for name, array in arrays.items())
        wanted = decibels(noise / sum(energy.values()))
        assert scheme_of(found, scheme).sqnr_db == pytest.approx(wanted, abs=0.02), scheme


def test_the_worst_layers_are_those_with_the_lowest_ratio() -> None:
    arrays = {f"layers.{i}.weight": drawn("normal", 16, 32) for i in range(14)}
    arrays["layers.3.weight"][0, 0] = 2.0
    arrays["layers.9.weight"][0, 0] = 0.5
    found = scheme_of(precision_of(arrays), "int8_tensor")
    assert found.worst[:2] == ("layers.3.weight", "layers.9.weight")
    assert len(found.worst) == 10


def test_overflow_is_counted_exactly_also_next_to_the_border() -> None:
    array = drawn("normal", 300, 300)
    last_inside = np.nextafter(np.float32(65520), np.float32(0))
    array[0, :7] = last_inside
    array[1, :5] = 65520.0
    array[2, :3] = -1e5
    found = precision_of({"a.weight": array})
    assert scheme_of(found, "fp16").overflow == 8
    assert scheme_of(found, "bf16").overflow == 0


def test_running_statistics_overflow_too_and_masks_do_not() -> None:
    mask = np.zeros((64, 64), np.float32)
    mask[:, 32:] = np.finfo(np.float32).min
    arrays = {"n.weight": drawn("normal", 9), "n.running_var": drawn("normal", 9) + 1e5, "n.mask": mask}
    structure = make_structure(arrays, (), running_var={"role": "buffer"}, mask={"role": "buffer"})
    assert scheme_of(precision_of(arrays, structure), "fp16").overflow == 9


def test_tied_tensors_are_taken_once() -> None:
    array = drawn("normal", 64, 128)
    arrays = {"a.weight": array, "b.second": array}
    structure = make_structure(arrays, (), second={"tied_to": "a.weight"})
    found = precision_of(arrays, structure)
    assert [each.name for each in found.tensors] == ["a.weight"]


@pytest.mark.parametrize("array", [np.ones((8, 8), np.int8), np.zeros((8, 8), np.float32)])
def test_a_model_with_nothing_to_lose_says_why(array: np.ndarray) -> None:
    dtype = {"weight": {"dtype": array.dtype.name}}
    structure = make_structure({"a.weight": array}, (), **dtype)
    weights = measure_all(make_checkpoint(make_tensor(array, name="a.weight")), structure, Options())
    assert isinstance(weights, Weights)
    assert isinstance(weights.precision, Skipped)
    assert ("8 bits" in weights.precision.reason) == (array.dtype == np.int8)


def test_weights_that_could_not_be_tried_are_told() -> None:
    arrays = {"a.weight": drawn("normal", 20, 30), "b.weight": drawn("normal", 20, 30)}
    tensors = [make_tensor(array, name=name) for name, array in arrays.items()]
    checkpoint, structure = make_checkpoint(*tensors), make_structure(arrays)
    kept: dict[str, dict[str, Any]] = {}
    weights = measure(checkpoint, Options(), kept=kept)
    assert isinstance(weights, Weights)
    del kept["b.weight"]["precision"]
    found = precision(Measured(checkpoint, structure, weights, Options(), kept))
    assert isinstance(found, Precision)
    assert found.notes == ("Weights that could not be tried in other formats, and are counted as they are stored: 1.",)
    assert scheme_of(found, "fp16").size_bytes == 20 * 30 * (2 + 4)


def test_a_ratio_has_two_decimals_and_none_without_noise() -> None:
    assert ratio_db(Effect(1e-3)) == 30.0
    assert ratio_db(Effect(0.0)) is None


def test_values_beyond_a_border_are_counted_one_by_one() -> None:
    tensor = make_tensor(np.array([1.0, -2.0, 2.0, 3.0, np.inf, np.nan], np.float32))
    assert count_beyond(tensor, 2.0) == 3


def test_minilm_agrees_with_torch_to_a_tenth_of_a_decibel(minilm: Path) -> None:
    options = Options(trace=False)
    with open_checkpoint(minilm / "model.safetensors", options) as checkpoint:
        structure = describe(checkpoint, Skipped(stage="identify", reason="not asked for"))
        weights = measure_all(checkpoint, structure, options)
        assert isinstance(weights, Weights)
        assert isinstance(weights.precision, Precision)
        tensors = {tensor.name: tensor for tensor in checkpoint.tensors}
        matrices = [each for each in weights.precision.tensors if len(each.errors) > 2]
        assert len(matrices) == 37  # six layers of six matrices, and the pooler
        for each in matrices[::5]:
            wanted = torch_noise(np.array(tensors[each.name].array(), np.float32))
            for error in each.errors:
                if error.scheme in wanted:
                    assert error.sqnr_db == pytest.approx(decibels(wanted[error.scheme]), abs=0.1), (each, error)
    assert scheme_of(weights.precision, "fp16").overflow == 0
