"""A report as it leaves: page or fragment, everything inside or in files beside it."""

from __future__ import annotations

import hashlib
import re

import pytest

from modelreport.options import RenderOptions
from modelreport.render import render, render_files
from modelreport.render.delivery import fragment_id
from tests.factories import hostile_report, make_report

SPLIT = RenderOptions(assets="split")
EMBED = RenderOptions(embed=True)


def fragment(**options: object) -> str:
    return render(make_report(), ".html", RenderOptions(embed=True, **options)).decode()  # type: ignore[arg-type]


def test_a_fragment_is_no_page() -> None:
    text = fragment()
    assert not re.search(r"<(?:!doctype|html|head|body|meta|base|main)\b", text, re.IGNORECASE)
    outside = re.sub(r"<template\b.*</template>", "", text, flags=re.DOTALL)
    assert "<style" not in outside
    assert set(re.findall(r"<(\w[\w-]*)", outside.split("<script>")[0])) == {"model-report", "span", "p", "bdi"}


def test_every_link_of_a_fragment_stays_in_it_and_finds_its_place() -> None:
    text = fragment()
    name = fragment_id(make_report())
    links = re.findall(r'href="#([^"]*)"', text)
    assert len(links) > 20
    assert all(link.startswith(f"{name}:") for link in links)
    inside = set(re.findall(r'\bid="?([^" >]+)', text))
    assert {link.partition(":")[2] for link in links} <= inside
    assert {f"{name}:{part}" for part in ("summary", "findings", "architecture", "weights")} <= inside


def test_the_id_of_a_fragment_follows_from_the_facts() -> None:
    assert fragment_id(make_report()) == fragment_id(make_report())
    assert fragment_id(make_report()) != fragment_id(make_report(title="another"))
    assert re.fullmatch(r"mr-[0-9a-f]{8}", fragment_id(make_report()))


def test_a_fragment_can_be_given_its_id() -> None:
    text = fragment(fragment_id="encoder")
    assert '<model-report id="encoder"' in text
    assert 'href="#encoder:findings"' in text


def test_headings_of_a_fragment_are_below_the_title_of_the_page_around() -> None:
    headings = re.findall(r'<h([1-6])(?: id="[^"]*")?( aria-level="\d")?', fragment())
    assert headings
    assert all(level == f' aria-level="{int(h) + 1}"' for h, level in headings)


def test_a_page_with_files_beside_it_has_no_script_and_no_style_of_its_own() -> None:
    files = render_files(make_report(), ".html", SPLIT)
    page = files[""].decode()
    scripts = re.findall(r"<script([^>]*)>", page)
    assert all("src=" in s or 'type="application/' in s for s in scripts)
    assert "<style" not in page
    named = set(re.findall(r'(?:href|src|data-src)="(modelreport-[^"]+)"', page))
    assert named == set(files) - {""}
    assert "script-src &#39;self&#39;; style-src &#39;self&#39;" in page
    assert "sha256-" not in page.split("<title>")[0]


def test_names_of_files_beside_it_say_their_content() -> None:
    files = render_files(make_report(), ".html", SPLIT)
    for name, data in files.items():
        assert not name or hashlib.sha256(data).hexdigest()[:12] in name
    others = render_files(hostile_report(), ".html", SPLIT)
    assert set(files) == set(others)
    assert all(files[name] == others[name] for name in files if name)
    assert len(files[""]) < 400_000


def test_a_fragment_shares_scripts_with_pages_and_has_styles_of_its_own() -> None:
    page = render_files(make_report(), ".html", SPLIT)
    part = render_files(make_report(), ".html", RenderOptions(assets="split", embed=True))
    assert {n for n in page if n.endswith(".js")} == {n for n in part if n.endswith(".js")}
    assert {n for n in page if n.endswith(".css")}.isdisjoint(part)


def test_files_beside_it_can_be_elsewhere() -> None:
    files = render_files(make_report(), ".html", RenderOptions(assets="split", assets_at="../assets/"))
    page = files[""].decode()
    assert all(f'"../assets/{name}"' in page for name in files if name)


def test_a_page_knows_the_way_back() -> None:
    page = render(make_report(), ".html", RenderOptions(back=(("../index.html", "All <models>"),))).decode()
    assert '<a href="../index.html">All &lt;models&gt;</a>' in page
    assert (
        "crumbs"
        not in re.sub(r"<style>.*?</style>", "", render(make_report(), ".html").decode(), flags=re.DOTALL).split(
            "<main"
        )[0]
    )


@pytest.mark.parametrize("options", [EMBED, SPLIT, RenderOptions()], ids=["fragment", "split", "page"])
def test_the_same_report_gives_the_same_bytes(options: RenderOptions) -> None:
    assert render_files(make_report(), ".html", options) == render_files(make_report(), ".html", options)


def test_what_has_no_scripts_is_one_file() -> None:
    assert set(render_files(make_report(), ".md", SPLIT)) == {""}


@pytest.mark.parametrize(("embed", "root"), [(False, ":root"), (True, ":host")])
def test_a_browser_without_two_colours_for_one_gets_the_light_ones(embed: bool, root: str) -> None:
    text = render(make_report(), ".html", RenderOptions(embed=embed)).decode()
    (older,) = re.findall(r"@supports not \(color:light-dark\(red,red\)\)\{([^{]+)\{([^}]*)\}\}", text)
    assert older[0].startswith(f"{root},{root}")
    given = dict(each.split(":") for each in older[1].split(";"))
    assert given["--bg"] == "#ffffff"
    assert given["--ink"] == "#1c232d"
    assert given["--line"] == "#d5dbe3", "that of high contrast is another"
    assert given["color-scheme"] == "light"
    two = set(re.findall(r"(--[\w-]+):light-dark\(", text))
    assert two == set(given) - {"color-scheme", "--tint"}
