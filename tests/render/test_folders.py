"""Templates and style sheets: the package's, and a reader's own in place of them."""

from __future__ import annotations

import io
from pathlib import Path

import pdfplumber
import pytest

from modelreport.api import check_look
from modelreport.errors import OptionsError, OutputError
from modelreport.options import RenderOptions
from modelreport.render import folders as module
from modelreport.render import render
from modelreport.render.charts.palette import DARK, LIGHT
from modelreport.render.folders import template_text, templates_folder
from modelreport.render.setting import under
from tests.factories import make_report


@pytest.fixture
def own(tmp_path: Path) -> RenderOptions:
    """A folder with one colour, one section and one include of a new name."""
    (tmp_path / "css").mkdir()
    (tmp_path / "sections").mkdir()
    (tmp_path / "css" / "tokens.css").write_text(
        ":root { /* --bad: #000000; */ --accent: light-dark(#aa1155, #ee77aa); --ok: #117733; --gap: 10px; }"
    )
    (tmp_path / "sections" / "appendix.html").write_text('{% include "brand.html" %}<p>{{ report.title|name }}</p>')
    (tmp_path / "brand.html").write_text("<p>Audited by Initech</p>")
    return RenderOptions(template_dir=str(tmp_path))


def test_a_file_of_the_same_name_stands_in_and_the_rest_stays(own: RenderOptions) -> None:
    check_look(own)
    page = render(make_report(), ".html", own).decode()
    assert "Audited by Initech" in page
    assert 'id="findings"' in page
    assert "Audited" not in render(make_report(), ".html").decode(), "another report is as ever"


def test_a_token_changes_one_colour_on_the_page_in_drawings_and_in_the_pdf(own: RenderOptions) -> None:
    with under(own):
        assert template_text("css/tokens.css").index("#1f5fbf") < template_text("css/tokens.css").index("#aa1155")
        assert (LIGHT["accent"], DARK["accent"], LIGHT["ok"], DARK["ok"]) == (
            "#aa1155",
            "#ee77aa",
            "#117733",
            "#117733",
        )
        assert LIGHT["accent-tint"] != "#aa1155"
        assert (LIGHT["bad"], len(LIGHT), set(LIGHT)) == ("#b3261e", len(dict(LIGHT)), set(DARK))
    assert LIGHT["accent"] == "#1f5fbf"
    with pytest.raises(KeyError):
        LIGHT["nothing"]
    with pdfplumber.open(io.BytesIO(render(make_report(), ".pdf", own))) as document:
        colors = {str(obj.get("non_stroking_color")) for page in document.pages for obj in (*page.rects, *page.chars)}
    assert any(color.startswith("(0.666") and "0.333" in color for color in colors)


def test_a_fault_in_an_own_template_names_its_line(own: RenderOptions) -> None:
    place = Path(own.template_dir) / "sections" / "appendix.html"
    place.write_text("<p>\n{% if %}")
    with pytest.raises(OutputError, match=r"appendix\.html, line 2"):
        render(make_report(), ".html", own)
    place.write_text("{{ nothing_of_the_kind }}")
    with pytest.raises(OutputError, match="nothing_of_the_kind"):
        render(make_report(), ".html", own)


def test_the_documented_example_builds_upon_the_template_it_replaces() -> None:
    example = RenderOptions(template_dir=str(Path(__file__).parents[2] / "docs" / "branding"))
    check_look(example)
    page = render(make_report(), ".html", example).decode()
    assert page.index("Initech model review board") < page.index("<h1>")
    assert "light-dark(#8a1c5c,#f08cc4)" in page.replace(", ", ",")


def test_a_folder_without_any_name_of_ours_is_refused(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="no file in it"):
        check_look(RenderOptions(template_dir=str(tmp_path)))
    with pytest.raises(OptionsError, match="not a folder"):
        check_look(RenderOptions(template_dir=str(tmp_path / "none")))


def test_the_templates_lie_in_the_package_or_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (templates_folder() / "report.html").is_file()
    installed = tmp_path / "modelreport"
    (installed / "_templates").mkdir(parents=True)
    (installed / "_templates" / "report.html").touch()
    (installed / "render").mkdir()
    monkeypatch.setattr(module, "__file__", str(installed / "render" / "folders.py"))
    assert templates_folder() == installed / "_templates"


def test_a_broken_installation_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "__file__", str(tmp_path / "modelreport" / "render" / "folders.py"))
    with pytest.raises(OutputError, match="templates"):
        templates_folder()
