"""The page: one file that holds everything it needs and cannot ask for more."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from modelreport.facts import Report
from modelreport.render import format as text
from modelreport.render.charts.plotly import for_page, plotly_figure
from modelreport.render.choice import choose
from modelreport.render.delivery import Part, deliver, trusted
from modelreport.render.environment import environment
from modelreport.render.language import _
from modelreport.render.payload import Packer
from modelreport.render.section import Section
from modelreport.render.sections import SECTIONS
from modelreport.render.setting import setting, under
from modelreport.render.thinning import STEPS, thinned, told

log = logging.getLogger(__name__)


def write_html(report: Report) -> bytes:
    """The whole page, or the fragment, UTF-8. The same report gives the same bytes.

    A page that would be larger than the options allow leaves out detail, step by step, and says so; one that is larger
    even without all of it is written, and says so too.
    """
    limit, pack = setting().options.max_bytes, Packer()
    parts, payloads = _paint_all(report)
    page = deliver(report, parts, payloads, pack)
    steps = 0
    while limit and len(page) > limit and steps < len(STEPS):
        steps += 1
        with under(setting().options, steps):
            if STEPS[steps - 1].repaints:
                parts, payloads = _paint_all(report)
            page = deliver(report, parts, thinned(payloads, steps), pack, told(steps))
    if limit and len(page) > limit:
        size, most = text.bytes_decimal(len(page)), text.bytes_decimal(limit)
        log.error("The page takes %s, more than the %s asked for, with all detail left out that can be.", size, most)
    return page


def _paint_all(report: Report) -> tuple[Sequence[Part], dict[str, Any]]:
    """Every section that is wanted, and the data of all of them."""
    parts, payloads, wanted = [], {}, setting().options.sections
    for section in SECTIONS:
        part, data = _paint(section, report)
        parts.append(part)
        payloads.update(data if not wanted or section.id in wanted else {})
    return choose(parts, wanted), payloads


def _paint(section: Section, report: Report) -> tuple[Part, dict[str, Any]]:
    """A section's markup and the data that its scripts need."""
    values = {"charts": (), "chart_groups": {}, "payloads": {}} | section.context(report)
    body = environment().get_template(f"sections/{section.id}.html").render(report=report, **values)
    payloads = dict(values["payloads"])
    for name, charts in ({section.id: values["charts"]} | values["chart_groups"]).items():
        if charts:
            payloads[f"charts-{name}"] = {chart.id: for_page(plotly_figure(chart)) for chart in charts}
    return Part(section.id, _(section.title), section.badge(report), trusted(body)), payloads
