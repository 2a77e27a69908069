"""Room 6: a report as bytes. Nothing here imports torch, and only the writer that is asked for is imported."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from modelreport.errors import OutputError
from modelreport.facts import Report
from modelreport.options import RenderOptions

if TYPE_CHECKING:
    from plotly.graph_objects import Figure


def _html(report: Report) -> bytes:
    from modelreport.render.html import write_html

    return write_html(report)


def _pdf(report: Report) -> bytes:
    from modelreport.render.pdf import write_pdf

    return write_pdf(report)


def _markdown(report: Report) -> bytes:
    from modelreport.render.markdown import write_markdown

    return write_markdown(report)


def _json(report: Report) -> bytes:
    from modelreport.render.json import write_json

    return write_json(report)


def _csv(report: Report) -> bytes:
    from modelreport.render.csv import write_csv

    return write_csv(report)


WRITERS: Final[Mapping[str, Callable[[Report], bytes]]] = {
    ".html": _html,
    ".pdf": _pdf,
    ".md": _markdown,
    ".json": _json,
    ".csv": _csv,
}
"""From the suffix of an output to its writer."""


def render(report: Report, suffix: str, options: RenderOptions | None = None) -> bytes:
    """The report in the format of ``suffix`` (``.html``, ``.pdf``, ``.md``, ``.json`` or ``.csv``, in any case).

    ``OutputError`` for another suffix; ``MissingDependencyError`` when a writer needs a package that is not installed.
    """
    chosen = options or RenderOptions()
    return _document(_redacted(report, chosen), suffix, chosen)


def render_files(report: Report, suffix: str, options: RenderOptions | None = None) -> Mapping[str, bytes]:
    """The report as the files to write: the document under the empty name, what lies beside it under its names.

    Beside a page that is split lie files that depend on the options alone and carry their content in their names;
    beside Markdown lies the drawing of the map, where there is one. Raises as ``render`` does.
    """
    chosen = options or RenderOptions()
    told = _redacted(report, chosen)
    document = _document(told, suffix, chosen)
    if suffix.lower() == ".md" and chosen.picture:
        return {"": document} | _picture(told, chosen)
    if suffix.lower() != ".html" or chosen.assets == "inline":
        return {"": document}
    from modelreport.render.delivery import shared_files

    return {"": document, **shared_files(chosen)}


def _redacted(report: Report, options: RenderOptions) -> Report:
    """The report without what the options hide: itself where that is nothing."""
    if not options.redact:
        return report
    from modelreport.render.redaction import redact

    return redact(report, frozenset(options.redact))


def _document(report: Report, suffix: str, options: RenderOptions) -> bytes:
    """What the writer of the suffix makes of it."""
    writer = WRITERS.get(suffix.lower())
    if writer is None:
        raise OutputError(
            f"A report cannot be written as {suffix or 'a file without suffix'}.", f"use {', '.join(WRITERS)}"
        )
    from modelreport.render.setting import under

    with under(options):
        return writer(report) if not options.template_dir else _with_own_templates(writer, report)


def _picture(report: Report, options: RenderOptions) -> dict[str, bytes]:
    """The drawing of the map by its name; nothing where there is none."""
    from modelreport.render.map.image import map_image
    from modelreport.render.setting import under

    with under(options):
        drawn = map_image(report)
    return {options.picture: drawn} if drawn is not None else {}


def _with_own_templates(writer: Callable[[Report], bytes], report: Report) -> bytes:
    """What the writer makes; a fault in the caller's own template is an ``OutputError`` that names its line."""
    from jinja2 import TemplateError, TemplateSyntaxError

    try:
        return writer(report)
    except TemplateError as error:
        where = (
            f"{error.name or 'a template'}, line {error.lineno}"
            if isinstance(error, TemplateSyntaxError)
            else "a template"
        )
        raise OutputError(
            f"{where} of your own templates: {error.message or error}", "Compare it with templates/ of modelreport."
        ) from error


def figures(report: Report) -> Mapping[str, Figure]:
    """Every chart of the report as a Plotly figure, by its id."""
    from modelreport.render.charts import figures as draw

    return draw(report)
