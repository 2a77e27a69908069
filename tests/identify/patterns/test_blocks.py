from __future__ import annotations

from collections import OrderedDict

from torch import Tensor, nn

from modelreport.identify.patterns.blocks import find_blocks
from tests.identify.patterns.networks import TOKENS, Layer, Perceptron, facts_of, stack


def test_equal_blocks_are_one_run_with_their_size() -> None:
    structure, _ = facts_of(stack(4), TOKENS)
    (run,) = [run for run in find_blocks(structure) if run.path == "#"]
    assert (run.count, run.type) == (4, "Layer")
    assert run.parameters * 4 == structure.parameters


def test_blocks_that_take_turns_are_told_apart_and_counted() -> None:
    layers = [Layer(mlp=Perceptron(inner=64 if i % 2 else 96)) for i in range(6)]
    structure, _ = facts_of(nn.Sequential(*layers), TOKENS)
    runs = [(run.path, run.count) for run in find_blocks(structure) if run.path == "#"]
    assert runs == [("#", 3), ("#", 3)]


def test_leaves_and_single_blocks_are_no_runs() -> None:
    structure, _ = facts_of(nn.Sequential(nn.Linear(32, 32), nn.Linear(32, 32), Perceptron()), TOKENS)
    assert find_blocks(structure) == ()


def test_a_norm_that_holds_its_activation_is_a_layer_and_no_block() -> None:
    class NormAct(nn.BatchNorm1d):
        def __init__(self) -> None:
            super().__init__(10)
            self.act = nn.ReLU()

        def forward(self, x: Tensor) -> Tensor:
            return self.act(super().forward(x))

    net = nn.Sequential(OrderedDict(bn1=NormAct(), bn2=NormAct(), one=Perceptron(), two=Perceptron()))
    structure, _ = facts_of(net, TOKENS)
    assert find_blocks(structure) == ()
