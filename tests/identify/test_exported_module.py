"""An exported program runs as the modules it was made from."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from modelreport.facts import Skipped, TensorSpec, Trace
from modelreport.identify import identify
from modelreport.load import open_object
from modelreport.options import Options

pytestmark = pytest.mark.filterwarnings("ignore")


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc, self.norm = nn.Linear(4, 4), nn.LayerNorm(4)
        self.register_buffer("scale", torch.ones(4), persistent=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(x + torch.relu(self.fc(x))) * self.scale


class Net(nn.Module):
    """A shared block, a list, tied weights, a constant, a context without gradients, several outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.block, self.blocks = Block(), nn.ModuleList([Block(), Block()])
        self.head = nn.Linear(4, 4, bias=False)
        self.head.weight = self.block.fc.weight

    def forward(self, x: torch.Tensor, *, flag: bool = True) -> Any:
        x = self.block(self.block(x))
        for block in self.blocks:
            x = block(x)
        with torch.no_grad():
            left, right = torch.split(x * 2, 2, -1)
        return {"out": self.head(torch.cat([left, right], -1)) + torch.tensor([1.0, 2.0, 3.0, 4.0]), "size": x.shape[0]}


def module_of(module: nn.Module, *args: torch.Tensor, **settings: Any) -> Any:
    program = torch.export.export(module.eval(), args, **settings)
    with open_object(program, Options()) as checkpoint:
        model = identify(checkpoint, Options())
    assert not isinstance(model, Skipped), model.reason
    return model


def traced(model: Any, *inputs: TensorSpec) -> Trace:
    from modelreport.trace import trace

    found = trace(model, Options(inputs=inputs))
    assert isinstance(found, Trace)
    assert found.complete, found.error
    return found


def test_modules_calls_and_costs_are_those_of_the_module_itself():
    live, found = traced_live(Net(), (2, 4)), traced(module_of(Net(), torch.zeros(2, 4)))
    assert [(c.path, c.type, c.number, c.macs) for c in found.calls[1:]] == [
        (c.path, c.type, c.number, c.macs) for c in live.calls[1:]
    ]
    assert found.macs == live.macs == 5 * 2 * 16
    assert found.input_origin == "stated by the exported program"
    assert found.inputs[0].name == "x"
    assert found.untouched == ()
    assert found.calls[1].inputs == live.calls[1].inputs
    assert found.calls[1].outputs == live.calls[1].outputs


def traced_live(module: nn.Module, shape: tuple[int, ...]) -> Trace:
    with open_object(module, Options()) as checkpoint:
        model = identify(checkpoint, Options())
    return traced(model, TensorSpec(shape=shape, dtype="float32"))


def test_activations_are_let_go_as_in_the_module_itself():
    module = nn.Sequential(*[nn.Linear(64, 64) for _ in range(8)])
    live, found = traced_live(module, (32, 64)), traced(module_of(module, torch.zeros(32, 64)))
    assert live.memory is not None
    assert found.memory is not None
    assert found.memory.peak_bytes == live.memory.peak_bytes == 2 * 32 * 64 * 4


def test_tied_weights_are_one_tensor_under_their_own_names():
    module = module_of(Net(), torch.zeros(2, 4)).module
    assert module.get_submodule("head").weight is module.get_submodule("block.fc").weight
    assert type(module.get_submodule("blocks")).__name__ == "ModuleList"


def test_sizes_left_open_take_other_inputs():
    batch = torch.export.Dim("batch", min=1, max=64)
    model = module_of(nn.Linear(4, 4), torch.zeros(2, 4), dynamic_shapes=({0: batch},))
    assert traced(model, TensorSpec(shape=(5, 4), dtype="float32")).macs == 5 * 16


def test_recurrent_layers_and_ids_run():
    class Tagger(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed, self.rnn, self.fc = nn.Embedding(50, 8), nn.LSTM(8, 16, batch_first=True), nn.Linear(16, 5)

        def forward(self, ids: torch.Tensor) -> torch.Tensor:
            return self.fc(self.rnn(self.embed(ids))[0])

    found = traced(module_of(Tagger(), torch.zeros(2, 12, dtype=torch.long)))
    assert found.macs == 24 * (64 * 8 + 64 * 16) + 24 * 16 * 5
    assert [c.path for c in found.calls] == ["", "embed", "rnn", "fc"]


def test_a_branch_in_the_graph_is_settled_by_a_real_run_with_the_programs_weights():
    class Branch(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = nn.Linear(4, 4), nn.Linear(4, 4)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.cond(x.square().sum() > 0, self.one, lambda y: self.two(self.two(y)), (x,))

    found = traced(module_of(Branch(), torch.ones(2, 4)))
    assert (found.method, found.macs) == ("cpu", 32)


def test_a_wrong_input_is_an_error_of_the_pass():
    from modelreport.trace import trace

    model = module_of(nn.Linear(4, 4), torch.zeros(2, 4))
    outcome = trace(model, Options(inputs=(TensorSpec(shape=(2, 4), dtype="float32", name="other"),)))
    assert isinstance(outcome, Skipped)
    assert "the program takes input" in outcome.reason
