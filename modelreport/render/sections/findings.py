"""What was found, by severity, each with a way to its evidence; then what passed, does not apply, was not checked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from modelreport.facts import Finding, Message, Report
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.language import _, mark, tell
from modelreport.render.section import Section

ORDER = {"error": 0, "warning": 1, "note": 2}
SECTION_TITLES = {
    "architecture": mark("Architecture"),
    "layers": mark("Layers"),
    "compute": mark("Compute"),
    "weights": mark("Weights"),
    "provenance": mark("Provenance"),
    "appendix": mark("Appendix"),
}


KINDS = {
    "tensor": mark("tensor"),
    "module": mark("module"),
    "operation": mark("operation"),
    "call": mark("call"),
    "file": mark("file"),
    "key": mark("key"),
}


@dataclass(frozen=True)
class Link:
    """Where one piece of evidence is, what it is called, and what is to be seen there."""

    href: str
    kind: str
    name: str
    detail: str
    row: str = ""
    """Row of a table that the page's script finds, where it does not stand in the markup."""


@dataclass(frozen=True)
class Entry:
    """One finding as it stands on the page."""

    finding: Finding
    css: str
    """Name of its colour."""
    icon: str
    word: str
    href: str
    where: str
    """Text of the link to the evidence."""
    links: tuple[Link, ...]
    more: int
    """Pieces of evidence that the report does not name."""
    row: str = ""
    """As that of ``Link``, of the first piece of evidence."""


@dataclass(frozen=True)
class Absent:
    """Rules that do not apply for one reason."""

    reason: Message
    entries: tuple[Entry, ...]

    @property
    def count(self) -> int:
        """How many they are."""
        return len(self.entries)

    @property
    def icon(self) -> str:
        """The sign of the state."""
        return self.entries[0].icon

    @property
    def word(self) -> str:
        """The name of the state."""
        return self.entries[0].word


def _entry(finding: Finding, places: Anchors) -> Entry:
    links = tuple(
        Link(
            places.evidence(evidence, finding.section),
            _(KINDS[evidence.kind]),
            text.name(evidence.name) or _("(root)"),
            text.message(evidence.detail) if evidence.detail else "",
            places.hidden(evidence),
        )
        for evidence in finding.evidence
    )
    href = places.finding(finding)
    return Entry(
        finding=finding,
        css=finding.severity if finding.state == "found" else finding.state,
        icon=text.severity_icon(finding.severity, finding.state),
        word=text.severity_word(finding.severity, finding.state),
        href=href,
        where=_where(finding),
        links=links,
        more=max(0, finding.evidence_count - len(links)),
        row=links[0].row if links and href == links[0].href else "",
    )


def _where(finding: Finding) -> str:
    kinds = {evidence.kind for evidence in finding.evidence}
    number = max(finding.evidence_count, len(finding.evidence))
    if number > 1 and len(kinds) == 1:
        return text.plural(number, kinds.pop())
    return _(SECTION_TITLES[finding.section])


def _absent(entries: list[Entry]) -> tuple[Absent, ...]:
    """Those that do not apply by their reason, in their order: six rules want an optimizer's state."""
    reasons: dict[str, list[Entry]] = {}
    for entry in entries:
        reasons.setdefault(text.message(entry.finding.message), []).append(entry)
    return tuple(Absent(group[0].finding.message, tuple(group)) for group in reasons.values())


def context(report: Report) -> dict[str, Any]:
    """Variables of the template."""
    places = anchors(report)
    entries = [_entry(finding, places) for finding in report.findings]
    found = [entry for entry in entries if entry.finding.state == "found"]
    return {
        "found": sorted(found, key=lambda entry: (ORDER[entry.finding.severity], entry.finding.id)),
        "clean": [entry for entry in entries if entry.finding.state == "clean"],
        "absent": _absent([entry for entry in entries if entry.finding.state == "not_applicable"]),
        "not_checked": [entry for entry in entries if entry.finding.state == "not_checked"],
        "rule": tell(report.verdict.rule) if report.verdict else "",
    }


def badge(report: Report) -> str | None:
    """Number of things found."""
    number = sum(finding.state == "found" for finding in report.findings)
    return text.exact(number) if number else None


SECTION = Section(id="findings", title=mark("Findings"), context=context, badge=badge)
