from __future__ import annotations

import pytest
import torch
from torch import nn

from modelreport.identify.construct import bounded, build, build_known, error_line


def test_parameters_are_on_meta_and_the_module_is_in_eval_mode() -> None:
    module = build(nn.Linear, 10**6, 10**6)
    assert module.weight.is_meta
    assert not module.training


def test_constructors_that_read_values_back_are_built() -> None:
    class Rates(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layers = nn.ModuleList(nn.Linear(int(w), 2) for w in torch.linspace(2, 8, 4).tolist())
            self.last = torch.arange(4)[-1].item()

    module = build(Rates)
    assert [layer.in_features for layer in module.layers] == [2, 4, 6, 8]
    assert module.last == 3


# Parameter counts as torchvision publishes them in the metadata of its weights (``num_params``).
@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        ("resnet50", 25557032),
        ("vit_b_16", 86567656),
        ("swin_t", 28288354),
        ("regnet_y_400mf", 4344144),
        ("vgg16", 138357544),
    ],
)
def test_parameter_counts_are_the_published_ones(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in build_known("torchvision", name).parameters()) == parameters


def test_options_reach_the_factory_and_backbones_are_not_downloaded() -> None:
    module = build_known("torchvision", "fcn_resnet50", num_classes=5, aux_loss=True)
    assert module.classifier[-1].out_channels == 5
    assert build_known("timm", "resnet18", num_classes=3, in_chans=1).conv1.in_channels == 1


def test_pruned_models_of_timm_are_built() -> None:
    module = build_known("timm", "ecaresnet50d_pruned")
    assert all(p.is_meta for p in module.parameters())
    # https://github.com/huggingface/pytorch-image-models/blob/main/results/results-imagenet.csv: 19.94 M
    assert round(sum(p.numel() for p in module.parameters()) / 1e6, 2) == 19.94


def test_a_library_that_is_not_installed_is_an_import_error() -> None:
    with pytest.raises(ImportError):
        build_known("no_such_library", "resnet50")


def test_a_constructor_that_never_ends_is_stopped() -> None:
    def endless() -> nn.Module:
        root = nn.ModuleList()
        while True:
            root.append(nn.Identity())

    with bounded(100), pytest.raises(ValueError, match="more than 100 modules"):
        endless()
    assert len(nn.ModuleList(nn.Identity() for _ in range(200))) == 200


def test_foreign_errors_become_one_line() -> None:
    assert error_line(ValueError("a\n  b.")) == "ValueError: a b."
    assert error_line(KeyError()) == "KeyError."
    assert len(error_line(ValueError("x" * 10_000))) < 400
