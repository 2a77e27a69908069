"""What the catalogue tells of one model."""

from __future__ import annotations

import msgspec

from modelreport.api import Report
from modelreport.facts import Identification, Trace
from modelreport.options import RenderOptions


class Card(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model: what is sorted and filtered by as it is, what is read as text in the language of the catalogue."""

    name: str
    """Path below the folder; where paths are not for others, a name that says nothing."""
    page: str = ""
    """Address of its page from the index; empty where it could not be read."""
    title: str = ""
    what: str = ""
    """What it is, in one line."""
    family: str = ""
    """Architecture or class."""
    format: str = ""
    size_bytes: int = 0
    parameters: int | None = None
    macs: int | None = None
    level: str = "unread"
    """``ok``, ``warning``, ``error``, or ``unread``."""
    sentence: str = ""
    """The verdict, or why it could not be read."""
    hint: str = ""
    created: str = ""
    drawing: tuple[tuple[str, str], ...] = ()
    """Thumbnail of the map: classes and paths (``render.map.thumbnail``)."""


def card_of(report: Report, name: str, page: str, look: RenderOptions) -> Card:
    """The card of a report that is already redacted as ``look`` asks."""
    from modelreport.render import format as text
    from modelreport.render.map.thumbnail import thumbnail
    from modelreport.render.sections.summary import what_it_is
    from modelreport.render.setting import under

    known, verdict, trace = report.identification, report.verdict, report.trace
    with under(look):
        return Card(
            name=name,
            page=page,
            title=report.title,
            what=what_it_is(report),
            family=_family(known) if isinstance(known, Identification) else "",
            format=report.source.format_title,
            size_bytes=report.source.size_bytes,
            parameters=report.structure.parameters,
            macs=trace.macs if isinstance(trace, Trace) else None,
            level=verdict.level if verdict else "ok",
            sentence=text.message(verdict.sentence) if verdict else "",
            created=report.generator.created,
            drawing=thumbnail(report),
        )


def unread(name: str, message: str, hint: str = "") -> Card:
    """The card of a model that could not be read."""
    return Card(name=name, sentence=message, hint=hint)


def _family(known: Identification) -> str:
    return known.task or known.name
