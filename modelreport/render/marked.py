"""Text as GitHub-flavoured Markdown that says only what the text says.

Names from a checkpoint become code spans that they cannot end; other text is escaped. Nothing becomes a link, a
mention, an image or markup.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from modelreport.facts import Item, Message, Skipped, TensorSpec
from modelreport.render import format as text
from modelreport.render.charts.spec import Chart
from modelreport.render.excerpt import Excerpt
from modelreport.render.language import _, tell

_PUNCTUATION: Final = re.compile(r"([\\`*_\[\]<>|~$&{}])")
_LINE_START: Final = re.compile(r"^(\s*)(?:([#+=-])(?=\s|\2*$)|(\d{1,9})([.)])(?=\s|$))")
_TICKS: Final = re.compile("`+")


class Marked(str):
    """Markdown of our own making: printed as it is."""

    __slots__ = ()


def escape(words: str) -> Marked:
    """Text as it reads, on one line: no markup, no automatic link, no mention, no entity; spaces at its ends stay."""
    head, tail = " " * words[:1].isspace(), " " * (words[-1:].isspace() and bool(words.strip()))
    line = _PUNCTUATION.sub(r"\\\1", " ".join(words.split()))
    line = line.replace("://", "\\://").replace("@", "@<!-- -->").replace("www.", "www\\.")
    line = re.sub(r"#(?=\w)", "#<!-- -->", line)
    return Marked(head + _LINE_START.sub(_escape_start, line) + tail)


def _escape_start(found: re.Match[str]) -> str:
    """The sign that would begin a heading, a list or a rule, escaped."""
    return f"{found[1]}\\{found[2]}" if found[2] else f"{found[1]}{found[3]}\\{found[4]}"


def code_span(name: str, limit: int = text.NAME_LIMIT) -> Marked:
    """A name from a checkpoint as code, in a fence longer than any it holds."""
    return _span(text.name(name, limit), in_table=False)


def cell(words: str, *, code: bool = False) -> Marked:
    """A table cell: one line that no ``|`` in it can end, as code when asked."""
    if isinstance(words, Marked) or not words:
        return Marked(words)
    return _span(words, in_table=True) if code else escape(words)


def _span(shown: str, *, in_table: bool) -> Marked:
    """Visible text as code. In a table a pipe ends the cell even in code, and an escape before it is read as one."""
    if not shown.strip():
        return Marked(f"*({_('blank') if shown else _('empty')})*")
    if in_table:
        shown = re.sub(r"(\\*)\|", lambda found: found[1].replace("\\", "\\x5c") + "\\|", shown)
    fence = "`" * (max((len(run) for run in _TICKS.findall(shown)), default=0) + 1)
    pad = " " if shown[0] in "` " or shown[-1] in "` " else ""
    return Marked(f"{fence}{pad}{shown}{pad}{fence}")


def sentence(fact: Message) -> Marked:
    """A message with its names as code; it can stand in a table."""
    return Marked(
        "".join(_span(part, in_table=True) if is_name else escape(part) for part, is_name in text.parts(fact))
    )


def skipped(fact: Skipped, what: str) -> Marked:
    """A part that could not be made, as a quotation: the reason, and what would help."""
    lines = [f"> **{escape(what)}{_('.')}** {escape(text.code(tell(fact.reason)))}"]
    if fact.hint:
        lines += [">", f"> {_('What would help')}: {code_span(fact.hint)}"]
    return Marked("\n".join(lines))


def items(pairs: Iterable[Item], limit: int = 40) -> Marked:
    """Names and values as a table without headings; empty for none."""
    listed = list(pairs)
    if not listed:
        return Marked("")
    lines = ["| | |", "| --- | --- |"]
    lines += [_line((cell(text.name(i.name, 80)), cell(text.name(i.value), code=True))) for i in listed[:limit]]
    if len(listed) > limit:
        lines += ["", _("{count} more in the HTML and JSON reports.", count=text.exact(len(listed) - limit))]
    return Marked("\n".join(lines))


def names(listed: Iterable[str], limit: int = 5) -> Marked:
    """The first few names as code, with their number."""
    every = list(listed)
    shown = _(", ").join(code_span(name, 80) for name in every[:limit])
    return Marked(
        shown + (" " + _("and {count} more", count=text.exact(len(every) - limit)) if len(every) > limit else "")
    )


def specs(listed: Iterable[TensorSpec], limit: int = 8) -> Marked:
    """Shapes and dtypes of tensors, with their names."""
    every = list(listed)
    shown = [
        f"{code_span(spec.name, 60) + ' ' if spec.name else ''}{escape(text.shape(spec.shape))} "
        f"{escape(text.dtype(spec.dtype))}"
        for spec in every[:limit]
    ]
    return Marked(
        _(", ").join(shown)
        + (" " + _("and {count} more", count=text.exact(len(every) - limit)) if len(every) > limit else "")
    )


def grid(found: Excerpt) -> Marked:
    """A table in GitHub's form: names as code, trees indented, and what is left out said below it; empty for no row."""
    if not found.rows:
        return Marked("")
    kinds = [column.kind for column in found.columns]
    lines = [
        _line(escape(column.title) for column in found.columns),
        _line("--:" if kind in ("number", "share") else "---" for kind in kinds),
    ]
    for row in found.rows:
        cells = [cell(c.text, code=kind in ("name", "code")) for c, kind in zip(row.cells, kinds, strict=True)]
        indent = "&nbsp;&nbsp;" * min(row.depth, 12) if found.tree else ""
        note = f" {escape(row.note)}" if row.note else ""
        lines.append(_line([f"{indent}{cells[0]}{note}", *cells[1:]]))
    if found.left_out:
        lines += ["", found.left_out]
    return Marked("\n".join(lines))


def numbers(chart: Chart | Skipped, limit: int = 60) -> Marked:
    """The numbers behind a chart under its title, or why there are none."""
    if isinstance(chart, Skipped):
        return escape(text.code(tell(chart.reason)))
    lines = [
        f"**{escape(chart.title)}{_('.')}** {escape(chart.caption)}",
        "",
        _line(escape(title) for title in chart.header),
        _line(["---", *["--:"] * (len(chart.header) - 1)]),
    ]
    lines += [_line([cell(row[0], code=True), *(cell(value) for value in row[1:])]) for row in chart.rows[:limit]]
    if len(chart.rows) > limit:
        lines += ["", _("{count} more rows in the HTML report.", count=text.exact(len(chart.rows) - limit))]
    return Marked("\n".join(lines))


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
