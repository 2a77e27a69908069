"""Optimizer and trainer state beside the weights of a checkpoint folder."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from modelreport.facts import Security, TrainingPoint, TrainingState
from modelreport.load.trainer import HISTORY_LIMIT, history_of
from tests.load.files import opened, same

LOG = [
    {"loss": 2.0, "grad_norm": 1.5, "learning_rate": 1e-4, "epoch": 0.5, "step": 5},
    {"loss": 1.0, "learning_rate": 5e-5, "step": 10},
    {"eval_loss": 1.25, "eval_runtime": 3.0, "step": 10},
    {"train_runtime": 3.0, "step": 12},
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as transformers' Trainer leaves it."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    save_file(model.state_dict(), tmp_path / "model.safetensors")
    torch.save(optimizer.state_dict(), tmp_path / "optimizer.pt")
    (tmp_path / "config.json").write_text('{"model_type": "none-of-these"}')
    state = {"global_step": 10, "max_steps": 20, "best_metric": None, "log_history": LOG, "is_world_process_zero": True}
    (tmp_path / "trainer_state.json").write_text(json.dumps(state))
    return tmp_path


def training(checkpoint: Any) -> TrainingState:
    found = checkpoint.source.training
    assert isinstance(found, TrainingState)
    return found


def test_the_state_of_the_optimizer_comes_with_the_weights(folder: Path) -> None:
    saved = torch.load(folder / "optimizer.pt")
    with opened(folder) as checkpoint:
        (optimizer,) = checkpoint.optimizers
        assert (optimizer.kind, optimizer.groups[0].keys) == ("AdamW", ("0", "1"))
        moment = optimizer.states["0"]["exp_avg_sq"]
        assert same(moment, saved["state"][0]["exp_avg_sq"])  # type: ignore[arg-type]
        assert {tensor.name for tensor in checkpoint.extra} >= {"optimizer.state.0.exp_avg_sq"}
        files = [file.name for file in checkpoint.source.files]
        assert files[:2] == ["model.safetensors", "optimizer.pt"]
        assert {tensor.storage.file for tensor in checkpoint.extra if tensor.storage} == {1}
        assert training(checkpoint).optimizer == "AdamW"
        assert training(checkpoint).optimizer_tensors == 6


def test_what_the_trainer_says_is_listed_and_its_log_kept(folder: Path) -> None:
    with opened(folder) as checkpoint:
        found = training(checkpoint)
    items = {item.name: item.value for item in found.items}
    assert items["trainer.global_step"] == "10"
    assert "trainer.best_metric" not in items
    assert found.history == (
        TrainingPoint(step=5, loss=2.0, learning_rate=1e-4, gradient_norm=1.5),
        TrainingPoint(step=10, loss=1.0, learning_rate=5e-5, evaluation_loss=1.25),
    )


def test_the_pickle_of_the_optimizer_is_judged(folder: Path) -> None:
    with opened(folder) as checkpoint:
        assert isinstance(checkpoint.security, Security)
        assert any(call.where.startswith("optimizer.pt: ") for call in checkpoint.security.calls)
        assert not any("optimizer.pt" in note for note in checkpoint.security.notes)


@pytest.mark.parametrize("data", [b"PK\3\4 not a zip", b"", b"plain text"])
def test_a_damaged_optimizer_costs_only_itself(folder: Path, data: bytes) -> None:
    (folder / "optimizer.pt").write_bytes(data)
    with opened(folder) as checkpoint:
        assert checkpoint.optimizers == ()
        assert len(checkpoint.tensors) == 2
        assert any("optimizer.pt" in note for note in checkpoint.source.notes)


@pytest.mark.parametrize("text", ["[]", "{", '{"log_history": 7}', '{"log_history": [7, {"step": "x"}, {"step": -1}]}'])
def test_a_strange_trainer_state_costs_only_itself(folder: Path, text: str) -> None:
    (folder / "trainer_state.json").write_text(text)
    with opened(folder) as checkpoint:
        assert training(checkpoint).history == ()
        assert len(checkpoint.optimizers) == 1


def test_a_folder_without_them_has_no_training_state(folder: Path) -> None:
    (folder / "trainer_state.json").unlink()
    (folder / "optimizer.pt").unlink()
    with opened(folder) as checkpoint:
        assert checkpoint.source.training is None


def test_a_long_history_is_thinned_from_its_first_to_its_last_step() -> None:
    found = history_of([{"step": i, "loss": float(i)} for i in range(4001)])
    assert len(found) == HISTORY_LIMIT
    assert (found[0].step, found[-1].step) == (0, 4000)
    assert max(b.step - a.step for a, b in itertools.pairwise(found)) <= 9
