"""The page: one file that holds everything it needs and cannot ask for more."""

from __future__ import annotations

from typing import Any

from modelreport.facts import Report
from modelreport.render.charts.plotly import for_page, plotly_figure
from modelreport.render.choice import choose
from modelreport.render.delivery import Part, deliver, trusted
from modelreport.render.environment import environment
from modelreport.render.section import Section
from modelreport.render.sections import SECTIONS
from modelreport.render.setting import setting


def write_html(report: Report) -> bytes:
    """The whole page, or the fragment, UTF-8. The same report gives the same bytes."""
    parts, payloads, wanted = [], {}, setting().options.sections
    for section in SECTIONS:
        part, data = _paint(section, report)
        parts.append(part)
        payloads.update(data if not wanted or section.id in wanted else {})
    return deliver(report, choose(parts, wanted), payloads)


def _paint(section: Section, report: Report) -> tuple[Part, dict[str, Any]]:
    """A section's markup and the data that its scripts need."""
    values = {"charts": (), "chart_groups": {}, "payloads": {}} | section.context(report)
    body = environment().get_template(f"sections/{section.id}.html").render(report=report, **values)
    payloads = dict(values["payloads"])
    for name, charts in ({section.id: values["charts"]} | values["chart_groups"]).items():
        if charts:
            payloads[f"charts-{name}"] = {chart.id: for_page(plotly_figure(chart)) for chart in charts}
    return Part(section.id, section.title, section.badge(report), trusted(body)), payloads
