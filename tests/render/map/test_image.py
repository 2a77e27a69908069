"""The map as an SVG file of its own."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

from modelreport.api import Report
from modelreport.options import RenderOptions
from modelreport.render.map.image import map_image
from tests.factories import hostile_report, make_report, skipped_report


def test_the_image_is_a_whole_file_that_asks_for_nothing() -> None:
    data = map_image(make_report())
    assert data is not None
    root = ElementTree.fromstring(data)
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert not re.search(rb"url\(|href|<script|@import", data)
    classes = {word for each in root.iter() for word in each.get("class", "").split()}
    style = root.findtext("{http://www.w3.org/2000/svg}style") or ""
    styled = set(re.findall(r"\.(map-[a-z0-9-]+)", style))
    assert classes - styled <= {"map-static", "map-card", "map-plain", "map-depth-0"}
    assert "#1f5fbf" in style or "map-skip" in style
    assert style.count("@media(prefers-color-scheme:dark)") == 1


def test_names_stay_data() -> None:
    data = map_image(hostile_report())
    assert data is None or ElementTree.fromstring(data) is not None


def test_the_markdown_shows_it_from_a_file_beside_it(tmp_path: Path) -> None:
    report = Report.from_facts(make_report())
    report.save(tmp_path / "digits report.md")
    text = (tmp_path / "digits report.md").read_text()
    assert "](digits%20report.map.svg)" in text
    assert (tmp_path / "digits report.map.svg").read_bytes() == map_image(report)
    assert "map.svg" not in report.render(".md").decode(), "text alone names no file"


def test_without_anything_to_draw_there_is_no_file(tmp_path: Path) -> None:
    report = Report.from_facts(skipped_report())
    report.save(tmp_path / "r.md", options=RenderOptions(card=True))
    shown = (tmp_path / "r.map.svg").exists()
    assert shown == ("r.map.svg" in (tmp_path / "r.md").read_text())
    assert shown == (map_image(report) is not None)
