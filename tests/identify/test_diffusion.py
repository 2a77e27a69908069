from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.checkpoint import Model
from modelreport.facts import Skipped
from modelreport.identify import diffusion
from modelreport.identify.huggingface import identify_config
from tests.identify.checkpoints import make_checkpoint

PACKAGE = """
from diffusers.models.unet import UNet2DConditionModel
from diffusers.pipelines import Pipeline
import os
"""
UNET = """
from torch import nn
class UNet2DConditionModel(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.conv_in = nn.Conv2d(3, width, 3)
    @classmethod
    def from_config(cls, config):
        return cls(**{k: v for k, v in config.items() if not k.startswith("_")})
    def forward(self, sample):
        return self.conv_in(sample)
"""
CONFIG = {"_class_name": "UNet2DConditionModel", "_diffusers_version": "0.30.0", "width": 6}
TENSORS = {"conv_in.weight": torch.empty(6, 3, 3, 3), "conv_in.bias": torch.empty(6)}


@pytest.fixture
def library(tmp_path: Path, monkeypatch: Any) -> Iterator[None]:
    """A package with the layout of diffusers, which is no dependency."""
    for name, text in (("__init__", PACKAGE), ("models/__init__", ""), ("models/unet", UNET)):
        path = tmp_path / "diffusers" / f"{name}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    (tmp_path / "diffusers" / "pipelines.py").write_text("class Pipeline:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    yield
    for name in [n for n in sys.modules if n.partition(".")[0] == "diffusers"]:
        del sys.modules[name]


def identified(config: dict[str, Any], tensors: Any = TENSORS) -> Model | Skipped:
    return identify_config(make_checkpoint(tensors, "folder", config=config, content="folder"))


def test_without_diffusers_the_install_that_helps_is_named(monkeypatch: Any) -> None:
    monkeypatch.setattr(diffusion, "load_library", lambda _: None)
    found = identified(CONFIG)
    assert isinstance(found, Skipped)
    assert "UNet2DConditionModel of diffusers, which is not installed" in found.reason
    assert found.hint == "pip install diffusers"


@pytest.mark.usefixtures("library")
def test_with_diffusers_the_class_is_built_from_its_configuration() -> None:
    found = identified(CONFIG)
    assert isinstance(found, Model)
    facts = found.identification
    assert (facts.name, facts.library, facts.how) == ("UNet2DConditionModel", "diffusers", "config")
    assert (facts.matched, facts.total, facts.changed) == (2, 2, ())
    assert facts.task == "denoising network"
    assert found.module.conv_in.weight.is_meta


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("name", ["os", "Pipeline", "models", "NoSuch", "__class__", "x.y", ""])
def test_only_models_of_the_library_are_built(name: str) -> None:
    found = identified({**CONFIG, "_class_name": name})
    assert isinstance(found, Skipped)
    assert "has no model" in found.reason


@pytest.mark.usefixtures("library")
def test_what_does_not_build_or_fit_is_a_reason() -> None:
    broken = identified({**CONFIG, "width": "many"})
    assert isinstance(broken, Skipped)
    assert "could not build" in broken.reason
    other = identified(CONFIG, {"a.weight": torch.empty(3)})
    assert isinstance(other, Skipped)
    assert "None of the tensors fits" in other.reason
