from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import LazyTensor, Model
from modelreport.facts import Identification, Trace
from modelreport.identify.libraries import load_library
from modelreport.identify.lora import insert, pairs_in, scale_of
from modelreport.options import Options
from modelreport.trace import trace


def tensors(path: str = "net.0", *, kind: str = "lora_", **shapes: tuple[int, ...]) -> list[LazyTensor]:
    return [LazyTensor(f"{path}.{kind}{part}.weight", "float32", shape, None) for part, shape in shapes.items()]


@pytest.mark.parametrize(
    "names",
    [
        ("p.lora_A.weight", "p.lora_B.weight"),
        ("p.lora_A.default.weight", "p.lora_B.default.weight"),
        ("p.lora_embedding_A", "p.lora_embedding_B"),
        ("p.lora_down.weight", "p.lora_up.weight"),
        ("p.lora_A.weight", "p.lora_B.weight", "p.lora_magnitude_vector"),
    ],
)
def test_pairs_are_found_by_the_names_that_libraries_give_them(names: tuple[str, ...]) -> None:
    pairs, rest = pairs_in([LazyTensor(n, "float32", (4, 8), None) for n in (*names, "head.weight", "x.lora_A.weight")])
    assert [(p.path, p.rank, p.parameters) for p in pairs] == [("p", 4, 32 * len(names))]
    assert [t.name for t in rest] == ["head.weight", "x.lora_A.weight"]


def test_an_alpha_beside_a_pair_belongs_to_it_and_another_to_nothing() -> None:
    names = {"p.lora_down.weight": (4, 8), "p.lora_up.weight": (8, 4), "p.alpha": (), "snake.alpha": (8,)}
    pairs, rest = pairs_in([LazyTensor(name, "float32", shape, None) for name, shape in names.items()])
    assert [(p.path, p.parameters, p.scale and p.scale.name) for p in pairs] == [("p", 64, "p.alpha")]
    assert [t.name for t in rest] == ["snake.alpha"]


class Net(nn.Module):
    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.net = nn.Sequential(layer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


def conv1d() -> nn.Module:
    layer: nn.Module = load_library("transformers").pytorch_utils.Conv1D(6, 8)  # six outputs, eight inputs
    return layer


@pytest.mark.parametrize(
    ("make", "a", "b", "given", "by_hand"),
    [
        (lambda: nn.Linear(8, 6), (2, 8), (6, 2), (5, 8), 5 * (48 + 2 * 8 + 2 * 6)),
        (conv1d, (2, 8), (6, 2), (5, 8), 5 * (48 + 2 * 8 + 2 * 6)),
        (lambda: nn.Conv2d(3, 6, 3, stride=2), (2, 3, 3, 3), (6, 2, 1, 1), (1, 3, 9, 9), 16 * (6 * 27 + 2 * 27 + 12)),
    ],
)
def test_a_pair_adds_its_multiply_adds_to_the_layers(
    make: Any, a: tuple[int, ...], b: tuple[int, ...], given: tuple[int, ...], by_hand: int
) -> None:
    module = Net(make()).to("meta")
    (pair,), _ = pairs_in(tensors(A=a, B=b))
    assert insert(module, pair, "net.0", 2.0)
    found = trace(Model(Identification(name="n", library="", how="live"), module), Options(inputs=(spec(given),)))
    assert isinstance(found, Trace)
    assert found.complete, found.error
    assert found.macs == by_hand
    assert not found.untouched


def spec(shape: tuple[int, ...]) -> Any:
    from modelreport.facts import TensorSpec

    return TensorSpec(shape=shape, dtype="float32")


def test_the_sum_is_that_of_the_paper() -> None:
    module = Net(nn.Linear(8, 6))
    (pair,), _ = pairs_in(tensors(A=(2, 8), B=(6, 2)))
    layer = module.net[0]
    assert insert(module, pair, "net.0", 0.5)
    a, b, x = torch.randn(2, 8), torch.randn(6, 2), torch.randn(5, 8)
    wrapped = module.net[0]
    wrapped.lora_A, wrapped.lora_B = nn.Parameter(a), nn.Parameter(b)
    torch.testing.assert_close(module(x), x @ (layer.weight + 0.5 * b @ a).T + layer.bias)
    assert wrapped.in_features == 8
    assert wrapped.weight is layer.weight


def test_embeddings_take_pairs_too() -> None:
    module = Net(nn.Embedding(10, 6))
    (pair,), _ = pairs_in(tensors(kind="lora_embedding_", A=(2, 10), B=(6, 2)))
    weight = module.net[0].weight
    assert insert(module, pair, "net.0", 3.0)
    a, b, ids = torch.randn(2, 10), torch.randn(6, 2), torch.tensor([1, 9])
    module.net[0].lora_A, module.net[0].lora_B = nn.Parameter(a), nn.Parameter(b)
    torch.testing.assert_close(module(ids), (weight + 3.0 * (b @ a).T)[ids])


@pytest.mark.parametrize(("a", "b"), [((2, 7), (6, 2)), ((2, 8), (5, 2)), ((2, 8), (6, 3)), ((8,), (6,)), ((), ())])
def test_a_pair_that_does_not_fit_changes_nothing(a: tuple[int, ...], b: tuple[int, ...]) -> None:
    module = Net(nn.Linear(8, 6))
    (pair,), _ = pairs_in(tensors(A=a, B=b))
    assert not insert(module, pair, "net.0", 1.0)
    assert not insert(module, pair, "net.1", 1.0)
    assert type(module.net[0]) is nn.Linear


def test_the_scale_is_alpha_by_rank() -> None:
    (pair,), _ = pairs_in(tensors("model.q_proj", A=(4, 8), B=(6, 4)))
    assert scale_of(pair, {"lora_alpha": 32}) == 8.0
    assert scale_of(pair, {"lora_alpha": 32, "use_rslora": True}) == 16.0
    assert scale_of(pair, {"lora_alpha": 32, "alpha_pattern": {"q_proj": 2}}) == 0.5
    assert scale_of(pair, {"lora_alpha": "many"}) == 1.0
