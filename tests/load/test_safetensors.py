"""safetensors: honest files of every dtype, and files that lie."""

from __future__ import annotations

import json
import struct
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file

from modelreport.errors import CorruptFileError, LoadError
from modelreport.facts import DTYPE_BITS, Security
from modelreport.load.safetensors import DTYPES, FORMAT, read, recognises
from modelreport.options import Options
from tests.load.files import bytes_read, opened, recognising, same, written

GOOD = {
    "a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
    "b": {"dtype": "U8", "shape": [3], "data_offsets": [8, 11]},
}


def packed(header: object, data: bytes = b"", length: int | None = None) -> bytes:
    """A file with this header, given as an object or as its text."""
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def altered(**changes: Any) -> dict[str, Any]:
    """The good header with a changed entry ``a``."""
    return {**GOOD, "a": {**GOOD["a"], **changes}}


def test_every_torch_dtype_is_read_bit_for_bit(tmp_path: Path) -> None:
    raw = torch.arange(48, dtype=torch.uint8)
    dtypes = [
        torch.float64, torch.float32, torch.float16, torch.bfloat16, torch.int64, torch.int32, torch.int16, torch.int8,
        torch.uint8, torch.uint16, torch.uint32, torch.uint64, torch.complex64, torch.float8_e4m3fn, torch.float8_e5m2,
        torch.float8_e4m3fnuz, torch.float8_e5m2fnuz, torch.float8_e8m0fnu,
    ]  # fmt: skip
    tensors = {str(dtype): raw.view(dtype).clone() for dtype in dtypes}
    tensors |= {"bool": torch.tensor([True, False]), "scalar": torch.tensor(3.5), "empty": torch.zeros(0, 4)}
    save_file(tensors, tmp_path / "m.safetensors", {"format": "pt", "note": "n"})
    with opened(tmp_path / "m.safetensors") as checkpoint:
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        assert found.keys() == tensors.keys()
        for name, tensor in tensors.items():
            assert found[name].dtype == str(tensor.dtype).removeprefix("torch.")
            assert same(found[name], tensor), name
        assert {item.name: item.value for item in checkpoint.source.metadata} == {"format": "pt", "note": "n"}
        assert checkpoint.source.notes == ()
        assert checkpoint.security == Security(calls=(), executes=False, pickles=0)


@pytest.mark.parametrize("code", ["F4", "F6_E2M3", "F6_E3M2"])
def test_dtypes_below_a_byte_are_packed(tmp_path: Path, code: str) -> None:
    size = 16 * DTYPE_BITS[DTYPES[code]] // 8
    header = {"w": {"dtype": code, "shape": [4, 4], "data_offsets": [0, size]}}
    with opened(written(tmp_path, packed(header, bytes(range(size))))) as checkpoint:
        (tensor,) = checkpoint.tensors
        assert (tensor.dtype, tensor.count, tensor.size_bytes) == (DTYPES[code], 16, size)
        assert tensor.array().tobytes() == bytes(range(size))


MALFORMED: dict[str, tuple[bytes, str]] = {
    "length past the end": (packed(GOOD, b"\0" * 11, 1 << 30), "should take 1073741824 bytes"),
    "no JSON": (packed(b"{hello there}   "), "not valid JSON"),
    "deep JSON": (packed(b'{"a":' + b"[" * 100_000), "nests too deeply"),
    "a number of 5,000 digits": (packed(b'{"a":{"dtype":"F32","shape":[' + b"9" * 5000 + b"]}}"), "not valid JSON"),
    "NaN in the header": (packed(b'{"a": NaN}'), "not valid JSON"),
    "not UTF-8": (packed(b'{"\xff\xfe": 1}'), "not valid JSON"),
    "past the end": (packed(GOOD, b"\0" * 10), "ends 1 bytes past the end"),
    "inverted offsets": (packed(altered(data_offsets=[8, 0]), b"\0" * 11), "ascending"),
    "negative offset": (packed(altered(data_offsets=[-8, 0]), b"\0" * 11), "ascending"),
    "three offsets": (packed(altered(data_offsets=[0, 4, 8]), b"\0" * 11), "ascending"),
    "offsets as floats": (packed(altered(data_offsets=[0.0, 8.0]), b"\0" * 11), "ascending"),
    "a shape that lies": (packed(altered(shape=[3]), b"\0" * 11), "needs 12 bytes for its shape"),
    "a product that overflows": (packed(altered(shape=[1 << 32, 1 << 32]), b"\0" * 11), "needs"),
    "an endless product": (packed(altered(shape=[1 << 62] * 60), b"\0" * 11), "absurdly many"),
    "a shape as floats": (packed(altered(shape=[2.0]), b"\0" * 11), "whole numbers"),
    "a shape as booleans": (packed(altered(shape=[True, 2]), b"\0" * 11), "whole numbers"),
    "a shape as text": (packed(altered(shape="2"), b"\0" * 11), "whole numbers"),
    "a negative shape": (packed(altered(shape=[-2]), b"\0" * 11), "whole numbers"),
    "5,000 dimensions": (packed(altered(shape=[1] * 5000), b"\0" * 11), "whole numbers"),
    "an unknown dtype": (packed(altered(dtype="F99"), b"\0" * 11), "'F99', which the format does not know"),
    "a dtype that is a number": (packed(altered(dtype=3), b"\0" * 11), "does not know"),
    "no dtype": (packed({"a": {"shape": [], "data_offsets": [0, 0]}}), "no dtype, shape and data_offsets"),
    "an entry that is a list": (packed({"a": []}), "no dtype, shape and data_offsets"),
    "metadata that is a list": (packed({"__metadata__": []}), "not a JSON object"),
}


@pytest.mark.parametrize("case", MALFORMED)
def test_a_malformed_header_is_one_clear_line(tmp_path: Path, case: str) -> None:
    data, reason = MALFORMED[case]
    with pytest.raises(LoadError, match=reason) as caught, opened(written(tmp_path, data, "bad.safetensors")):
        pass
    assert "bad.safetensors" in caught.value.message
    assert "\n" not in caught.value.message


def test_a_header_that_is_no_object_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CorruptFileError, match="not a JSON object"):
        read(written(tmp_path, packed(b"[1, 2]")), Options())


def test_a_truncated_download_says_how_much_is_missing(tmp_path: Path) -> None:
    save_file({"w": torch.zeros(1000)}, tmp_path / "whole.safetensors")
    path = written(tmp_path, (tmp_path / "whole.safetensors").read_bytes()[:-500], "cut.safetensors")
    with pytest.raises(CorruptFileError, match="ends 500 bytes past the end") as caught, opened(path):
        pass
    assert "interrupted" in caught.value.hint


ODD: dict[str, tuple[bytes, str]] = {
    "trailing bytes": (packed(GOOD, b"\0" * 30), "19 bytes after the last tensor"),
    "a hole": (packed({**GOOD, "b": {**GOOD["b"], "data_offsets": [10, 13]}}, b"\0" * 13), "2 bytes before 'b'"),
    "overlap": (packed({**GOOD, "b": {**GOOD["b"], "data_offsets": [6, 9]}}, b"\0" * 9), "'b' and 'a' share 2 bytes"),
    "a repeated key": (
        packed(json.dumps(GOOD)[:-1].encode() + b',"b":{"dtype":"I8","shape":[3],"data_offsets":[8,11]}}', b"\0" * 11),
        "names the tensor 'b' twice",
    ),
}


@pytest.mark.parametrize("case", ODD)
def test_an_odd_layout_is_reported_with_a_note(tmp_path: Path, case: str) -> None:
    data, note = ODD[case]
    with opened(written(tmp_path, data)) as checkpoint:
        assert [tensor.name for tensor in checkpoint.tensors] == ["a", "b"]
        assert any(note in text for text in checkpoint.source.notes)
        assert checkpoint.tensors[0].array().shape == (2,)


def test_a_repeated_key_means_its_last_entry_as_in_the_library(tmp_path: Path) -> None:
    with opened(written(tmp_path, ODD["a repeated key"][0])) as checkpoint:
        assert checkpoint.tensors[1].dtype == "int8"


def test_two_names_for_the_same_bytes_share_storage(tmp_path: Path) -> None:
    header = {"a": GOOD["a"], "tied": GOOD["a"], "x": altered(shape=[0], data_offsets=[8, 8])["a"]}
    header["y"] = header["x"]
    with opened(written(tmp_path, packed(header, b"\0" * 8))) as checkpoint:
        a, tied, x, y = checkpoint.tensors
        assert a.view_key == tied.view_key
        assert x.view_key != y.view_key


def test_thirty_thousand_tensors_open_quickly(tmp_path: Path) -> None:
    header = {f"layer.{i}": {"dtype": "U8", "shape": [1], "data_offsets": [i, i + 1]} for i in range(30_000)}
    path = written(tmp_path, packed(header, b"\1" * 30_000))
    start = time.process_time()
    with opened(path) as checkpoint:
        assert len(checkpoint.tensors) == 30_000
    assert time.process_time() - start < 40


def test_a_two_gigabyte_file_opens_without_reading_it(tmp_path: Path) -> None:
    size = 2 << 30
    path = written(tmp_path, packed({"w": {"dtype": "F32", "shape": [size // 4], "data_offsets": [0, size]}}))
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size + size)
    before = bytes_read()
    with opened(path) as checkpoint:
        assert checkpoint.tensors[0].count == size // 4
    assert bytes_read() - before < 2_000_000


def test_only_safetensors_is_recognised(tmp_path: Path) -> None:
    assert recognises(packed(GOOD)[:4096], ())
    assert not recognises(b"\0" * 4096, ())
    assert not recognises(b"{}" * 100, ())
    assert not recognises(b"", ("model.safetensors",))
    # a tensor called weight_map in a header whose length looks like an opening brace
    text = json.dumps({"weight_map": GOOD["a"]}).encode()
    assert recognising(packed(text + b" " * (0x7B - len(text)), b"\0" * 8)) == [FORMAT.id]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(place=st.integers(0, 10_000), value=st.binary(min_size=1, max_size=4), cut=st.integers(0, 60))
def test_mutated_files_give_a_report_or_a_clear_line(tmp_path: Path, place: int, value: bytes, cut: int) -> None:
    good = bytearray(packed({"__metadata__": {"format": "pt"}, **GOOD}, bytes(range(11))))
    place %= len(good)
    good[place : place + len(value)] = value
    path = written(tmp_path, bytes(good[: len(good) - cut]) or b"x", "mutant")
    try:
        with opened(path) as checkpoint:
            for tensor in checkpoint.tensors:
                if tensor.storage is not None:
                    assert np.asarray(tensor.array()).nbytes == tensor.size_bytes
    except LoadError as error:
        assert error.message  # noqa: PT017


def test_a_published_model_is_read_as_the_library_reads_it(silero: Path) -> None:
    from safetensors.torch import load_file

    path = silero / "silero_vad_16k.safetensors"
    expected = load_file(path)
    with opened(path) as checkpoint:
        assert {tensor.name for tensor in checkpoint.tensors} == expected.keys()
        assert all(same(tensor, expected[tensor.name]) for tensor in checkpoint.tensors)


def test_a_header_without_its_values_is_read_as_one(tmp_path: Path) -> None:
    path = written(tmp_path, packed({"a": {"dtype": "BF16", "shape": [70_000, 8192], "data_offsets": [0, 1146880000]}}))
    with opened(path) as checkpoint:
        tensor = checkpoint.tensors[0]
        assert (tensor.shape, tensor.dtype, tensor.storage) == ((70_000, 8192), "bfloat16", None)
        assert "header only" in tensor.missing
        assert "1146880000 bytes of values are not here" in checkpoint.source.notes[0]
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(CorruptFileError, match="past the end"), opened(path):
        pass
