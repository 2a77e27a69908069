"""Documents that several files of tests look at, written once."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

import pytest

from modelreport.render import pdf
from tests.factories import hostile_report, make_report, skipped_report
from tests.factories_weights import rich_report

PRINTED = {"small": make_report, "skipped": skipped_report, "hostile": hostile_report, "rich": lambda: rich_report(60)}


@dataclass
class Printed:
    """PDFs by name, and what writing them asked for and said."""

    documents: dict[str, bytes] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    said: list[logging.LogRecord] = field(default_factory=list)


@pytest.fixture(scope="session")
def printed():
    import weasyprint

    found = Printed()
    fetch = weasyprint.URLFetcher.fetch

    def recorded(self, url, *rest):
        found.asked.append(url)
        return fetch(self, url, *rest)

    handler = logging.Handler(logging.WARNING)
    handler.emit = found.said.append
    logging.getLogger().addHandler(handler)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(weasyprint.URLFetcher, "fetch", recorded)
        found.documents.update({name: pdf.write_pdf(make()) for name, make in PRINTED.items()})
    logging.getLogger().removeHandler(handler)
    return found
