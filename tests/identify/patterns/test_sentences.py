from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import modelreport
from modelreport.identify.libraries import load_library
from tests.identify.patterns.networks import TOKENS, Perceptron, stack
from tests.identify.patterns.sentences import paragraph_of
from tests.trace.models import spec


class Text(nn.Module):
    """Ids and places looked up in tables, layers, a head over the vocabulary."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(50, 32), nn.Embedding(16, 32)
        self.layers, self.head = stack(2), nn.Linear(32, 50)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.words(ids) + self.places(torch.arange(ids.shape[1]))
        return self.head(self.layers(x))


def test_tables_head_and_size_are_told() -> None:
    text = paragraph_of(Text(), spec(1, 10, dtype="int64"))
    assert "Ids are looked up in a table of 50 × 32; positions come from a table of 16 × 32." in text
    assert "The output comes from a linear layer 32 → 50." in text
    inside = sum(p.numel() for p in stack(2)[0].parameters()) - 2 * 64  # two of a layer's four norms are not used
    total = sum(p.numel() for p in Text().parameters())
    assert f"{total:,} parameters, {round(200 * inside / total, 1):g} % of them in the layers." in text


def test_patches_and_their_places_are_told() -> None:
    class Vision(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.cut, self.places, self.layers = nn.Conv2d(3, 32, 4, 4), nn.Parameter(torch.zeros(1, 16, 32)), stack(2)

        def forward(self, x: Tensor) -> Tensor:
            return self.layers(self.cut(x).flatten(2).mT + self.places)

    text = paragraph_of(Vision(), spec(1, 3, 16, 16))
    assert "The input is cut into patches of 4×4; positions come from a table of 16 × 32." in text


def test_a_recurrent_layer_and_a_perceptron_have_their_own_sentence() -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.GRU(32, 24, 3, batch_first=True)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x)[0]

    assert paragraph_of(Net(), TOKENS).startswith("A 3-layer GRU with 32 inputs and 24 hidden units.")
    rows = nn.Sequential(nn.Linear(20, 16), nn.ReLU(), nn.Linear(16, 3))
    assert "A multilayer perceptron of 2 linear layers, 20 → 16 → 3, with ReLU." in paragraph_of(rows, spec(1, 20))


def test_blocks_of_something_else_are_counted_and_no_more() -> None:
    class Block(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = nn.Linear(32, 32)

        def forward(self, x: Tensor) -> Tensor:
            return x + self.layer(x).cumsum(1)

    text = paragraph_of(nn.Sequential(Block(), Block(), Block()), TOKENS)
    assert text.startswith("A network of 3 residual blocks.")


def test_of_several_outputs_only_the_ones_meant_are_told() -> None:
    class Two(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.body, self.head = Perceptron(), nn.Linear(32, 5)

        def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
            y = self.body(x)
            return self.head(y.cumsum(1)), y.cumsum(1)

    assert "Of 2 outputs, one comes from a linear layer 32 → 5." in paragraph_of(Two(), TOKENS)


def test_experts_that_the_file_holds_one_by_one_are_in_the_layers(tmp_path: Path) -> None:
    """All but the embedding, the head and the last norm, counted by hand."""
    library = load_library("transformers")
    config = library.MixtralConfig(
        hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        num_local_experts=4, vocab_size=40,
    )  # fmt: skip
    library.MixtralForCausalLM(config).save_pretrained(tmp_path)
    layer = 2 * 32 * 32 + 2 * 32 * 16 + 4 * 32 + 4 * 3 * 32 * 48 + 2 * 32
    report = modelreport.build(tmp_path)
    assert any(".experts.0." in tensor.name for tensor in report.structure.tensors)
    total = 2 * layer + 2 * 40 * 32 + 32
    assert report.structure.parameters == total
    size = report.outline.description[-1]
    assert "in the layers" in size.text
    assert 2 * layer / total in [pytest.approx(v) for v in size.values.values()]


def test_several_tables_of_positions_are_told_at_once() -> None:
    class Both(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two = Text(), Text()
            self.two.places = nn.Embedding(12, 32)

        def forward(self, ids: Tensor) -> Tensor:
            return self.one(ids) + self.two(ids)

    text = paragraph_of(Both(), spec(1, 10, dtype="int64"))
    assert "positions come from tables of 16 × 32 and 12 × 32." in text


def test_an_output_layer_with_the_weight_of_the_table_says_so() -> None:
    net = Text()
    net.head.weight = net.words.weight
    text = paragraph_of(net, spec(1, 10, dtype="int64"))
    assert "The output comes from a linear layer 32 → 50 with the weight of the embedding table." in text
