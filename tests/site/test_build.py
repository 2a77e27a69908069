"""The catalogue on disk: made, brought up to date, stopped halfway."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from modelreport import api
from modelreport.errors import LoadError, OutputError
from modelreport.options import RenderOptions
from modelreport.site import Outcome, Plan, build_site
from modelreport.site.manifest import read_manifest
from tests.site.models import write_model, write_repository


@pytest.fixture
def plan(tmp_path: Path) -> Plan:
    write_model(tmp_path / "zoo" / "a.safetensors")
    write_model(tmp_path / "zoo" / "deep" / "b c.safetensors", width=4)
    (tmp_path / "zoo" / "broken.pth").write_text("<html>")
    return Plan(folder=tmp_path / "zoo", output=tmp_path / "site", build={"trace": False, "spectra": "none"})


def files(output: Path) -> dict[str, bytes]:
    return {path.relative_to(output).as_posix(): path.read_bytes() for path in output.rglob("*") if path.is_file()}


def test_every_link_leads_to_a_file(plan: Plan) -> None:
    done = build_site(plan)
    assert (done.built, done.unread) == (["a.safetensors", "deep/b c.safetensors"], ["broken.pth"])
    pages = [plan.output / "index.html", *(plan.output / "models").glob("*.html")]
    assert len(pages) == 3
    for page in pages:
        links = re.findall(r'(?:href|src|data-src)="([^"#:]+)"', page.read_text())
        assert links
        assert all((page.parent / link).is_file() for link in links), page
    assert "broken.pth" in (plan.output / "index.html").read_text()


def test_what_did_not_change_is_not_made_again(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    build_site(plan)
    before = files(plan.output)
    monkeypatch.setattr(api, "build", lambda *_a, **_k: pytest.fail("built again"))
    (plan.folder / "broken.pth").unlink()
    build_site(plan)
    (plan.folder / "a.safetensors").touch()
    done = build_site(plan)
    assert done.unchanged == ["a.safetensors", "deep/b c.safetensors"]
    after = files(plan.output)
    assert {n: d for n, d in after.items() if n.startswith(("models", "assets"))} == {
        n: d for n, d in before.items() if n.startswith(("models", "assets"))
    }


def test_what_changed_is_made_again_and_what_went_is_taken_away(plan: Plan) -> None:
    build_site(plan)
    write_model(plan.folder / "a.safetensors", width=7)
    (plan.folder / "deep" / "b c.safetensors").unlink()
    write_repository(plan.folder / "bert")
    done = build_site(plan)
    assert (done.built, done.removed) == (["a.safetensors", "bert"], ["deep/b c.safetensors"])
    assert {path.stem for path in (plan.output / "models").iterdir()} == {"a.safetensors", "bert"}


def test_other_files_of_the_folder_are_left_alone(plan: Plan) -> None:
    build_site(plan)
    for name in ("CNAME", "models/notes.txt", "assets/logo.png"):
        (plan.output / name).write_text("mine")
    (plan.folder / "a.safetensors").unlink()
    build_site(plan)
    assert all((plan.output / name).is_file() for name in ("CNAME", "models/notes.txt", "assets/logo.png"))


def test_another_way_of_writing_needs_no_model(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    build_site(plan)
    monkeypatch.setattr(api, "build", lambda *_a, **_k: pytest.fail("built again"))
    (plan.folder / "broken.pth").unlink()
    done = build_site(replace(plan, look=RenderOptions(lang="zh")))
    assert done.written == ["a.safetensors", "deep/b c.safetensors"]
    assert '<html lang="zh-CN">' in (plan.output / "models" / "a.safetensors.html").read_text()


def test_force_makes_everything_again(plan: Plan) -> None:
    build_site(plan)
    assert build_site(replace(plan, force=True)).built == ["a.safetensors", "deep/b c.safetensors"]


def test_a_page_that_was_deleted_is_written_again(plan: Plan) -> None:
    build_site(plan)
    (plan.output / "models" / "a.safetensors.html").unlink()
    assert build_site(plan).written == ["a.safetensors"]


def test_stopped_halfway_it_holds_what_is_done_and_what_was_there(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    build_site(plan)
    for width, name in enumerate(("a.safetensors", "deep/b c.safetensors"), 8):
        write_model(plan.folder / name, width=width)
    real = api.build

    def stopped(path: Path, **options: object) -> api.Report:
        if "b c" in path.name:
            raise KeyboardInterrupt
        return real(path, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(api, "build", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_site(plan)
    listed = {entry.card.name for entry in read_manifest(plan.output).models}
    assert {"a.safetensors", "deep/b c.safetensors"} <= listed
    assert not list(plan.output.rglob(".*.html.*"))
    monkeypatch.setattr(api, "build", real)
    assert build_site(plan).built == ["deep/b c.safetensors"]


def test_a_model_that_fails_as_nobody_foresaw_is_told(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_a: object, **_k: object) -> api.Report:
        raise RuntimeError("out of luck")

    monkeypatch.setattr(api, "build", failing)
    done = build_site(plan)
    assert len(done.unread) == 3
    assert "RuntimeError: out of luck" in (plan.output / "index.html").read_text()


PRIVATE = RenderOptions(redact=frozenset({"names", "paths", "metadata"}))


def test_what_is_private_is_in_no_file_and_no_name_and_is_not_said(plan: Plan) -> None:
    secret = plan.folder.rename(plan.folder.with_name("secretzoo"))
    (secret / "a.safetensors").rename(secret / "secretmodel.safetensors")
    said: list[str] = []
    build_site(replace(plan, folder=secret))  # everyone's, before it was private
    done: Outcome = build_site(replace(plan, folder=secret, look=PRIVATE), lambda *words: said.append(" ".join(words)))
    assert len(done.built) == len(done.removed) == 2
    assert len(said) == 5
    for name, data in [*files(plan.output).items(), ("terminal", "\n".join(said).encode())]:
        assert not re.search(r"secret|b c|broken\.pth|frobni|quux", name + data.decode()) or (
            name.startswith("assets/")
        ), name


def test_a_private_name_is_no_hash_of_the_name_and_copies_have_their_own(plan: Plan) -> None:
    write_model(plan.folder / "copy.safetensors")
    build_site(replace(plan, look=PRIVATE))
    names = {path.name for path in (plan.output / "models").glob("*.html")}
    assert len(names) == 3
    assert sum("-2." in name for name in names) == 1
    (plan.folder / "a.safetensors").rename(plan.folder / "other.safetensors")
    build_site(replace(plan, look=PRIVATE))
    assert {path.name for path in (plan.output / "models").glob("*.html")} == names


def test_a_private_catalogue_that_is_stopped_keeps_what_was_there(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    private = replace(plan, look=PRIVATE)
    build_site(private)
    write_model(plan.folder / "a.safetensors", width=8)

    def stopped(*_: object, **__: object) -> api.Report:
        raise KeyboardInterrupt

    monkeypatch.setattr(api, "build", stopped)
    with pytest.raises(KeyboardInterrupt):
        build_site(private)
    assert len(read_manifest(plan.output).models) == 2
    monkeypatch.undo()
    done = build_site(private)
    assert (done.built, len(done.unchanged), len(done.removed)) == (["a.safetensors"], 1, 1)


def test_a_folder_without_a_model_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(LoadError, match="no model was found"):
        build_site(Plan(folder=tmp_path, output=tmp_path / "site"))
    assert not (tmp_path / "site").exists()


def test_a_page_of_somebody_elses_is_not_written_over(plan: Plan) -> None:
    plan.output.mkdir()
    (plan.output / "index.html").write_text("theirs")
    with pytest.raises(OutputError, match="not of a catalogue"):
        build_site(plan)
    assert (plan.output / "index.html").read_text() == "theirs"
    assert [path.name for path in plan.output.iterdir()] == ["index.html"]


def test_pages_know_the_way_back(plan: Plan) -> None:
    build_site(plan)
    page = (plan.output / "models" / "a.safetensors.html").read_text()
    assert '<a href="../index.html">zoo</a>' in page
