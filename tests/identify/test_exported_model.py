"""Archives of torch.export through the front door."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import modelreport
from modelreport.facts import Identification, Skipped, Trace

pytestmark = pytest.mark.filterwarnings("ignore")


def saved(tmp_path: Path) -> Path:
    module = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))
    path = tmp_path / "net.pt2"
    torch.export.save(torch.export.export(module.eval(), (torch.zeros(1, 3, 8, 8),)), path)
    return path


def changed(path: Path, change: Any) -> Path:
    """The archive with its ``model.json`` changed."""
    made = path.with_name("changed.pt2")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(made, "w") as new:
        for info in old.infolist():
            data = old.read(info)
            if info.filename.endswith("models/model.json"):
                model = json.loads(data)
                change(model)
                data = json.dumps(model).encode()
            new.writestr(info.filename, data)
    return made


def test_an_archive_is_its_own_architecture(tmp_path: Path):
    report = modelreport.build(saved(tmp_path))
    assert isinstance(report.identification, Identification)
    assert (report.identification.how, report.identification.name) == ("graph", "Sequential")
    assert report.identification.matched == report.identification.total == 9
    assert isinstance(report.trace, Trace)
    assert report.trace.macs == 36 * 8 * 27 + 8 * 36 * 10
    assert {m.type for m in report.structure.modules} == {
        "Sequential",
        "Conv2d",
        "BatchNorm2d",
        "ReLU",
        "Flatten",
        "Linear",
    }
    assert report.structure.parameters == 8 * 27 + 8 + 16 + 8 * 36 * 10 + 10


def test_a_program_that_calls_what_is_not_known_is_told_and_described_without_a_pass(tmp_path: Path):
    def change(model: Any) -> None:
        model["graph_module"]["graph"]["nodes"][0]["target"] = "os.system"

    report = modelreport.build(changed(saved(tmp_path), change))
    assert isinstance(report.identification, Skipped)
    assert "it calls os.system, which is not known here" in report.identification.reason
    assert report.structure.parameters > 0


def test_shapes_that_cannot_be_are_told(tmp_path: Path):
    def change(model: Any) -> None:
        values = model["graph_module"]["graph"]["tensor_values"]
        for value in values.values():
            value["sizes"] = [{"as_int": -5}]

    report = modelreport.build(changed(saved(tmp_path), change))
    assert isinstance(report.identification, Skipped)
    assert "cannot be built" in report.identification.reason
