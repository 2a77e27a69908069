"""Options that several commands share."""

from __future__ import annotations

import inspect
import json
import logging
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated
from unittest import mock

import pytest
from typer.testing import CliRunner

from modelreport.cli import app
from modelreport.cli_options import Group, devices_from, languages_from, one_of, shared, some_of
from modelreport.errors import LoadError, OptionsError
from modelreport.render.json import write_json
from tests.factories import make_report
from tests.site.models import write_model


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """A command sets levels of loggers and the environment for its whole process; these tests run some in theirs."""
    loggers = [logging.getLogger(name) for name in ("", "modelreport")]
    levels = [logger.level for logger in loggers]
    with mock.patch.dict(os.environ):
        yield
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


def test_a_report_is_written_again_from_its_json(tmp_path: Path) -> None:
    kept, page = tmp_path / "report.json", tmp_path / "report.html"
    kept.write_bytes(write_json(make_report()))
    done = CliRunner().invoke(app, ["render", str(kept), "-o", str(page), "-o", str(tmp_path / "again.json")])
    assert done.exit_code == 0, done.output
    assert page.read_text().startswith("<!doctype html>")
    assert json.loads((tmp_path / "again.json").read_text()) == json.loads(kept.read_text())


def test_an_interrupt_while_a_report_is_written_again_says_what_is_there(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(write_json(make_report()))
    stopping = """
import os, signal, sys
from modelreport import api, cli
signal.signal(signal.SIGINT, signal.default_int_handler)
save = api.Report.save
def stop(self, target, **options):
    if target.suffix == ".csv":
        os.kill(os.getpid(), signal.SIGINT)
    return save(self, target, **options)
api.Report.save = stop
cli.main()
"""
    done = subprocess.run(
        [sys.executable, "-c", stopping, "render", "r.json", "-o", "r.md", "-o", "r.csv"], capture_output=True,
        text=True, timeout=300, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 130
    assert done.stderr.splitlines() == ["modelreport: stopped; only r.md was written."]
    assert {p.name for p in tmp_path.iterdir()} == {"r.json", "r.md", "r.map.svg"}


def test_what_is_redacted_is_in_no_name_and_not_on_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(tmp_path / "acme-secret.safetensors", 0)
    monkeypatch.chdir(tmp_path)
    options = ["--no-trace", "--redact", "names,paths", "--max-size", "1kB"]
    done = subprocess.run(
        [sys.executable, "-m", "modelreport", "build", "acme-secret.safetensors", *options],
        capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "acme" not in done.stdout + done.stderr
    assert done.stdout.startswith("model: ")
    assert done.stderr.startswith("modelreport: The page takes ")
    assert {p.name for p in tmp_path.iterdir()} == {"acme-secret.safetensors", "model.report.html"}


@pytest.mark.parametrize(
    "given", [["--lang", "xx"], ["--paper", "a3"], ["--max-size", "big"], ["--redact", "all"], ["--template-dir", "no"]]
)
def test_what_is_no_choice_is_refused_before_any_work(given: list[str], tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        CliRunner().invoke(app, ["render", str(tmp_path / "none.json"), "-o", "x.html", *given], catch_exceptions=False)


def test_a_group_of_options_stands_for_one_parameter() -> None:
    heard: list[object] = []

    def pair(*, left: int = 1, right: int = 2) -> tuple[int, int]:
        return left, right

    def command(path: str, both: tuple[int, int], last: bool = False) -> None:
        heard.append((path, both, last))

    command.__annotations__["both"] = Annotated[tuple[int, int], Group(pair)]
    made = shared(command)
    assert list(inspect.signature(made).parameters) == ["path", "left", "right", "last"]
    made(path="p", left=5, right=2, last=True)
    command.__annotations__["both"] = Annotated[tuple[int, int], Group(pair, leave_out=("right",))]
    shared(command)(path="q", left=7, last=False)
    assert heard == [("p", (5, 2), True), ("q", (7, 2), False)]


def test_values_complete() -> None:
    assert one_of(("error", "warning"))("w") == ["warning"]
    assert some_of(("names", "paths", "metadata"))("names,p") == ["names,paths"]
    assert some_of(("names", "paths"))("names,") == ["names,paths"]
    assert languages_from("z") == ["zh"]
    assert "h100" in devices_from("h")


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("--lang ", {"en", "zh"}),
        ("--paper l", {"letter"}),
        ("--redact names,p", {"names,paths"}),
        ("--as", {"--assets"}),
    ],
)
def test_the_shell_is_offered_them(typed: str, offered: set[str]) -> None:
    words = f"modelreport build m.pth {typed}".split(" ")
    done = CliRunner().invoke(
        app, [], prog_name="modelreport",
        env={"_MODELREPORT_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(words),
             "COMP_CWORD": str(len(words) - 1)},
    )  # fmt: skip
    assert set(done.output.split()) == offered


def test_what_is_hidden_adds_up_over_several_options(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_bytes(write_json(make_report()))
    asked = ["render", str(tmp_path / "r.json"), "-o", str(tmp_path / "s.json"), "--redact", "names"]
    assert CliRunner().invoke(app, [*asked, "--redact", "paths"]).exit_code == 0
    told = json.loads((tmp_path / "s.json").read_text())["generator"]["options"]
    assert {"name": "redact", "value": "names, paths"} in told
    with pytest.raises(OptionsError, match="names nothing to hide"):
        CliRunner().invoke(app, [*asked, "--redact", ""], catch_exceptions=False)


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
