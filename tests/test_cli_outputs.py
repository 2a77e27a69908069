"""What a command is asked to write."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelreport.cli_outputs import APPLIES, check_applies, check_kept, check_parts, targets_of
from modelreport.errors import OptionsError
from modelreport.options import RenderOptions
from modelreport.render.json import write_json
from tests.factories import make_report

LOOK = RenderOptions()


def test_a_form_is_that_of_the_suffix_and_a_table_is_csv_by_any_name() -> None:
    made = targets_of([Path("a.HTML"), Path("b.md")], [Path("t.txt"), Path("u.csv")])
    assert list(made.items()) == [
        (Path("a.HTML"), ".html"), (Path("b.md"), ".md"), (Path("t.txt"), ".csv"), (Path("u.csv"), ".csv"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outputs", "tables"),
    [(["a.html", "./a.html"], []), (["a.html"], ["a.html"]), ([], ["t.csv", "t.csv"]), (["a.md"], ["a.map.svg"])],
)
def test_two_outputs_are_not_one_file(outputs: list[str], tables: list[str]) -> None:
    with pytest.raises(OptionsError, match="two outputs cannot be one file"):
        targets_of(map(Path, outputs), map(Path, tables))


def test_two_outputs_through_a_link_are_one_file(tmp_path: Path) -> None:
    (tmp_path / "other").symlink_to(tmp_path)
    with pytest.raises(OptionsError, match="two outputs cannot be one file"):
        targets_of([tmp_path / "a.html", tmp_path / "other" / "a.html"])


@pytest.mark.parametrize("name", APPLIES)
def test_an_option_that_changes_no_output_is_refused_and_one_that_changes_some_is_not(name: str) -> None:
    flag = f"--{name.replace('_', '-')}"
    with pytest.raises(OptionsError, match=f"{flag} is for ") as caught:
        check_applies({name}, [".json", ".csv"])
    assert f"leave {flag} out" in caught.value.hint
    check_applies({name}, [".json", APPLIES[name][0]])
    check_applies(set(), [".json"])


def test_a_form_there_is_not_is_told_by_others() -> None:
    check_applies({"card"}, [".docx"])


@pytest.mark.parametrize(
    ("name", "options", "expected"),
    [
        ("inputs", {"trace": False}, "--input: with --no-trace there is no forward pass."),
        ("device", {"trace": False}, "--device: with --no-trace there is no forward pass."),
        ("spectra", {"weights": False, "spectra": "all"}, "--spectra: with --no-weights no values are read."),
        ("dask", {"weights": False}, "--dask: with --no-weights no values are read."),
    ],
)
def test_what_is_about_a_part_that_is_left_out_is_refused(name: str, options: dict[str, object], expected: str) -> None:
    whole = {"trace": True, "weights": True, "spectra": "sample"}
    check_parts({name}, whole)
    check_parts(set(), whole | options)
    with pytest.raises(OptionsError) as caught:
        check_parts({name}, whole | options)
    assert caught.value.message == expected


def test_no_spectra_of_no_weights_is_no_contradiction() -> None:
    check_parts({"spectra"}, {"trace": True, "weights": False, "spectra": "none"})


def test_what_is_read_is_not_written_over_by_whatever_name(tmp_path: Path) -> None:
    model = tmp_path / "m.html"
    model.write_text("weights")
    (tmp_path / "link.html").symlink_to(model)
    os.link(model, tmp_path / "second.html")
    for name in ("m.html", "link.html", "second.html"):
        with pytest.raises(OptionsError, match="is the file that is read"):
            check_kept(tmp_path / name, model, LOOK)
    check_kept(tmp_path / "new.html", model, LOOK)


def test_a_file_of_the_model_is_kept_and_a_report_beside_it_is_written_again(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(OptionsError, match="is a file of the model itself"):
        check_kept(tmp_path / "config.json", tmp_path, LOOK)
    (tmp_path / "report.json").write_bytes(write_json(make_report()))
    (tmp_path / "README.md").write_text("# words")
    for name in ("report.json", "README.md", "new.json"):
        check_kept(tmp_path / name, tmp_path, LOOK)


def test_a_report_does_not_become_a_template(tmp_path: Path) -> None:
    look = RenderOptions(template_dir=str(tmp_path))
    with pytest.raises(OptionsError, match="lies among your own templates"):
        check_kept(tmp_path / "report.html", tmp_path / "m.pth", look)
