from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from modelreport.errors import OptionsError
from modelreport.load import open_checkpoint
from modelreport.load.pipelines import models_of
from modelreport.measure import hash_files
from modelreport.options import Options
from tests.load.files import names

INDEX: dict[str, Any] = {
    "_class_name": "StableDiffusionPipeline", "unet": ["diffusers", "UNet2DConditionModel"],
    "text_encoder": ["transformers", "CLIPTextModel"], "scheduler": ["diffusers", "DDIMScheduler"],
    "safety_checker": [None, None],
}  # fmt: skip


@pytest.fixture
def pipeline(tmp_path: Path) -> Path:
    for name, stem, size in (("unet", "diffusion_pytorch_model", 50), ("text_encoder", "model", 20)):
        (tmp_path / name).mkdir()
        save_file({f"{name}.w": torch.ones(size)}, tmp_path / name / f"{stem}.safetensors")
        (tmp_path / name / "config.json").write_text(json.dumps({"hidden_size": size}))
    (tmp_path / "scheduler").mkdir()
    (tmp_path / "scheduler" / "scheduler_config.json").write_text("{}")
    (tmp_path / "model_index.json").write_text(json.dumps(INDEX))
    return tmp_path


@pytest.mark.parametrize(
    ("pick", "chosen", "size"), [("", "unet", 50), ("unet", "unet", 50), ("text_encoder",) * 2 + (20,)]
)
def test_the_largest_or_the_picked_model_is_opened_and_all_are_listed(
    pipeline: Path, pick: str, chosen: str, size: int
) -> None:
    options = Options(pick=pick)
    with open_checkpoint(pipeline, options) as checkpoint:
        source = checkpoint.source
        assert names(checkpoint) == [f"{chosen}.w"]
        assert checkpoint.config == {"hidden_size": size}
        assert checkpoint.folder == pipeline / chosen
        assert source.model_key == chosen
        assert {(c.name, c.parameters): c.chosen for c in source.choices} == {
            ("unet", 50): chosen == "unet", ("text_encoder", 20): chosen == "text_encoder",
        }  # fmt: skip
        assert any("text_encoder (CLIPTextModel of transformers)" in n and f"on {chosen};" in n for n in source.notes)
        assert [f.name for f in source.files][-1] == f"{chosen}/config.json"
        assert all(f.sha256 for f in hash_files(checkpoint, options))
        assert float(checkpoint.tensors[0].array().sum()) == size


def test_a_pick_that_is_no_model_is_told_with_the_choice(pipeline: Path) -> None:
    with pytest.raises(OptionsError) as caught:
        open_checkpoint(pipeline, Options(pick="vae"))
    assert caught.value.hint == "Choose one of unet, text_encoder."


def test_a_damaged_part_costs_only_itself(pipeline: Path) -> None:
    (pipeline / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"\x10" + b"\0" * 7 + b"{")
    with open_checkpoint(pipeline, Options()) as checkpoint:
        assert checkpoint.source.model_key == "text_encoder"
        assert any("'unet' cannot be read" in note for note in checkpoint.source.notes)


@pytest.mark.parametrize(
    "index",
    [
        None,
        [],
        {"..": ["a", "b"]},
        {"unet/../unet": ["a", "b"]},
        {"unet": "diffusers"},
        {"unet": [1, 2]},
        {"x": ["a", "b"]},
    ],
)
def test_only_plain_folders_inside_are_parts(pipeline: Path, index: Any) -> None:
    assert models_of(pipeline, index) == {}


def test_a_link_out_of_the_folder_is_no_part(pipeline: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    (pipeline / "vae").symlink_to(tmp_path_factory.mktemp("elsewhere"))
    assert set(models_of(pipeline, {**INDEX, "vae": ["a", "b"]})) == {"unet", "text_encoder", "scheduler"}
