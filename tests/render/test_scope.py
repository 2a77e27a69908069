"""The page's style sheets inside a fragment."""

from __future__ import annotations

import re

from modelreport.render.delivery import STYLES
from modelreport.render.folders import template_text
from modelreport.render.scope import scoped


def test_what_the_page_says_of_its_root_a_fragment_says_of_its_host() -> None:
    assert scoped(':root{--bg:red}:root[data-theme="dark"]{a:b}') == ':host{--bg:red}:host([data-theme="dark"]){a:b}'
    assert scoped(':root:not([data-theme="light"]){a:b}') == ':host(:not([data-theme="light"])){a:b}'
    assert scoped("html{a:b}body{c:d}html:not(.js) .rail{e:f}") == ":host{a:b}.page{c:d}:host(:not(.js)) .rail{e:f}"
    assert scoped(".js .live{a:b}") == ":host(.js) .live{a:b}"


def test_names_that_only_contain_such_words_stay() -> None:
    style = ".html{a:b}.body{a:b}.table-body td{a:b}#html{a:b}.a.json{a:b}.js-x{a:b}"
    assert scoped(style) == style


def test_widths_are_those_of_the_fragment_and_colours_those_of_its_page() -> None:
    assert scoped("@media (max-width:860px){.page{a:b}}") == "@container (max-width:860px){.page{a:b}}"
    assert scoped("@media (prefers-color-scheme:dark){a{b:c}}") == "@media (prefers-color-scheme:dark){a{b:c}}"
    assert scoped(":root{color-scheme:light dark}") == ":host{color-scheme:inherit}"


def test_rules_for_sheets_of_paper_are_left_to_the_page_around() -> None:
    assert scoped("@page{size:A4;@bottom-right{content:'x'}}p{a:b}") == "p{a:b}"


def test_nothing_in_our_style_sheets_names_the_page_around() -> None:
    for name in STYLES:
        style = re.sub(r"/\*.*?\*/", "", scoped(template_text(f"css/{name}.css")), flags=re.DOTALL)
        selectors = re.sub(r'"[^"]*"', "", re.sub(r"\{[^{}]*\}", "{}", style))
        assert not re.search(r"(?<![\w.#(-])(?:html|body|:root)(?![\w-])|@page", selectors), name
