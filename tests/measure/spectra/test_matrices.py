"""Which matrices a model has, and that their slabs are its values."""

from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from modelreport.checkpoint import Storage
from modelreport.measure.spectra.matrices import Matrix
from tests.measure.spectra.cases import found_in, make_module, matrix_of
from tests.measure.tensors import make_storage, make_tensor

RNG = np.random.default_rng(7)


def whole(matrix: Matrix) -> np.ndarray:
    return np.concatenate(list(matrix.row_slabs(most=40)))


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16", "float8_e4m3fn", "float8_e5m2"])
def test_slabs_are_the_values_of_every_dtype(dtype: str) -> None:
    kind = np.dtype(getattr(ml_dtypes, dtype, dtype))
    values = RNG.standard_normal((12, 10)).astype(kind)
    matrix = matrix_of(values, dtype)
    assert (whole(matrix) == values.astype(np.float64)).all()
    assert (np.concatenate(list(matrix.column_slabs(most=30)), axis=1) == values.astype(np.float64)).all()
    assert matrix.narrow == (np.float64 if dtype == "float64" else np.float32)


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
def test_values_across_the_borders_of_words_are_moved_onto_them(dtype: str) -> None:
    values = RNG.standard_normal((12, 10)).astype(dtype)
    data = b"\0" + values.tobytes()
    tensor = make_tensor(values, storage=Storage(memoryview(data), 1, len(data) - 1))
    (matrix,) = found_in(tensor).matrices
    slabs = list(matrix.row_slabs(40, matrix.narrow))
    assert all(slab.flags.aligned for slab in slabs)
    assert (np.concatenate(slabs) == values).all()


def test_a_convolution_is_out_times_the_rest_and_has_a_matrix_for_each_position() -> None:
    values = RNG.standard_normal((8, 6, 3, 2)).astype(np.float32)
    matrix = matrix_of(values)
    assert (matrix.rows, matrix.columns, matrix.kernel) == (8, 36, 6)
    assert (whole(matrix) == values.reshape(8, 36)).all()
    columns = np.concatenate(list(matrix.column_slabs(most=96)), axis=1)
    assert (columns == values.reshape(8, 36)).all()
    positions = list(matrix.positions())
    assert len(positions) == 6
    assert (positions[3] == values[:, :, 1, 1]).all()


def test_a_transposed_and_a_big_endian_tensor_are_read_as_they_look() -> None:
    values = RNG.standard_normal((9, 11)).astype(np.float32)
    turned = make_tensor(values.T.copy(), name="a.weight", shape=(9, 11), strides=(1, 9))
    swapped = make_tensor(values.astype(">f4"), "float32", "b.weight", big_endian=True)
    half = make_tensor(values.astype(np.float16).view(np.uint16).astype(">u2"), "float16", "c.weight", big_endian=True)
    made = found_in(turned, swapped, half).matrices
    assert (whole(made[0]) == values).all()
    assert (whole(made[1]) == values).all()
    assert (whole(made[2]) == values.astype(np.float16)).all()


def test_gates_of_recurrent_layers_are_matrices_of_their_own() -> None:
    hidden, inputs = RNG.standard_normal((32, 8)), RNG.standard_normal((32, 20))
    lstm = found_in(make_tensor(inputs, name="rnn.weight_ih_l0"), make_tensor(hidden, name="rnn.weight_hh_l0"))
    assert [(m.tensor.name[4:], m.part) for m in lstm.matrices] == [
        (f"weight_{which}_l0", f"gate {gate}") for which in ("ih", "hh") for gate in "ifgo"
    ]
    assert (whole(lstm.matrices[2]) == inputs[16:24]).all()
    gru = found_in(make_tensor(RNG.standard_normal((24, 8)), name="cell.weight_hh"))
    assert [m.part for m in gru.matrices] == ["gate r", "gate z", "gate n"]
    plain = found_in(make_tensor(RNG.standard_normal((8, 8)), name="rnn.weight_hh_l0"))
    assert [m.part for m in plain.matrices] == [""]


def test_a_stack_of_experts_is_a_matrix_for_each_and_a_kernel_is_not() -> None:
    stack = RNG.standard_normal((3, 40, 33)).astype(np.float32)
    made = found_in(make_tensor(stack, name="experts.down_proj")).matrices
    assert [(m.part, m.rows, m.columns) for m in made] == [(f"slice {i}", 40, 33) for i in range(3)]
    assert (whole(made[1]) == stack[1]).all()
    kernel = RNG.standard_normal((16, 8, 5)).astype(np.float32)
    assert matrix_of(kernel).columns == 40
    wide = RNG.standard_normal((16, 40, 33)).astype(np.float32)
    assert matrix_of(wide, modules=(make_module("layer", "Conv1d"),)).columns == 40 * 33
    position = RNG.standard_normal((1, 50, 12)).astype(np.float32)
    assert (matrix_of(position, name="pos_embed").rows, matrix_of(position, name="pos_embed").part) == (50, "")


def test_a_long_stack_is_listed_at_even_distances() -> None:
    values = np.zeros((5000, 32, 32), ml_dtypes.float8_e4m3fn)
    values[0, 0, 0] = 1
    made = found_in(make_tensor(values, "float8_e4m3fn", "many.weight")).matrices
    assert 800 < len(made) <= 1024
    assert [m.index for m in made[:3]] == [0, 5, 10]


def test_what_is_no_weight_matrix_is_left_out() -> None:
    values = RNG.standard_normal((16, 16)).astype(np.float32)
    made = found_in(
        make_tensor(values, name="kept.weight"),
        make_tensor(values, name="mask"),
        make_tensor(values, name="tied.weight"),
        make_tensor(values, name="quantised.weight"),
        make_tensor(values[:, :7], name="narrow.weight"),
        make_tensor(np.ones((16, 16), np.float32), name="constant.weight"),
        make_tensor(values.astype(np.int8), name="codes"),
        make_tensor(np.arange(128, dtype=np.uint8), "float4_e2m1fn", "packed.weight", shape=(16, 16)),
        make_tensor(values[0], name="bias"),
        mask={"role": "buffer"},
        **{"tied.weight": {"tied_to": "kept.weight"}, "quantised.weight": {"scheme": "GPTQ"}},
    )
    assert [m.tensor.name for m in made.matrices] == ["kept.weight"]
    assert made.notes == ("Left out: 1 tensor of quantised weights, whose codes have no spectrum (quantised.weight).",)


def test_grouped_convolutions_and_values_that_are_not_finite_are_left_out_by_name() -> None:
    values = RNG.standard_normal((16, 16, 3, 3)).astype(np.float32)
    flawed = values.copy()
    flawed[0, 0, 0, 0] = np.nan
    endless = values[:, :, 0, 0].copy()
    endless[1, 1] = np.inf
    made = found_in(
        make_tensor(values[:, :1], name="stem.weight"),
        make_tensor(values[:, :1], name="depthwise.weight"),
        make_tensor(values, name="grouped.weight"),
        make_tensor(flawed, name="flawed.weight"),
        make_tensor(endless, name="endless.weight"),
        make_tensor(values[:, :1] + 1, name="plain.weight"),
        modules=(make_module("grouped", "Conv2d", groups=4), make_module("plain", "Conv2d", groups=1)),
    )
    assert [m.tensor.name for m in made.matrices] == ["stem.weight", "plain.weight"]
    assert made.notes == (
        "Left out: 2 tensors of grouped convolutions: they are no one matrix (depthwise.weight, grouped.weight).",
        "Left out: 2 tensors with NaN or infinite values (flawed.weight, endless.weight).",
    )


def test_a_class_token_is_not_the_first_convolution() -> None:
    values = RNG.standard_normal((48, 1, 4, 4)).astype(np.float32)
    made = found_in(
        make_tensor(values[:1, :, 0], name="cls_token"),
        make_tensor(values[None, :, 0, 0], name="pos_embed"),
        make_tensor(values, name="patch_embed.weight"),
    )
    assert "patch_embed.weight" in [m.tensor.name for m in made.matrices]
    assert not made.notes


def test_a_view_that_shows_more_than_is_stored_is_not_walked() -> None:
    storage = make_storage(RNG.standard_normal(64).astype(np.float32))
    expanded = make_tensor(np.zeros((1, 64), np.float32), name="a", shape=(64, 64), strides=(0, 1), storage=storage)
    made = found_in(expanded)
    assert made.matrices == ()
    assert made.notes == ("Left out: 1 tensor whose elements are not all stored (a).",)


def test_roles_and_depths_come_from_the_names() -> None:
    values = RNG.standard_normal((16, 16)).astype(np.float32)
    names = [f"layers.{i}.{part}.weight" for i in range(3) for part in ("query", "output")]
    made = found_in(*(make_tensor(values + i, name=name) for i, name in enumerate(names))).matrices
    assert [(m.role, m.depth) for m in made[::2]] == [("layers.#.query.weight", i) for i in range(3)]
    layers = [make_tensor(RNG.standard_normal((32, 8)), name=f"lstm.weight_hh_l{i}_reverse") for i in (0, 1)]
    assert [(m.role, m.depth) for m in found_in(*layers).matrices[::4]] == [
        ("lstm.weight_hh_l#_reverse, gate i", i) for i in (0, 1)
    ]


def test_huge_and_tiny_values_are_brought_near_one() -> None:
    values = RNG.standard_normal((10, 10))
    for factor in (2.0**900, 2.0**-900):
        matrix = matrix_of(values * factor)
        near = whole(matrix)
        assert 0.25 < np.abs(near).max() <= 1
        assert (np.ldexp(near, -matrix.scale) == values * factor).all()
