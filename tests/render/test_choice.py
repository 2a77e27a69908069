"""Some of the sections."""

from __future__ import annotations

import re

import pytest

from modelreport.errors import OptionsError
from modelreport.options import RenderOptions
from modelreport.render import render
from modelreport.render.choice import check_sections
from tests.factories import make_report


def page(*sections: str, embed: bool = True) -> str:
    return render(make_report(), ".html", RenderOptions(embed=embed, sections=sections)).decode()


def test_only_the_wanted_sections_are_there_in_the_order_of_the_report() -> None:
    text = page("architecture", "summary")
    assert re.findall(r'<section id="(\w+)"', text) == ["summary", "architecture"]
    assert set(re.findall(r'id="payload-([\w-]+)"', text)) <= {"map", "map-details", "charts-architecture"}
    assert len(text) < len(page()) * 0.9


@pytest.mark.parametrize("embed", [True, False], ids=["fragment", "page"])
def test_no_link_leads_to_a_section_that_is_not_there(embed: bool) -> None:
    text = page("summary", "findings", embed=embed)
    ids = set(re.findall(r'\sid="?([^"\s>]+)', text))
    links = {link.rpartition(":")[2] for link in re.findall(r'href="#([^"]*)"', text)}
    assert links <= ids
    assert "findings" in links


def test_a_section_there_is_not_is_refused() -> None:
    check_sections(["summary", "weights"])
    with pytest.raises(OptionsError, match="no such section"):
        check_sections(["summry"])
