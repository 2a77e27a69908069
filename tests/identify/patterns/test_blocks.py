from __future__ import annotations

from torch import nn

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
