"""The outline of the architecture for all outputs: its sentences, what was recognised, which blocks repeat."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from modelreport.facts import BlockRun, Message, Nearest, Pattern, PatternKind, Report
from modelreport.render import format as text
from modelreport.render.anchors import Anchors, anchors
from modelreport.render.language import _, mark, tell

TITLES: Final[dict[PatternKind, str]] = {
    "attention": mark("Attention"),
    "mlp": mark("MLP"),
    "experts": mark("Mixture of experts"),
    "residual": mark("Residual connection"),
    "norm": mark("Norm"),
    "convolution": mark("Convolution"),
    "recurrent": mark("Recurrent layer"),
    "state space": mark("State space"),
}
_WHOLE: Final = re.compile(r"(?<![\w×.,])\d{4,}(?![\w×.,])")


@dataclass(frozen=True)
class Recognised:
    """One pattern as a row."""

    title: str
    count: str
    figures: str
    path: str
    href: str
    proof: Message


@dataclass(frozen=True)
class Repeated:
    """One run of blocks as a row."""

    path: str
    count: str
    type: str
    parameters: str
    exact: str
    whole: str


def outline_context(report: Report) -> dict[str, Any]:
    """Variables for templates: ``description``, ``patterns``, ``blocks``, ``nearest``."""
    places = anchors(report)
    made = report.outline
    return {
        "description": made.description,
        "patterns": tuple(_recognised(pattern, places) for pattern in made.patterns),
        "blocks": tuple(_repeated(run) for run in made.blocks),
        "nearest": tuple(_near(near) for near in made.nearest),
    }


def _recognised(pattern: Pattern, places: Anchors) -> Recognised:
    figures = " · ".join(_figure(item.name, item.value) for item in pattern.values)
    return Recognised(
        title=_title(pattern.kind),
        count=f"×{text.exact(pattern.count)}",
        figures=figures,
        path=text.name(pattern.path, 100) or _("(root)"),
        href=places.module(pattern.path),
        proof=pattern.proof,
    )


def _title(kind: PatternKind) -> str:
    """What a pattern is called; a norm is a layer here, where elsewhere it is a size."""
    return _("norm").capitalize() if kind == "norm" else _(TITLES[kind])


def _figure(name: str, value: str) -> str:
    """``head width 64``; what is simply so is said by its name, what it is by its value."""
    shown = _WHOLE.sub(lambda found: f"{int(found[0]):,}", text.name(value, 100))
    told, said = text.name(tell(name), 40), tell(shown)
    if value == "yes":
        return told
    return said if name in {"kind", "block"} else f"{told} {said}"


def _repeated(run: BlockRun) -> Repeated:
    return Repeated(
        path=text.name(run.path, 100),
        count=f"×{text.exact(run.count)}",
        type=text.name(run.type, 80),
        parameters=text.count(run.parameters),
        exact=text.exact(run.parameters),
        whole=text.count(run.count * run.parameters),
    )


def _near(near: Nearest) -> str:
    likeness = text.share(near.matched / near.total) if near.total else text.UNKNOWN
    name, library = text.name(near.name, 80), text.name(near.library, 40)
    known = _("{name} of {library}", name=name, library=library) if library else name
    return _(
        "{name}: {share} of the tensors of both ({matched} of {total})",
        name=known, share=likeness, matched=text.exact(near.matched), total=text.exact(near.total),
    )  # fmt: skip
