"""Every kind of tensor that torch saves, bit for bit."""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelreport.checkpoint import Storage
from modelreport.facts import DTYPE_BITS
from modelreport.load.storages import Storages, TensorError
from modelreport.load.tensors import Tensors, view
from tests.load.files import bits, opened, read, same, saved, written
from tests.load.hostile import call, legacy, name, reference, stream, zipped

DTYPES = [
    name
    for name, value in vars(torch).items()
    if isinstance(value, torch.dtype) and str(value) == f"torch.{name}" and not name.startswith(("q", "int1", "bits"))
]
SHELLS = {f"{kind}{size}" for kind in ("int", "uint") for size in range(1, 8)}


@pytest.mark.filterwarnings("ignore:ComplexHalf support is experimental")
@pytest.mark.parametrize("dtype", [d for d in DTYPES if d not in SHELLS])
@pytest.mark.parametrize("container", ["zip", "legacy"])
def test_every_dtype_is_read_bit_for_bit(dtype: str, container: str, tmp_path: Path) -> None:
    width = torch.empty(0, dtype=getattr(torch, dtype)).element_size()
    raw = torch.arange(12 * width, dtype=torch.uint8).reshape(3, 4 * width) % (2 if dtype == "bool" else 251)
    tensor = raw.view(getattr(torch, dtype))
    path = saved(tmp_path, {"t": tensor, "u": tensor[1:]}, _use_new_zipfile_serialization=container == "zip")
    with opened(path) as checkpoint:
        whole, part = checkpoint.tensors
        assert whole.dtype == dtype in DTYPE_BITS
        assert whole.shape == (3, 4)
        assert np.ascontiguousarray(whole.array()).tobytes() == bits(raw)
        assert np.ascontiguousarray(part.array()).tobytes() == bits(raw[1:])
        assert whole.storage is part.storage


def test_sub_byte_dtypes_are_their_bytes(tmp_path: Path) -> None:
    arguments = (reference("UntypedStorage", "0", 24), 0, (24,), (1,), False, None, name("torch", "uint4"))
    value = {"t": call(name("torch._utils", "_rebuild_tensor_v3"), *arguments)}
    with opened(written(tmp_path, zipped(stream(value, 2)))) as checkpoint:
        assert checkpoint.tensors[0].dtype == "uint8"
        assert checkpoint.tensors[0].array().tobytes() == np.arange(1, 7, dtype="<f4").tobytes()
        assert "uint4" in checkpoint.tensors[0].note


VIEWS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "whole": lambda t: t,
    "transposed": lambda t: t.T,
    "column": lambda t: t[:, 1],
    "every second": lambda t: t[::2, 1::2],
    "scalar": lambda t: t[1, 2],
    "empty": lambda t: t[:0],
    "empty in the middle": lambda t: t[:, :0],
    "expanded": lambda t: t[:1].expand(50, 6),
    "expanded scalar": lambda t: t[0, 0].expand(3, 3),
    "new dimension": lambda t: t[:, None, :],
    "last element": lambda t: t[-1:, -1:],
}


@pytest.mark.parametrize("kind", VIEWS)
@pytest.mark.parametrize("container", ["zip", "legacy"])
def test_views_are_read_as_views(kind: str, container: str, tmp_path: Path) -> None:
    base = torch.randn(4, 6)
    tensor = VIEWS[kind](base)
    path = saved(tmp_path, {"base": base, "v": tensor}, _use_new_zipfile_serialization=container == "zip")
    with opened(path) as checkpoint:
        first, lazy = checkpoint.tensors
        assert same(lazy, tensor)
        assert lazy.storage is first.storage
        assert lazy.is_expanded == kind.startswith("expanded")
        assert lazy.count == 0 or lazy.is_contiguous == tensor.is_contiguous()


def test_tied_tensors_are_the_same_view(tmp_path: Path) -> None:
    weight = torch.randn(3, 3)
    with opened(saved(tmp_path, {"a": weight, "b": weight, "c": weight.clone()})) as checkpoint:
        a, b, c = checkpoint.tensors
        assert a.view_key == b.view_key != c.view_key


def _sparse(layout: str) -> torch.Tensor:
    dense = torch.eye(6) * 2
    return {
        "coo": dense.to_sparse, "csr": dense.to_sparse_csr, "csc": dense.to_sparse_csc,
        "bsr": lambda: dense.to_sparse_bsr((2, 2)), "bsc": lambda: dense.to_sparse_bsc((2, 2)),
    }[layout]()  # fmt: skip


@pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta")
@pytest.mark.parametrize("layout", ["coo", "csr", "csc", "bsr", "bsc"])
def test_sparse_tensors_are_their_components(layout: str, tmp_path: Path) -> None:
    tensor = _sparse(layout)
    values = tensor.coalesce().values() if layout == "coo" else tensor.values()
    with opened(saved(tmp_path, {"w": tensor, "b": torch.ones(2)})) as checkpoint:
        found = {lazy.name: lazy for lazy in checkpoint.tensors}
        assert same(found["w.values"], values)
        assert found["w.values"].layout == "sparse"
        assert f"sparse ({layout}) 6×6" in found["w.values"].note
        assert [lazy.role for name, lazy in found.items() if "indices" in name].count("constant") == len(found) - 2


@pytest.mark.parametrize("dtype", ["qint8", "quint8", "qint32"])
@pytest.mark.filterwarnings("ignore:.*quantiz")
def test_quantised_tensors_give_their_integers(dtype: str, tmp_path: Path) -> None:
    tensor = torch.quantize_per_tensor(torch.tensor([[0.5, -1.0], [1.5, 0]]), 0.5, 3, getattr(torch, dtype))
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        lazy = checkpoint.tensors[0]
        assert (lazy.dtype, lazy.layout) == (dtype, "quantized")
        assert lazy.array().tolist() == tensor.int_repr().tolist()
        assert lazy.note == "quantised per_tensor_affine, scale 0.5, zero point 3"


@pytest.mark.filterwarnings("ignore:.*quantiz")
def test_channels_of_quantised_tensors_have_scales(tmp_path: Path) -> None:
    scales, zeros = torch.tensor([0.5, 0.25]), torch.tensor([0, 1])
    tensor = torch.quantize_per_channel(torch.ones(2, 3), scales, zeros, 0, torch.qint8)
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        found = {lazy.name: lazy for lazy in checkpoint.tensors}
        assert found["w.scales"].array().tolist() == [0.5, 0.25]
        assert "along dimension 0" in found["w"].note


@pytest.mark.filterwarnings("ignore:.*quantiz")
def test_packed_quantised_tensors_are_shown_as_bytes(tmp_path: Path) -> None:
    scales, zeros = torch.ones(2), torch.zeros(2)
    tensor = torch.quantize_per_channel(torch.ones(2, 6), scales, zeros, 0, torch.quint4x2)
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        lazy = checkpoint.tensors[0]
        assert (lazy.dtype, lazy.shape) == ("quint4x2", (6,))
        assert "2×6 elements, 2 to a byte" in lazy.note
        assert lazy.array().tolist() == [0x11] * 6


def test_meta_tensors_have_shapes_and_no_values(tmp_path: Path) -> None:
    with opened(saved(tmp_path, {"w": torch.empty(3, 4, device="meta")})) as checkpoint:
        lazy = checkpoint.tensors[0]
        assert (lazy.shape, lazy.storage, lazy.layout) == ((3, 4), None, "meta")
        assert "meta device" in lazy.missing


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested tensors")
def test_nested_tensors_are_their_buffer(tmp_path: Path) -> None:
    tensor = torch.nested.nested_tensor([torch.ones(2, 3), torch.zeros(4, 3)])
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        assert same(checkpoint.tensors[0], tensor.values())
        assert "nested tensor of 2" in checkpoint.tensors[0].note


def test_parameters_know_whether_they_train(tmp_path: Path) -> None:
    values = {"a": torch.nn.Parameter(torch.ones(2)), "b": torch.nn.Parameter(torch.ones(2), requires_grad=False)}
    with opened(saved(tmp_path, values)) as checkpoint:
        assert [(t.role, t.trainable) for t in checkpoint.tensors] == [("parameter", True), ("parameter", False)]


class Tagged(torch.Tensor):
    """A subclass that is pickled by its name."""


def test_subclasses_are_named(tmp_path: Path) -> None:
    tensor = torch.ones(2, 2).as_subclass(Tagged)
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        assert same(checkpoint.tensors[0], torch.ones(2, 2))
        assert "Tagged" in checkpoint.tensors[0].note


def test_conjugate_views_are_noted(tmp_path: Path) -> None:
    tensor = torch.tensor([1 + 2j]).conj()
    with opened(saved(tmp_path, {"w": tensor})) as checkpoint:
        assert "conj bit" in checkpoint.tensors[0].note


def test_big_endian_files_are_read(tmp_path: Path) -> None:
    data = zipped(stream({"weight": _tensor((2, 3), (3, 1))}, 2)).replace(b"little", b"big\n\n\n")
    plain = np.frombuffer(np.arange(1, 7, dtype="<f4").tobytes(), ">f4").reshape(2, 3)
    with opened(written(tmp_path, data)) as checkpoint:
        assert checkpoint.tensors[0].big_endian
        assert np.array_equal(checkpoint.tensors[0].array(), plain)


def _tensor(shape: Any, strides: Any, offset: Any = 0, count: Any = 6) -> Any:
    storage = reference("FloatStorage", "0", count)
    return call(name("torch._utils", "_rebuild_tensor_v2"), storage, offset, shape, strides, False, None)


@pytest.mark.parametrize(
    ("shape", "strides", "offset", "count", "words"),
    [
        ((2, 4), (4, 1), 0, 6, "reaches 32 bytes into a storage of 24"),
        ((2, 3), (3, 1), 1, 6, "reaches 28 bytes"),
        ((2, 3), (3, -1), 0, 6, "no size"),
        ((2, 3), (3,), 0, 6, "do not fit"),
        ((2, 3), (3, 1), -1, 6, "do not fit"),
        ((2, -3), (3, 1), 0, 6, "no size"),
        ((2, "x"), (3, 1), 0, 6, "no size"),
        ((2**31 - 1,) * 3, (0, 0, 0), 0, 6, "more elements"),
        ((1,) * 70, (1,) * 70, 0, 6, "shape"),
        ((2, 3), (3, 1), 0, 7, "claims 28 bytes"),
        ((2, 3), (3, 1), 0, -1, "not given as torch"),
        ("abc", (3, 1), 0, 6, "shape"),
        (None, None, 0, 6, "shape"),
        ((2, 3), (3, 1), None, 6, "not given as torch"),
    ],
)
def test_impossible_tensors_are_noted_and_the_rest_read(
    shape: Any, strides: Any, offset: Any, count: Any, words: str, tmp_path: Path
) -> None:
    value = {"bad": _tensor(shape, strides, offset, count), "good": _tensor((2, 3), (3, 1))}
    with opened(written(tmp_path, zipped(stream(value, 2)))) as checkpoint:
        bad, good = checkpoint.tensors
        assert words in bad.missing
        assert bad.storage is None
        assert good.array().shape == (2, 3)
        assert any("bad" in note for note in checkpoint.source.notes)


def test_storages_that_are_not_there_are_noted(tmp_path: Path) -> None:
    rebuilt = call(
        name("torch._utils", "_rebuild_tensor_v2"), reference("FloatStorage", "../0", 6), 0, (2,), (1,), False, None
    )
    odd = call(name("torch._utils", "_rebuild_tensor_v2"), reference("OddStorage", "0", 6), 0, (2,), (1,), False, None)
    with opened(written(tmp_path, zipped(stream({"w": rebuilt, "o": odd}, 2)))) as checkpoint:
        assert [t.missing for t in checkpoint.tensors] == [
            "unreadable: its storage ../0 is not in the archive",
            "unreadable: its storage is of the unknown class torch.OddStorage",
        ]


def test_wrapping_without_end_is_refused(tmp_path: Path) -> None:
    value: Any = _tensor((2, 3), (3, 1))
    for _ in range(500):
        value = call(name("torch._utils", "_rebuild_parameter"), value, True, None)
    with opened(written(tmp_path, zipped(stream({"w": value}, 2)))) as checkpoint:
        assert "wrapped too many times" in checkpoint.tensors[0].missing


def test_items_written_into_a_tensor_are_noted(tmp_path: Path) -> None:
    data = bytes(_tensor((2, 3), (3, 1))) + b"K\0K\1s"
    with opened(written(tmp_path, zipped(b"\x80\x02}X\1\0\0\0w" + data + b"s."))) as checkpoint:
        assert any("writes items" in note for note in checkpoint.source.notes)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    shape=st.lists(st.integers(0, 5), max_size=4),
    strides=st.lists(st.integers(0, 7), max_size=4),
    offset=st.integers(0, 9),
)
def test_views_are_accepted_exactly_when_torch_accepts_them(shape: list[int], strides: list[int], offset: int) -> None:
    strides = (strides + [1] * 4)[: len(shape)]
    storage = Storage(memoryview(bytes(range(60))), 0, 60)
    last = offset + sum((n - 1) * s for n, s in zip(shape, strides, strict=True)) + 1
    fits = math.prod(shape) == 0 or last <= 15
    if not fits:
        with pytest.raises(TensorError):
            view(storage, "float32", tuple(shape), tuple(strides), offset)
        return
    lazy = view(storage, "float32", tuple(shape), tuple(strides), offset)
    base = torch.frombuffer(bytearray(range(60)), dtype=torch.float32)
    if math.prod(shape):
        assert np.array_equal(lazy.array(), base.as_strided(shape, strides, offset).numpy(), equal_nan=True)
    else:
        assert lazy.array().shape == tuple(shape)


def test_values_that_are_no_tensor_are_left_alone() -> None:
    tensors = Tensors(Storages(lambda _: Storage(memoryview(b""), 0, 0)))
    found = read(stream({"a": call(name("collections", "OrderedDict"))}, 2))
    assert tensors.read(found.calls[0]) is None
    assert tensors.read(3) is None
    assert tensors.broken == 0


def test_a_legacy_file_in_memory_is_the_same_as_torch_writes() -> None:
    buffer = io.BytesIO(legacy())
    assert torch.load(buffer, weights_only=True)["weight"].tolist() == [[1, 2, 3], [4, 5, 6]]
