"""A page that would be too large leaves out detail, says what, and keeps what a reviewer needs."""

from __future__ import annotations

import logging
import re
from functools import cache

import msgspec
import pytest

from modelreport.facts import Report
from modelreport.options import RenderOptions
from modelreport.render import render
from modelreport.render.setting import under
from modelreport.render.thinning import NAMES, ROWS, ROWS_IN_MARKUP, STEPS, bare_details, is_thinned, thinned, told
from tests.factories_weights import rich_report
from tests.render.payloads import payloads_of

TENSORS = 3000


@cache
def large_report() -> Report:
    """A report with thousands of tensors beside those that were measured."""
    report = rich_report()
    first = report.structure.tensors[0]
    more = tuple(
        msgspec.structs.replace(first, name=f"blocks.{i}.w{i * 7919 % 1009}", module="") for i in range(TENSORS)
    )
    structure = msgspec.structs.replace(report.structure, tensors=(*report.structure.tensors, *more))
    return msgspec.structs.replace(report, structure=structure)


@cache
def page(most: int) -> str:
    return render(large_report(), ".html", RenderOptions(max_bytes=most)).decode()


def test_a_page_that_fits_is_whole_and_says_nothing() -> None:
    assert 'id="left-out"' not in page(0)
    assert page(0) == page(10_000_000)
    assert len(payloads_of(page(0))["table-tensors"]["rows"]["ids"]) > TENSORS


def test_one_byte_too_many_costs_the_least_missed_detail_and_the_page_says_so() -> None:
    text = page(len(page(0).encode()) - 1)
    assert "the histograms of single tensors" in text
    assert told(2)[-1] not in text
    assert "--max-size 0" in text
    assert set(payloads_of(page(0))) - set(payloads_of(text)) == {"histograms"}
    assert len(text.encode()) < len(page(0).encode())


def test_each_step_leaves_out_more_and_names_it() -> None:
    sizes = []
    for most in (900_000, 600_000, 500_000):
        text = page(most)
        sizes.append(text.count("<li>", text.index('id="left-out"'), text.index("--max-size 0")))
        assert len(text.encode()) <= most or sizes[-1] == len(STEPS)
    assert sizes == sorted(sizes)


def test_the_barest_page_keeps_verdict_findings_charts_and_the_first_rows() -> None:
    whole, bare = page(0), page(1)
    for found in re.findall(r'<section id="(\w+)"', whole):
        assert f'<section id="{found}"' in bare
    assert re.findall(r'data-chart="([\w-]+)"', whole) == re.findall(r'data-chart="([\w-]+)"', bare)
    assert re.findall(r'id="finding-\d+"', whole) == re.findall(r'id="finding-\d+"', bare)
    assert payloads_of(bare) == {}
    assert 'id="packed-plotly"' not in bare
    rows = bare[bare.index('id="table-tensors"') :].split("</table>")[0].count("<tr id=")
    assert 0 < rows <= ROWS_IN_MARKUP
    assert "All are in the JSON report." in bare


def test_a_page_that_cannot_be_made_small_enough_says_so_where_the_command_is_run(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.ERROR, "modelreport"):
        render(rich_report(), ".html", RenderOptions(max_bytes=1))
    assert "more than the 1 B asked for" in caplog.text


def test_the_same_limit_gives_the_same_bytes() -> None:
    options = RenderOptions(max_bytes=600_000)
    assert render(large_report(), ".html", options).decode() == page(600_000)


def test_large_tables_lose_hidden_columns_then_rows_and_tell_how_many() -> None:
    from modelreport.render.table import Cell, Column, Row, Table

    rows = tuple(Row(f"row-{i}", (Cell(str(i)), Cell("x"))) for i in range(2500))
    table = Table("t", "Things", (Column("a", "A"), Column("b", "B", shown=False)), rows)
    made = {}
    for name in ("charts", "columns", "rows"):
        with under(RenderOptions(), NAMES.index(name) + 1):
            made[name] = table.payloads["table-t"], len(table.head)
    assert [len(data["columns"]) for data, _ in made.values()] == [2, 1, 1]
    assert [len(data["rows"]["ids"]) for data, _ in made.values()] == [2500, 2500, ROWS]
    assert [data["left"] for data, _ in made.values()] == [0, 0, 500]
    assert [head for _, head in made.values()] == [2000, 2000, ROWS_IN_MARKUP]


def test_the_panel_of_the_map_keeps_paths_costs_and_findings() -> None:
    details = {
        "strings": ["", "layer1", "1×3", "64", "kernel_size"],
        "specs": [[], [2]], "weights": [[]], "attributes": [[], [4, 3]], "links": [[]],
        "figures": [[3, 3, 3, 3, True]], "memory": [[-1, -1]], "findings": {},
        "nodes": {"path": [0, 1], "module": [0, 1], "inputs": [0, 1], "outputs": [1, 0], "weights": [0, 0],
                  "attributes": [0, 1], "figures": [0, 0], "memory": [0, 0], "findings": [0, 0]},
    }  # fmt: skip
    bare = bare_details({"map-details": details, "map": 1})["map-details"]
    assert bare["strings"] == ["", "layer1", "", "64", ""]
    assert bare["nodes"]["inputs"] == bare["nodes"]["attributes"] == [0, 0]
    assert bare["specs"] == bare["attributes"] == [[]]
    assert bare["nodes"]["path"] == [0, 1]
    assert details["specs"] == [[], [2]]
    assert bare_details({"map": 1}) == {"map": 1}


def test_what_is_kept_is_the_very_same_data() -> None:
    payloads = {"histograms": [1], "table-layers": [2], "map": [3], "charts-compute": [4]}
    assert thinned(payloads, 0) == payloads
    kept = thinned(payloads, NAMES.index("charts") + 1)
    assert set(kept) == {"table-layers", "map"}
    assert kept["map"] is payloads["map"]
    assert thinned(payloads, len(STEPS)) == {}


def test_sections_ask_for_a_step_by_its_name() -> None:
    with under(RenderOptions(), NAMES.index("rows") + 1):
        assert is_thinned("rows")
        assert is_thinned("histograms")
        assert not is_thinned("tables")
    assert not is_thinned("histograms")
