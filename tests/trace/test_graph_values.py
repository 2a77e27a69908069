"""Values, small contents and attributes."""

from __future__ import annotations

from onnx import TensorProto, helper

from modelreport.facts import TensorSpec
from modelreport.trace.graph_values import Step, Value, read_attributes, read_tensor, whole
from tests.load.onnx_models import weight


def test_sizes_follow_from_shape_and_dtype() -> None:
    assert (Value("a", "float16", (2, 3)).count, Value("a", "float16", (2, 3)).size_bytes) == (6, 12)
    assert Value("a", "int4", (5,)).size_bytes == 3
    assert Value("a", "float32", ()).size_bytes == 4
    for unknown in (Value("a"), Value("a", "float32", (2, -1))):
        assert (unknown.known, unknown.count, unknown.size_bytes) == (False, None, 0)


def test_an_unknown_rank_is_one_unknown_dimension() -> None:
    assert Value("a").spec == TensorSpec(shape=(-1,), dtype="unknown", name="a")


def test_a_reshape_of_a_reshape_is_the_first_memory() -> None:
    first = Value("a")
    third = Value("c", root=Value("b", root=first))
    assert third.buffer is first


def test_small_plain_tensors_are_read_and_others_are_not() -> None:
    values = read_tensor(weight("w", 2, 2, dtype="int64"))
    assert values is not None
    assert values.tolist() == [[0, 1], [2, 3]]
    assert read_tensor(weight("w", 5000)) is None
    assert read_tensor(TensorProto(data_type=1, dims=[2], raw_data=b"\0" * 4)) is None
    assert read_tensor(TensorProto(data_type=1, dims=[-2], raw_data=b"\0" * 4)) is None
    assert read_tensor(TensorProto(data_type=17, dims=[1], raw_data=b"\0")) is None
    assert read_tensor(TensorProto(data_type=1, dims=[1], data_location=TensorProto.EXTERNAL)) is None


def test_attributes_are_plain_values_and_graphs_are_left_out() -> None:
    graph = helper.make_graph([], "g", [], [])
    node = helper.make_node("X", [], [], i=3, f=0.5, s="t\u00e9xt", ints=[1, 2], floats=[0.5], graph=graph)
    assert read_attributes(node) == {"i": 3, "f": 0.5, "s": "téxt", "ints": (1, 2), "floats": (0.5,)}
    assert whole({"a": 3, "b": (1, 2)}, "a") == 3
    assert whole({"a": 3, "b": (1, 2)}, "b", 7) == 7


def test_kernels_carry_their_domain() -> None:
    assert Step("Conv", "", [], [], {}, ()).kernel == "Conv"
    assert Step("Conv", "ai.onnx", [], [], {}, ()).kernel == "Conv"
    assert Step("Attention", "com.microsoft", [], [], {}, ()).kernel == "com.microsoft.Attention"
