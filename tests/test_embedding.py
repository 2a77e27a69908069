"""Reports inside documentation sites: what is asked for, what is kept, what is put into pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from modelreport import api, embedding
from modelreport.errors import MissingFileError, OptionsError
from modelreport.options import RenderOptions
from modelreport.render.json import write_json
from tests.factories import make_report
from tests.site.models import write_model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "saved.json"
    path.write_bytes(write_json(make_report()))
    return path


def test_what_is_asked_for_is_read(tmp_path: Path) -> None:
    asked = embedding.wish(
        tmp_path / "a.pth",
        {"input": "1,3,8,8; mask:int64[1,8]", "no-weights": None, "sections": "summary, weights", "height": "500"},
    )
    assert dict(asked.build) == {"input": ["1,3,8,8", "mask:int64[1,8]"], "weights": False}
    assert asked.look == RenderOptions(embed=True, assets="split", sections=("summary", "weights"))
    assert asked.height == "500px"
    assert dict(embedding.wish(tmp_path, {"no-trace": "false"}).build) == {}


@pytest.mark.parametrize(
    "given",
    [
        {"sectons": "summary"},
        {"sections": "summry"},
        {"height": "tall"},
        {"height": "1px;position:fixed"},
        {"name": '"><script>'},
        {"lang": "xx"},
        {"max-size": "big"},
        {"redact": "all"},
        {"template-dir": "nowhere"},
    ],
    ids=str,
)
def test_what_cannot_be_is_refused_before_any_work(given: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(OptionsError):
        embedding.wish(tmp_path / "a.pth", given)


def test_files_of_ones_own_are_looked_for_beside_the_page_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs" / "page").mkdir(parents=True)
    (tmp_path / "docs" / "nets.py").write_text("")
    near = (tmp_path / "docs" / "page", tmp_path / "docs")
    for given, expected in (
        ({"code": "nets.py"}, {"code": "docs/nets.py"}),
        ({"model": "nets.py:Net(3)"}, {"model": "docs/nets.py:Net(3)"}),
        ({"model": "package.nets:Net"}, {"model": "package.nets:Net"}),
        ({"code": "elsewhere.py"}, {"code": "elsewhere.py"}),
        ({"code": str(tmp_path / "docs" / "nets.py")}, {"code": str(tmp_path / "docs" / "nets.py")}),
    ):
        asked = embedding.wish(tmp_path, given, near=near)
        assert dict(asked.build) == expected
        assert len(embedding.own_files(asked)) == ("docs" in str(expected))


def test_a_report_follows_the_code_it_was_made_with(tmp_path: Path) -> None:
    code = tmp_path / "nets.py"
    code.write_text("a = 1")
    store, model = embedding.Store(tmp_path / "kept"), write_model(tmp_path / "a.safetensors")
    asked = embedding.wish(model, {"code": str(code)})
    before = store.key(asked)
    assert store.key(asked) == before
    code.write_text("a = 2")
    assert store.key(asked) != before


def test_what_went_wrong_is_told_without_the_place_of_the_build_or_a_name_that_is_hidden(tmp_path: Path) -> None:
    error = MissingFileError(f"{tmp_path / 'a.pth'} does not exist.", "Check it.")
    assert embedding.reason_to_show(error, {}, tmp_path / "a.pth", "a.pth") == "a.pth does not exist. Check it."
    assert "a.pth" not in embedding.reason_to_show(error, {"redact": "paths"}, tmp_path / "a.pth", "a.pth")
    assert embedding.reason_to_show(error, {}, Path(), "") == embedding.reason(error)


def test_the_language_of_the_site_is_that_of_its_reports_where_there_is_one(tmp_path: Path) -> None:
    assert [embedding.language(code) for code in ("zh_CN", "zh-Hans", "en", "de", "")] == ["zh", "zh", "en", "en", "en"]
    assert embedding.wish(tmp_path, {}, "zh_CN").look.lang == "zh"
    assert embedding.wish(tmp_path, {"lang": "en"}, "zh_CN").look.lang == "en"


def test_a_report_is_built_once_for_the_same_bytes_and_options(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, model = embedding.Store(tmp_path / "kept"), write_model(tmp_path / "a.safetensors")
    asked = embedding.wish(model, {"no-trace": "", "spectra": "none"})
    key = store.make(asked)
    real, built = api.build, []
    monkeypatch.setattr(api, "build", lambda *a, **k: (built.append(a), real(*a, **k))[1])
    model.touch()
    assert store.make(asked) == key
    assert not built
    write_model(model, width=5)
    assert store.make(asked) != key
    assert store.make(embedding.wish(model, {"no-trace": "", "spectra": "none", "title": "T"})) != key
    assert len(built) == 2
    assert store.report(key).structure.parameters == 3 * 4 + 3 + 4 * 3


def test_a_saved_report_needs_no_model(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(api, "build", lambda *_a, **_k: pytest.fail("built"))
    store = embedding.Store(tmp_path / "kept")
    assert store.report(store.make(embedding.wish(saved, {}))).title == make_report().title


def test_what_is_kept_is_as_private_as_what_is_shown(saved: Path, tmp_path: Path) -> None:
    store = embedding.Store(tmp_path / "kept")
    store.make(embedding.wish(saved, {"redact": "names,paths,metadata"}))
    [kept] = (tmp_path / "kept").iterdir()
    assert make_report().source.name not in kept.read_text()


def test_reports_that_nothing_shows_are_forgotten(saved: Path, tmp_path: Path) -> None:
    store = embedding.Store(tmp_path / "kept")
    first, second = (store.make(embedding.wish(saved, {"title": title})) for title in ("a", "b"))
    store.clean([second])
    assert [path.name.partition(".")[0] for path in (tmp_path / "kept").iterdir()] == [second]
    assert first != second


def test_a_model_that_is_not_there_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(MissingFileError, match="does not exist"):
        embedding.Store(tmp_path).make(embedding.wish(tmp_path / "nowhere.pth", {}))


def test_fragments_of_one_page_never_share_an_id(saved: Path) -> None:
    report, taken = api.Report.load(saved), set[str]()
    one = embedding.wish(saved, {})
    named = embedding.wish(saved, {"name": "encoder", "height": "80vh"})
    parts = [embedding.fragment(report, asked, "../_static/", taken) for asked in (one, one, named, named)]
    ids = [re.search(r'<model-report[^>]* id="([^"]+)"', part)[1] for part in parts]  # type: ignore[index]
    assert ids[1:] == [f"{ids[0]}-2", "encoder", "encoder-2"]
    outside = [re.sub(r"<template.*</template>", "", part, flags=re.DOTALL) for part in parts]
    every = [name for part in outside for name in re.findall(r'<span id="([^"]+)"', part)]
    assert len(every) == len(set(every)) > 20
    assert 'style="max-height:80vh;overflow:auto"' in parts[2]


def test_every_file_that_a_fragment_names_is_written(saved: Path, tmp_path: Path) -> None:
    asked = embedding.wish(saved, {})
    part = embedding.fragment(api.Report.load(saved), asked, "_static/", set())
    embedding.write_shared(tmp_path / "_static", [asked.look, asked.look])
    named = set(re.findall(r'(?:href|src|data-src)="(_static/[^"]+)"', part))
    assert named == {f"_static/{path.name}" for path in (tmp_path / "_static").iterdir()}
    assert len(named) == 3


def test_the_plain_text_says_what_the_page_does() -> None:
    report = api.Report.from_facts(make_report())
    told = embedding.told(report, RenderOptions())
    assert told.title == report.title
    assert {name: value for name, value, _ in told.figures}["Parameters"]
    assert len(told.findings) == sum(finding.state == "found" for finding in report.findings)
    assert report.verdict
    assert told.verdict.startswith("✖ Problem" if report.verdict.level == "error" else ("▲", "✓"))


def test_the_state_follows_from_scripts_and_versions() -> None:
    assert embedding.state() == embedding.state()
    assert re.fullmatch(r"[0-9a-f]{32}", embedding.state())
