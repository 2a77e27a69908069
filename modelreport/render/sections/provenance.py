"""The section ``provenance``."""

from __future__ import annotations

from typing import Any

from modelreport.facts import Report
from modelreport.render.section import Section, no_badge


def context(report: Report) -> dict[str, Any]:  # noqa: ARG001
    """Variables of the template."""
    return {}


SECTION = Section(id="provenance", title="Provenance and security", context=context, badge=no_badge)
