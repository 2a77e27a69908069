"""The map of what is unlike its peers."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Report, Skipped, Weights
from modelreport.render.charts.peer_map import COLUMNS, peer_map
from modelreport.render.charts.spec import Chart, Heat
from tests.factories import make_report, skipped_report
from tests.factories_deep import deep_arrays, deep_report, report_of


def drawn(report: Report) -> tuple[Chart, Heat]:
    chart = peer_map(report)
    assert isinstance(chart, Chart)
    (heat,) = chart.layers
    assert isinstance(heat, Heat)
    return chart, heat


def cell(chart: Chart, heat: Heat, role: str, depth: int) -> tuple[float | None, str]:
    row = chart.y.categories.index(role)
    return heat.levels[row][depth], heat.hover[row][depth]


def test_what_is_odd_has_the_full_colour_and_says_why() -> None:
    chart, heat = drawn(deep_report())
    level, hover = cell(chart, heat, "mlp.down", 5)
    assert level == 1.0
    assert hover.startswith("blocks.5.mlp.down.weight\nscale: score")
    level, hover = cell(chart, heat, "attn.q", 3)
    assert level in (0.0, 1.0)
    assert hover == "blocks.3.attn.q.weight\nlike independent uniform random numbers"
    assert chart.title == "3 of 48 weights stand out among those that do the same work"


def test_equal_peers_are_in_the_middle_of_the_ramp() -> None:
    chart, heat = drawn(report_of(deep_arrays()))
    assert chart.title.startswith("None of 48 weights stands out")
    assert all(level is not None and 0.25 < level < 0.75 for line in heat.levels for level in line)


def test_the_table_names_the_most_unlike_of_each_role() -> None:
    chart, _ = drawn(deep_report())
    rows = {row[0]: row[1:] for row in chart.rows}
    assert rows["attn.q"][:2] == ("blocks.3.attn.q.weight", "freshly initialised")
    assert rows["mlp.down"][:2] == ("blocks.5.mlp.down.weight", "scale")


def test_a_very_deep_model_shares_columns() -> None:
    report = deep_report()
    assert isinstance(report.weights, Weights)
    peers = report.weights.peers
    assert not isinstance(peers, Skipped)
    role = peers.roles[0]
    deep = replace(role, members=tuple(replace(role.members[i % 12], depth=i) for i in range(200)))
    chart, heat = drawn(replace(report, weights=replace(report.weights, peers=replace(peers, roles=(deep,)))))
    assert len(chart.x.categories) <= COLUMNS
    assert chart.x.categories[0] == "0–3"
    assert {len(line) for line in heat.levels} == {len(chart.x.categories)}
    assert "4 depths in a column" in chart.caption


def test_reasons_are_passed_on() -> None:
    report = skipped_report()
    assert peer_map(report) is report.weights
    few = peer_map(make_report())
    assert isinstance(few, Skipped)
    assert few.reason == "No weight is repeated at 6 depths or more."
