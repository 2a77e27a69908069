from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.identify.relations import count_at, evaluate, fields_of, fits_name, fold, solve, solve_one

VALUES = {"heads": 8, "width": 64, "hidden": 512, "image": 224, "patch": 16}


def test_running_numbers_are_folded_and_numbers_in_words_are_not() -> None:
    assert fold("model.layers.12.mlp.fc1.weight") == "model.layers.#.mlp.fc1.weight"
    assert fold("0.1.weight_ih_l0") == "#.#.weight_ih_l0"
    assert fold("layer.3") == "layer.#"


def test_old_names_of_norms_and_weight_norm_are_those_of_today() -> None:
    assert fold("embeddings.LayerNorm.gamma") == "embeddings.LayerNorm.weight"
    assert fold("embeddings.LayerNorm.beta") == "embeddings.LayerNorm.bias"
    assert fold("conv.weight_g") == "conv.parametrizations.weight.original0"
    assert fold("noise.gamma") == "noise.gamma"


def test_a_name_of_a_megabyte_is_left_as_it_is() -> None:
    name = "1." * 500_000
    assert fold(name) == name


def test_layers_are_counted_and_a_gap_counts_as_none() -> None:
    names = [f"encoder.layer.{i}.weight" for i in range(12)] + ["encoder.layer.norm"]
    assert count_at(names, "encoder.layer") == 12
    assert count_at([n for n in names if ".7." not in n], "encoder.layer") == 0
    assert count_at(names, "decoder.layer") == 0
    assert count_at(["stages.0.blocks.0.w", "stages.1.blocks.0.w", "stages.1.blocks.1.w"], "stages.1.blocks") == 2
    assert count_at(["0.w", "1.w"], "") == 2


def test_a_huge_number_in_a_name_is_no_number_of_layers() -> None:
    assert count_at(["layers.0.w", "layers.999999999999.w"], "layers") == 1
    assert count_at(["layers.99999.w"], "layers") == 0


@pytest.mark.parametrize(
    ("expression", "dimension"),
    [
        (7, 7),
        (None, None),
        (["=", "hidden", 3, 1, 2], 1538),
        (["=", "hidden", 1, 3, 0], None),
        (["*", 1, 1, "heads", "width"], 512),
        (["*", 1, 1, "hidden", "/heads"], 64),
        (["+", 1, ["hidden", 1, 2], ["heads", 2, 1]], 273),
        (["#", "image", "patch", 1], 197),
        (["=", "unknown", 1, 1, 0], None),
    ],
)
def test_a_dimension_follows_from_the_values(expression: object, dimension: int | None) -> None:
    assert evaluate(expression, VALUES) == dimension  # type: ignore[arg-type]


@given(st.integers(1, 10_000), st.integers(1, 9), st.integers(-5, 5))
def test_what_was_computed_is_solved_back(value: int, factor: int, rest: int) -> None:
    for expression in (
        ["=", "x", factor, 1, rest],
        ["+", rest, ["x", factor, 1], ["y", 1, 1]],
        ["*", factor, 1, "x", "y"],
    ):
        dimension = evaluate(expression, {"x": value, "y": 3})
        assert dimension is not None
        found = solve_one(expression, dimension, {"y": 3})
        assert found == (("x", value) if dimension >= 0 else found)


def test_a_dimension_that_is_no_multiple_solves_nothing() -> None:
    assert solve_one(["=", "x", 3, 1, 0], 7, {}) is None
    assert solve_one(["*", 1, 1, "x", "y"], 7, {}) is None
    assert solve_one(["#", "image", "patch", 1], 198, {"patch": 16}) is None
    assert solve_one(["#", "image", "patch", 1], 197, {"patch": 16}) == ("image", 224)
    assert solve_one(["*", 1, 1, "x", "/y"], 64, {"x": 512}) == ("y", 8)


def test_fields_are_named_once_each_in_order() -> None:
    assert fields_of(["*", 1, 1, "a", "/b"]) == ["a", "b"]
    assert fields_of(["+", 0, ["a", 1, 1], ["b", 1, 1]]) == ["a", "b"]
    assert fields_of(3) == fields_of(None) == []


def test_values_are_those_that_most_tensors_agree_on() -> None:
    hidden, inner = ["=", "hidden", 1, 1, 0], ["=", "inner", 1, 1, 0]
    seen = [([inner, hidden], (2048, 512), 12), ([hidden], (512,), 24), ([hidden], (500,), 1)]
    found = solve(seen)  # type: ignore[arg-type]
    assert found.values == {"hidden": 512, "inner": 2048}
    assert (found.proved, found.against, found.open) == (36, 1, 0)


def test_what_no_shape_tells_stays_open() -> None:
    found = solve([([["*", 1, 1, "heads", "width"], 3], (512, 3), 2)])
    assert found.values == {}
    assert (found.proved, found.against, found.open) == (0, 0, 2)
    assert solve([([["*", 1, 1, "heads", "width"], 3], (512, 3), 2)], {"width": 64}).values["heads"] == 8


def test_another_number_of_dimensions_is_against() -> None:
    assert solve([([3], (3, 3), 1)]).against == 1


def test_a_key_stands_for_names_with_numbers_in_its_places() -> None:
    assert fits_name("stages.1.blocks.#.w", "stages.1.blocks.12.w")
    assert not fits_name("stages.1.blocks.#.w", "stages.2.blocks.12.w")
    assert not fits_name("stages.#.w", "stages.x.w")
    assert not fits_name("stages.#", "stages.1.w")
