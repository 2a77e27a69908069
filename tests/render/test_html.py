"""The page as a file: whole, closed, deterministic, small."""

from __future__ import annotations

import base64
import hashlib
import lzma
import re
import zlib
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise

import msgspec
import pytest

from modelreport.facts import Report
from modelreport.render.delivery import PLOTLY_HASH
from modelreport.render.folders import templates_folder
from modelreport.render.html import write_html
from modelreport.render.sections import SECTIONS
from tests.factories import HOSTILE_NAMES, hostile_report, make_report, skipped_report
from tests.render.payloads import payloads_of

REPORTS = {"complete": make_report, "skipped": skipped_report, "hostile": hostile_report}


class Elements(HTMLParser):
    """Start tags with their attributes, and all text that is read."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.quiet = False
        self.feed(page)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attributes)))
        self.quiet = tag in {"script", "style"}

    def handle_endtag(self, tag: str) -> None:
        self.quiet = self.quiet and tag not in {"script", "style"}

    def handle_data(self, data: str) -> None:
        if not self.quiet:
            self.text.append(data)

    def of(self, name: str) -> Iterator[str]:
        return (a[name] or "" for _, a in self.tags if name in a)


@pytest.fixture(scope="module", params=REPORTS)
def page(request: pytest.FixtureRequest) -> str:
    return write_html(REPORTS[request.param]()).decode("utf-8")


@pytest.fixture(scope="module")
def elements(page: str) -> Elements:
    return Elements(page)


def test_the_same_report_gives_the_same_bytes() -> None:
    assert write_html(make_report()) == write_html(make_report())


def test_every_section_stands_in_its_order_with_a_way_to_it(elements: Elements) -> None:
    ids = [a["id"] for tag, a in elements.tags if tag == "section"]
    assert ids == [section.id for section in SECTIONS]
    rail = [link for tag, a in elements.tags if tag == "a" and (link := a.get("href") or "").startswith("#")]
    assert rail[1 : len(ids) + 1] == [f"#{i}" for i in ids]


def test_every_link_leads_somewhere_and_every_id_is_unique(elements: Elements) -> None:
    ids = list(elements.of("id"))
    assert len(ids) == len(set(ids))
    links = [href for tag, a in elements.tags if tag == "a" and (href := a.get("href"))]
    assert links
    assert all(link.startswith("#") for link in links)
    assert {link[1:] for link in links} <= set(ids)
    labels = {word for value in elements.of("aria-labelledby") for word in value.split()}
    assert labels <= set(ids)


def test_nothing_on_the_page_names_another_place(page: str, elements: Elements) -> None:
    for name in ("src", "srcset", "action", "formaction", "data", "poster", "ping", "background"):
        assert not list(elements.of(name)), name
    for tag, attributes in elements.tags:
        if tag == "link":
            assert attributes["href"] == "data:,"
        assert not any(name.startswith("on") for name in attributes), attributes
    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert style
    assert not re.search(r"@import|url\(", style[1])


def test_the_policy_allows_these_scripts_and_nothing_else(page: str) -> None:
    match = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert match
    policy = match[1].replace("&#39;", "'")
    assert re.sub(r" 'sha256-[^']+'", "", policy) == (
        "default-src 'none'; script-src; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )
    start = re.search(r"<script>(.*?)</script>", page, re.DOTALL)
    assert start
    packed = re.findall(r'id="packed-\w+">([^<]+)<', page)
    scripts = [start[1].encode()] + [_inflate(text) for text in packed]
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    assert {base64.b64encode(hashlib.sha256(s).digest()).decode() for s in scripts} <= allowed
    assert len(allowed) == 3


def _inflate(text: str) -> bytes:
    packed = base64.b85decode(text.translate(str.maketrans("[]:", "<>&")))
    return zlib.decompress(packed) if packed[0] == 0x78 else lzma.decompress(packed)


def test_the_policy_comes_before_anything_it_could_miss(page: str) -> None:
    assert page.index("Content-Security-Policy") < page.index("<style") < page.index("<script")


def test_headings_descend_one_step_at_a_time(elements: Elements) -> None:
    levels = [int(tag[1]) for tag, _ in elements.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in pairwise(levels))


def test_tables_name_their_heads(elements: Elements) -> None:
    heads = [a for tag, a in elements.tags if tag == "th"]
    assert heads
    assert all(a.get("scope") in {"row", "col", "rowgroup"} for a in heads)


def test_numbers_stand_in_the_markup_without_a_script() -> None:
    text = " ".join(" ".join(Elements(write_html(make_report()).decode()).text).split())
    for words in (
        "DigitsResNet",
        "17.22 MMAC",
        "35.07 MFLOP",
        "82,714",
        "Runs, but 1 error needs a look",
        "conv1.weight",
    ):
        assert words in text


def test_every_missing_part_says_why_and_what_would_help() -> None:
    text = " ".join(Elements(write_html(skipped_report()).decode()).text)
    report = skipped_report()
    for part in (report.security, report.identification, report.trace, report.weights):
        assert part.reason in text  # type: ignore[union-attr]
        assert part.hint in text  # type: ignore[union-attr]


def test_hostile_names_are_text_and_nothing_else() -> None:
    page = write_html(hostile_report()).decode("utf-8")
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert not re.search(r"<(img|link rel=attachment)\b", page)
    assert "{{ 7*7 }}" in page
    assert "\\u202e" in page
    assert not re.search("[\u202a-\u202e\u2066-\u2069\u200b\x00\x07]", page)
    assert "\\ud800" in page


def test_a_name_of_a_megabyte_is_cut_and_its_length_said() -> None:
    page = write_html(hostile_report()).decode("utf-8")
    outside = re.sub(r"<pre.*?</pre>", "", page, flags=re.DOTALL)
    assert "x" * 2001 not in outside
    assert "x" * 20_001 not in page
    assert "(1,000,000 characters)" in page
    assert len(page) < 1_200_000


def test_ids_are_never_made_from_names(elements: Elements) -> None:
    for value in elements.of("id"):
        assert re.fullmatch(r"[A-Za-z0-9-]+", value), value


@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=range(len(HOSTILE_NAMES)))
def test_a_hostile_title_is_harmless(name: str) -> None:
    page = write_html(make_report(title=name))
    elements = Elements(page.decode("utf-8"))
    assert [tag for tag, _ in elements.tags] == [t for t, _ in Elements(write_html(make_report()).decode()).tags]


def test_a_report_without_anything_is_still_a_page() -> None:
    report = skipped_report()
    empty = msgspec.structs.replace(
        report,
        structure=msgspec.structs.replace(
            report.structure, modules=(), tensors=(), dtypes=(), parameters=0, buffers=0, parameter_tensors=0,
            buffer_tensors=0, size_bytes=0,
        ),
        source=msgspec.structs.replace(report.source, files=(), kind="object", metadata=()),
    )  # fmt: skip
    page = write_html(empty).decode()
    assert "The file names no modules" in page
    assert "The model was given as an object" in page


def test_payloads_are_named_once_and_read_back(page: str) -> None:
    data = payloads_of(page)
    named = re.search(r'data-names="([^"]+)"', page)
    assert named
    assert set(named[1].split()) <= set(data)
    assert {"table-calls", "map"} & set(data)


def test_a_table_of_many_rows_keeps_the_page_small() -> None:
    report = make_report()
    tensors = tuple(
        msgspec.structs.replace(report.structure.tensors[0], name=f"blocks.{i}.weight", module="")
        for i in range(20_000)
    )
    large: Report = msgspec.structs.replace(
        report, structure=msgspec.structs.replace(report.structure, tensors=tensors)
    )
    page = write_html(large)
    assert len(page) < 1_500_000
    text = page.decode()
    assert "The first 2,000 of 20,000 tensors" in text
    assert len(payloads_of(text)["table-tensors"]["rows"]["ids"]) == 20_000


def test_the_vendored_library_is_the_one_of_the_python_package() -> None:
    from plotly.offline import get_plotlyjs_version

    folder = templates_folder() / "vendor"
    script = lzma.decompress((folder / "plotly.min.js.lzma").read_bytes())
    notes = (folder / "VENDOR.md").read_text()
    version = get_plotlyjs_version()
    assert f"plotly.js v{version} (scatter, bar)".encode() in script[:200]
    assert f"| Version | {version} |" in notes
    assert hashlib.sha256(script).hexdigest() in notes
    assert base64.b64encode(hashlib.sha256(script).digest()).decode() == PLOTLY_HASH
    assert "MIT" in (folder / "plotly-LICENSE").read_text()
