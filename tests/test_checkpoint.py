"""The live objects: views on files, and what a tensor says of itself."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import (
    EXPORT_DTYPES,
    ONNX_DTYPES,
    LazyTensor,
    LocalFile,
    ModuleNode,
    Storage,
    numpy_dtype,
    onnx_subgraphs,
)
from modelreport.facts import DTYPE_BITS


def tensor(values: np.ndarray, **changes: object) -> LazyTensor:
    data = memoryview(np.ascontiguousarray(values).tobytes())
    settings = {"name": "t", "dtype": str(values.dtype), "shape": values.shape, "storage": Storage(data, 0, len(data))}
    return LazyTensor(**{**settings, **changes})  # type: ignore[arg-type]


def test_a_file_gives_bytes_inside_its_bounds_only(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(bytes(range(200)))
    file = LocalFile(path)
    assert bytes(file.view(10, 3)) == b"\n\x0b\x0c"
    assert file.pread(4, 198) == b"\xc6\xc7"
    for offset, size in ((-1, 2), (199, 2), (0, -1), (300, 0)):
        with pytest.raises(ValueError, match="of a file of 200"):
            file.view(offset, size)
    assert file.view(0, 1).readonly
    file.close()


def test_bytes_outlive_the_file_they_were_read_from(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"abc")
    file = LocalFile(path)
    view = file.view(0, 3)
    file.close()
    assert bytes(view) == b"abc"


@given(
    shape=st.lists(st.integers(1, 5), max_size=4).map(tuple),
    data=st.data(),
    dtype=st.sampled_from(["float32", "int16", "uint8"]),
)
def test_strided_views_equal_numpys(shape: tuple[int, ...], data: st.DataObject, dtype: str) -> None:
    values = np.arange(np.prod(shape, dtype=int)).astype(dtype).reshape(shape)
    order = data.draw(st.permutations(range(len(shape))))
    permuted = values.transpose(order)
    strides = tuple(s // values.itemsize for s in permuted.strides)
    lazy = tensor(values, shape=permuted.shape, strides=strides)
    assert np.array_equal(lazy.array(), permuted)
    assert lazy.is_contiguous == permuted.flags.c_contiguous
    assert not lazy.is_expanded


def test_an_expanded_view_stores_each_element_once() -> None:
    lazy = tensor(np.array([1.0, 2.0], "float32"), shape=(10**12, 2), strides=(0, 1))
    assert lazy.is_expanded
    assert lazy.count == 2 * 10**12
    assert lazy.stored().tolist() == [[1.0, 2.0]]


def test_two_names_of_one_view_have_the_same_key() -> None:
    first = tensor(np.zeros((2, 3), "float32"))
    second = LazyTensor("other", "float32", (2, 3), first.storage, strides=(3, 1))
    third = LazyTensor("part", "float32", (3,), first.storage)
    assert first.view_key == second.view_key
    assert first.view_key != third.view_key
    assert LazyTensor("meta", "float32", (2,), None).view_key is None


def test_big_endian_values_are_read_in_their_order() -> None:
    lazy = tensor(np.array([1, 2, 3], ">f4"), dtype="float32", big_endian=True)
    assert lazy.array().tolist() == [1.0, 2.0, 3.0]


def test_narrow_dtypes_come_packed() -> None:
    lazy = tensor(np.array([0x21, 0x43], "uint8"), dtype="int4", shape=(3,))
    assert lazy.size_bytes == 2
    assert lazy.array().tolist() == [0x21, 0x43]


def test_a_tensor_without_values_says_why() -> None:
    with pytest.raises(ValueError, match="shard 2 is missing"):
        LazyTensor("t", "float32", (2,), None, missing="shard 2 is missing").array()


@pytest.mark.parametrize("name", [n for n, bits in DTYPE_BITS.items() if bits >= 8 and n not in {"string", "unknown"}])
def test_every_dtype_has_a_numpy_type_of_its_width(name: str) -> None:
    assert numpy_dtype(name).itemsize * 8 == DTYPE_BITS[name]


def test_walking_a_cyclic_tree_ends() -> None:
    root, child = ModuleNode("a.Root"), ModuleNode("a.Child")
    root.children = {"one": child, "two": child, "none": None}
    child.children = {"up": root}
    walked = [(path, seen) for path, _, seen in root.walk()]
    assert walked == [("", False), ("one", False), ("one.up", True), ("two", True)]


def test_an_expanded_tensor_is_stored_with_one_element_for_several() -> None:
    values = tensor(np.arange(3), shape=(2, 3), strides=(0, 1))
    assert values.is_expanded
    assert values.stored_shape == (1, 3)
    assert values.stored().tolist() == [[0, 1, 2]]
    assert values.array().tolist() == [[0, 1, 2], [0, 1, 2]]
    plain = tensor(np.zeros((2, 3)))
    assert (plain.stored_shape, plain.element_strides, plain.is_expanded) == ((2, 3), (3, 1), False)


def test_the_dtypes_of_onnx_are_ours() -> None:
    import onnx

    assert set(ONNX_DTYPES.values()) - set(DTYPE_BITS) <= {"string"}
    short = {"FLOAT": "float32", "DOUBLE": "float64", "FLOAT4E2M1": "float4e2m1fn", "FLOAT8E8M0": "float8e8m0fnu"}
    for theirs, code in onnx.TensorProto.DataType.items():
        if code:
            assert ONNX_DTYPES[code].replace("_", "") == short.get(theirs, theirs.lower())


def test_the_dtypes_of_exported_programs_are_those_of_torch() -> None:
    from torch._export.serde.serialize import _SERIALIZE_TO_TORCH_DTYPE

    assert set(EXPORT_DTYPES.values()) <= set(DTYPE_BITS)
    assert {code: str(dtype) for code, dtype in _SERIALIZE_TO_TORCH_DTYPE.items()} == {
        code: f"torch.{name}" for code, name in EXPORT_DTYPES.items()
    }


def test_sub_graphs_are_scoped_by_operator_place_and_attribute() -> None:
    from onnx import helper

    empty = helper.make_graph([], "g", [], [])
    node = helper.make_node("If", ["c"], ["y"], then_branch=empty, else_branch=empty)
    several = helper.make_node("Op", [], ["y"], bodies=[empty, empty], axis=1)
    assert [scope for scope, _ in onnx_subgraphs(node, 2)] == ["If_2.else_branch.", "If_2.then_branch."]
    assert [scope for scope, _ in onnx_subgraphs(several, 0)] == ["Op_0.bodies.", "Op_0.bodies_1."]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16", "int8", "bool", "float8_e4m3fn", "complex64"])
def test_values_of_every_plain_dtype_are_read(dtype: str) -> None:
    value = torch.tensor([[1, 0], [2, 3]]).to(getattr(torch, dtype))
    raw = value.contiguous().view(torch.uint8).numpy().tobytes()
    lazy = LazyTensor(name="x", dtype=dtype, shape=(2, 2), storage=Storage(memoryview(raw), 0, len(raw)))
    assert torch.equal(lazy.tensor().to(torch.complex64), value.to(torch.complex64))


def test_quantised_values_are_not_plain_numbers() -> None:
    storage = Storage(memoryview(bytes(4)), 0, 4)
    with pytest.raises(ValueError, match="not plain numbers"):
        LazyTensor(name="x", dtype="qint8", shape=(4,), storage=storage, layout="quantized").tensor()
