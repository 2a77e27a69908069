"""The markup of the document as a tree."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import weasyprint

from modelreport.render.paper.markup import parsed

ROOT = Path(__file__).parents[3]
PAGE = (
    '<!DOCTYPE html>\n<html lang="en"><head><title>a</title></head><body>\n<p>one &amp; <b>two</b></p>{}</body></html>'
)


def shape(element: ElementTree.Element) -> list[object]:
    return [element.tag, dict(element.attrib), (element.text or "").strip(), [shape(child) for child in element]]


@pytest.mark.parametrize("rest", ["", "<p>\x01</p>", "<p>not closed", "<br>"], ids=["xml", "control", "open", "void"])
def test_a_page_is_the_same_tree_as_one_that_was_read_as_html(rest: str) -> None:
    page, fetcher = PAGE.format(rest), weasyprint.URLFetcher(allowed_protocols=("data",))
    made = parsed(weasyprint, page, fetcher)
    assert shape(made.etree_element) == shape(weasyprint.HTML(string=page).etree_element)
    assert made.wrapper_element.etree_element is made.etree_element
    assert (made.base_url, made.url_fetcher, made.media_type) == (None, fetcher, "print")
