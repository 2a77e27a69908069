"""The paragraphs on how figures are made: each figure leads to one, and each part of a report has its own."""

from __future__ import annotations

import re

from modelreport.render.html import write_html
from modelreport.render.method import METHODS, methods
from tests.factories import make_report, skipped_report
from tests.factories_weights import rich_report


def test_each_paragraph_has_an_anchor_of_its_own() -> None:
    ids = [method.id for method in METHODS]
    assert len(set(ids)) == len(ids)
    assert all(method.text.endswith(".") and len(method.text) > 80 for method in METHODS)


def test_of_what_was_not_made_nothing_is_said() -> None:
    whole, parts = methods(make_report()), methods(skipped_report())
    assert {method.id for method in METHODS} == {method.id for method in whole}
    assert not {"macs", "memory", "roofline", "statistics"} & {method.id for method in parts}
    assert {"reading", "parameters", "findings", "numbers"} <= {method.id for method in parts}


def test_every_figure_of_the_page_leads_to_a_paragraph_that_is_there() -> None:
    page = write_html(make_report()).decode()
    asked = set(re.findall(r'href="#(method-[a-z]+)"', page))
    assert asked >= {"method-macs", "method-flops", "method-memory", "method-parameters", "method-findings"}
    assert asked <= set(re.findall(r'id="(method-[a-z]+)"', page))


def test_every_key_figure_leads_to_what_it_comes_from() -> None:
    for report in (make_report(), skipped_report(), rich_report()):
        page = write_html(report).decode()
        figures = re.findall(r'<dd class="figure[^"]*"><a href="#([a-z0-9-]+)" title="[^"]+">', page)
        plain = re.findall(r'<dd class="figure[^"]*"><a href="#([a-z0-9-]+)">–', page)
        assert len(figures) + len(plain) == 6
        for anchor in (*figures, *plain):
            assert re.search(f' id="?{anchor}[ ">]', page), anchor
