"""ONNX files through the front door."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import onnx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import helper, numpy_helper

from modelreport.errors import CorruptFileError, LoadError
from modelreport.facts import DTYPE_BITS, Security
from modelreport.load.onnx import FORMAT, recognises
from tests.load.files import opened, recognising, written
from tests.load.onnx_models import convolution, model, saved, value, weight
from tests.load.test_wire import field


def test_a_model_says_what_it_is(tmp_path: Path) -> None:
    made = convolution()
    made.metadata_props.add(key="author", value="A. Person")
    made.producer_version = "2"
    with opened(saved(tmp_path, made)) as checkpoint:
        facts = {item.name: item.value for item in checkpoint.source.metadata}
        assert facts == {
            "IR version": "8",
            "producer": "tests 2",
            "opset ai.onnx": "17",
            "graph": "net",
            "input x": "float32[batch, 3, 32, 32]",
            "output y": "float32[batch, 10]",
            "nodes": "5",
            "operators": "Conv ×1, Relu ×1, GlobalAveragePool ×1, Flatten ×1, Gemm ×1",
            "author": "A. Person",
        }
        assert checkpoint.source.content == "graph"
        assert checkpoint.source.notes == ()
        assert checkpoint.security == Security(calls=(), executes=False, pickles=0)
        assert [node.op_type for node in checkpoint.graph.graph.node][:2] == ["Conv", "Relu"]


@pytest.mark.parametrize("name", ["silero_vad.onnx", "silero_vad_16k_op15.onnx", "silero_vad_half.onnx"])
def test_published_weights_are_read_as_the_library_reads_them(silero: Path, name: str) -> None:
    stored: dict[str, list[bytes]] = {}

    def collect(graph: onnx.GraphProto) -> None:
        for tensor in graph.initializer:
            stored.setdefault(tensor.name, []).append(numpy_helper.to_array(tensor).tobytes())
        for node in graph.node:
            for attribute in node.attribute:
                if node.op_type == "Constant" and attribute.name == "value":
                    stored.setdefault(node.output[0], []).append(numpy_helper.to_array(attribute.t).tobytes())
                if attribute.HasField("g"):
                    collect(attribute.g)

    collect(onnx.load(silero / name).graph)
    with opened(silero / name) as checkpoint:
        values = [tensor.array().tobytes() for tensor in checkpoint.tensors]
        assert sorted(values) == sorted(entry for entries in stored.values() for entry in entries)
        assert all(any(tensor.name.endswith(name) for name in stored) for tensor in checkpoint.tensors)


def test_weights_inside_constant_nodes_are_parameters(rapidocr: Path) -> None:
    with opened(rapidocr / "ch_PP-OCRv4_det_infer.onnx") as checkpoint:
        parameters = [tensor for tensor in checkpoint.tensors if tensor.role == "parameter"]
        assert sum(tensor.count for tensor in parameters) == 1_171_488
        assert sum(tensor.role == "buffer" for tensor in checkpoint.tensors) == 6


def test_oddities_are_noted(tmp_path: Path) -> None:
    nodes = [helper.make_node("Secret", ["x"], ["y"], domain="my.ops")]
    made = model(nodes, [value("x", [1])], [value("y", [1])], domains=[helper.make_opsetid("my.ops", 1)])
    made.training_info.add()
    with opened(saved(tmp_path, made)) as checkpoint:
        text = " ".join(checkpoint.source.notes)
        assert "Operators of 'my.ops', outside the ONNX standard, stand in the graph (nodes: 1)" in text
        assert "training information" in text


BROKEN: dict[str, tuple[bytes, str]] = {
    "no graph": (b"\x08\x08\x12\x05tests\x42\x00", "no graph in it"),
    "an empty graph": (b"\x08\x08" + field(7, b""), "no graph in it"),
    "truncated": (convolution().SerializeToString()[:-40], "truncated or damaged"),
    "a wrong field inside": (b"\x08\x08" + field(7, field(1, b"\xff\xff\xff\xff")), "cannot be parsed"),
    "a length past the end": (b"\x08\x08\x3a\xff\xff\xff\xff\x0f", "truncated or damaged"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_one_clear_line(tmp_path: Path, case: str) -> None:
    data, reason = BROKEN[case]
    with pytest.raises(CorruptFileError, match=reason) as caught, opened(written(tmp_path, data, "bad.onnx")):
        pass
    assert "bad.onnx" in caught.value.message


def test_deep_nesting_is_a_clear_line(tmp_path: Path) -> None:
    body = field(1, helper.make_node("Relu", ["x"], ["y"]).SerializeToString())
    for _ in range(40):  # graph in an attribute in a node in a graph
        body = field(1, b"\x22\x02If" + field(5, b"\x0a\x01t\xa0\x01\x05" + field(6, body)))
    data = b"\x08\x08" + field(7, body)
    with pytest.raises(CorruptFileError), opened(written(tmp_path, data, "deep.onnx")):
        pass


def test_a_file_over_the_limit_of_protobuf_opens_in_moments(tmp_path: Path) -> None:
    """A weight of 2.1 GB inside the file, written as a hole: opening reads a few kilobytes of it."""
    size = 2_100_000_000
    name, dims = b"\x42\x03big", b"\x08" + b"\xc0\x97\xae\xfa\x01"
    length = size // 4
    varint = bytearray()
    while length > 0x7F:
        varint.append(length & 0x7F | 0x80)
        length >>= 7
    dims = b"\x08" + bytes([*varint, length])
    head = dims + b"\x10\x01" + name
    raw = field(9, b"")[:1] + _varint(size)
    tensor_size = len(head) + len(raw) + size
    node = field(1, helper.make_node("Relu", ["x"], ["y"]).SerializeToString())
    start = node + bytes([5 << 3 | 2]) + _varint(tensor_size) + head + raw
    front = b"\x08\x08" + bytes([7 << 3 | 2]) + _varint(len(start) + size) + start
    path = written(tmp_path, front, "big.onnx")
    with path.open("r+b") as file:
        file.truncate(len(front) + size)
    begin = time.process_time()
    with opened(path) as checkpoint:
        assert checkpoint.tensors[0].count == size // 4
        assert checkpoint.tensors[0].array()[-3:].tolist() == [0, 0, 0]
        assert len(checkpoint.graph.SerializeToString()) < 1000
    assert time.process_time() - begin < 30


def _varint(number: int) -> bytes:
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*out, number])


def test_only_onnx_is_recognised(silero: Path) -> None:
    head = (silero / "silero_vad.onnx").read_bytes()[:4096]
    assert recognising(head) == [FORMAT.id]
    assert recognising(convolution().SerializeToString()[:4096]) == [FORMAT.id]
    for other in (
        b"\x80\x02}q\0.",
        b"PK\3\4" + b"\0" * 60,
        b"\x08" * 100,
        b"\0" * 100,
        b"hello",
        b"\x08\x08\xff\xff",
        b"",
    ):
        assert not recognises(other, ())
    # a safetensors header whose length has the bytes of ONNX fields
    assert recognising(b"\x08\x07\x12\x05\0\0\0\0{" + b"\x22" * 50) == ["safetensors"]


def test_opening_imports_no_torch(tmp_path: Path) -> None:
    path = saved(tmp_path, convolution())
    code = (
        "import sys; from pathlib import Path; from modelreport.load import open_checkpoint; "
        "from modelreport.options import Options; open_checkpoint(Path(sys.argv[1]), Options()).close(); "
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code, str(path)], check=True, timeout=300)


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.integers(0, 100_000),
    change=st.binary(min_size=1, max_size=5),
    cut=st.integers(0, 3),
    gone=st.booleans(),
)
def test_mutated_files_give_a_report_or_a_clear_line(
    tmp_path: Path, place: int, change: bytes, cut: int, gone: bool
) -> None:
    made = convolution()
    del made.graph.initializer[2:]
    made.graph.initializer.append(weight("fc.weight", 10, 16, dtype="float16"))
    data = bytearray(made.SerializeToString())
    place %= len(data)
    data[place : place + (0 if gone else len(change))] = change
    path = written(tmp_path, bytes(data[: len(data) - cut]), "mutant.onnx")
    try:
        with opened(path) as checkpoint:
            for tensor in checkpoint.tensors:
                if tensor.storage is not None and DTYPE_BITS[tensor.dtype]:
                    assert np.asarray(tensor.array()).nbytes == tensor.size_bytes
    except LoadError as error:
        assert error.message  # noqa: PT017
