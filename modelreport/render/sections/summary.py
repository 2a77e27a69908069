"""The section ``summary``."""

from __future__ import annotations

from typing import Any

from modelreport.facts import Report
from modelreport.render.section import Section, no_badge


def context(report: Report) -> dict[str, Any]:  # noqa: ARG001
    """Variables of the template."""
    return {}


SECTION = Section(id="summary", title="Summary", context=context, badge=no_badge)
