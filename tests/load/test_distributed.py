"""Distributed weights beside a configuration, and in the folders of accelerate."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
import torch.distributed.checkpoint as dcp

from modelreport.load.distributed import find_distributed
from tests.load.files import names, opened, recognising, same

pytestmark = pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")


@pytest.fixture
def accelerated(tmp_path: Path) -> tuple[Path, torch.nn.Module]:
    """Model and optimizer in two folders, as accelerate saves them."""
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(model.named_parameters(), lr=1e-3)
    model(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    dcp.save({"model": model.state_dict()}, checkpoint_id=tmp_path / "pytorch_model_fsdp_0", no_dist=True)
    dcp.save({"optimizer": optimizer.state_dict()}, checkpoint_id=tmp_path / "optimizer_0", no_dist=True)
    return tmp_path, model


def test_the_folders_of_accelerate_are_one_checkpoint(accelerated: tuple[Path, torch.nn.Module]) -> None:
    folder, model = accelerated
    assert recognising(b"", ("optimizer_0", "pytorch_model_fsdp_0", "scheduler.bin")) == ["torch-dcp"]
    with opened(folder) as checkpoint:
        assert all(same(tensor, model.state_dict()[tensor.name]) for tensor in checkpoint.tensors)
        (optimizer,) = checkpoint.optimizers
        assert optimizer.groups[0].names == ("weight", "bias")
        assert [file.name for file in checkpoint.source.files] == [
            "pytorch_model_fsdp_0/.metadata",
            "optimizer_0/.metadata",
            "pytorch_model_fsdp_0/__0_0.distcp",
            "optimizer_0/__0_0.distcp",
        ]


def test_a_configuration_beside_them_is_read_as_well(accelerated: tuple[Path, torch.nn.Module]) -> None:
    folder, model = accelerated
    (folder / "config.json").write_text(json.dumps({"model_type": "none-of-these", "hidden_size": 3}))
    (folder / "trainer_state.json").write_text(
        json.dumps({"global_step": 5, "log_history": [{"step": 5, "loss": 1.5}]})
    )
    with opened(folder) as checkpoint:
        assert checkpoint.source.format == "huggingface"
        assert checkpoint.config is not None
        assert set(names(checkpoint)) == set(model.state_dict())
        assert len(checkpoint.optimizers) == 1
        training = checkpoint.source.training
        assert training is not None
        assert (training.optimizer, training.history[0].loss) == ("AdamW", 1.5)


def test_a_checkpoint_of_deepspeed_beside_a_configuration_is_read(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(Path(__file__).parent / "deepspeed" / "zero3", tmp_path / "run"))
    (folder / "config.json").write_text(json.dumps({"model_type": "none-of-these"}))
    with opened(folder) as checkpoint:
        assert checkpoint.source.format == "huggingface"
        assert len(checkpoint.tensors) == 10
        assert len(checkpoint.optimizers[0].states) == 6


def test_weights_in_the_usual_form_come_first() -> None:
    assert find_distributed(("config.json", "model.safetensors")) is None
    found = find_distributed(("config.json", ".metadata", "__0_0.distcp"))
    assert found is not None
    assert found.id == "torch-dcp"
