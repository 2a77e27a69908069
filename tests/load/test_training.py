"""What a training checkpoint says besides weights."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.load.training import ITEM_LIMIT, is_optimizer
from tests.load.files import opened, saved

OPTIMIZERS: dict[str, tuple[Any, dict[str, Any]]] = {
    "AdamW": (torch.optim.AdamW, {}),
    "Adam": (torch.optim.Adam, {}),
    "NAdam": (torch.optim.NAdam, {}),
    "RAdam": (torch.optim.RAdam, {}),
    "Adamax": (torch.optim.Adamax, {}),
    "SGD with momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "SGD with Nesterov momentum": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "SGD": (torch.optim.SGD, {}),
    "RMSprop": (torch.optim.RMSprop, {}),
    "Adagrad": (torch.optim.Adagrad, {}),
    "Adadelta": (torch.optim.Adadelta, {}),
    "Rprop": (torch.optim.Rprop, {}),
    "ASGD": (torch.optim.ASGD, {}),
    "Adafactor": (torch.optim.Adafactor, {}),
}


def trained(kind: str) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    model = torch.nn.Linear(3, 2)
    make, options = OPTIMIZERS[kind]
    optimizer = make(model.parameters(), lr=0.01, **options)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    return model, optimizer


@pytest.mark.parametrize("kind", OPTIMIZERS)
def test_optimizers_are_told_by_their_state(kind: str, tmp_path: Path) -> None:
    model, optimizer = trained(kind)
    value = {"net": model.state_dict(), "opt": optimizer.state_dict(), "epoch": 7}
    with opened(saved(tmp_path, value)) as checkpoint:
        training = checkpoint.source.training
        assert training is not None
        assert training.optimizer == kind
        tensors = [
            t for state in optimizer.state_dict()["state"].values() for t in state.values() if torch.is_tensor(t)
        ]
        assert training.optimizer_tensors == len(tensors) == len(checkpoint.extra)
        assert training.optimizer_bytes == sum(t.nbytes for t in tensors)
        assert {t.role for t in checkpoint.extra} <= {"optimizer"}
        items = {item.name: item.value for item in training.items}
        assert items["epoch"] == "7"
        assert items["opt.param_groups.0.lr"] == "0.01"


def test_whole_optimizers_are_named_by_their_class(tmp_path: Path) -> None:
    model, optimizer = trained("AdamW")
    with opened(saved(tmp_path, {"model": model, "optimizer": optimizer})) as checkpoint:
        training = checkpoint.source.training
        assert training is not None
        assert training.optimizer == "AdamW"
        assert {t.name for t in checkpoint.tensors} == {"weight", "bias"}
        assert training.optimizer_tensors == 6


def test_items_are_taken_apart_and_masked(tmp_path: Path) -> None:
    value = {
        "model": torch.nn.Linear(2, 2).state_dict(),
        "args": argparse.Namespace(lr=0.1, data="/home/joe/data", api_key="abc", sizes=[1, 2], nothing=None),
        "best": {"top1": 76.5},
        "history": [0.5 / (i + 1) for i in range(100)],
        "rng_state": torch.zeros(8, dtype=torch.uint8),
    }
    with opened(saved(tmp_path, value)) as checkpoint:
        assert checkpoint.source.training is not None
        assert {item.name: item.value for item in checkpoint.source.training.items} == {
            "args.lr": "0.1",
            "args.data": "~/data",
            "args.api_key": "[masked]",
            "args.sizes": "1, 2",
            "best.top1": "76.5",
            "history": "100 values, the last 0.005",
        }
        assert checkpoint.source.content == "training checkpoint"
        assert [(t.name, t.role) for t in checkpoint.extra] == [("rng_state", "other")]


def test_too_many_items_are_counted(tmp_path: Path) -> None:
    value = {"model": torch.nn.Linear(2, 2).state_dict(), "log": {f"k{i}": i for i in range(ITEM_LIMIT + 20)}}
    with opened(saved(tmp_path, value)) as checkpoint:
        assert checkpoint.source.training is not None
        assert len(checkpoint.source.training.items) == ITEM_LIMIT
        assert any("20 further values" in note for note in checkpoint.source.notes)


def test_other_mappings_are_no_optimizers() -> None:
    assert not is_optimizer({"state": 1, "param_groups": []})
    assert not is_optimizer({"state": 1, "param_groups": [3]})
    assert not is_optimizer({"param_groups": [3]})
