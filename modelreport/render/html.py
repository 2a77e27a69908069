"""The page: one file that holds everything it needs and cannot ask for more."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

from markupsafe import Markup

from modelreport.facts import Report
from modelreport.render.bundle import bundle
from modelreport.render.charts.plotly import for_page, plotly_figure
from modelreport.render.environment import environment
from modelreport.render.folders import template_text, templates_folder
from modelreport.render.language import script_messages
from modelreport.render.payload import pack, pack_stream, pack_text
from modelreport.render.section import Section
from modelreport.render.sections import SECTIONS
from modelreport.render.setting import setting

STYLES = ("tokens", "layout", "components", "tables", "map", "print")
"""Style sheets of the page, in their order."""
PLOTLY_HASH = "mXhOOr+wexQqFeUhpDnm2a3c6ts/eVU/0kxyd08GSbo="
"""SHA-256 of the vendored Plotly bundle as it runs, in base 64."""


@dataclass(frozen=True)
class Part:
    """A section as it stands on the page."""

    id: str
    title: str
    badge: str | None
    body: Markup


def write_html(report: Report) -> bytes:
    """The whole page, UTF-8. The same report gives the same bytes."""
    parts, payloads = [], {}
    for section in SECTIONS:
        part, data = _paint(section, report)
        parts.append(part)
        payloads.update(data)
    start, main, plotly = _script("start"), _script("main"), _plotly()
    packed = {"main": pack_text(main)} | ({"plotly": pack_stream(plotly)} if payloads else {})
    page = (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            lang=setting().options.lang,
            messages=script_messages(main),
            parts=parts,
            styles=_styles(),
            start=start,
            payloads={name: _trusted(pack(data)) for name, data in sorted(payloads.items())},
            packed_scripts={name: _trusted(text) for name, text in packed.items()},
            policy=_policy(_hash(start), _hash(main), PLOTLY_HASH),
        )
    )
    return page.encode("utf-8", "backslashreplace")


def _paint(section: Section, report: Report) -> tuple[Part, dict[str, Any]]:
    """A section's markup and the data that its scripts need."""
    values = {"charts": (), "chart_groups": {}, "payloads": {}} | section.context(report)
    body = environment().get_template(f"sections/{section.id}.html").render(report=report, **values)
    payloads = dict(values["payloads"])
    for name, charts in ({section.id: values["charts"]} | values["chart_groups"]).items():
        if charts:
            payloads[f"charts-{name}"] = {chart.id: for_page(plotly_figure(chart)) for chart in charts}
    return Part(section.id, section.title, section.badge(report), _trusted(body)), payloads


def _policy(*scripts: str) -> str:
    """The content security policy: nothing from anywhere, and of the scripts only those of these exact hashes."""
    hashes = " ".join(f"'sha256-{script}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "base-uri 'none'; form-action 'none'"
    )


def _hash(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode("utf-8")).digest()).decode("ascii")


@cache
def _plotly() -> bytes:
    """The vendored Plotly bundle, packed."""
    return (templates_folder() / "vendor" / "plotly-basic.min.js.lzma").read_bytes()


@cache
def _script(entry: str) -> Markup:
    """One of the page's own scripts: the module of that name and all it imports."""
    return _trusted(bundle(templates_folder() / "js" / f"{entry}.js"))


def _styles() -> Markup:
    """The page's style sheets, one after the other."""
    return _trusted("\n".join(_lean(template_text(f"css/{name}.css")) for name in STYLES))


@cache
def _lean(style: str) -> str:
    """A style sheet without remarks, and without the spaces that only make it readable."""
    parts = re.split(r'("[^"]*")', re.sub(r"/\*.*?\*/", "", style, flags=re.DOTALL))
    for i in range(0, len(parts), 2):  # every other part is a string
        parts[i] = re.sub(r"\s*([{};,])\s*", r"\1", re.sub(r"\s+", " ", parts[i])).replace(": ", ":")
    return "".join(parts).replace(";}", "}").strip()


def _trusted(text: str) -> Markup:
    """Text of our own making (a painted template, a script, a style sheet) as markup."""
    return Markup(text)  # noqa: S704 - never given anything from a checkpoint that a template has not escaped
