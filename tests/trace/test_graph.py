"""ONNX graphs traced end to end, against PyTorch's own counter and on published models."""

from __future__ import annotations

import copy
import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from onnx import TensorProto, helper
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from modelreport.errors import LoadError
from modelreport.facts import Operation, Skipped, TensorSpec, Trace
from modelreport.load import open_checkpoint
from modelreport.options import Options
from modelreport.trace.graph import trace_graph
from tests.load.onnx_models import convolution, model, saved, value, weight, whole
from tests.trace.models import complete_trace_of


def traced(path: Path, *inputs: TensorSpec) -> Trace:
    options = Options(inputs=inputs)
    with open_checkpoint(path, options) as checkpoint:
        trace = trace_graph(checkpoint, options)
    assert isinstance(trace, Trace), trace
    check(trace)
    return trace


def check(trace: Trace) -> None:
    """What holds for every trace."""
    assert [operation.id for operation in trace.operations] == list(range(len(trace.operations)))
    assert all(source < operation.id for operation in trace.operations for source in operation.sources)
    assert trace.flops == sum(operation.flops or 0 for operation in trace.operations)
    assert trace.macs == sum(operation.macs or 0 for operation in trace.operations)
    assert sum(entry.calls for entry in trace.uncounted) == sum(o.flops is None for o in trace.operations)
    root, *calls = trace.calls
    assert (root.parent, root.first, root.last, root.macs) == (-1, 0, len(trace.operations), trace.macs)
    for number, call in enumerate(calls, 1):
        outer = trace.calls[call.parent]
        assert call.parent < number
        assert outer.first <= call.first < call.last <= outer.last
    for operation in trace.operations:
        call = trace.calls[operation.call]
        assert call.first <= operation.id < call.last
    assert trace.memory is not None
    assert trace.memory.peak_bytes == max(point.live_bytes for point in trace.memory.points)
    assert msgspec.json.decode(msgspec.json.encode(trace), type=Trace) == trace


def exported(folder: Path, module: nn.Module, *inputs: torch.Tensor, dynamo: bool) -> Path:
    path = folder / f"{'new' if dynamo else 'old'}.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the exporters' own deprecations
        torch.onnx.export(copy.deepcopy(module).eval(), inputs, path, dynamo=dynamo, verbose=False)
    return path


def counted(module: nn.Module, *inputs: torch.Tensor) -> int:
    with FlopCounterMode(display=False) as counter, torch.no_grad():
        module.eval()(*inputs)
    return int(counter.get_total_flops())


class Mixed(nn.Module):
    """What PyTorch's counter has formulas for: grouped, dilated and transposed convolution, products."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 8, 3, stride=2, padding=1)
        self.deep = nn.Conv2d(8, 8, 3, padding=2, dilation=2, groups=4)
        self.up = nn.ConvTranspose2d(8, 6, 2, stride=2, groups=2)
        self.line = nn.Conv1d(6, 5, 3)
        self.head = nn.Linear(5, 7)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = torch.relu(self.deep(self.down(x)))
        x = self.line(self.up(x).flatten(2)).transpose(1, 2)
        y = self.head(x)
        return torch.bmm(y.transpose(1, 2), y) @ torch.einsum("bij,bjk->bik", y.transpose(1, 2), y)


@pytest.mark.parametrize("dynamo", [False, True])
def test_matrix_flops_equal_those_of_pytorch(tmp_path: Path, dynamo: bool) -> None:
    x = torch.zeros(2, 3, 12, 12)
    trace = traced(exported(tmp_path, Mixed(), x, dynamo=dynamo))
    assert 2 * trace.macs == counted(Mixed(), x)
    assert trace.uncounted == ()


def test_arithmetic_is_counted_as_in_the_pass_of_the_module_itself(tmp_path: Path) -> None:
    """The exporter writes GELU, normalisation and attention out, or leaves them whole: the sum is the same."""

    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.norm, self.split = nn.LayerNorm(32), nn.Linear(32, 96)
            self.up, self.down = nn.Linear(32, 64), nn.Linear(64, 32)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            q, k, v = self.split(self.norm(x)).reshape(2, 24, 3, 4, 8).permute(2, 0, 3, 1, 4)
            x = x + nn.functional.scaled_dot_product_attention(q, k, v).transpose(1, 2).flatten(2)
            return x + self.down(nn.functional.gelu(self.up(x)))

    x = torch.zeros(2, 24, 32)
    expected = complete_trace_of(Block(), TensorSpec(shape=(2, 24, 32), dtype="float32"))
    for dynamo in (False, True):
        trace = traced(exported(tmp_path, Block(), x, dynamo=dynamo))
        assert trace.uncounted == ()
        assert trace.macs == expected.macs
        assert trace.flops - 2 * trace.macs == pytest.approx(expected.flops - 2 * expected.macs, rel=0.03)


@pytest.mark.parametrize("dynamo", [False, True])
@pytest.mark.parametrize("name", ["resnet18", "mobilenet_v2", "vit"])
def test_published_architectures_cost_what_pytorch_counts(
    tmp_path: Path, torchvision: ModuleType, name: str, dynamo: bool
) -> None:
    size = 64
    if name == "vit":
        sizes = {"num_layers": 2, "num_heads": 4, "hidden_dim": 32, "mlp_dim": 64}
        module = torchvision.models.VisionTransformer(image_size=size, patch_size=16, **sizes)
    else:
        module = getattr(torchvision.models, name)()
    x = torch.zeros(1, 3, size, size)
    trace = traced(exported(tmp_path, module, x, dynamo=dynamo))
    # on the CPU the fused attention has no formula there; on meta tensors every product is seen
    assert 2 * trace.macs == counted(copy.deepcopy(module).to("meta"), x.to("meta"))
    assert trace.uncounted == ()
    assert trace.outputs[0].shape == (1, 1000)
    assert trace.untouched == ()
    assert all(operation.exact for operation in trace.operations)


@pytest.mark.parametrize("dynamo", [False, True])
def test_modules_of_pytorch_are_found_again(tmp_path: Path, torchvision: ModuleType, dynamo: bool) -> None:
    module = torchvision.models.resnet18()
    trace = traced(exported(tmp_path, module, torch.zeros(1, 3, 32, 32), dynamo=dynamo))
    ran = {name for name, part in module.named_modules() if name and not isinstance(part, nn.BatchNorm2d)}
    assert ran == {call.path for call in trace.calls if call.path}
    relus = [call for call in trace.calls if call.path == "layer1.0.relu"]
    assert [call.number for call in relus] == [0, 1]
    conv = next(call for call in trace.calls if call.path == "layer1.0.conv1")
    assert conv.type == "Conv"
    assert (conv.inputs[0].shape, conv.outputs[0].shape) == ((1, 64, 8, 8), (1, 64, 8, 8))
    if dynamo:
        assert {call.type for call in trace.calls} >= {"BasicBlock", "Sequential", "Linear"}


def test_both_exporters_give_the_same_operations(tmp_path: Path, torchvision: ModuleType) -> None:
    sizes = {"image_size": 32, "patch_size": 16, "num_layers": 1, "num_heads": 2, "hidden_dim": 16, "mlp_dim": 32}
    module, x = torchvision.models.VisionTransformer(**sizes), torch.zeros(1, 3, 32, 32)
    old, new = (traced(exported(tmp_path, module, x, dynamo=dynamo)) for dynamo in (False, True))
    assert len(old.operations) == len(new.operations)
    assert [o.name for o in old.operations if o.macs] == [o.name for o in new.operations if o.macs]
    assert "attention" in {operation.family for operation in old.operations}
    assert any("shape arithmetic" in note for note in old.notes)


def test_a_recurrent_layer_costs_its_gates(tmp_path: Path) -> None:
    trace = traced(exported(tmp_path, nn.LSTM(10, 16, 2, bidirectional=True), torch.zeros(5, 3, 10), dynamo=False))
    assert trace.macs == 5 * 3 * 2 * 4 * 16 * (10 + 16) + 5 * 3 * 2 * 4 * 16 * (32 + 16)
    labels = {o.label for o in trace.operations if o.family == "recurrent"}
    assert labels == {"hidden 16, bidirectional"}


def test_an_operation_says_all_about_itself(tmp_path: Path) -> None:
    trace = traced(saved(tmp_path, convolution()))
    conv, relu, pool, flatten, gemm = trace.operations
    assert conv == Operation(
        id=0,
        name="Conv",
        family="conv",
        call=1,
        inputs=(TensorSpec(shape=(1, 3, 32, 32), dtype="float32", name="x"),),
        outputs=(TensorSpec(shape=(1, 16, 16, 16), dtype="float32", name="a"),),
        sources=(),
        reads_input=(0,),
        parameters=("conv.weight", "conv.bias"),
        label="3×3, s2, p1",
        flops=2 * 16 * 16 * 16 * 27 + 16 * 16 * 16,
        macs=16 * 16 * 16 * 27,
        read_bytes=4 * (3 * 32 * 32 + 16 * 27 + 16),
        written_bytes=4 * 16 * 16 * 16,
        kernels=("Conv",),
    )
    assert (relu.flops, relu.macs, relu.sources) == (16 * 16 * 16, 0, (0,))
    assert (flatten.flops, flatten.read_bytes, flatten.written_bytes) == (0, 0, 0)
    assert (gemm.label, gemm.macs, gemm.family) == ("16→10", 160, "linear")
    assert pool.family == "pool"
    assert [call.path for call in trace.calls] == ["", "conv", "act", "fc"]
    assert [(k.kernel, k.calls, k.formula) for k in trace.ledger] == [
        ("Conv", 1, "matrix"),
        ("GlobalAveragePool", 1, "arithmetic"),
        ("Relu", 1, "arithmetic"),
        ("Gemm", 1, "matrix"),
        ("Flatten", 1, "free"),
    ]
    assert trace.memory is not None
    assert trace.memory.peak_bytes == 2 * 4 * 16 * 16 * 16
    assert trace.input_origin == "free dimensions chosen: x 1×3×32×32, the first sizes tried"


def test_given_inputs_are_used(tmp_path: Path) -> None:
    path = saved(tmp_path, convolution())
    trace = traced(path, TensorSpec(shape=(4, 3, 32, 32), dtype="float32"))
    assert trace.input_origin == "given"
    assert trace.outputs[0].shape == (4, 10)
    assert trace.macs == 4 * traced(path).macs


def test_an_input_that_does_not_exist_is_a_reason(tmp_path: Path) -> None:
    options = Options(inputs=(TensorSpec(shape=(1,), dtype="float32", name="z"),))
    with open_checkpoint(saved(tmp_path, convolution()), options) as checkpoint:
        trace = trace_graph(checkpoint, options)
    assert isinstance(trace, Skipped)
    assert trace.reason == "The graph has no input called 'z'; it has 'x'."


def test_an_input_that_does_not_fit_is_told_and_the_rest_kept(tmp_path: Path) -> None:
    trace = traced(saved(tmp_path, convolution()), TensorSpec(shape=(1, 5, 32, 32), dtype="float32"))
    assert any("operands of" in note and "Conv" in note for note in trace.notes)
    assert not trace.complete
    assert trace.error.startswith("the given input does not fit: Conv")
    assert not trace.operations[0].exact
    assert len(trace.operations) == 5


def choosing(condition: Any, inputs: list[Any]) -> Any:
    def branch(name: str, width: int) -> Any:
        node = helper.make_node("MatMul", ["x", "w"], ["out"])
        return helper.make_graph([node], name, [], [value("out", None)], [weight("w", 8, width)])

    node = helper.make_node("If", ["c"], ["z"], "pick", then_branch=branch("t", 2), else_branch=branch("e", 64))
    nodes = [*condition, node, helper.make_node("Relu", ["z"], ["y"])]
    return model(nodes, [*inputs, value("x", [1, 8])], [value("y", None)])


def test_the_branch_that_is_known_is_taken(tmp_path: Path) -> None:
    always = helper.make_node("Constant", [], ["c"], value=helper.make_tensor("c", TensorProto.BOOL, [], [True]))
    trace = traced(saved(tmp_path, choosing([always], [])))
    assert trace.macs == 16
    assert trace.guesses == ()
    assert trace.untouched == ("If_1.else_branch.w",)


def test_of_two_possible_branches_the_costlier_is_counted_and_said(tmp_path: Path) -> None:
    trace = traced(saved(tmp_path, choosing([], [value("c", [], TensorProto.BOOL)])))
    assert trace.macs == 8 * 64
    assert [(guess.what, guess.calls) for guess in trace.guesses] == [("condition of If", 1)]
    assert any("'pick'" in note and "else_branch" in note for note in trace.notes)
    assert trace.untouched == ()
    assert trace.operations[1].sources == (0,)
    inside = trace.calls[trace.operations[0].call]
    assert trace.operations[0].parameters == ("If_0.else_branch.w",)
    assert any(call.path == "If_0.else_branch" and call.type == "If" for call in trace.calls)
    assert inside.path.startswith("If_0.else_branch")


def test_a_loop_is_counted_once_with_a_note(tmp_path: Path) -> None:
    body_nodes = [helper.make_node("MatMul", ["s", "w"], ["s2"]), helper.make_node("Identity", ["c"], ["c2"])]
    ins = [value("i", [], 7), value("c", [], 9), value("s", [1, 8])]
    body = helper.make_graph(body_nodes, "b", ins, [value("c2", [], 9), value("s2", [1, 8]), value("s2", [1, 8])])
    nodes = [helper.make_node("Loop", ["n", "", "x"], ["y", "all"], body=body)]
    outs = [value("y", None), value("all", None)]
    stored = [weight("w", 8, 8), whole("n", [5])]
    trace = traced(saved(tmp_path, model(nodes, [value("x", [1, 8])], outs, stored)))
    assert trace.macs == 64
    assert trace.outputs[1].shape == (5, 1, 8)
    assert any("runs 5 times; it is counted once" in note for note in trace.notes)


def test_local_functions_are_entered_like_modules(tmp_path: Path) -> None:
    body = [
        helper.make_node("MatMul", ["a", "b"], ["m"]),
        helper.make_node("LeakyRelu", ["m"], ["r"]),
    ]
    reference = onnx.AttributeProto(name="alpha", ref_attr_name="slope", type=onnx.AttributeProto.FLOAT)
    body[1].attribute.append(reference)
    function = helper.make_function("local", "Block", ["a", "b"], ["r"], body, [helper.make_opsetid("", 17)], ["slope"])
    nodes = [
        helper.make_node("Block", ["x", "w"], ["h"], "first", domain="local", slope=0.25),
        helper.make_node("Block", ["h", "w"], ["y"], "second", domain="local", slope=0.5),
    ]
    domains = [helper.make_opsetid("local", 1)]
    made = model(
        nodes, [value("x", [2, 8])], [value("y", None)], [weight("w", 8, 8)], domains=domains, functions=[function]
    )
    trace = traced(saved(tmp_path, made))
    assert [(call.path, call.type) for call in trace.calls if call.parent == 0] == [
        ("first", "Block"),
        ("second", "Block"),
    ]
    assert [o.label for o in trace.operations if o.name == "LeakyRelu"] == ["alpha 0.25", "alpha 0.5"]
    assert trace.macs == 2 * 2 * 64
    assert trace.outputs[0].shape == (2, 8)


def test_functions_that_call_each_other_without_end_are_cut(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelreport.trace.graph_walk.STEPS_LIMIT", 500)
    opset = [helper.make_opsetid("", 17)]
    functions = []
    for i in range(30):
        twice = [helper.make_node(f"F{i + 1}", [a], [b], domain="l") for a, b in (("a", "t"), ("t", "r"))]
        body = twice if i < 29 else [helper.make_node("Relu", ["a"], ["r"])]
        functions.append(helper.make_function("l", f"F{i}", ["a"], ["r"], body, opset))
    again = helper.make_node("G", ["a"], ["r"], domain="l")
    functions.append(helper.make_function("l", "G", ["a"], ["r"], [again], opset))
    for start, reason in (("G", "nest more than"), ("F0", "runs more than")):
        nodes = [helper.make_node("Relu", ["x"], ["z"]), helper.make_node(start, ["z"], ["y"], domain="l")]
        domains = [helper.make_opsetid("l", 1)]
        made = model(nodes, [value("x", [1])], [value("y", None)], domains=domains, functions=functions)
        trace = traced(saved(tmp_path, made))
        assert not trace.complete
        assert reason in trace.error


def test_quantised_operators_are_counted(tmp_path: Path) -> None:
    byte = TensorProto.UINT8
    scalar = {"s": weight("s", 1), "z": weight("z", 1, dtype="uint8")}
    nodes = [
        helper.make_node("QLinearConv", ["x", "s", "z", "w", "s", "z", "s", "z"], ["a"], pads=[1, 1, 1, 1]),
        helper.make_node("ConvInteger", ["a", "w"], ["b"]),
        helper.make_node("MatMulInteger", ["p", "q"], ["c"]),
        helper.make_node("QLinearMatMul", ["p", "s", "z", "q", "s", "z", "s", "z"], ["d"]),
    ]
    stored = [weight("w", 3, 3, 3, 3, dtype="uint8"), weight("q", 6, 5, dtype="uint8"), *scalar.values()]
    inputs = [value("x", [1, 3, 8, 8], byte), value("p", [4, 6], byte)]
    outputs = [value("b", None), value("c", None), value("d", None)]
    trace = traced(saved(tmp_path, model(nodes, inputs, outputs, stored)))
    assert [o.macs for o in trace.operations] == [64 * 81, 36 * 81, 120, 120]
    assert trace.operations[0].label == "3×3, p1"


def test_operators_outside_the_standard_have_shapes_and_costs(tmp_path: Path) -> None:
    nodes = [
        helper.make_node("Attention", ["x", "w", "b"], ["a"], domain="com.microsoft", num_heads=4),
        helper.make_node("SkipLayerNormalization", ["a", "x", "g"], ["n"], domain="com.microsoft"),
        helper.make_node("FusedMatMul", ["n", "v"], ["m"], domain="com.microsoft", transB=1),
        helper.make_node("Mystery", ["m"], ["u"], domain="my.ops"),
    ]
    stored = [weight("w", 16, 48), weight("b", 48), weight("g", 16), weight("v", 7, 16)]
    domains = [helper.make_opsetid("com.microsoft", 1), helper.make_opsetid("my.ops", 1)]
    made = model(nodes, [value("x", [2, 10, 16])], [value("u", None)], stored, domains=domains)
    trace = traced(saved(tmp_path, made))
    assert [o.outputs[0].shape for o in trace.operations] == [(2, 10, 16), (2, 10, 16), (2, 10, 7), (-1,)]
    assert trace.operations[0].macs == 2 * 10 * 16 * 48 + 2 * 10 * 10 * 32
    assert trace.operations[2].macs == 2 * 10 * 7 * 16
    assert trace.operations[0].name == "com.microsoft.Attention"
    assert any("my.ops.Mystery" in note for note in trace.notes)


REAL = {
    "silero_vad.onnx": (308_224, (1, 1)),
    "silero_vad_16k_op15.onnx": (308_224, (1, 1)),
    "silero_vad_half.onnx": (308_224, (1, 1)),
    "silero_vad_op18_ifless.onnx": (308_224, (1, 1)),
    "silero_vad_openvino_16k.onnx": (679_552, (1, 1)),
    "silero_vad_16k_sequence.onnx": (95_436_800, (128,)),
}


@pytest.mark.parametrize("name", REAL)
def test_a_published_voice_detector_is_traced_through_its_branches(silero: Path, name: str) -> None:
    trace = traced(silero / name)
    macs, shape = REAL[name]
    assert (trace.macs, trace.outputs[0].shape) == (macs, shape)
    assert trace.complete
    assert {o.family for o in trace.operations} >= {"conv", "activation"}
    assert any(o.name in ("LSTM", "Gemm") and o.macs for o in trace.operations)
    assert all(o.exact for o in trace.operations)


@pytest.mark.parametrize(
    ("name", "macs", "shape", "origin"),
    [
        ("ch_PP-OCRv4_det_infer.onnx", 282_085_184, (1, 1, 224, 224), "1×3×224×224, the first sizes tried"),
        ("ch_PP-OCRv4_rec_infer.onnx", 702_469_440, (1, 40, 6625), "1×3×48×320, number 3 of the sizes tried"),
        ("ch_ppocr_mobile_v2.0_cls_infer.onnx", 76_053_872, (1, 2), "1×3×224×224, the first sizes tried"),
    ],
)
def test_published_text_readers_find_an_input_that_fits(
    rapidocr: Path, name: str, macs: int, shape: tuple[int, ...], origin: str
) -> None:
    trace = traced(rapidocr / name)
    assert (trace.macs, trace.outputs[0].shape) == (macs, shape)
    assert trace.input_origin.endswith(origin)
    assert trace.untouched == ()
    assert all(o.exact for o in trace.operations)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_graphs_are_traced_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    made = convolution()
    numbers = st.sampled_from([0, 1, -1, 3, 1 << 31, 1 << 62, -(1 << 63)])
    node = made.graph.node[data.draw(st.integers(0, 4))]
    match data.draw(st.integers(0, 5)):
        case 0:
            node.op_type = data.draw(st.sampled_from(sorted({schema.name for schema in onnx.defs.get_all_schemas()})))
        case 1:
            del node.input[data.draw(st.integers(0, len(node.input) - 1))]
        case 2:
            node.input.append(data.draw(st.sampled_from(["x", "y", "a", "", "fc.weight"])))
        case 3:
            attribute = node.attribute.add(
                name=data.draw(st.sampled_from(["axis", "pads", "strides", "group", "to", "value"]))
            )
            attribute.type = data.draw(st.sampled_from([0, 1, 2, 4, 5, 7]))
            attribute.ints.extend(data.draw(st.lists(numbers, max_size=4)))
            attribute.i = data.draw(numbers)
        case 4:
            tensor = made.graph.initializer[data.draw(st.integers(0, 3))]
            tensor.dims[0] = data.draw(numbers)
        case _:
            raw = bytearray(made.SerializeToString())
            raw[data.draw(st.integers(0, 500))] = data.draw(st.integers(0, 255))
            path = tmp_path / "model.onnx"
            path.write_bytes(raw)
            made = None
    path = saved(tmp_path, made) if made is not None else path
    try:
        with open_checkpoint(path, Options()) as checkpoint:
            trace = trace_graph(checkpoint, Options())
    except LoadError:
        return
    if isinstance(trace, Trace):
        check(trace)
    else:
        assert trace.reason


def test_shapes_agree_with_a_real_run(tmp_path: Path) -> None:
    """The reference evaluator of the onnx package computes what was inferred here."""
    from onnx.reference import ReferenceEvaluator

    made = convolution()
    trace = traced(saved(tmp_path, made))
    for operation in trace.operations:
        name = operation.outputs[0].name
        partial = copy.deepcopy(made)
        del partial.graph.output[:]
        partial.graph.output.append(value(name, None))
        (result,) = ReferenceEvaluator(partial).run(None, {"x": np.zeros((1, 3, 32, 32), np.float32)})
        assert result.shape == operation.outputs[0].shape
