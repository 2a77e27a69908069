from __future__ import annotations

import time
from typing import Any

import torch
from msgspec.structs import replace
from torch import Tensor, nn

from modelreport.facts import ModuleCall, Operation, TensorSpec
from modelreport.trace.repeats import fold_calls
from tests.trace.models import complete_trace_of, spec


class Block(nn.Module):
    def __init__(self, inner: int = 16, rate: float = 0.0, kind: type[nn.Module] = nn.ReLU) -> None:
        super().__init__()
        self.up, self.act, self.drop, self.down = nn.Linear(8, inner), kind(), nn.Dropout(rate), nn.Linear(inner, 8)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.down(self.drop(self.act(self.up(x))))


class Other(Block):
    """The same under another name."""


def runs(*blocks: nn.Module) -> list[tuple[list[str], int]]:
    trace = complete_trace_of(nn.Sequential(*blocks), spec(2, 8))
    return [([trace.calls[c].path for c in repeat.calls], repeat.period) for repeat in trace.repeats]


def test_equal_blocks_in_a_row_are_one_run() -> None:
    assert runs(*(Block() for _ in range(4))) == [(["0", "1", "2", "3"], 1)]


def test_drop_out_rates_and_class_names_do_not_matter() -> None:
    assert runs(Block(rate=0.1), Other(rate=0.2), Block()) == [(["0", "1", "2"], 1)]


def test_shapes_and_operations_matter() -> None:
    assert runs(Block(16), Block(24), Block(16, kind=nn.Tanh)) == []


def test_blocks_that_take_turns_are_one_run_with_a_period() -> None:
    blocks = [Block(16) if i % 2 else Block(24) for i in range(6)]
    assert runs(*blocks) == [(["0", "2", "4"], 2)]


def test_the_longest_cover_wins_over_a_short_run() -> None:
    blocks = [Block(24) if i % 3 == 2 else Block(16) for i in range(6)]
    assert runs(*blocks) == [(["0", "3"], 3)]


def test_runs_inside_repeated_blocks_are_told_once() -> None:
    blocks = [nn.Sequential(Block(), Block()) for _ in range(3)]
    assert runs(*blocks) == [(["0", "1", "2"], 1), (["0.0", "0.1"], 1)]


def test_single_operations_in_a_row_are_not_folded() -> None:
    assert runs(nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8)) == []


def test_the_same_operations_wired_in_another_way_are_not_equal() -> None:
    class Crossed(Block):
        def forward(self, x: Tensor) -> Tensor:
            y = self.act(self.up(x))
            self.act(self.up(x))
            return self.down(y) + self.down(y)

    class Straight(Block):
        def forward(self, x: Tensor) -> Tensor:
            y = self.act(self.up(x))
            z = self.act(self.up(x))
            return self.down(y) + self.down(z)

    trace = complete_trace_of(nn.Sequential(Crossed(), Straight(), Straight()), spec(2, 8))
    blocks = {call.path: call.signature for call in trace.calls if call.path in {"0", "1", "2"}}
    assert blocks["0"] != blocks["1"] == blocks["2"]


def test_one_module_called_again_and_again_repeats_too() -> None:
    class Again(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.block = Block()

        def forward(self, x: Tensor) -> Tensor:
            for _ in range(5):
                x = self.block(x)
            return x

    trace = complete_trace_of(Again(), spec(2, 8))
    (repeat,) = trace.repeats
    assert [trace.calls[c].number for c in repeat.calls] == [0, 1, 2, 3, 4]
    assert len({trace.calls[c].signature for c in repeat.calls}) == 1


def test_a_graph_folds_as_the_module_does() -> None:
    import tempfile
    from pathlib import Path

    import onnx
    from onnx import TensorProto, helper, numpy_helper

    from modelreport.facts import Trace
    from modelreport.load import open_checkpoint
    from modelreport.options import Options
    from modelreport.trace import trace_graph

    nodes, stored, last = [], [], "x"
    for i in range(3):
        stored += [numpy_helper.from_array(torch.zeros(8, 8).numpy(), f"layer.{i}.weight")]
        nodes += [
            helper.make_node("MatMul", [last, f"layer.{i}.weight"], [f"m{i}"], name=f"/layer.{i}/MatMul"),
            helper.make_node("Relu", [f"m{i}"], [f"r{i}"], name=f"/layer.{i}/act/Relu"),
        ]
        last = f"r{i}"
    ends = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, 8]) for n in ("x", last)]
    graph = helper.make_graph(nodes, "g", ends[:1], ends[1:], stored)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "m.onnx"
        onnx.save(helper.make_model(graph), path)
        with open_checkpoint(path, Options()) as checkpoint:
            trace = trace_graph(checkpoint, Options())
    assert isinstance(trace, Trace)
    assert [[trace.calls[c].path for c in repeat.calls] for repeat in trace.repeats] == [
        ["layer.0", "layer.1", "layer.2"]
    ]


def test_fifty_thousand_operations_fold_in_linear_time() -> None:
    def made(blocks: int) -> tuple[list[ModuleCall], list[Operation]]:
        shape = TensorSpec(shape=(1, 8), dtype="float32")
        common: dict[str, Any] = {"inputs": (shape,), "outputs": (shape,)}
        calls = [
            ModuleCall(path="", type="N", parent=-1, number=0, first=0, last=blocks * 10, flops=0, macs=0, **common)
        ]
        operations = []
        for b in range(blocks):
            calls.append(replace(calls[0], path=str(b), parent=0, first=b * 10, last=b * 10 + 10))
            operations += [
                Operation(
                    id=i,
                    name="add",
                    family="arithmetic",
                    call=b + 1,
                    sources=(i - 1,) if i else (),
                    flops=0,
                    macs=0,
                    **common,
                )
                for i in range(b * 10, b * 10 + 10)
            ]
        return calls, operations

    def seconds(blocks: int) -> float:
        given = made(blocks)
        start = time.process_time()
        signed, repeats = fold_calls(*given)
        assert len(repeats) == 1
        assert len(signed) == blocks + 1
        return time.process_time() - start

    small = min(seconds(500) for _ in range(3))
    assert min(seconds(5000) for _ in range(3)) < 40 * small
