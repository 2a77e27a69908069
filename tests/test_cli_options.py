"""Options that several commands share."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelreport.cli import app
from modelreport.errors import OptionsError
from modelreport.render.json import write_json
from tests.factories import make_report


def test_a_report_is_written_again_from_its_json(tmp_path: Path) -> None:
    kept, page = tmp_path / "report.json", tmp_path / "report.html"
    kept.write_bytes(write_json(make_report()))
    done = CliRunner().invoke(app, ["render", str(kept), "-o", str(page), "-o", str(tmp_path / "again.json")])
    assert done.exit_code == 0, done.output
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(kept.read_text())


@pytest.mark.parametrize(
    "given", [["--lang", "xx"], ["--paper", "a3"], ["--max-size", "big"], ["--redact", "all"], ["--template-dir", "no"]]
)
def test_what_is_no_choice_is_refused_before_any_work(given: list[str], tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        CliRunner().invoke(app, ["render", str(tmp_path / "none.json"), "-o", "x.html", *given], catch_exceptions=False)


def test_the_markdown_is_a_model_card_when_asked(tmp_path: Path) -> None:
    kept, card = tmp_path / "report.json", tmp_path / "README.md"
    kept.write_bytes(write_json(make_report()))
    done = CliRunner().invoke(app, ["render", str(kept), "-o", str(card), "--card"])
    assert done.exit_code == 0, done.output
    assert card.read_text().startswith("---\n")
