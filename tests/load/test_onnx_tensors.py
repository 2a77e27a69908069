"""Values of ONNX tensors: raw, typed, external."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from modelreport.checkpoint import ONNX_DTYPES, Checkpoint
from modelreport.load.onnx_tensors import typed_bytes
from tests.load.files import opened
from tests.load.onnx_models import convolution, model, saved, value, weight

NUMPY = {
    "float32": np.float32, "float64": np.float64, "float16": np.float16, "bfloat16": ml_dtypes.bfloat16,
    "int8": np.int8, "uint8": np.uint8, "int16": np.int16, "uint16": np.uint16, "int32": np.int32, "uint32": np.uint32,
    "int64": np.int64, "uint64": np.uint64, "bool": np.bool_, "complex64": np.complex64, "complex128": np.complex128,
    "float8_e4m3fn": ml_dtypes.float8_e4m3fn, "float8_e4m3fnuz": ml_dtypes.float8_e4m3fnuz,
    "float8_e5m2": ml_dtypes.float8_e5m2, "float8_e5m2fnuz": ml_dtypes.float8_e5m2fnuz,
    "float8_e8m0fnu": ml_dtypes.float8_e8m0fnu,
}  # fmt: skip
CODES = {name: code for code, name in ONNX_DTYPES.items()}


def holding(*tensors: Any) -> Any:
    """A model with these initialisers."""
    node = helper.make_node("Relu", ["x"], ["y"])
    return model([node], [value("x", [1])], [value("y", [1])], tensors)


def external(location: str, name: str = "w", count: int = 4, **keys: object) -> Any:
    """A tensor whose data is said to be in another file."""
    tensor = TensorProto(name=name, data_type=1, dims=[count], data_location=TensorProto.EXTERNAL)
    for key, entry in {"location": location, **keys}.items():
        tensor.external_data.add(key=key, value=str(entry))
    return tensor


def missing(checkpoint: Checkpoint) -> dict[str, str]:
    return {tensor.name: tensor.missing for tensor in checkpoint.tensors if tensor.missing}


@pytest.mark.parametrize("dtype", NUMPY)
@pytest.mark.parametrize("count", [6, 3000])
def test_every_dtype_is_read_from_raw_and_from_typed_fields(tmp_path: Path, dtype: str, count: int) -> None:
    values = (np.arange(count) % 5).astype(NUMPY[dtype])
    raw = TensorProto(name="raw", data_type=CODES[dtype], dims=[count], raw_data=values.tobytes())
    typed = helper.make_tensor("typed", CODES[dtype], [count], values)
    assert not typed.raw_data
    with opened(saved(tmp_path, holding(raw, typed))) as checkpoint:
        for tensor in checkpoint.tensors:
            assert tensor.dtype == dtype
            assert tensor.array().tobytes() == values.tobytes(), tensor.name


@pytest.mark.parametrize(("code", "bits"), [(22, 4), (21, 4), (25, 2), (26, 2), (23, 4)])
def test_packed_dtypes_keep_their_bytes(tmp_path: Path, code: int, bits: int) -> None:
    packed = bytes(range(1, 3 * bits // 2 + 1))
    raw = TensorProto(name="raw", data_type=code, dims=[12], raw_data=packed)
    typed = TensorProto(name="typed", data_type=code, dims=[12], int32_data=list(packed))
    with opened(saved(tmp_path, holding(raw, typed))) as checkpoint:
        assert [tensor.array().tobytes() for tensor in checkpoint.tensors] == [packed, packed]
        assert {tensor.count for tensor in checkpoint.tensors} == {12}


def test_six_bit_floats_in_typed_fields_are_packed_as_raw_data_is() -> None:
    proto = TensorProto(data_type=27, dims=[4], int32_data=[0b000001, 0b000010, 0b000011, 0b100000])
    number = 0b000001 | 0b000010 << 6 | 0b000011 << 12 | 0b100000 << 18
    assert typed_bytes(proto, "float6_e2m3") == number.to_bytes(3, "little")


def test_large_values_are_views_on_the_file_and_small_ones_stay(tmp_path: Path) -> None:
    with opened(saved(tmp_path, convolution())) as checkpoint:
        large, small = checkpoint.tensors[0], checkpoint.tensors[1]
        assert large.storage is not None
        assert large.storage.source is checkpoint.files[0]
        assert large.array().tobytes() == numpy_helper.to_array(convolution().graph.initializer[0]).tobytes()
        assert isinstance(small.storage.source, memoryview)  # type: ignore[union-attr]


def test_external_data_is_mapped_and_shared_where_it_is_the_same(tmp_path: Path) -> None:
    path = saved(
        tmp_path, convolution(), save_as_external_data=True, location="w.bin", size_threshold=0, convert_attribute=True
    )
    with opened(path) as checkpoint:
        assert [file.name for file in checkpoint.source.files] == ["model.onnx", "w.bin"]
        for tensor, proto in zip(checkpoint.tensors, convolution().graph.initializer, strict=True):
            assert tensor.storage.file == 1  # type: ignore[union-attr]
            assert np.array_equal(tensor.array(), numpy_helper.to_array(proto))
    (tmp_path / "d.bin").write_bytes(b"\0" * 16)
    twins = holding(external("d.bin"), external("d.bin", "tied", offset=0, length=16))
    with opened(saved(tmp_path, twins, "twins.onnx")) as checkpoint:
        first, second = checkpoint.tensors
        assert first.view_key == second.view_key


@pytest.mark.parametrize("location", ["../secret", "/etc/passwd", "link", "pipe", "sub/../../secret", "", ".", "C:\\x"])
def test_external_data_outside_the_folder_is_refused_and_the_rest_is_reported(tmp_path: Path, location: str) -> None:
    (tmp_path / "secret").write_bytes(b"s" * 16)
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "link").symlink_to(tmp_path / "secret")
    os.mkfifo(folder / "pipe")
    made = holding(external(location, offset=1 << 40 if location == "." else 0), weight("good", 3))
    with opened(saved(folder, made)) as checkpoint:
        assert set(missing(checkpoint)) == {"w"}
        assert checkpoint.tensors[1].array().tolist() == [0, 1, 2]
        assert b"sss" not in b"".join(t.array().tobytes() for t in checkpoint.tensors if t.storage)
        if location != ".":
            assert any("External data" in note for note in checkpoint.source.notes)
            assert any("External data" in note for note in checkpoint.security.notes)  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"offset": 1 << 62}, "past the end"),
        ({"offset": 8}, "ends 8 bytes past the end"),
        ({"length": 12}, "12 bytes of data, its shape needs 16"),
        ({"length": 1 << 62}, "its shape needs 16"),
        ({"offset": "-4"}, "not a whole number"),
        ({"offset": "1e3"}, "not a whole number"),
        ({"length": "9" * 5000}, "not a whole number"),
    ],
)
def test_external_ranges_that_lie_leave_the_tensor_without_values(
    tmp_path: Path, keys: dict[str, object], reason: str
) -> None:
    (tmp_path / "w.bin").write_bytes(b"\0" * 16)
    with opened(saved(tmp_path, holding(external("w.bin", **keys)))) as checkpoint:
        assert reason in missing(checkpoint)["w"]


def test_a_missing_external_file_is_named(tmp_path: Path) -> None:
    with opened(saved(tmp_path, holding(external("gone.bin"), external("gone.bin", "v")))) as checkpoint:
        assert set(missing(checkpoint)) == {"w", "v"}
        assert checkpoint.source.notes == ("External data: 'gone.bin' is missing.",)


def test_unknown_keys_and_hard_links_of_external_data_are_noted(tmp_path: Path) -> None:
    (tmp_path / "w.bin").write_bytes(b"\0" * 16)
    os.link(tmp_path / "w.bin", tmp_path / "other")
    with opened(saved(tmp_path, holding(external("w.bin", __class__="x")))) as checkpoint:
        assert any("unknown keys: '__class__'" in note for note in checkpoint.source.notes)
        assert any("several hard links" in note for note in checkpoint.source.notes)


@pytest.mark.parametrize(
    ("tensor", "reason"),
    [
        (TensorProto(name="w", data_type=1, dims=[3], raw_data=b"\0" * 8), "8 bytes of data, its shape needs 12"),
        (TensorProto(name="w", data_type=1, dims=[3]), "0 bytes of data"),
        (TensorProto(name="w", data_type=77, dims=[3], raw_data=b"\0" * 12), "data type 77 is unknown"),
        (TensorProto(name="w", data_type=8, dims=[1], string_data=[b"x"]), "it holds text"),
        (TensorProto(name="w", data_type=6, dims=[500], float_data=[0.0] * 500), "stored as float"),
    ],
)
def test_values_that_do_not_fit_are_left_out_with_the_reason(tmp_path: Path, tensor: Any, reason: str) -> None:
    with opened(saved(tmp_path, holding(tensor, weight("good", 2)))) as checkpoint:
        assert reason in missing(checkpoint)["w"]
        assert checkpoint.tensors[1].array().tolist() == [0, 1]


@pytest.mark.parametrize("dims", [[-1], [1 << 62, 1 << 62], [1] * 100])
def test_impossible_shapes_are_left_out_with_a_note(tmp_path: Path, dims: list[int]) -> None:
    tensor = onnx.TensorProto(name="w", data_type=1, dims=dims, raw_data=b"\0" * 4)
    with opened(saved(tmp_path, holding(tensor, weight("good", 2)))) as checkpoint:
        assert [t.name for t in checkpoint.tensors] == ["good"]
        assert any("impossible shape" in note for note in checkpoint.source.notes)
