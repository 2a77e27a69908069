"""The MkDocs plugin, by building small sites."""

from __future__ import annotations

import json
import logging
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.exceptions import Abort

from modelreport import api
from modelreport.errors import OptionsError
from modelreport.mkdocs import fences, read_fence
from modelreport.render.json import write_json
from tests.factories import make_report
from tests.published import fragments_of, shared_by
from tests.site.models import write_model, write_repository

FENCE = "```modelreport\n{}\n```\n"


class Docs:
    """A small site."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        (folder / "docs").mkdir()
        (folder / "saved.json").write_bytes(write_json(make_report()))

    def write(self, name: str, text: str) -> None:
        path = self.root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def build(self, strict: bool = False, directories: bool = True, **options: object) -> Any:
        """Build; warnings go to the log. Returns the plugin."""
        config = {
            "site_name": "Demo", "theme": {"name": "material", "font": False}, "markdown_extensions": ["admonition"],
            "use_directory_urls": directories, "strict": strict, "plugins": ["search", {"modelreport": options}],
        }  # fmt: skip
        (self.root / "mkdocs.yml").write_text(yaml.safe_dump(config))
        loaded = load_config(str(self.root / "mkdocs.yml"))
        loaded.plugins.on_startup(command="build", dirty=False)
        build(loaded)
        self.config = loaded
        return loaded.plugins["modelreport"]

    def page(self, name: str = "index.html") -> str:
        return (self.root / "site" / name).read_text()


@pytest.fixture
def docs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Docs:
    for name in ("mkdocs", "mkdocs.plugins", "mkdocs.plugins.modelreport"):
        monkeypatch.setattr(logging.getLogger(name), "disabled", False)  # by libraries that set up logging anew
    logging.getLogger("mkdocs").setLevel(logging.WARNING)
    return Docs(tmp_path)


def test_a_fence_becomes_the_report_and_all_pages_share_its_files(docs: Docs) -> None:
    docs.write("index.md", f"# Models\n\n{FENCE.format('../saved.json')}\nBetween\n\n{FENCE.format('saved.json')}")
    docs.write(
        "deep/page.md",
        "# Deep\n\n!!! note\n\n    ```modelreport\n    ../../saved.json\n    sections: summary\n    ```\n",
    )
    docs.build()
    site = docs.root / "site"
    assert len(fragments_of(docs.page())) == 2
    assert len(shared_by(site / "index.html", "assets/modelreport")) == 3
    below = shared_by(site / "deep" / "page" / "index.html", "assets/modelreport")
    assert len(below) == 2  # without charts no chart library
    assert re.findall(r'<section id="(\w+)" class="part"', docs.page("deep/page/index.html")) == ["summary"]
    assert docs.page().index("<model-report") < docs.page().index("Between") < docs.page().rindex("<model-report")


def test_addresses_are_right_without_folders_for_pages(docs: Docs) -> None:
    docs.write("index.md", FENCE.format("../saved.json"))
    docs.write("deep/page.md", FENCE.format("../../saved.json"))
    docs.build(strict=True, directories=False)
    assert len(shared_by(docs.root / "site" / "index.html", "assets/modelreport")) == 3
    assert len(shared_by(docs.root / "site" / "deep" / "page.html", "assets/modelreport")) == 3


def test_a_strict_build_stops_at_what_is_wrong(docs: Docs) -> None:
    docs.write("index.md", FENCE.format("nowhere.pth"))
    with pytest.raises(Abort):
        docs.build(strict=True)


class Server:
    """What ``mkdocs serve`` gives to plugins."""

    def __init__(self) -> None:
        self.watched: list[str] = []

    def watch(self, path: str) -> None:
        self.watched.append(Path(path).name)


def test_what_is_shown_is_watched_and_what_a_page_shows_later_too(docs: Docs) -> None:
    write_model(docs.root / "a.safetensors")
    write_repository(docs.root / "bert")
    docs.write("index.md", FENCE.format("a.safetensors\nno-trace\nspectra: none"))
    plugin, server = docs.build(), Server()
    assert plugin.on_serve(server, config=docs.config, builder=None) is server
    assert server.watched == ["a.safetensors"]  # not the folder: a log or cache in it would build without end
    docs.write("index.md", FENCE.format("a.safetensors\nno-trace") + "\n" + FENCE.format("bert\nno-trace"))
    build(docs.config)
    assert server.watched == ["a.safetensors", "bert"]


def test_search_reads_the_words_and_not_the_data(docs: Docs) -> None:
    docs.write("index.md", f"# Models\n\n{FENCE.format('../saved.json')}")
    docs.build()
    found = json.loads((docs.root / "site" / "search" / "search_index.json").read_text())
    text = " ".join(each["text"] for each in found["docs"])
    assert make_report().title in text
    assert len(text) < 10_000


def test_what_is_wrong_is_a_warning_at_its_line(docs: Docs, caplog: pytest.LogCaptureFixture) -> None:
    docs.write("index.md", f"---\ntitle: x\n---\n# Models\n\nWords\n\n{FENCE.format('nowhere.pth')}")
    with caplog.at_level(logging.WARNING, "mkdocs"):
        docs.build()
    assert any(re.search(r"index\.md:8: .*nowhere\.pth does not exist", each.message) for each in caplog.records)
    assert "nowhere.pth" in docs.page()


def test_a_report_is_built_once_until_its_checkpoint_changes(docs: Docs, monkeypatch: pytest.MonkeyPatch) -> None:
    model = write_model(docs.root / "docs" / "a.safetensors")
    docs.write("index.md", FENCE.format("a.safetensors\nno-trace\nspectra: none"))
    built = []
    real = api.build
    monkeypatch.setattr(api, "build", lambda *a, **k: (built.append(a), real(*a, **k))[1])
    docs.build()
    before = docs.page()
    docs.build()
    assert (len(built), docs.page()) == (1, before)
    write_model(model, width=9)
    docs.build()
    assert len(built) == 2
    assert len(list((docs.root / ".cache" / "plugin" / "modelreport").iterdir())) == 1


def test_it_can_be_switched_off_and_given_defaults(docs: Docs) -> None:
    docs.write("index.md", FENCE.format("../saved.json"))
    docs.build(enabled=False)
    assert "<model-report" not in docs.page()
    docs.build(defaults={"sections": "findings", "lang": "zh"})
    assert re.findall(r'<section id="(\w+)" class="part"', docs.page()) == ["findings"]
    assert 'lang="zh-CN"' in docs.page()


def test_each_part_of_a_site_has_reports_in_its_language(docs: Docs) -> None:
    docs.write("index.md", FENCE.format("../saved.json\nsections: summary"))
    docs.build()
    assert 'lang="en"' in docs.page()
    docs.config.theme["language"] = "zh"  # as mkdocs-static-i18n does between the parts of a build
    build(docs.config)
    assert re.search(r'<model-report [^>]*lang="zh-CN"', docs.page())


def test_a_fence_in_another_fence_is_an_example() -> None:
    text = "````\n```modelreport\na.pth\n```\n````\n\n~~~ modelreport\nb.pth\n~~~\n\n```python\nmodelreport\n```"
    assert [fence.lines for fence in fences(text.split("\n"))] == [("b.pth",)]


def test_a_fence_that_is_never_closed_is_left_alone() -> None:
    assert list(fences(["```modelreport", "a.pth"])) == []


def test_a_fence_holds_a_path_and_options() -> None:
    assert read_fence(("models/a b.pth", "title: A: the first", "no-trace")) == (
        "models/a b.pth",
        {"title": "A: the first", "no-trace": ""},
    )
    assert read_fence(("title: T", "path: a.pth")) == ("a.pth", {"title": "T"})
    for lines in ((), ("title: T",), ("a.pth", "what is this")):
        with pytest.raises(OptionsError):
            read_fence(lines)
