"""The Sphinx directive, by building small sites."""

from __future__ import annotations

import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

from modelreport import api
from modelreport.render.json import write_json
from tests.factories import make_report
from tests.published import fragments_of, shared_by
from tests.site.models import write_model


class Docs:
    """A small site."""

    def __init__(self, folder: Path) -> None:
        self.source = folder / "docs"
        self.source.mkdir()
        self.out = folder / "out"
        self.warnings = ""
        (self.source / "conf.py").write_text("extensions = ['modelreport.sphinx']\nhtml_theme = 'alabaster'\n")
        (self.source / "report.json").write_bytes(write_json(make_report()))

    def write(self, name: str, text: str) -> None:
        path = self.source / f"{name}.rst"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def build(self, builder: str = "html", parallel: int = 0, **config: Any) -> Sphinx:
        """Build, and keep what was warned of."""
        told = StringIO()
        with patch_docutils(self.source), docutils_namespace():
            app = Sphinx(
                self.source, self.source, self.out / builder, self.out / "trees", builder,
                confoverrides=config, status=None, warning=told, parallel=parallel,
            )  # fmt: skip
            app.build()
        self.warnings = told.getvalue()
        return app

    def page(self, name: str) -> str:
        return (self.out / "html" / f"{name}.html").read_text()


@pytest.fixture
def docs(tmp_path: Path) -> Docs:
    made = Docs(tmp_path)
    made.write(
        "index",
        "Models\n======\n\n.. toctree::\n   :glob:\n\n   deep/*\n\n.. modelreport:: report.json\n   :name: first\n",
    )
    return made


def test_two_reports_on_a_page_and_one_below_share_their_files(docs: Docs) -> None:
    docs.write(
        "index",
        "Models\n======\n\n.. toctree::\n\n   deep/page\n\n" + ".. modelreport:: report.json\n\n" * 2,
    )
    docs.write("deep/page", "Deep\n====\n\n.. modelreport:: /report.json\n   :sections: summary\n")
    docs.build()
    assert docs.warnings == ""
    assert len(fragments_of(docs.page("index"))) == 2
    assert len(shared_by(docs.out / "html" / "index.html", "_static/modelreport")) == 3
    below = shared_by(docs.out / "html" / "deep" / "page.html", "_static/modelreport")
    assert len(below) == 2  # without charts no chart library
    assert "shadowrootmode" in docs.page("deep/page")
    assert not (docs.out / "html" / "_static" / "modelreport").joinpath("report.json").exists()


def test_search_knows_what_the_report_says(docs: Docs) -> None:
    docs.build()
    index = (docs.out / "html" / "searchindex.js").read_text()
    title = make_report().title.lower()
    assert title in index
    assert "payload" not in index


@pytest.mark.parametrize("builder", ["text", "latex", "man", "epub", "xml", "gettext", "dummy", "linkcheck"])
def test_documents_that_are_no_pages_say_it_in_words(builder: str, docs: Docs) -> None:
    docs.build(builder, version="1", epub_copyright="nobody", epub_show_urls="no")
    assert "modelreport" not in docs.warnings
    written = {
        "text": "index.txt",
        "latex": "projectnamenotset.tex",
        "man": "projectnamenotset.1",
        "epub": "index.xhtml",
    }
    if builder in written:
        text = (docs.out / builder / written[builder]).read_text()
        assert make_report().title in text
        assert "Parameters" in text
        assert "<model-report" not in text


@pytest.mark.parametrize(("builder", "name"), [("dirhtml", "deep/page/index.html"), ("singlehtml", "index.html")])
def test_addresses_are_right_in_every_form_of_site(builder: str, name: str, docs: Docs) -> None:
    docs.write("deep/page", "Deep\n====\n\n.. modelreport:: /report.json\n")
    docs.build(builder)
    assert shared_by(docs.out / builder / name, "_static/modelreport")


def test_what_is_wrong_is_a_warning_at_its_line(docs: Docs) -> None:
    docs.write(
        "index",
        "Models\n======\n\n.. modelreport:: nowhere.pth\n\n.. modelreport:: report.json\n   :sections: summry\n",
    )
    docs.build()
    assert re.search(r"index\.rst:4: WARNING: modelreport: nowhere\.pth: .*does not exist", docs.warnings)
    assert re.search(
        r"index\.rst:6: WARNING: modelreport: report\.json: summry: there is no such section", docs.warnings
    )
    assert "nowhere.pth" in docs.page("index")


def test_a_page_is_made_again_when_its_checkpoint_changes_and_not_before(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = write_model(docs.source / "a.safetensors")
    docs.write(
        "index", "Models\n======\n\n.. modelreport:: a.safetensors\n   :no-trace:\n   :spectra: none\n   :name: a\n"
    )
    docs.write("other", ":orphan:\n\nOther\n=====\n")
    built = []
    real = api.build
    monkeypatch.setattr(api, "build", lambda *a, **k: (built.append(a), real(*a, **k))[1])
    docs.build()
    before = docs.page("index")
    assert docs.build().env.found_docs == {"index", "other"}
    assert len(built) == 1
    write_model(model, width=9)
    docs.build()
    assert len(built) == 2
    assert docs.page("index") != before
    assert len(list((docs.out / "trees" / "modelreport").iterdir())) == 1


def test_a_second_build_reads_nothing_again_and_own_code_is_looked_for_beside_the_page(
    docs: Docs, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_model(docs.source / "deep" / "a.safetensors")
    (docs.source / "deep" / "nets.py").write_text("from torch import nn\nNet = lambda: nn.Linear(2, 2)\n")
    docs.write("deep/page", "Deep\n====\n\n.. modelreport:: a.safetensors\n   :code: nets.py\n   :spectra: none\n")
    built = []
    real = api.build
    monkeypatch.setattr(api, "build", lambda *a, **k: (built.append(k["code"]), real(*a, **k))[1])
    docs.build()
    docs.build()
    assert len(built) == 1
    assert built[0].endswith("deep/nets.py")
    (docs.source / "deep" / "nets.py").write_text("from torch import nn\nNet = lambda: nn.Linear(3, 2)\n")
    docs.build()
    assert len(built) == 2


def test_what_is_wrong_names_nothing_that_is_hidden(docs: Docs) -> None:
    docs.write("index", "Models\n======\n\n.. modelreport:: secret.pth\n   :redact: paths\n")
    docs.build(html_copy_source=False)
    assert "secret.pth" in docs.warnings
    assert "secret" not in docs.page("index")
    assert "could not be made" in docs.page("index")


def test_defaults_and_language_come_from_the_configuration(docs: Docs) -> None:
    docs.build(modelreport_defaults={"sections": "summary"}, language="zh_CN")
    page = docs.page("index")
    assert re.findall(r'<section id="(\w+)" class="part"', page) == ["summary"]
    assert '<model-report id="first" lang="zh-CN"' in page


@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # Python 3.12 and newer
def test_pages_are_read_and_written_by_several_processes(docs: Docs) -> None:
    for number in range(6):
        docs.write(f"deep/p{number}", f"P{number}\n==\n\n.. modelreport:: /report.json\n   :sections: summary\n")
    docs.build(parallel=2)
    assert docs.warnings == ""
    assert all("shadowrootmode" in docs.page(f"deep/p{number}") for number in range(6))
    assert len(list((docs.out / "html" / "_static" / "modelreport").iterdir())) == 3
