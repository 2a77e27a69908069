"""The variables of ``templates/print.html``: those of every section, and its tables cut to what paper is for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from markupsafe import Markup

from modelreport.facts import Report, Skipped
from modelreport.render import format as text
from modelreport.render.charts.palette import FAMILY_WORDS, LIGHT
from modelreport.render.excerpt import Excerpt, excerpt
from modelreport.render.folders import template_text
from modelreport.render.language import _, gap, tag, tell
from modelreport.render.map.sheets import GAP, WHOLE, Sheet, sheets
from modelreport.render.outline import outline_context
from modelreport.render.paper.checks import in_columns
from modelreport.render.paper.columns import widths
from modelreport.render.paper.figures import figures, low_and_tall
from modelreport.render.paper.fonts import script
from modelreport.render.paper.numbers import HELD
from modelreport.render.sections import SECTIONS
from modelreport.render.sections.findings import SECTION_TITLES
from modelreport.render.setting import setting
from modelreport.render.table import Table

LAYER_ROWS: Final = 140
LAYER_COLUMNS: Final = ("name", "type", "output", "parameters", "share", "macs", "bytes")
OPERATION_ROWS: Final = 15
LEDGER_ROWS: Final = 6
OPERATION_COLUMNS: Final = ("operation", "number", "module", "label", "output", "each", "flops", "share")
DEVICE_COLUMNS: Final = ("device", "memory", "bandwidth", "peak", "time", "bound", "half_peak", "half_time", "fits")
DEVICE_ROWS: Final = 14
OTHER_ROWS: Final = 40
"""Rows of tables: a row takes the layout 5 ms, and paper is for reading; everything is in the HTML and JSON reports."""
_PAGE: Final = {"a4": 980.0, "letter": 912.0}
"""CSS pixels between the upper and the lower margin, by paper."""
_WORDS: Final = 88.0
"""What a drawing of the map has above and below it."""
_BACK: Final = 4
"""Rows or pages back to which a drawing moves up."""
_HIGHER: Final = 1.15
PAPERS: Final = {"a4": "A4", "letter": "letter"}
"""CSS names of the papers."""
PARTS: Final = (
    "findings", "architecture", "layers", "compute", "usage", "weights", "provenance", "appendix",
)  # fmt: skip
"""Sections of the PDF, each painted by ``templates/print/<id>.html``, in their order."""


def page_values(report: Report) -> dict[str, Any]:
    """Everything but the collector of headings and what is made of the finished body."""
    found: dict[str, Any] = {each.id: each.context(report) for each in SECTIONS if each.id != "architecture"}
    provenance = found["provenance"]
    whole, details, left_out = sheets(report)
    return found | {
        "report": report,
        "tell": tell,
        "figures": figures,
        "low_and_tall": low_and_tall,
        "in_columns": in_columns,
        "widths": widths,
        "lang": tag(),
        "parts": PARTS,
        "styles": Markup(template_text("css/sheet.css")),  # noqa: S704 - our own file, or the caller's
        "page_styles": Markup(page_styles()),  # noqa: S704 - quoted by css_text
        "titles": SECTION_TITLES,
        "palette": dict(LIGHT),
        "words": FAMILY_WORDS,
        "outline": outline_context(report),
        "trace_skipped": report.trace if isinstance(report.trace, Skipped) else None,
        "map_sheet": whole,
        "map_details": details,
        "map_rows": side_by_side(details),
        "map_left_out": left_out,
        "layer_rows": excerpt(found["layers"]["table"], LAYER_ROWS, LAYER_COLUMNS),
        "operation_rows": _cut(found["compute"].get("table"), OPERATION_ROWS, OPERATION_COLUMNS),
        "ledger_rows": _cut(found["compute"].get("ledger"), LEDGER_ROWS),
        "device_rows": _cut(found["usage"].get("devices"), DEVICE_ROWS, DEVICE_COLUMNS),
        "time_rows": _cut(found["usage"].get("times"), OPERATION_ROWS),
        "dtype_rows": _cut(found["appendix"]["dtypes"], OTHER_ROWS),
        "file_rows": _cut(provenance["files"], OTHER_ROWS),
        "choice_rows": _cut(provenance["choices"], OTHER_ROWS),
        "call_rows": _cut(provenance["calls"], OTHER_ROWS),
    }


def side_by_side(details: Sequence[Sheet]) -> list[list[tuple[Sheet, float]]]:
    """The drawings of the map in rows: as many as fit beside each other, each with its share of it.

    A drawing moves up to a row that has room for it, a row to a page; parts of one drawing stay in their order.
    """
    whole = WHOLE[setting().options.paper][0]
    rows: list[list[Sheet]] = []
    before = 0
    for sheet in details:
        first = max(len(rows) - _BACK, before if sheet.part else 0)
        before = next((i for i in range(max(0, first), len(rows)) if _fits(rows[i], sheet, whole)), len(rows))
        if before == len(rows):
            rows.append([])
        rows[before].append(sheet)
    return [_shares(row, whole) for row in _on_pages(rows)]


def _fits(row: Sequence[Sheet], sheet: Sheet, whole: float) -> bool:
    """Whether a drawing can stand beside others without making their row much higher."""
    highest = max(each.height for each in row)
    return sum(each.column + GAP for each in row) + sheet.column <= whole and sheet.height <= _HIGHER * highest


def _on_pages(rows: Sequence[list[Sheet]]) -> list[list[Sheet]]:
    """The rows in an order in which pages get full; what is around a drawing takes about as much room everywhere."""
    most = _PAGE[setting().options.paper]
    pages: list[list[list[Sheet]]] = []
    room: list[float] = []
    at: dict[str, int] = {}
    for row in rows:
        needed = max(sheet.height for sheet in row) + _WORDS
        first = max([len(pages) - _BACK, 0, *(at[sheet.follows] for sheet in row if sheet.follows)])
        page = next((i for i in range(first, len(pages)) if room[i] >= needed), len(pages))
        if page == len(pages):
            pages.append([])
            room.append(most)
        pages[page].append(row)
        room[page] -= needed
        at.update((sheet.id, page) for sheet in row)
    return [row for page in pages for row in page]


def _shares(row: Sequence[Sheet], whole: float) -> list[tuple[Sheet, float]]:
    """Each with its width: what it needs and an equal part of what is left over."""
    left = whole - sum(sheet.column for sheet in row) - GAP * (len(row) - 1)
    return [(sheet, sheet.column + left / len(row)) for sheet in row]


def missing_words(characters: str) -> str:
    """That some characters cannot be shown, and what would help; empty when all can."""
    if not characters:
        return ""
    shown = " ".join(f"U+{ord(char):04X}" for char in characters[:6])
    kind = script(characters)
    said = _(
        "No font here has {count} of the characters in this report ({script}: {codes}). They are shown by their code "
        "points, in drawings as ▯.",
        count=text.exact(len(characters)),
        script=kind or _("without a name"),
        codes=shown + (" …" if len(characters) > 6 else ""),
    )
    if "CJK" in kind:
        help_ = _(
            "{command} has them, and so has a system font such as Debian's fonts-noto-cjk.",
            command="pip install 'modelreport[cjk]'",
        )
    elif kind == "emoji":
        help_ = _("A font of the system that has them, such as Debian's fonts-noto-color-emoji, would help.")
    else:
        help_ = _("A font of the system that has them, such as Debian's fonts-noto-core, would help.")
    return f"{said}{gap()}{help_}"


def page_styles() -> str:
    """The size of the paper, and the words of page numbers and references, which differ by language."""
    number = css_text(_("{page} of {pages}"), page="counter(page)", pages="counter(pages)")
    see = css_text(_(", page {page}"), page=f'"{HELD}"')
    short = css_text(_("p. {page}"), page=f'"{HELD}"')
    return (
        f"@page {{ size: {PAPERS[setting().options.paper]}; @bottom-right {{ content: {number}; }} }}\n"
        f".see::after {{ content: {see}; }}\n"
        f'.at::after {{ content: " (" {short} ")"; }}\n'
        f'.page-of::after {{ content: "{HELD}"; }}\n'
        f".badge::after {{ content: {short}; }}"
    )


def css_text(message: str, **parts: str) -> str:
    """A message as the value of ``content``: its words quoted, its placeholders replaced by functions of CSS."""
    pieces = []
    rest = message
    while rest:
        places = [(rest.find(f"{{{name}}}"), name) for name in parts if f"{{{name}}}" in rest]
        start, name = min(places, default=(len(rest), ""))
        if start:
            quoted = rest[:start].replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("<", "\\3c ")
            pieces.append(f'"{quoted}"')
        if name:
            pieces.append(parts[name])
        rest = rest[start + len(name) + 2 :] if name else ""
    return " ".join(pieces)


def _cut(table: Table | None, limit: int, columns: tuple[str, ...] = ()) -> Excerpt:
    return excerpt(table, limit, columns) if table else Excerpt((), (), "", "", tree=False)
