"""The room's front door: a writer for each suffix."""

from __future__ import annotations

import pytest

from modelreport.errors import OutputError
from modelreport.render import WRITERS, figures, render
from tests.factories import make_report


def test_every_suffix_has_its_writer_in_any_case() -> None:
    report = make_report()
    assert set(WRITERS) == {".html", ".pdf", ".md", ".json", ".csv"}
    assert render(report, ".html").startswith(b"<!doctype html>")
    assert render(report, ".HTML") == render(report, ".html")
    assert render(report, ".json").lstrip().startswith(b"{")
    assert render(report, ".md").startswith(b"#")
    assert render(report, ".pdf").startswith(b"%PDF")
    assert render(report, ".csv").startswith(b"name,shape,")


@pytest.mark.parametrize("suffix", ["", ".docx", "html"])
def test_another_suffix_is_a_clear_error(suffix: str) -> None:
    with pytest.raises(OutputError) as caught:
        render(make_report(), suffix)
    assert ".html" in caught.value.hint


def test_charts_are_figures_by_their_id() -> None:
    made = figures(make_report())
    assert "flops-by-family" in made
    assert made["flops-by-family"].to_dict()["data"]
