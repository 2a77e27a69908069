"""What the panels tell of a tensor."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from modelreport.facts import Report, Weights
from modelreport.render.anchors import anchors
from modelreport.render.payload import pack, unpack
from modelreport.render.weights import details as module
from modelreport.render.weights.details import details
from modelreport.render.weights.histograms import SIGNS
from modelreport.render.weights.tensors import tensors
from tests.factories import hostile_report, make_report
from tests.factories_weights import rich_report


def told(report: Report) -> dict[str, Any]:
    assert isinstance(report.weights, Weights)
    made: dict[str, Any] = unpack(
        pack(details(report, report.weights, tensors(report, report.weights), anchors(report)))
    )
    return made


def test_tensors_know_their_module_and_the_findings_that_point_at_them() -> None:
    report = rich_report()
    made = told(report)
    paths = [report.structure.modules[index].path for index in made["modules"]]
    assert paths == [fact.module for fact in report.structure.tensors]
    (index,) = made["findings"]["3"]
    assert made["told"][str(index)][:4] == ["warning", "Warning", "▲", "Unlike its peers"]
    assert report.structure.tensors[3].name in made["told"][str(index)][4]


def test_channels_peers_and_copies_are_told_in_words() -> None:
    lines = dict(told(rich_report())["lines"]["0"])
    assert lines["Equal channels"] == "3 = 17; 20 = 21"
    assert lines["Repeated blocks"] == "64–95 repeat 0–31"
    assert lines["Same values as"] == "encoder.layer.0.attention.key.weight"
    assert lines["Against its peers"].count(",") == 4
    assert len(lines["Outlier channels"].split(", ")) == 5
    assert "median" in lines["Channel norms"]


def test_a_spectrum_is_a_falling_curve() -> None:
    report = rich_report()
    assert isinstance(report.weights, Weights)
    largest, decades, signs, last = told(report)["spectra"]["0"]
    heights = [SIGNS.index(sign) for sign in signs]
    assert heights[0] == len(SIGNS) - 1
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] == 0
    assert largest == pytest.approx(report.weights.spectra.tensors[0].values[0], rel=1e-3)  # type: ignore[union-attr]
    assert 1.5 < decades < 2
    assert last == 255


def test_of_very_many_tensors_only_the_largest_are_told_in_detail(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST", 4)
    made = told(rich_report())
    assert len(made["lines"]) == len(made["spectra"]) == 4
    assert len(made["modules"]) == 80
    assert "3" in made["findings"]


def test_without_parts_there_is_little_to_tell() -> None:
    made = told(make_report())
    assert {term for lines in made["lines"].values() for term, _ in lines} <= {"Channel norms", "Zero channels are"}
    assert made["spectra"] == {}
    assert made["pictures"] == []


def test_names_are_cut_and_made_visible() -> None:
    assert "\u202e" not in str(told(hostile_report()))
    report = rich_report()
    assert isinstance(report.weights, Weights)
    first = report.weights.duplicates[0]
    long = replace(report.weights, duplicates=(replace(first, names=(first.names[0], "\u202e" + "x" * 10_000)),))
    lines = dict(told(replace(report, weights=long))["lines"]["0"])
    assert lines["Same values as"].startswith("\\u202e")
    assert len(lines["Same values as"]) < 200
