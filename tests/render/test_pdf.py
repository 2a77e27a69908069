import io
import logging
import os
import re
import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import pdfplumber
import pikepdf
import pytest

from modelreport.errors import MissingDependencyError
from modelreport.facts import Report
from modelreport.options import RenderOptions
from modelreport.render import pdf
from modelreport.render.json import decode
from modelreport.render.paper import fonts
from modelreport.render.setting import under
from tests.factories import hostile_report, make_report, skipped_report
from tests.render.map.scenes import resnet

ROOT = Path(__file__).parents[2]
MAKE = ("small", "skipped", "hostile")
SECTIONS = [
    "Findings", "Architecture", "Layers", "Compute", "Cost of use", "Weights", "Provenance and security",
    "Method and limits",
]  # fmt: skip


@pytest.fixture
def written(printed):
    return printed.documents


@pytest.fixture(params=MAKE)
def document(request, written):
    with pikepdf.open(io.BytesIO(written[request.param])) as opened:
        yield opened


@pytest.fixture(scope="module")
def pages(printed):
    with pdfplumber.open(io.BytesIO(printed.documents["small"])) as opened:
        yield [page.extract_text() for page in opened.pages]


def objects(document):
    return [item for item in document.objects if isinstance(item, pikepdf.Dictionary)]


def test_it_says_its_language_and_title(document):
    assert str(document.Root.Lang) == "en"
    assert document.Root.ViewerPreferences.DisplayDocTitle
    assert str(document.docinfo["/Title"]).endswith("· modelreport")
    assert document.Root.PageMode == "/UseOutlines"


def test_the_outline_follows_the_sections_and_leads_to_them(written):
    with pikepdf.open(io.BytesIO(written["small"])) as document, document.open_outline() as outline:
        assert [str(item.title) for item in outline.root] == SECTIONS
        inside = [str(item.title) for item in outline.root[6].children]
        assert inside == ["Source", "Identity", "Security", "Training state", "Metadata"]
        numbers = {page.objgen: number for number, page in enumerate(document.pages)}
        places = [numbers[item.destination[0].objgen] for item in outline.root]
        assert places == sorted(places)
        assert places[0] == 1, "the findings start behind the cover"


def test_the_cover_tells_what_it_is(pages):
    for words in (
        "DigitsResNet",
        "Runs, but 1 error needs a look.",
        "82.71 k",
        "17.22 MMAC",
        "35.07 MFLOP",
        "326 KiB",
        "192 KiB",
        "SHA-256",
        "modelreport 0.1.0 · 2026-11-21 09:21 UTC",
    ):
        assert words in pages[0], words
    assert "BN-" not in pages[0], "findings are not on the cover"


def test_the_contents_name_the_pages_where_the_sections_are(written):
    with pdfplumber.open(io.BytesIO(written["small"])) as opened:
        cover = opened.pages[0]
        edges = [0, cover.width * 0.35, cover.width * 0.65, cover.width]  # between the three columns
        columns = [cover.crop((left, 0, right, cover.height)) for left, right in pairwise(edges)]
        lines = [line for column in columns for line in column.extract_text().splitlines()]
        for title in SECTIONS:
            line = next(line for line in lines if re.fullmatch(rf"{title} \d+", line))
            number = int(line.rpartition(" ")[2])
            assert title in opened.pages[number - 1].extract_text(), title


def test_pages_are_numbered_and_carry_the_section(pages):
    for number, text in enumerate(pages, 1):
        assert f"{number} of {len(pages)}" in text
    for text in pages[1:]:
        assert "modelreport 0.1.0 · 2026-11-21 09:21 UTC" in text
        assert text.splitlines()[0].endswith("DigitsResNet")
    assert any(text.startswith("Layers DigitsResNet") for text in pages)


def test_pages_have_labels(document):
    nums = document.Root.PageLabels.Nums
    assert int(nums[0]) == 0
    assert nums[1].S == "/D"


def test_a_small_model_takes_few_pages_and_none_is_nearly_empty(written):
    with pdfplumber.open(io.BytesIO(written["small"])) as opened:
        assert len(opened.pages) <= 15
        for page in opened.pages[:-1]:
            body = page.crop((0, 56, page.width, page.height - 52))
            lowest = max([word["bottom"] for word in body.extract_words()] + [r["bottom"] for r in body.rects])
            assert lowest > page.height * 0.3, page.page_number


def test_no_heading_is_the_last_thing_on_a_page(written):
    with pikepdf.open(io.BytesIO(written["small"])) as document, document.open_outline() as outline:
        tops = {}
        numbers = {page.objgen: number for number, page in enumerate(document.pages)}
        for item in (each for root in outline.root for each in (root, *root.children)):
            tops.setdefault(numbers[item.destination[0].objgen], []).append(float(item.destination[3]))
    with pdfplumber.open(io.BytesIO(written["small"])) as opened:
        for number, found in tops.items():
            page = opened.pages[number]
            below = page.crop((0, page.height - min(found), page.width, page.height - 52))
            assert len(below.extract_text().splitlines()) > 1, (number, below.extract_text())


def sizes(data):
    with pikepdf.open(io.BytesIO(data)) as document:
        return {tuple(round(float(x)) for x in page.MediaBox[2:]) for page in document.pages}


def test_the_paper_is_the_one_asked_for(written):
    assert sizes(written["skipped"]) == {(595, 842)}
    with under(RenderOptions(paper="letter")):
        assert sizes(pdf.write_pdf(skipped_report())) == {(612, 792)}


def test_fonts_are_the_ones_shipped(written):
    with pikepdf.open(io.BytesIO(written["small"])) as document:
        names = {str(item.BaseFont).partition("+")[2] for item in objects(document) if "/BaseFont" in item}
    assert names <= {"Report-Sans", "Report-Sans-Bold", "Report-Mono", "Report-Signs", "Report-Signs-Bold"}


def test_drawings_are_vectors_and_only_pictures_of_weights_are_images(document):
    images = [
        item for item in document.objects
        if isinstance(item, pikepdf.Stream) and item.get("/Subtype") == "/Image"
    ]  # fmt: skip
    assert not images


def test_links_stay_inside_the_document_and_lead_somewhere(document):
    links = [link for page in document.pages for link in page.get("/Annots", [])]
    assert len(links) >= 7
    for item in objects(document):
        assert item.get("/S") not in ("/URI", "/Launch", "/GoToR", "/JavaScript", "/SubmitForm")
    names = {str(name) for name in pikepdf.NameTree(document.Root.Names.Dests)}
    assert {str(link.Dest) for link in links} <= names
    for page in document.pages:
        places = [tuple(map(float, link.Rect)) for link in page.get("/Annots", [])]
        assert len(set(places)) == len(places), "one annotation for each link"


def printed_pages(data):
    """Of every link: the page it leads to, the words of what is there, and the page that is printed on it."""
    with pikepdf.open(io.BytesIO(data)) as document, pdfplumber.open(io.BytesIO(data)) as opened:
        numbers = {page.objgen: number for number, page in enumerate(document.pages, 1)}
        places = {str(name): dest for name, dest in pikepdf.NameTree(document.Root.Names.Dests).items()}
        for page, shown in zip(document.pages, opened.pages, strict=True):
            for link in page.get("/Annots", []):
                (left, right), (low, high) = (sorted(float(x) for x in list(link.Rect)[i::2]) for i in (0, 1))
                words = shown.crop(
                    (left - 1, shown.height - high - 1, right + 1, shown.height - low + 1)
                ).extract_text()
                found = re.findall(r"(?:p\. |page |\s)(\d+)\)?$", words.strip())
                dest = places[str(link.Dest)]
                target = opened.pages[numbers[dest[0].objgen] - 1]
                below = target.crop((0, max(0, target.height - float(dest[3]) - 1), target.width, target.height))
                yield numbers[dest[0].objgen], str(link.Contents), [int(each) for each in found], below.extract_text()


def test_every_page_that_is_printed_on_a_reference_holds_what_it_names():
    """Also the marks of the map: the number on a box is the page of its inside, whose title stands there."""
    checked = 0
    for number, title, said, there in printed_pages(pdf.write_pdf(resnet().report())):
        assert set(said) <= {number}, title
        checked += len(said)
        assert title.split(" (")[0] in there.replace("\n", " "), title
    assert checked > 30


def test_the_facts_are_attached_and_nothing_else(document):
    assert list(document.attachments) == ["report.json"]
    data = document.attachments["report.json"].get_file().read_bytes()
    assert decode(data, Report) in [make_report(), skipped_report(), hostile_report()]


def test_nothing_is_requested_and_nothing_is_complained_about(printed):
    asked = [url for url in printed.asked if not url.startswith("data:image/")]
    assert asked
    assert all(re.fullmatch(r"file://.*/fonts/[A-Za-z-]+\.(ttf|ttc)|file://.*\.ttc", url) for url in asked), asked
    assert [record for record in printed.said if record.name.startswith("weasyprint")] == []


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


def without_glyphs(monkeypatch, characters):
    monkeypatch.setattr(fonts, "_missing", lambda *rest: "".join(c for c in characters if c in rest[3]))


def test_characters_that_no_font_has_are_told_and_shown_by_their_codes(monkeypatch, caplog):
    report = make_report(title="卷积 net")
    without_glyphs(monkeypatch, "卷积")
    with caplog.at_level(logging.WARNING):
        data = pdf.write_pdf(report)
    [record] = [each for each in caplog.records if each.name == "modelreport.pdf"]
    assert "2 of the characters" in record.getMessage()
    assert "modelreport[cjk]" in record.getMessage()
    with pdfplumber.open(io.BytesIO(data)) as opened:
        cover = opened.pages[0].extract_text()
    assert "‹5377›‹79EF› net" in cover
    assert "Missing characters." in cover
    with pikepdf.open(io.BytesIO(data)) as document:
        assert "卷积 net" in str(document.docinfo["/Title"]), "the reader's program has fonts of its own"


def test_a_language_whose_words_would_all_be_boxes_is_refused(monkeypatch):
    chinese = "".join(chr(0x4E00 + i) for i in range(pdf._SAID))
    monkeypatch.setattr(fonts, "_missing", lambda *_: chinese)
    monkeypatch.setattr(fonts, "unusual", lambda _: chinese)
    with under(RenderOptions(lang="zh")), pytest.raises(MissingDependencyError) as caught:
        pdf.write_pdf(skipped_report())
    assert "modelreport[cjk]" in caught.value.hint


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
