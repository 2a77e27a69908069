"""The report as GitHub-flavoured Markdown: what a reviewer pastes into a pull request or a model card."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from jinja2 import Environment, StrictUndefined

from modelreport.facts import Report, Trace
from modelreport.render import format as text
from modelreport.render.charts import CHARTS
from modelreport.render.environment import FILTERS, loader_of
from modelreport.render.excerpt import excerpt
from modelreport.render.folders import template_folders
from modelreport.render.language import _, gap
from modelreport.render.map import make_scene
from modelreport.render.map.svg import describe
from modelreport.render.marked import (
    Marked,
    cell,
    code_span,
    escape,
    grid,
    items,
    names,
    numbers,
    sentence,
    skipped,
    specs,
)
from modelreport.render.model_card import front_matter
from modelreport.render.outline import outline_context
from modelreport.render.sections import SECTIONS
from modelreport.render.sections.summary import tally
from modelreport.render.setting import setting
from modelreport.render.table import Table

ROWS: Final = 60
"""Most rows of a table."""

_DRAWN: Final = ("dtype-bytes", "flops-by-family", "flops-by-depth", "training-memory")
"""Charts whose numbers the template shows; those of the parts of the weights come with the parts."""


def write_markdown(report: Report) -> bytes:
    """The whole report, UTF-8."""
    contexts = {section.id: section.context(report) for section in SECTIONS if section.id != "architecture"}
    page = (
        _environment(template_folders())
        .get_template("report.md.j2")
        .render(
            report=report,
            trace=report.trace if isinstance(report.trace, Trace) else None,
            outline=outline_context(report),
            picture=_picture(report),
            charts={name: numbers(CHARTS[name](report)) for name in _DRAWN},
            **contexts,
        )
    )
    card = f"{front_matter(report)}\n\n" if setting().options.card else ""
    return (card + re.sub(r"\n{3,}", "\n\n", page).strip()).encode("utf-8", "backslashreplace") + b"\n"


def _picture(report: Report) -> Marked:
    """The map as an image, where its file will lie beside this text and there is something to draw."""
    name = setting().options.picture
    scene = make_scene(report) if name else None
    if scene is None or len(scene.nodes) < 2:
        return Marked("")
    return Marked(f"![{escape(describe(scene))}]({quote(name)})")


def outcome_line(report: Report) -> str:
    """The outcome in one line of plain text, for a terminal."""
    facts = [f"{text.count(report.structure.parameters)} parameters"]
    if isinstance(report.trace, Trace):
        facts.append(text.macs(report.trace.macs))
    facts.append(text.bytes_decimal(report.source.size_bytes))
    line = f"{text.name(report.title)}: {', '.join(facts)}"
    verdict = report.verdict
    if verdict is None:
        return line
    word = f"{text.VERDICT_ICONS[verdict.level]} {text.VERDICT_WORDS[verdict.level]}"
    return f"{line}. {word}: {text.message(verdict.sentence)} {tally(verdict)}."


def _show(value: Any) -> Any:
    """What the template may print: Markdown as it is, every other text visible and escaped."""
    return escape(text.code(value)) if isinstance(value, str) and not isinstance(value, Marked) else value


def _table(table: Table, limit: int = ROWS, columns: tuple[str, ...] = ()) -> Marked:
    return grid(excerpt(table, limit, columns))


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    made = Environment(  # noqa: S701 - the output is Markdown: finalize escapes every expression for that
        loader=loader_of(folders),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_show,
    )
    own: dict[str, Callable[..., Any]] = {
        "cell": cell, "code_span": code_span, "items": items, "marked": Marked, "names": names, "numbers": numbers,
        "sentence": sentence, "skipped": skipped, "specs": specs, "table": _table,
    }  # fmt: skip
    made.filters.update({name: call for name, call in FILTERS.items() if name != "svg"} | own)
    made.globals.update({"_": _, "gap": gap})
    return made
