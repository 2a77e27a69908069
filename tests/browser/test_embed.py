"""Fragments in pages of somebody else's: live, apart from one another and from the page around them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from modelreport.options import RenderOptions
from modelreport.render import render_files
from tests.browser.pages import STATE, Opened, opened, served
from tests.factories import make_report
from tests.factories_weights import rich_report

pytestmark = pytest.mark.browser

HOST = """<!doctype html><html{attributes}><head><meta charset="utf-8"><title>Theirs</title>
<link rel="icon" href="data:,"><style>
* {{ letter-spacing: 3px; }} h1, h2, h3, p, td {{ color: rgb(255, 0, 0) !important; font: 30px fantasy !important; }}
.page {{ display: flex; }} ul {{ list-style: square; margin: 40px; }} table {{ transform: rotate(3deg); }}
.card, .rail, .map-pane {{ display: none !important; }} body {{ background: {background}; --bg: red; --ink: red; }}
</style></head><body>
<h1>Theirs</h1><p class="card" id="map">Their paragraph</p><script>window.Plotly = 'theirs';</script>
{fragments}
<p id="end">The end</p></body></html>"""
LIVE = f"{STATE}.every((m) => m.tables > 0) && {STATE}"


def host(folder: Path, *, assets: str = "inline", attributes: str = "", background: str = "#fff") -> Path:
    """A page with two reports."""
    look = RenderOptions(embed=True, assets=assets)  # type: ignore[arg-type]
    parts = []
    folder.mkdir(exist_ok=True)
    for report in (make_report(), rich_report()):
        files = dict(render_files(report, ".html", look))
        parts.append(files.pop("").decode())
        for name, data in files.items():
            (folder / name).write_bytes(data)
    path = folder / "index.html"
    path.write_text(HOST.format(attributes=attributes, background=background, fragments="<p>Between</p>".join(parts)))
    return path


def quiet(page: Opened) -> None:
    assert page.said == []


@pytest.mark.parametrize("assets", ["inline", "split"])
def test_two_reports_live_on_one_page_from_a_file(assets: str, chromium: Any, tmp_path: Path) -> None:
    with opened(chromium, host(tmp_path / "docs", assets=assets).as_uri()) as page:
        first, second = page.until(LIVE)
        assert first["id"] != second["id"]
        assert page.page.evaluate("window.Plotly") == "theirs"
        for k in (0, 1):
            root = f"document.querySelectorAll('model-report')[{k}].shadowRoot"
            page.page.evaluate(f"{root}.getElementById('map').scrollIntoView()")
            page.until(f"{root}.getElementById('map').dataset.state === 'live'")
        scripts = [url for url in page.asked if url.endswith(".js")]
        assert len([url for url in scripts if "plotly" in url]) == (1 if assets == "split" else 0)
        quiet(page)


def test_two_reports_live_on_one_page_from_a_server(chromium: Any, tmp_path: Path) -> None:
    host(tmp_path / "docs", assets="split")
    with served(tmp_path / "docs") as address, opened(chromium, f"{address}/") as page:
        page.until(LIVE)
        quiet(page)
    assert all(url.startswith(address) for url in page.asked)
    chromium.said.clear()  # that it asks its own server, and nobody else, was checked


def test_neither_side_disturbs_the_other(chromium: Any, tmp_path: Path) -> None:
    path = host(tmp_path / "docs")
    plain = tmp_path / "plain.html"
    plain.write_text(HOST.format(attributes="", background="#fff", fragments=""))
    look = "(e) => ['color', 'font', 'letterSpacing', 'margin', 'display'].map((name) => getComputedStyle(e)[name])"
    with opened(chromium, path.as_uri()) as page, opened(chromium, plain.as_uri()) as bare:
        page.until(LIVE)
        for place in ("body", "body > h1", "body > #map", "body > #end"):
            assert page.page.eval_on_selector(place, look) == bare.page.eval_on_selector(place, look)
        inside = page.page.evaluate(
            "[['h1', 'color'], ['h1', 'letterSpacing'], ['.map-pane', 'display'], ['.rail ul', 'listStyleType']].map("
            "([q, name]) => getComputedStyle(document.querySelector('model-report').shadowRoot.querySelector(q))[name])"
        )
        assert inside == ["rgb(28, 35, 45)", "normal", "block", "none"]


def test_links_and_addresses_stay_in_their_report(chromium: Any, tmp_path: Path) -> None:
    path = host(tmp_path / "docs")
    place = "document.querySelectorAll('model-report')[{}].shadowRoot.getElementById('{}')"
    top = f"Math.round({place}.getBoundingClientRect().top)"
    with opened(chromium, path.as_uri()) as page:
        _, second = page.until(LIVE)
        page.page.evaluate(
            "document.querySelectorAll('model-report')[1].shadowRoot.querySelector('a[href$=\":layers\"]').click()"
        )
        page.until(f"Math.abs({top.format(1, 'layers')}) < 60")
        assert page.page.evaluate("decodeURIComponent(location.hash)") == f"#{second['id']}:layers"
        assert page.page.evaluate(top.format(0, "layers")) < -500
    with opened(chromium, f"{path.as_uri()}#{second['id']}:layer-1") as page:
        page.until(LIVE)
        page.until("((y) => y > 0 && y < innerHeight)(" + top.format(1, "layer-1") + ")")
        quiet(page)


@pytest.mark.parametrize(
    ("attributes", "background", "system", "theme"),
    [
        (' data-theme="dark"', "#fff", "light", "dark"),
        (' data-md-color-scheme="slate"', "#fff", "light", "dark"),
        (' data-theme="light"', "#111", "dark", "light"),
        (' data-theme="auto"', "#111", "light", "dark"),
        ("", "#fff", "dark", "light"),
    ],
)
def test_the_theme_is_that_of_the_page_around(
    attributes: str, background: str, system: str, theme: str, chromium: Any, tmp_path: Path
) -> None:
    path = host(tmp_path / "docs", attributes=attributes, background=background)
    with opened(chromium, path.as_uri(), color_scheme=system) as page:
        assert [each["theme"] for each in page.until(LIVE)] == [theme, theme]


def test_the_theme_follows_when_the_page_changes_it(chromium: Any, tmp_path: Path) -> None:
    background = (
        "getComputedStyle(document.querySelector('model-report').shadowRoot.querySelector('.page')).backgroundColor"
    )
    with opened(chromium, host(tmp_path / "docs", attributes=' data-theme="light"').as_uri()) as page:
        page.until(LIVE)
        assert page.page.evaluate(background) == "rgb(255, 255, 255)"
        page.page.evaluate("document.documentElement.dataset.theme = 'dark'")
        page.until(f"{background} === 'rgb(15, 19, 24)'")
        quiet(page)


def test_without_scripts_everything_is_there_and_sections_are_found(chromium: Any, tmp_path: Path) -> None:
    path = host(tmp_path / "docs")
    with opened(chromium, path.as_uri(), java_script_enabled=False) as page:
        page.page.get_by_text("resnet18").first.wait_for()
        hidden = page.page.locator("model-report p[slot=none]")
        assert [hidden.nth(i).is_visible() for i in range(hidden.count())] == [False, False]
        page.page.locator("model-report").nth(1).locator(".rail a", has_text="Weights").click()
        weights = "document.querySelectorAll('model-report')[1].shadowRoot.getElementById('weights')"
        page.until(f"Math.abs({weights}.getBoundingClientRect().top) < 100")


def test_a_page_that_puts_the_fragment_in_by_script_gets_it_live(chromium: Any, tmp_path: Path) -> None:
    """As sites do that fetch pages and swap their content."""
    path = host(tmp_path / "docs", assets="split")
    fetched = path.read_text()
    empty = path.with_name("empty.html")
    empty.write_text("<!doctype html><meta charset=utf-8><link rel=icon href=data:,><body><div id=here></div>")
    with opened(chromium, empty.as_uri()) as page:
        page.page.evaluate(
            """(text) => {
              const theirs = new DOMParser().parseFromString(text, 'text/html');
              document.getElementById('here').append(...theirs.body.children);
              for (const old of document.querySelectorAll('#here script[src]')) {
                const script = document.createElement('script');
                script.src = old.getAttribute('src');
                old.replaceWith(script);
              }
            }""",
            fetched,
        )
        page.until(LIVE)
        quiet(page)


def test_on_paper_a_fragment_is_its_drawings(chromium: Any, tmp_path: Path) -> None:
    with opened(chromium, host(tmp_path / "docs").as_uri()) as page:
        page.until(LIVE)
        page.page.emulate_media(media="print")
        shown = page.page.evaluate(
            "['.rail', '.tools'].map((q) =>"
            " getComputedStyle(document.querySelector('model-report').shadowRoot.querySelector(q)).display)"
        )
        assert shown == ["none", "none"]
