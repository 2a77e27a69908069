"""Documentation sites with reports in them, and a catalogue: built for real and opened."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelreport.render.json import write_json
from modelreport.site import Plan, build_site
from tests.browser.pages import STATE, Opened, opened, served
from tests.factories import make_report
from tests.factories_weights import rich_report
from tests.site.models import write_model

pytestmark = pytest.mark.browser

LIVE = f"{STATE}.length === 2 && {STATE}.every((m) => m.tables > 0) && {STATE}"
MKDOCS = """site_name: Demo
theme: {name: material, font: false, features: [navigation.instant]}
plugins: [search, modelreport]
"""


def make(tool: str, folder: Path) -> Path:
    """A site of two reports on one page; returns its folder."""
    docs = folder / "docs"
    docs.mkdir()
    for name, report in (("one", make_report()), ("two", rich_report())):
        (docs / f"{name}.json").write_bytes(write_json(report))
    if tool == "sphinx":
        (docs / "conf.py").write_text("extensions = ['modelreport.sphinx']\nhtml_theme = 'alabaster'\n")
        (docs / "index.rst").write_text(
            "Models\n======\n\n.. modelreport:: one.json\n   :name: one\n\n.. modelreport:: two.json\n"
        )
        command = ["sphinx", "-W", "-q", "-b", "html", str(docs), str(folder / "site")]
    else:
        (folder / "mkdocs.yml").write_text(MKDOCS)
        (docs / "other.md").write_text("# Other\n\n[models](index.md)\n")
        fences = "\n\n".join(f"```modelreport\n{text}\n```" for text in ("one.json\nname: one", "two.json"))
        (docs / "index.md").write_text(f"# Models\n\n{fences}\n\n[other](other.md)\n")
        command = ["mkdocs", "build", "-q", "--strict"]
    subprocess.run([sys.executable, "-m", *command], cwd=folder, check=True, timeout=500, capture_output=True)
    return folder / "site"


def show_maps(page: Opened) -> None:
    for k in (0, 1):
        root = f"document.querySelectorAll('model-report')[{k}].shadowRoot"
        page.page.evaluate(f"{root}.getElementById('map').scrollIntoView()")
        page.until(f"{root}.getElementById('map').dataset.state === 'live'")


@pytest.mark.parametrize("tool", ["sphinx", "mkdocs"])
def test_two_reports_live_on_a_page_of_a_documentation_site(tool: str, chromium: Any, tmp_path: Path) -> None:
    page_file = make(tool, tmp_path) / "index.html"
    with opened(chromium, page_file.as_uri()) as page:
        ids = [each["id"] for each in page.until(LIVE)]
        assert ids[0] == "one"
        show_maps(page)
        assert len([url for url in page.asked if url.endswith("plotly.js")]) == 1
    assert all(url.startswith(("file:", "data:", "blob:")) for url in page.asked)
    theirs = ("favicon", "search", "worker", "Worker")  # what Material tries from a file
    chromium.said[:] = [said for said in chromium.said if not any(word in said for word in theirs)]


REPORT = "document.querySelector('model-report')"
SHADE = f"""(() => {{
  const painted = document.createElement('canvas').getContext('2d');
  painted.fillStyle = getComputedStyle({REPORT}.shadowRoot.querySelector('.part')).color;
  painted.fillRect(0, 0, 1, 1);
  return painted.getImageData(0, 0, 1, 1).data[0] > 128 ? 'dark' : 'light';
}})()"""
"""Whether the text of the first report is that of a dark or a light page."""


@pytest.mark.parametrize(
    ("theme", "at_night", "switch"),
    [
        ("furo", "dark", "document.body.dataset.theme = 'light'"),
        ("pydata_sphinx_theme", "dark", "document.documentElement.dataset.theme = 'light'"),
        ("sphinx_rtd_theme", "light", ""),
    ],
)
def test_reports_are_as_dark_as_the_theme_around_them(
    theme: str, at_night: str, switch: str, chromium: Any, tmp_path: Path
) -> None:
    (tmp_path / "one.json").write_bytes(write_json(make_report()))
    (tmp_path / "conf.py").write_text(f"extensions = ['modelreport.sphinx']\nhtml_theme = '{theme}'\n")
    (tmp_path / "index.rst").write_text("Models\n======\n\n.. modelreport:: one.json\n   :sections: summary, layers\n")
    command = ["sphinx", "-W", "-q", "-b", "html", str(tmp_path), str(tmp_path / "site")]
    subprocess.run([sys.executable, "-m", *command], check=True, timeout=500, capture_output=True)
    with opened(chromium, (tmp_path / "site" / "index.html").as_uri(), color_scheme="dark") as page:
        page.until(f"{STATE}.every((m) => m.tables > 0)")
        assert page.page.evaluate(SHADE) == at_night
        if switch:
            page.page.evaluate(switch)
            page.until(f"{SHADE} === 'light'")
        size = page.page.evaluate(f"[{REPORT}.clientWidth, {REPORT}.shadowRoot.querySelector('.part').scrollWidth]")
        assert 500 < size[1] <= size[0], "the theme's own styles do not reach it"
    theirs = ("Got invalid theme mode", "[PST]")  # what pydata says of itself
    chromium.said[:] = [said for said in chromium.said if not any(word in said for word in theirs)]


def test_reports_live_after_instant_loading(chromium: Any, tmp_path: Path) -> None:
    with served(make("mkdocs", tmp_path)) as address, opened(chromium, f"{address}/other/") as page:
        page.page.evaluate("window.stayed = true")
        page.page.get_by_role("link", name="models", exact=True).first.click()
        page.until(LIVE)
        show_maps(page)
    assert all(url.startswith((address, "data:", "blob:")) for url in page.asked)
    chromium.said[:] = [said for said in chromium.said if not said.startswith(f"request: {address}")]


@pytest.fixture
def catalogue(tmp_path: Path) -> Path:
    for name, width in (("small", 3), ("large", 40), ("deep/middle", 12)):
        write_model(tmp_path / "zoo" / f"{name}.safetensors", width)
    (tmp_path / "zoo" / "broken.pth").write_text("<html>")
    build_site(Plan(folder=tmp_path / "zoo", output=tmp_path / "site", build={"trace": False, "spectra": "none"}))
    return tmp_path / "site" / "index.html"


SHOWN = "[...document.querySelectorAll('.model:not([hidden]) h2')].map((h) => h.textContent.trim())"


def test_a_catalogue_is_searched_sorted_and_filtered(chromium: Any, catalogue: Path) -> None:
    with opened(chromium, catalogue.as_uri()) as page:
        page.until("document.querySelector('.catalogue-tools').hidden === false")
        assert page.page.evaluate(SHOWN) == ["middle", "large", "small", "broken.pth"]
        page.page.get_by_label("Sort by").select_option("size")
        assert page.page.evaluate(SHOWN) == ["large", "middle", "small", "broken.pth"]
        page.page.get_by_role("button", name="Reverse").click()
        assert page.page.evaluate(SHOWN)[-1] == "large"
        page.page.keyboard.press("Escape")
        page.page.get_by_role("searchbox").fill("deep safetensors")
        assert page.page.evaluate(SHOWN) == ["middle"]
        assert "1 of 4" in page.page.get_by_role("status").inner_text()
        address = page.page.evaluate("location.href")
        assert "q=deep" in address
    with opened(chromium, address) as page:
        page.until(f"JSON.stringify({SHOWN}) === '[\"middle\"]'")
        page.page.get_by_role("link", name="middle", exact=True).click()
        page.page.get_by_role("link", name="zoo", exact=True).click()
        page.page.wait_for_url("**/index.html*")


def test_a_catalogue_is_whole_without_scripts(chromium: Any, catalogue: Path) -> None:
    with opened(chromium, catalogue.as_uri(), java_script_enabled=False) as page:
        assert page.page.locator(".model").count() == 4
        assert not page.page.locator(".catalogue-tools").is_visible()
        page.page.get_by_role("link", name="small", exact=True).click()
        assert page.page.get_by_role("heading", level=1).inner_text() == "small"


@pytest.mark.parametrize("width", [390, 1400])
def test_a_catalogue_fits_its_window(width: int, chromium: Any, catalogue: Path) -> None:
    with opened(chromium, catalogue.as_uri(), viewport={"width": width, "height": 800}) as page:
        assert page.page.evaluate("document.documentElement.scrollWidth") <= width
