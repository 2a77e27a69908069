"""The report as PDF, without a browser: tagged (PDF/UA-1), with an outline, page references and the facts attached."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final

from markupsafe import Markup

from modelreport.errors import MissingDependencyError
from modelreport.facts import Report, Skipped
from modelreport.render.charts.palette import FAMILY_WORDS, LIGHT
from modelreport.render.environment import environment
from modelreport.render.excerpt import Excerpt, excerpt
from modelreport.render.folders import template_text
from modelreport.render.json import write_json
from modelreport.render.map.sheets import sheets
from modelreport.render.outline import outline_context
from modelreport.render.sections import SECTIONS
from modelreport.render.sections.findings import SECTION_TITLES
from modelreport.render.table import Table

LAYER_ROWS: Final = 200
LAYER_COLUMNS: Final = ("name", "type", "output", "parameters", "share", "macs", "bytes")
OPERATION_ROWS: Final = 15
LEDGER_ROWS: Final = 6
OPERATION_COLUMNS: Final = ("operation", "number", "module", "label", "output", "each", "flops", "share")
DEVICE_COLUMNS: Final = ("device", "memory", "bandwidth", "peak", "time", "bound", "half_peak", "half_time", "fits")
OTHER_ROWS: Final = 40
"""Rows of tables: a row takes the layout 5 ms, and paper is for reading; everything is in the HTML and JSON reports."""

_CONTENTS: Final = (
    ("findings", "Findings"),
    ("architecture", "Architecture"),
    ("layers", "Layers"),
    ("compute", "Compute"),
    ("usage", "Cost of use"),
    ("weights", "Weights"),
    ("provenance", "Provenance and security"),
    ("appendix", "Method and limits"),
)


def write_pdf(report: Report) -> bytes:
    """The whole report; the same report gives the same bytes.

    ``MissingDependencyError`` when WeasyPrint or the system library it draws text with is not installed.
    """
    weasyprint = _weasyprint()
    facts = write_json(report)
    created = _created(report)
    page = environment().get_template("print.html").render(report=report, **_values(report))
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",))
    document = weasyprint.HTML(string=_encodable(page), url_fetcher=fetcher, base_url=None)
    attachment = weasyprint.Attachment(
        string=facts.decode("utf-8"), name="report.json", description="All facts of this report as JSON",
        created=created, modified=created, relationship="Data",
    )  # fmt: skip
    written: bytes = document.write_pdf(
        pdf_variant="pdf/ua-1",
        pdf_identifier=hashlib.sha256(facts).hexdigest()[:32].encode("ascii"),
        attachments=[attachment],
    )
    return written


def _weasyprint() -> ModuleType:
    """The library; it fails with ``OSError`` when Pango is missing."""
    try:
        import weasyprint
    except ImportError as error:
        raise MissingDependencyError("weasyprint", "", "Writing a PDF") from error
    except OSError as error:
        missing = MissingDependencyError("Pango", "", "Writing a PDF")
        missing.hint = (
            "apt-get install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 (macOS: brew install pango)"
        )
        raise missing from error
    library: ModuleType = weasyprint
    return library


def _created(report: Report) -> datetime:
    """The time in the report, for everything in the document that has one."""
    try:
        moment = datetime.fromisoformat(report.generator.created)
    except ValueError:
        return datetime(1970, 1, 1, tzinfo=UTC)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _encodable(page: str) -> str:
    """The page without lone surrogates: templates show them as escapes; this is the last line of defence."""
    return page.encode("utf-8", "backslashreplace").decode("utf-8")


def _values(report: Report) -> dict[str, Any]:
    """Variables of ``templates/print.html``: those of every section, and its tables cut to what paper is for."""
    found: dict[str, Any] = {section.id: section.context(report) for section in SECTIONS}
    provenance = found["provenance"]
    skipped = report.trace if isinstance(report.trace, Skipped) else None
    whole, details, left_out = sheets(report)
    styles = template_text("css/sheet.css")
    return found | {
        "styles": Markup(styles),  # noqa: S704 - our own file
        "contents": _CONTENTS,
        "titles": SECTION_TITLES,
        "palette": dict(LIGHT),
        "words": FAMILY_WORDS,
        "outline": outline_context(report),
        "trace_skipped": skipped,
        "map_sheet": whole,
        "map_details": details,
        "map_left_out": left_out,
        "layer_rows": excerpt(
            found["layers"]["table"], LAYER_ROWS, LAYER_COLUMNS
        ),
        "operation_rows": _cut(found["compute"].get("table"), OPERATION_ROWS, OPERATION_COLUMNS),
        "ledger_rows": _cut(found["compute"].get("ledger"), LEDGER_ROWS),
        "device_rows": _cut(found["usage"].get("devices"), OTHER_ROWS, DEVICE_COLUMNS),
        "time_rows": _cut(found["usage"].get("times"), OPERATION_ROWS),
        "dtype_rows": _cut(found["appendix"]["dtypes"], OTHER_ROWS),
        "file_rows": _cut(provenance["files"], OTHER_ROWS),
        "choice_rows": _cut(provenance["choices"], OTHER_ROWS),
        "call_rows": _cut(provenance["calls"], OTHER_ROWS),
    }  # fmt: skip


def _cut(table: Table | None, limit: int, columns: tuple[str, ...] = ()) -> Excerpt:
    return excerpt(table, limit, columns) if table else Excerpt((), (), "", "", tree=False)
