"""What a page leaves out when it would be larger than asked for: detail first, never a finding or a total.

Each step leaves out more than the one before; the page says in words what is missing. Nothing is left out of the JSON
report.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelreport.render.language import _, mark
from modelreport.render.setting import setting

Payloads = Mapping[str, Any]


@dataclass(frozen=True)
class Step:
    """One thing less on the page."""

    id: str
    what: str
    """What is missing, to be told on the page."""
    thin: Callable[[Payloads], Payloads]
    """The data for the scripts without it."""
    repaints: bool = False
    """Whether the markup differs too: sections ask ``is_thinned``."""


MANY: Final = 1000
"""Rows from which a table counts as large."""
ROWS: Final = 2000
"""Rows that a large table keeps."""
ROWS_IN_MARKUP: Final = 200
"""Of these in the markup."""


def _without(*beginnings: str) -> Callable[[Payloads], Payloads]:
    return lambda payloads: {name: data for name, data in payloads.items() if not name.startswith(beginnings)}


def _as_it_is(payloads: Payloads) -> Payloads:
    return payloads


def bare_details(payloads: Payloads) -> Payloads:
    """The side panel of the map without what single boxes read, write and are set to."""
    details = payloads.get("map-details")
    if details is None:
        return payloads
    nothing = [0] * len(details["nodes"]["path"])
    dropped = {"inputs": "specs", "outputs": "specs", "weights": "weights", "attributes": "attributes"}
    kept = set(details["nodes"]["path"])
    for table in ("figures", "memory"):
        kept.update(place for values in details.get(table, ()) for place in values if not isinstance(place, bool))
    strings = [each if place in kept else "" for place, each in enumerate(details["strings"])]
    nodes = details["nodes"] | dict.fromkeys(dropped, nothing)
    return dict(payloads) | {
        "map-details": details | {key: [[]] for key in dropped.values()} | {"strings": strings, "nodes": nodes}
    }


STEPS: Final = (
    Step("histograms", mark("the histograms of single tensors"), _without("histograms")),
    Step("tensors", mark("what the panel of a tensor tells beyond its row"), _without("tensors")),
    Step("details", mark("inputs, outputs, weights and settings in the panel of the map"), bare_details),
    Step("charts", mark("the charts that answer to the pointer: their drawings and numbers stay"), _without("charts-")),
    Step("columns", mark("the columns of large tables that are hidden at first"), _as_it_is, repaints=True),
    Step("rows", mark("the rows of large tables after the first 2,000"), _as_it_is, repaints=True),
    Step("map", mark("the map that can be zoomed: its drawing stays"), _without("map")),
    Step(
        "tables",
        mark("rows of tables that are not in the page itself; sorting and filtering"),
        _without("table-"),
        repaints=True,
    ),
)
"""From what is missed least to what is missed most."""
NAMES: Final = tuple(step.id for step in STEPS)


def is_thinned(name: str) -> bool:
    """Whether the page at hand leaves this out."""
    return setting().thinning > NAMES.index(name)


def thinned(payloads: Payloads, steps: int) -> Payloads:
    """The data for the scripts after so many steps; what is kept whole is the same object."""
    for step in STEPS[:steps]:
        payloads = step.thin(payloads)
    return payloads


def rows_kept(rows: Sequence[Any]) -> int:
    """How many rows of a table its data holds on the page at hand."""
    return min(len(rows), ROWS) if is_thinned("rows") else len(rows)


def told(steps: int) -> tuple[str, ...]:
    """What is missing after so many steps, in the language of the report."""
    return tuple(_(step.what) for step in STEPS[:steps])
