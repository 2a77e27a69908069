"""ONNX files walked on the wire."""

from __future__ import annotations

from pathlib import Path

import onnx
import pytest

from modelreport.checkpoint import LocalFile
from modelreport.errors import CorruptFileError
from modelreport.load.wire import INLINE_LIMIT, Span, Wire, walk
from tests.load.files import written
from tests.load.onnx_models import convolution, saved, weight


def walked(path: Path) -> Wire:
    """The file at ``path``, walked."""
    file = LocalFile(path)
    try:
        return walk(file, "m")
    finally:
        file.close()


def field(number: int, body: bytes) -> bytes:
    """A length-delimited field."""
    length, out = len(body), b""
    while length > 0x7F:
        out += bytes([length & 0x7F | 0x80])
        length >>= 7
    return bytes([number << 3 | 2]) + out + bytes([length]) + body


def test_large_data_stays_in_the_file_and_the_rest_is_the_same_message(tmp_path: Path) -> None:
    made = convolution()
    made.graph.initializer.append(weight("big", 64, 64))
    path = saved(tmp_path, made)
    wire = walked(path)
    slim = onnx.ModelProto.FromString(wire.message)
    spans = {t.name: wire.resolve(t.raw_data) for t in slim.graph.initializer}
    assert spans.pop("conv.bias") is None
    assert len(wire.message) < 3000
    for tensor in made.graph.initializer:
        span = spans.get(tensor.name)
        if span is not None:
            assert path.read_bytes()[span.offset : span.offset + span.size_bytes] == tensor.raw_data
            slim.graph.initializer[
                [t.name for t in slim.graph.initializer].index(tensor.name)
            ].raw_data = tensor.raw_data
    assert slim == made


def test_packed_floats_become_a_reference_as_well(tmp_path: Path) -> None:
    made = convolution()
    made.graph.initializer.append(onnx.helper.make_tensor("f", 1, [500], [float(i) for i in range(500)]))
    made.graph.initializer.append(onnx.helper.make_tensor("d", 11, [500], [float(i) for i in range(500)]))
    wire = walked(saved(tmp_path, made))
    slim = {t.name: t for t in onnx.ModelProto.FromString(wire.message).graph.initializer}
    for name, kind, width in (("f", "float", 4), ("d", "double", 8)):
        span = wire.resolve(slim[name].raw_data)
        assert span is not None
        assert (span.field, span.size_bytes) == (kind, 500 * width)


def test_a_file_cannot_forge_a_reference() -> None:
    wire = Wire()
    assert wire.resolve(wire.reference(Span(5, 9, "raw"))) == Span(5, 9, "raw")
    assert wire.resolve(b"\0" * 24) is None
    assert Wire().resolve(wire.reference(Span(5, 9, "raw"))) is None


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"\x08\x08" + field(7, b"\0" * 2000)[:-500], "announces 2000 bytes, 1500 follow"),
        (b"\x08\x08\x3a\xff\xff\xff\xff\xff\xff\xff\xff\x7f", "announces"),
        (b"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "inside a number"),
        (b"\x08", "inside a number"),
        (b"\x00\x00", "not a field of an ONNX file"),
        (b"\x0b\x08", "not a field of an ONNX file"),
        (b"\x09\x00", "announces 8 bytes"),
    ],
)
def test_lengths_that_lie_are_a_corrupt_file(tmp_path: Path, data: bytes, reason: str) -> None:
    with pytest.raises(CorruptFileError, match=reason):
        walked(written(tmp_path, data))


def test_endless_nesting_is_refused(tmp_path: Path) -> None:
    body = b"\0" * INLINE_LIMIT
    for _ in range(60):
        body = field(1, field(5, field(6, body)))
    with pytest.raises(CorruptFileError, match="levels deep"):
        walked(written(tmp_path, field(7, body)))
