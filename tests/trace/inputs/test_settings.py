"""Inputs from what a module of timm or torchvision says of itself."""

from __future__ import annotations

from torch import nn

from modelreport.trace.inputs.settings import from_settings


def test_settings_of_timm_and_of_the_module_are_read():
    module = nn.Identity()
    module.pretrained_cfg = {"input_size": (3, 99, 88)}
    module.image_size = 48
    shapes = [c.dummies[0].shape for c in from_settings(module, None)]
    assert shapes == [(1, 3, 99, 88), (1, 3, 48, 48)]


def test_senseless_settings_are_passed_over():
    module = nn.Identity()
    module.pretrained_cfg = {"input_size": "large"}
    module.image_size = 10**9
    assert list(from_settings(module, None)) == []
