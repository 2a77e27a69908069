"""Options that several commands share."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from modelreport.cli import app
from modelreport.errors import LoadError, OptionsError
from modelreport.render.json import write_json
from tests.factories import make_report
from tests.site.models import write_model


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


def test_a_folder_becomes_a_catalogue_and_only_changes_are_made_again(tmp_path: Path) -> None:
    write_model(tmp_path / "zoo" / "a.safetensors")
    (tmp_path / "zoo" / "broken.pth").write_text("<html>")
    asked = ["site", str(tmp_path / "zoo"), "-o", str(tmp_path / "site"), "--no-trace"]
    done = CliRunner().invoke(app, asked)
    assert done.exit_code == 0, done.output
    assert "1 built, 1 not read" in done.output
    again = CliRunner().invoke(app, asked)
    assert "1 unchanged, 1 not read" in again.output
    assert (tmp_path / "site" / "index.html").is_file()


def test_a_catalogue_can_fail_on_what_it_finds(tmp_path: Path) -> None:
    shutil.copy(Path(__file__).parent.parent / "sample_models" / "broken_weights.pth", tmp_path)
    asked = ["site", str(tmp_path), "-o", str(tmp_path / "site"), "--no-trace", "-q"]
    assert CliRunner().invoke(app, [*asked, "--fail-on", "error"]).exit_code == 1
    assert CliRunner().invoke(app, asked).exit_code == 0


def test_a_folder_without_models_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no model was found"):
        CliRunner().invoke(app, ["site", str(tmp_path), "-o", str(tmp_path / "s")], catch_exceptions=False)
