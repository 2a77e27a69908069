from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from modelreport.render.environment import environment
from modelreport.render.sections.architecture import SECTION
from tests.factories import make_report, skipped_report

sys.path.insert(0, str(Path(__file__).parent.parent / "map"))

import scenes


def paint(report) -> str:
    values = dict(SECTION.context(report))
    values.pop("payloads", None)
    return environment().get_template("sections/architecture.html").render(report=report, **values)


def test_the_section_has_the_drawing_its_legend_and_the_data_to_zoom():
    report = make_report()
    markup = paint(report)
    assert "<svg" in markup
    assert "convolution" in markup
    assert set(SECTION.context(report)["payloads"]) == {"map", "map-details"}


def test_without_a_pass_it_says_why_and_that_the_map_is_inferred():
    report = skipped_report()
    markup = paint(report)
    assert report.trace.reason in markup
    assert "inferred" in markup


def test_a_pass_that_ended_early_is_said_above_the_map():
    report = scenes.resnet().report()
    broken = msgspec.structs.replace(report.trace, complete=False, error="shapes do not fit")
    assert "The pass ended early" in paint(msgspec.structs.replace(report, trace=broken))


def test_a_model_without_modules_has_no_map_and_no_data():
    report = skipped_report()
    empty = msgspec.structs.replace(report, structure=msgspec.structs.replace(report.structure, modules=()))
    assert "nothing to draw" in paint(empty)
    assert "payloads" not in SECTION.context(empty)


def test_skip_connections_are_explained_where_there_are_any():
    assert "skip connection" in paint(scenes.resnet().report())
    assert "skip connection" not in paint(scenes.flat(5).report())
