"""Faults planted in a convolutional and a recurrent network, in several dtypes and kinds of file, are found as well.

Every fault is named and none is claimed on the clean twin; ``test_planted_faults.py`` has the transformers.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

import modelreport
from modelreport.facts import Finding
from tests.small_networks import HIDDEN, DigitsCNN, DigitsLSTM, train

State = dict[str, Tensor]
Plant = Callable[[State], None]


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong."""

    id: str
    plant: Plant
    rule: str
    named: str
    """Tensor or module that the finding must name."""
    severity: str = "warning"


def change(name: str, work: Callable[[Tensor], Tensor]) -> Plant:
    """Replace one tensor."""

    def plant(state: State) -> None:
        state[name] = work(state[name].clone())

    return plant


def put(index: Any, value: float) -> Callable[[Tensor], Tensor]:
    """Set some values."""

    def work(tensor: Tensor) -> Tensor:
        tensor[index] = value
        return tensor

    return work


def fresh(tensor: Tensor) -> Tensor:
    """As ``nn.Conv2d`` and ``nn.LSTM`` make it."""
    bound = 1 / math.sqrt(HIDDEN if tensor.ndim == 2 else tensor[0].numel())
    generator = torch.Generator().manual_seed(3)
    return torch.empty(tensor.shape).uniform_(-bound, bound, generator=generator).to(tensor.dtype)


def flip(tensor: Tensor) -> Tensor:
    """Flip the highest bit of the exponent of one value."""
    whole = tensor.element_size() == 4
    bits = tensor.view(torch.int32 if whole else torch.int16).reshape(-1)
    bits[100] ^= 1 << (30 if whole else 14)
    return tensor


def torn(tensor: Tensor) -> Tensor:
    """Zeros from the middle on."""
    flat = tensor.flatten()
    flat[int(0.53 * flat.numel()) :] = 0
    return flat.reshape(tensor.shape)


def repeat(tensor: Tensor) -> Tensor:
    """Eight channels twice."""
    tensor[8:16] = tensor[:8]
    return tensor


def untouched_norm(state: State) -> None:
    state["blocks.2.bn1.running_mean"] = torch.zeros_like(state["blocks.2.bn1.running_mean"])
    state["blocks.2.bn1.running_var"] = torch.ones_like(state["blocks.2.bn1.running_var"])


def copied(name: str, source: str) -> Plant:
    def plant(state: State) -> None:
        state[name] = state[source].clone()

    return plant


CONV, GATES, SCALES = "blocks.3.conv2.weight", "lstm.weight_hh_l3", "blocks.2.bn1.weight"
FIRST, LAST = "blocks.0.conv1.weight", "blocks.5.conv2.weight"
FAULTS: dict[str, tuple[Fault, ...]] = {
    "CNN": (
        Fault("NaN in one block", change(CONV, put((3, 4, 1, 1), math.nan)), "W001", CONV, "error"),
        Fault("a layer initialised anew", change(CONV, fresh), "W010", CONV),
        Fault("the first layer initialised anew", change(FIRST, fresh), "W010", FIRST),
        Fault("the last layer initialised anew", change(LAST, fresh), "W010", LAST),
        Fault("running statistics never updated", untouched_norm, "W004", "blocks.2.bn1"),
        Fault("norm scales never trained", change(SCALES, torch.ones_like), "W010", SCALES),
        Fault("dead channels", change(CONV, put(slice(10, 20), 0.0)), "W003", CONV),
        Fault("repeated channels", change(CONV, repeat), "W020", CONV),
        Fault("repeated tensor", copied(CONV, "blocks.1.conv2.weight"), "S001", CONV),
        Fault("ten times as large", change(CONV, lambda t: t * 10), "W010", CONV),
        Fault("a tenth as large", change(CONV, lambda t: t / 10), "W010", CONV),
        Fault("a value beyond float16", change(CONV, put((1, 1, 1, 1), 7e4)), "W006", CONV, "note"),
        Fault("flipped bit", change(CONV, flip), "W011", CONV),
        Fault("all zero", change(CONV, torch.zeros_like), "W002", CONV),
        Fault("torn tensor", change(CONV, torn), "W025", CONV),
    ),
    "LSTM": (
        Fault("NaN in one layer", change(GATES, put((3, 4), math.nan)), "W001", GATES, "error"),
        Fault("a layer initialised anew", change(GATES, fresh), "W010", GATES),
        Fault("repeated units", change(GATES, repeat), "W020", GATES, "note"),
        Fault("repeated tensor", copied(GATES, "lstm.weight_hh_l1"), "S001", GATES),
        Fault("ten times as large", change(GATES, lambda t: t * 10), "W010", GATES),
        Fault("a value beyond float16", change(GATES, put((1, 1), 7e4)), "W006", GATES, "note"),
        Fault("flipped bit", change(GATES, flip), "W011", GATES),
        Fault("all zero", change(GATES, torch.zeros_like), "W002", GATES),
        Fault("torn tensor", change(GATES, torn), "W025", GATES),
    ),
}  # fmt: skip
CASES = [pytest.param(kind, fault, id=f"{kind}: {fault.id}") for kind, faults in FAULTS.items() for fault in faults]
SEEN_IN_ALL = {
    f"{kind}: {what}"
    for kind, layer in (("CNN", "block"), ("LSTM", "layer"))
    for what in (f"NaN in one {layer}", "a layer initialised anew", "flipped bit")
}
OVERLAPS = {"W003", "W006", "W010", "W011", "W031"}
"""Rules that may rightly speak of a tensor that another one names: a torn tensor has dead channels, say."""

FORMS = ("float32", "bfloat16", "float16", "sharded")


@pytest.fixture(scope="module")
def networks() -> dict[str, dict[str, Any]]:
    """Two training checkpoints."""
    return {
        "CNN": train(DigitsCNN, lambda p: torch.optim.SGD(p, 0.05, 0.9, weight_decay=1e-4), 150),
        "LSTM": train(DigitsLSTM, lambda p: torch.optim.AdamW(p, 5e-3), 400),
    }


def written(state: State, form: str, folder: Path) -> Path:
    """The file, or the index of three."""
    state = {name: tensor.contiguous() for name, tensor in state.items()}
    if form == "float32":
        torch.save(state, folder / "a.pth")
        return folder / "a.pth"
    if form != "sharded":
        save_file(state, folder / "a.safetensors")
        return folder / "a.safetensors"
    names = list(state)
    place = {name: f"model-{i % 3 + 1:05}-of-00003.safetensors" for i, name in enumerate(names)}
    for file in set(place.values()):
        save_file({name: state[name] for name in names if place[name] == file}, folder / file)
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": place}))
    return index


def findings(checkpoint: dict[str, Any], form: str, folder: Path, plant: Plant | None = None) -> dict[str, Finding]:
    dtype = getattr(torch, form) if form != "sharded" else torch.float32
    state = {n: t.to(dtype) if t.is_floating_point() else t for n, t in copy.deepcopy(checkpoint["model"]).items()}
    if plant is not None:
        plant(state)
    report = modelreport.build(written(state, form, folder), trace=False, spectra="none")
    return {f.id: f for f in report.findings if f.state == "found" and (f.id[0] == "W" or f.id == "S001")}


def check(fault: Fault, found: dict[str, Finding]) -> None:
    assert fault.rule in found, f"found only {sorted(found)}"
    assert fault.named in [each.name for each in found[fault.rule].evidence]
    assert found[fault.rule].severity == fault.severity
    for rule, finding in found.items():
        assert {each.name for each in finding.evidence} == {fault.named}, f"{rule} names another"
        assert rule == fault.rule or rule in OVERLAPS


@pytest.mark.parametrize(("kind", "fault"), CASES)
def test_a_fault_is_found_by_name_and_no_other(
    kind: str, fault: Fault, networks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    check(fault, findings(networks[kind], "float32", tmp_path, fault.plant))


@pytest.mark.parametrize("form", FORMS[1:])
@pytest.mark.parametrize(("kind", "fault"), [case for case in CASES if case.id in SEEN_IN_ALL])
def test_a_fault_is_found_in_half_precision_and_in_shards(
    kind: str, fault: Fault, form: str, networks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    check(fault, findings(networks[kind], form, tmp_path, fault.plant))


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("kind", FAULTS)
def test_nothing_is_claimed_on_the_clean_twin(
    kind: str, form: str, networks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert networks[kind]["accuracy"] > 0.6, "it was trained"
    assert not findings(networks[kind], form, tmp_path)


def test_a_layer_without_gradients_is_found_in_the_momentum_of_sgd(
    networks: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    planted = copy.deepcopy(networks["CNN"])
    names = [name for name in planted["model"] if "running" not in name and "batches" not in name]
    buffer = planted["optimizer"]["state"][names.index(CONV)]["momentum_buffer"]
    found = []
    for checkpoint in (networks["CNN"], planted):
        buffer.zero_()
        torch.save(checkpoint, tmp_path / "a.pt")
        report = modelreport.build(tmp_path / "a.pt", trace=False, spectra="none")
        found.append(next(f for f in report.findings if f.id == "W050"))
    assert (found[0].state, found[1].state) == ("clean", "found")
    assert [each.name for each in found[1].evidence] == [CONV]
