from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.identify.tensors import role_of, shares_memory, sharing_of, span_of, stored_size
from tests.identify.checkpoints import Tensors


def lazy(**tensors: torch.Tensor) -> list[LazyTensor]:
    maker = Tensors()
    return [maker.make(t, n) for n, t in tensors.items()]


def test_the_same_view_is_tied_and_stored_once() -> None:
    a = torch.zeros(4, 3)
    first, again, same_view, turned = sharing_of(lazy(a=a, b=a, c=a[:], d=a.t()))
    assert (first.first, again.first, same_view.first) == (0, 0, 0)
    assert (first.stored_bytes, again.stored_bytes) == (48, 0)
    assert (turned.first, turned.overlaps, turned.stored_bytes) == (3, 0, 0)


def test_slices_of_one_storage_do_not_overlap_unless_they_do() -> None:
    a = torch.zeros(6, 4)
    top, bottom, middle = sharing_of(lazy(top=a[:3], bottom=a[3:], middle=a[2:4]))
    assert (top.overlaps, bottom.overlaps, middle.overlaps) == (-1, -1, 0)
    assert (top.stored_bytes, bottom.stored_bytes, middle.stored_bytes) == (48, 48, 0)
    even, odd = sharing_of(lazy(even=a[:, ::2], odd=a[:, 1::2]))
    assert (even.overlaps, odd.overlaps) == (-1, -1)
    assert even.stored_bytes == odd.stored_bytes == 48


def test_an_expanded_tensor_stores_what_it_stores() -> None:
    tensor = lazy(a=torch.zeros(3, 1).expand(3, 1000))[0]
    assert stored_size(tensor) == 12
    assert sharing_of([tensor])[0].stored_bytes == 12


def test_tensors_without_values_are_themselves() -> None:
    found = sharing_of([LazyTensor("a", "float32", (2,), None), LazyTensor("b", "float32", (2,), None)])
    assert [s.first for s in found] == [0, 1]
    assert [s.stored_bytes for s in sharing_of(lazy(a=torch.zeros(0, 4)))] == [0]


def test_thousands_of_views_of_one_storage_take_no_quadratic_time() -> None:
    storage = Storage(memoryview(bytes(4 * 20_000)), 0, 4 * 20_000)
    tensors = [LazyTensor(str(i), "float32", (10_000,), storage, offset=i) for i in range(10_000)]
    found = sharing_of(tensors)
    assert all(s.overlaps == 0 for s in found[1:])
    assert sum(s.stored_bytes for s in found) == 4 * 19_999


@given(
    st.lists(
        st.tuples(st.integers(0, 8), st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5)), min_size=1, max_size=2)),
        min_size=2, max_size=2,
    )
)  # fmt: skip
def test_sharing_is_what_the_element_addresses_say(views: list[tuple[int, list[tuple[int, int]]]]) -> None:
    storage = Storage(memoryview(bytes(256)), 0, 256)
    made, touched = [], []
    for offset, dimensions in views:
        shape, strides = tuple(d for d, _ in dimensions), tuple(s for _, s in dimensions)
        made.append(LazyTensor("x", "float32", shape, storage, strides, offset))
        places = {offset + sum(i * s for i, s in zip(index, strides, strict=True)) for index in np.ndindex(shape)}
        touched.append(places)
        assert span_of(made[-1]) == (4 * min(places), 4 * max(places) + 4)
    assert shares_memory(*made) == bool(touched[0] & touched[1])


@pytest.mark.parametrize(
    ("name", "dtype", "role"),
    [
        ("bn.running_mean", "float32", "buffer"),
        ("bn.num_batches_tracked", "int64", "buffer"),
        ("embeddings.position_ids", "int64", "buffer"),
        ("rotary.inv_freq", "float32", "buffer"),
        ("mask", "bool", "buffer"),
        ("conv.weight", "float32", "parameter"),
        ("conv.weight", "int8", "parameter"),
        ("layer.qweight", "int32", "parameter"),
        ("layer.qzeros", "int32", "buffer"),
        ("layer.weight", "float8_e4m3fn", "parameter"),
        ("stft.forward_basis_buffer", "float32", "buffer"),
        ("scale", "bfloat16", "parameter"),
    ],
)
def test_the_role_follows_from_name_and_dtype(name: str, dtype: str, role: str) -> None:
    assert role_of(LazyTensor(name, dtype, (2,), None), {}) == role


def test_what_the_file_or_the_module_says_comes_first() -> None:
    tensor = LazyTensor("bn.running_mean", "float32", (2,), None)
    assert role_of(tensor, {"bn.running_mean": "parameter"}) == "parameter"
    tensor.role = "constant"
    assert role_of(tensor, {"bn.running_mean": "parameter"}) == "constant"
