"""Averaged weights against raw ones."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.facts import AverageDrift, Skipped
from modelreport.measure.average import AVERAGED
from modelreport.options import Options
from modelreport.pipeline import build


def make() -> torch.nn.Module:
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Linear(5, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, 3))


def moved(model: torch.nn.Module, scale: float) -> torch.nn.Module:
    other = copy.deepcopy(model)
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.mul_(scale)
    return other


def told(folder: Path, state: Any, pick: str = "") -> AverageDrift | Skipped:
    torch.save(state, folder / "model.pth")
    report = build(folder / "model.pth", Options(trace=False, pick=pick))
    assert not isinstance(report.weights, Skipped)
    return report.weights.average


def drift(folder: Path, state: Any, pick: str = "") -> AverageDrift:
    found = told(folder, state, pick)
    assert isinstance(found, AverageDrift), found
    return found


@pytest.mark.parametrize("keys", [("model", "ema"), ("state_dict", "state_dict_ema"), ("net", "swa_model")])
def test_the_distance_is_relative_to_the_raw_weights(tmp_path: Path, keys: tuple[str, str]) -> None:
    model = make()
    found = drift(tmp_path, {keys[0]: model.state_dict(), keys[1]: moved(model, 1.25).state_dict()})
    assert (found.key, found.reported, found.equal) == (keys[1], "raw", 1)  # the shift of the norm is zero
    distances = dict(found.layers)
    assert list(distances) == [name for name, _ in model.named_parameters()]
    assert distances["0.weight"] == pytest.approx(0.25, rel=1e-6)
    assert distances["1.bias"] == 0.0


def test_the_raw_weights_are_the_measure_also_when_the_average_is_reported(tmp_path: Path) -> None:
    model = make()
    state = {"model": model.state_dict(), "ema": moved(model, 1.25).state_dict()}
    found = drift(tmp_path, state, pick="ema")
    assert (found.key, found.reported) == ("model", "average")
    assert dict(found.layers)["0.weight"] == pytest.approx(0.25, rel=1e-6)


def test_an_average_that_never_moved_is_equal(tmp_path: Path) -> None:
    model = make()
    found = drift(tmp_path, {"model": model.state_dict(), "ema": copy.deepcopy(model.state_dict())})
    assert found.equal == len(found.layers) == 6


def test_a_wrapped_average_is_matched_without_its_prefix(tmp_path: Path) -> None:
    model = make()
    averaged = torch.optim.swa_utils.AveragedModel(moved(model, 2.0))
    found = drift(tmp_path, {"model": model.state_dict(), "swa": averaged.module.state_dict()})
    assert dict(found.layers)["2.weight"] == pytest.approx(1.0, rel=1e-6)


def test_a_bare_list_of_averages_is_matched_by_order_and_shape(tmp_path: Path) -> None:
    model = make()
    shadows = [p.detach() for p in moved(model, 1.5).parameters()]
    found = drift(tmp_path, {"model": model.state_dict(), "ema": {"decay": 0.99, "shadow_params": shadows}})
    assert found.key == "ema.shadow_params"
    assert dict(found.layers)["2.bias"] == pytest.approx(0.5, rel=1e-6)


def test_averages_of_latent_diffusion_lie_among_the_weights(tmp_path: Path) -> None:
    model = make()
    state = {f"model.diffusion_model.{name}": tensor for name, tensor in model.state_dict().items()}
    for name, parameter in moved(model, 1.1).named_parameters():
        state[f"model_ema.diffusion_model{name.replace('.', '')}"] = parameter.detach()
    state["model_ema.decay"] = torch.tensor(0.9999)
    found = drift(tmp_path, {"state_dict": state})
    assert found.key == "model_ema"
    assert dict(found.layers)["model.diffusion_model.0.weight"] == pytest.approx(0.1, rel=1e-5)


def test_two_models_of_the_same_shapes_are_no_average(tmp_path: Path) -> None:
    model = make()
    found = told(tmp_path, {"left": model.state_dict(), "right": moved(model, 1.1).state_dict()})
    assert isinstance(found, Skipped)
    assert "none is named as an average" in found.reason


def test_another_model_is_no_average_whatever_its_name(tmp_path: Path) -> None:
    found = told(tmp_path, {"model": make().state_dict(), "ema": torch.nn.Linear(2, 2).state_dict()})
    assert isinstance(found, Skipped)
    assert found.reason == "The file holds no averaged weights."


def test_only_whole_words_name_an_average() -> None:
    assert all(
        AVERAGED.search(key) for key in ("ema", "model_ema", "ema_model.module", "shadow_params", "swa", "a.avg_b")
    )
    assert not any(AVERAGED.search(key) for key in ("schema", "cinema", "savga", "shallow", "emanate"))
