import io
import logging
import os
import subprocess
import sys
from pathlib import Path

import pdfplumber
import pikepdf
import pytest

from modelreport.errors import MissingDependencyError
from modelreport.facts import Report
from modelreport.render import pdf
from modelreport.render.anchors import anchors
from modelreport.render.json import decode
from modelreport.render.weights import shown_parts
from tests.factories import hostile_report, make_report, skipped_report
from tests.factories_weights import rich_report

ROOT = Path(__file__).parents[2]
MAKE = {"small": make_report, "skipped": skipped_report, "hostile": hostile_report}


@pytest.fixture(scope="module")
def written():
    return {name: pdf.write_pdf(make()) for name, make in MAKE.items()}


@pytest.fixture(params=MAKE)
def document(request, written):
    with pikepdf.open(io.BytesIO(written[request.param])) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(written):
    with pdfplumber.open(io.BytesIO(written["small"])) as opened:
        yield [page.extract_text() for page in opened.pages]


def objects(document):
    return [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]


def test_it_is_tagged_in_english_with_a_title(document):
    assert document.Root.MarkInfo.Marked
    assert str(document.Root.Lang) == "en"
    assert len(document.Root.StructTreeRoot.K) >= 1
    assert document.Root.ViewerPreferences.DisplayDocTitle
    with document.open_metadata() as metadata:
        assert metadata["pdfuaid:part"] == "1"


def test_every_drawing_has_a_text_for_those_who_cannot_see_it(document):
    figures = [item for item in objects(document) if item.get("/S") == "/Figure"]
    assert figures
    assert all(str(item.get("/Alt", "")) for item in figures)


def test_the_outline_follows_the_sections(written):
    with pikepdf.open(io.BytesIO(written["small"])) as document, document.open_outline() as outline:
        assert [str(item.title) for item in outline.root] == [title for _, title in pdf._CONTENTS]
        inside = [str(item.title) for item in outline.root[6].children]
        assert inside == ["Source", "Identity", "Security", "Training state", "Metadata"]


def test_the_first_page_tells_what_it_is(pages):
    for words in (
        "DigitsResNet",
        "Runs, but 1 error needs a look.",
        "82.71 k",
        "17.22 MMAC",
        "35.07 MFLOP",
        "326 KiB",
        "192 KiB",
    ):
        assert words in pages[0], words


def test_the_contents_name_the_pages_where_the_sections_are(pages):
    for _, title in pdf._CONTENTS:
        line = next(line for line in pages[0].splitlines() if line.startswith(title) and ". ." in line)
        number = int(line.rpartition(" ")[2])
        assert title in pages[number - 1].replace("Contents", ""), title


def test_tags_nest_as_they_may(document):
    allowed = {"/L": {"/LI", "/Caption"}, "/Table": {"/TR", "/THead", "/TBody", "/Caption"}, "/TR": {"/TH", "/TD"}}
    elements = [item for item in objects(document) if item.get("/Type") == "/StructElem"]
    for parent in elements:
        kinds = {str(kid.S) for kid in parent.get("/K", []) if isinstance(kid, pikepdf.Dictionary) and "/S" in kid}
        assert kinds <= allowed.get(str(parent.S), kinds), parent.S
    levels = [int(str(item.S)[2]) for item in elements if str(item.S) in ("/H1", "/H2", "/H3", "/H4")]
    assert {1, 2, 3} >= set(levels)


def test_pages_are_numbered_and_carry_the_section(pages):
    for number, text in enumerate(pages, 1):
        assert f"{number} / {len(pages)}" in text
        assert "modelreport 0.1.0 · 2026-11-21 09:21 UTC" in text
    assert any(text.startswith("Layers DigitsResNet") for text in pages)


def test_a_small_model_takes_few_pages(pages):
    assert len(pages) <= 18


def test_fonts_are_embedded(document):
    descriptors = [item for item in objects(document) if item.get("/Type") == "/FontDescriptor"]
    assert descriptors
    assert all({"/FontFile", "/FontFile2", "/FontFile3"} & set(item.keys()) for item in descriptors)


def test_links_stay_inside_the_document(document):
    links = [item for item in objects(document) if item.get("/Subtype") == "/Link"]
    assert len(links) >= 7
    for item in objects(document):
        assert item.get("/S") not in ("/URI", "/Launch", "/GoToR", "/JavaScript", "/SubmitForm")
    names = {str(name) for name in pikepdf.NameTree(document.Root.Names.Dests)}
    assert {str(link.Dest) for link in links} <= names


def test_the_facts_are_attached_and_nothing_else(document, written):
    assert list(document.attachments) == ["report.json"]
    data = document.attachments["report.json"].get_file().read_bytes()
    assert decode(data, Report) in [make() for make in MAKE.values()]


def test_nothing_is_requested_and_nothing_is_complained_about(monkeypatch, caplog):
    import weasyprint

    asked = []
    fetch = weasyprint.URLFetcher.fetch
    monkeypatch.setattr(
        weasyprint.URLFetcher, "fetch", lambda self, url, *rest: asked.append(url) or fetch(self, url, *rest)
    )
    with caplog.at_level(logging.WARNING):
        pdf.write_pdf(hostile_report())
    assert asked == []
    assert [record for record in caplog.records if record.name.startswith("weasyprint")] == []


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://example.org/", "https://example.org/", "ftp://example.org/"]
)
def test_the_fetcher_refuses_everything_but_data(url):
    fetcher = pdf._weasyprint().URLFetcher(allowed_protocols=("data",))
    with pytest.raises(ValueError, match="disallowed"):
        fetcher.fetch(url)


def test_the_same_report_gives_the_same_bytes_in_another_process(tmp_path):
    script = (
        "import hashlib; from tests.factories import make_report; from modelreport.render.pdf import write_pdf;"
        "print(hashlib.sha256(write_pdf(make_report())).hexdigest())"
    )
    digests = set()
    for seed in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=300,
            cwd=ROOT, env={"PYTHONHASHSEED": seed, "PATH": os.environ["PATH"], "HOME": str(tmp_path)},
        )  # fmt: skip
        digests.add(run.stdout)
    assert len(digests) == 1


def test_a_missing_package_or_system_library_is_one_clear_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(MissingDependencyError, match="weasyprint"):
        pdf.write_pdf(make_report())

    class Broken:
        def find_spec(self, name, path=None, target=None):
            if name == "weasyprint":
                raise OSError("cannot load library 'libpango-1.0-0'")

    monkeypatch.delitem(sys.modules, "weasyprint")
    monkeypatch.setattr(sys, "meta_path", [Broken(), *sys.meta_path])
    with pytest.raises(MissingDependencyError, match="Pango") as caught:
        pdf.write_pdf(make_report())
    assert "libpango" in caught.value.hint


def test_every_part_of_the_weights_stays_within_the_rows_of_paper():
    """A row takes the layout 5 ms: 300 are 1.5 s."""
    report = rich_report(400)
    page = pdf.environment().get_template("print.html").render(report=report, **pdf._values(report))
    assert page.count("<tr>") <= 300
    for part in shown_parts(report, report.weights, anchors(report)):
        assert f'id="{part.anchor}"' in page
    for question in ("Is it trained?", "Is anything odd?"):
        assert question in page
