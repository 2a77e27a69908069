"""The report as PDF, without a browser: tagged (PDF/UA-1), with an outline, page references and the facts attached."""

from __future__ import annotations

import hashlib
import logging
import re
import zlib
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from types import ModuleType
from typing import Any, Final

from markupsafe import Markup

from modelreport.errors import MissingDependencyError
from modelreport.facts import Report
from modelreport.render.environment import environment
from modelreport.render.json import write_json
from modelreport.render.language import SOURCE, _, tag
from modelreport.render.map.undisturbed import undisturbed
from modelreport.render.paper.drawings import as_images, replaced
from modelreport.render.paper.file import pack, write
from modelreport.render.paper.fonts import Fonts, prepare, quiet
from modelreport.render.paper.headings import Headings
from modelreport.render.paper.markup import parsed
from modelreport.render.paper.numbers import number_pages
from modelreport.render.paper.stack import with_room
from modelreport.render.paper.tags import finish
from modelreport.render.paper.values import PARTS, missing_words, page_values
from modelreport.render.paper.vector import images
from modelreport.render.setting import setting, under

LOG: Final = logging.getLogger("modelreport.pdf")
LOG.setLevel(logging.WARNING)  # what a document cannot show is said, however quiet the rest is
_WIDE: Final = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
_SAID: Final = 60
"""Different East Asian characters without a glyph from which on it is the report's own words that are missing."""


def write_pdf(report: Report) -> bytes:
    """The whole report; the same report gives the same bytes.

    Characters that no font here has are named in the document and in the log. ``MissingDependencyError`` when
    WeasyPrint or the system library it draws text with is not installed, or no font for the language asked for.
    """
    weasyprint = _weasyprint()
    with undisturbed(), under(setting().options, packed=False):
        return with_room(lambda: _document(weasyprint, report))


def _document(weasyprint: ModuleType, report: Report) -> bytes:
    values = page_values(report)
    page, headings = _page(values, "")
    fonts = prepare(weasyprint, page, tag())
    if fonts.missing:
        _readable(fonts.missing)
        words = missing_words(fonts.missing)
        LOG.warning("%s", words)
        page, headings = _page(values, words)
        page = replaced(page, fonts.missing)
    drawn = {sheet.id: sheet.title for sheet in (values["map_sheet"], *values["map_details"]) if sheet}
    with _hushed():
        return _written(weasyprint, report, page, fonts, {**headings.titles(), **drawn})


def _written(weasyprint: ModuleType, report: Report, page: str, fonts: Fonts, titles: Mapping[str, str]) -> bytes:
    facts = write_json(report)
    created = _created(report)
    attachment = weasyprint.Attachment(
        string=facts.decode("utf-8"), name="report.json", description=_("All facts of this report as JSON"),
        created=created, modified=created, relationship="Data",
    )  # fmt: skip
    fetcher = weasyprint.URLFetcher(allowed_protocols=("data",))
    with_images, drawings = as_images(page)
    with ThreadPoolExecutor(1) as beside:
        packed = beside.submit(zlib.compress, facts)  # of a large report as long as half of the layout
        options = {
            "cache": images(drawings, fonts.config),
            "stylesheets": list(fonts.styles),
            "pdf_variant": "pdf/ua-1",
            "attachments": [attachment],
        }
        document = parsed(weasyprint, with_images, fetcher).render(font_config=fonts.config, **options)
        number_pages(document)

        def finished(_document: Any, pdf: Any) -> None:
            finish(pdf, titles)
            pack(pdf, packed.result)
            pdf.write = lambda output, *_how: write(pdf, output, hashlib.sha256(facts).hexdigest()[:32])

        written: bytes = document.write_pdf(finisher=finished, **options)
    return written


def _page(values: Mapping[str, Any], missing: str) -> tuple[str, Headings]:
    """The document as HTML: the body first, because the contents on the cover are made of its headings."""
    templates, headings = environment(), Headings()
    known = dict(values) | {"heading": headings, "missing": missing}
    body = "".join(templates.get_template(f"print/{part}.html").render(known) for part in PARTS)
    page = templates.get_template("print.html").render(known | {"body": Markup(body)})  # noqa: S704 - escaped by the templates
    return _encodable(page), headings


def _readable(missing: str) -> None:
    """Refuse to write a document in a language whose words would all be boxes."""
    if setting().options.lang != SOURCE and len(_WIDE.findall(missing)) >= _SAID:
        error = MissingDependencyError("noto-cjk-sans-otc", "cjk", "A PDF in this language")
        error.hint += ", or install a system font such as Debian's fonts-noto-cjk"
        raise error


@contextmanager
def _hushed() -> Iterator[None]:
    """Without WeasyPrint's own word on characters that no font has."""
    log = logging.getLogger("weasyprint")
    log.addFilter(quiet)
    try:
        yield
    finally:
        log.removeFilter(quiet)


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
