"""The library's front door."""

from __future__ import annotations

import json
from pathlib import Path

import plotly.graph_objects as go
import pytest
import torch
from torch import nn

import modelreport
from modelreport import Report, api
from modelreport.errors import CorruptFileError, MissingFileError, OptionsError, OutputError
from modelreport.facts import Identification, Skipped, TensorSpec, Trace
from modelreport.options import RenderOptions

NET = nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.Flatten(), nn.Linear(8 * 36, 10))


@pytest.fixture(scope="module")
def report() -> Report:
    return modelreport.build(NET, input=(1, 3, 8, 8))


def test_a_saved_report_loads_equal(report: Report, tmp_path: Path) -> None:
    path = report.save(tmp_path / "r.json")
    assert Report.load(path) == report
    assert isinstance(Report.load(path), Report)


def test_a_loaded_report_renders_without_the_model(report: Report, tmp_path: Path) -> None:
    again = Report.load(report.save(tmp_path / "r.json"))
    for suffix in (".html", ".md", ".json", ".pdf"):
        assert again.render(suffix) == report.render(suffix)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"schema_version": 999}', '{"schema_version": 1}'])
def test_what_is_not_a_report_is_a_clear_error(text: str, tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(text)
    with pytest.raises(CorruptFileError):
        Report.load(path)


def test_a_missing_report_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError):
        Report.load(tmp_path / "no.json")


def test_json_text_is_plain_json(report: Report) -> None:
    assert json.loads(report.to_json())["structure"]["parameters"] == report.structure.parameters


def test_figures_are_plotly_figures(report: Report) -> None:
    assert "map" in report.figures
    assert len(report.figures) >= 5
    for name in report.figures:
        figure = report.figures[name]
        assert isinstance(figure, go.Figure), name
        assert len(figure.data) > 0, name


def test_a_notebook_shows_the_page_in_a_frame(report: Report) -> None:
    html = report._repr_html_()
    assert html.startswith("<iframe srcdoc=")
    assert "<script" not in html  # all of it escaped inside the attribute


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, []),
        ((1, 3, 8, 8), [((1, 3, 8, 8), "float32", "")]),
        ("int64[1,4]", [((1, 4), "int64", "")]),
        (["1,2", "b:1,3"], [((1, 2), "float32", ""), ((1, 3), "float32", "b")]),
        ({"a": "int64[2]", "b": (1, 2)}, [((2,), "int64", "a"), ((1, 2), "float32", "b")]),
    ],
)
def test_inputs_come_in_several_forms(given: object, expected: list[tuple[tuple[int, ...], str, str]]) -> None:
    assert api.parse_inputs(given) == [TensorSpec(shape=s, dtype=d, name=n) for s, d, n in expected]


def test_outputs_that_cannot_be_written_are_refused(report: Report, tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        report.save(tmp_path / "r.docx")
    with pytest.raises(OutputError):
        report.save(tmp_path / "no" / "r.md")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(OutputError):
        report.save(tmp_path / "folder.md")


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, target: Path) -> Path:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match="No space left"):
        api.write_atomically(tmp_path / "r.md", b"text")
    assert list(tmp_path.iterdir()) == []


def test_a_written_file_has_the_ordinary_mode(tmp_path: Path) -> None:
    api.write_atomically(tmp_path / "r.md", b"text")
    (tmp_path / "other").write_bytes(b"")
    assert (tmp_path / "r.md").stat().st_mode == (tmp_path / "other").stat().st_mode


class Small(nn.Module):
    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.layer = nn.Linear(3, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def test_a_class_with_arguments_builds_the_architecture_of_a_state_dict() -> None:
    report = modelreport.build(Small(6).state_dict(), model=Small, arguments={"width": 6})
    assert isinstance(report.identification, Identification)
    assert (report.identification.name, report.identification.matched) == ("Small", 2)
    assert report.identification.user_code.endswith("Small, an object that the caller gave")
    assert isinstance(report.trace, Trace)
    assert report.trace.macs == 18 * report.trace.inputs[0].shape[0]
    with pytest.raises(OptionsError, match="has no argument 'depth'"):
        modelreport.build(Small(6).state_dict(), model=Small, arguments={"depth": 6})


def test_values_are_left_alone_when_asked() -> None:
    report = modelreport.build(NET, input=(1, 3, 8, 8), weights=False)
    assert isinstance(report.weights, Skipped)
    assert report.weights.hint == "leave out --no-weights"


def test_reports_share_the_files_beside_them(report: Report, tmp_path: Path) -> None:
    split = RenderOptions(assets="split")
    report.save(tmp_path / "a.html", options=split)
    shared = {path: path.stat().st_mtime_ns for path in tmp_path.glob("modelreport-*")}
    assert {path.suffix for path in shared} == {".js", ".css"}
    report.save(tmp_path / "b.html", options=split)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("modelreport-*")} == shared
    assert all(path.name in (tmp_path / "b.html").read_text() for path in shared)
    assert len(list(tmp_path.iterdir())) == len(shared) + 2


def test_a_shared_file_that_was_cut_short_is_written_anew(report: Report, tmp_path: Path) -> None:
    split = RenderOptions(assets="split")
    report.save(tmp_path / "a.html", options=split)
    [style] = tmp_path.glob("*.css")
    whole = style.read_bytes()
    style.write_bytes(whole[:100])
    report.save(tmp_path / "a.html", options=split)
    assert style.read_bytes() == whole
