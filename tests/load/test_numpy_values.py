"""NumPy arrays and scalars inside pickles."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from modelreport.load.numpy_values import bytes_of, is_array, memory, read_array, read_scalar
from modelreport.load.pickle_values import Made, Name
from modelreport.load.storages import TensorError
from tests.load.files import opened, read, written

ARRAYS = {
    "float32": np.arange(6, dtype="f4").reshape(2, 3),
    "big": np.arange(6, dtype=">f8"),
    "fortran": np.asfortranarray(np.arange(6, dtype="i2").reshape(2, 3)),
    "bool": np.array([True, False]),
    "complex": np.array([1 + 2j]),
    "scalar": np.array(3.5),
    "empty": np.zeros((0, 3), "u1"),
    "large": np.arange(40_000, dtype="u4"),
}


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("kind", ARRAYS)
def test_arrays_are_read_by_value(kind: str, protocol: int) -> None:
    found = read(pickle.dumps(ARRAYS[kind], protocol)).value
    assert is_array(found)
    tensor = read_array(found, {})
    assert tensor is not None
    assert np.array_equal(tensor.array(), ARRAYS[kind])
    assert tensor.shape == ARRAYS[kind].shape


def test_arrays_of_objects_are_no_tensors() -> None:
    assert read_array(read(pickle.dumps(np.array([{}, 1], object), 2)).value, {}) is None
    assert read_array(read(pickle.dumps(np.array(["a"]), 4)).value, {}) is None


@pytest.mark.parametrize("value", [np.float32(1.5), np.float64(-2), np.int64(-3), np.uint8(200), np.bool_(True)])
def test_scalars_are_plain_numbers(value: Any) -> None:
    assert read_scalar(read(pickle.dumps(value, 2)).value) == value.item()


def test_arrays_that_lie_are_refused() -> None:
    made = read(pickle.dumps(np.zeros(4, "f4"), 2)).value
    version, shape, dtype, fortran, raw = made.state
    for state in [
        (version, (5,), dtype, fortran, raw),
        (version, (-1,), dtype, fortran, raw),
        (version, (2**64,), dtype, fortran, raw),
        (version, shape, "f4", fortran, raw),
        (version, shape, dtype, fortran, 3),
        None,
    ]:
        made.state = state
        with pytest.raises(TensorError):
            read_array(made, {})


def test_bytes_are_found_in_all_their_forms() -> None:
    assert bytes_of(b"ab") == b"ab"
    assert bytes_of(Made(Name("_codecs", "encode"), ("\xff", "latin1"), "call")) == b"\xff"
    assert bytes_of(Made(Name("builtins", "bytearray"), (b"ab",), "call")) == b"ab"
    assert bytes_of(Made(Name("os", "system"), ("x",), "call")) is None
    with pytest.raises(TensorError):
        bytes_of(Made(Name("_codecs", "encode"), ("€", "latin1"), "call"))


def test_long_arrays_stay_in_the_file(tmp_path: Path) -> None:
    data = pickle.dumps({"w": np.ones(1_000_000, "f4")}, 5)
    with opened(written(tmp_path, data, "w.pkl")) as checkpoint:
        storage = checkpoint.tensors[0].storage
        assert storage is not None
        assert storage.source is checkpoint.files[0]
        assert checkpoint.tensors[0].array().sum() == 1_000_000
    assert memory(b"abc").size_bytes == 3
