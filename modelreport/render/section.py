"""A section of the page: what it is called and which facts it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from modelreport.facts import Report, Skipped
from modelreport.render.charts import CHARTS
from modelreport.render.charts.spec import Chart
from modelreport.render.language import tell


@dataclass(frozen=True)
class Section:
    """One part of the page, painted by ``templates/sections/<id>.html``.

    ``context`` returns the variables of that template. Three of them have a meaning to the page as well:

    * ``payloads``: a mapping from a name to plain data (dicts, lists, strings, finite numbers, ``None``), packed
      into the page for ``payload(name)`` of ``templates/js/payload.js``. Names are lower-case words joined by ``-``,
      unique on the page.
    * ``charts``: the ``Chart`` facts that its template paints with the ``chart`` macro; their Plotly figures travel in
      the payload ``charts-<id of the section>``, by the id of the chart.
    * ``chart_groups``: more of them by the value of ``data-charts`` of the element they stand in, each group in a
      payload ``charts-<that value>`` of its own, read when one of its charts comes into view.

    Every template sees ``report`` too. Rows and anchors are numbered, never called after anything in the file.
    """

    id: str
    """Anchor of the section, name of its template."""
    title: str
    context: Callable[[Report], dict[str, Any]]
    badge: Callable[[Report], str | None]
    """Short text beside the section's name in the rail, usually a count; ``None`` for none."""


def no_badge(report: Report) -> str | None:  # noqa: ARG001 - the signature of every badge
    """No badge, whatever the report says."""
    return None


def drawn(report: Report, *names: str) -> dict[str, Any]:
    """These charts for a template: those there are as ``charts``, why the others are not as ``undrawn``."""
    made = [CHARTS[name](report) for name in names]
    return {
        "charts": tuple(each for each in made if isinstance(each, Chart)),
        "undrawn": tuple(dict.fromkeys(tell(each.reason) for each in made if isinstance(each, Skipped))),
    }
