"""The sections of the page, in its order; each has its template ``templates/sections/<id>.html``."""

from __future__ import annotations

from modelreport.render.section import Section
from modelreport.render.sections import (
    appendix,
    architecture,
    compute,
    findings,
    layers,
    provenance,
    summary,
    usage,
    weights,
)

SECTIONS: tuple[Section, ...] = (
    summary.SECTION,
    findings.SECTION,
    architecture.SECTION,
    layers.SECTION,
    compute.SECTION,
    usage.SECTION,
    weights.SECTION,
    provenance.SECTION,
    appendix.SECTION,
)
