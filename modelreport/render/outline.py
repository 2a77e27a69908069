"""The outline of the architecture for all outputs: its sentences, what was recognised, which blocks repeat."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from modelreport.facts import (
    BlockRun,
    Message,
    ModuleFact,
    Nearest,
    Pattern,
    PatternKind,
    Report,
    Structure,
    Trace,
)
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
    href: str
    count: str
    type: str
    parameters: str
    exact: str
    whole: str
    share: str
    """Of all parameters."""
    macs: str
    """Of all of them in one pass; ``–`` where not known."""
    macs_share: str


def outline_context(report: Report) -> dict[str, Any]:
    """Variables for templates: ``description``, ``patterns``, ``blocks``, ``nearest``."""
    places = anchors(report)
    made = report.outline
    return {
        "macs_known": isinstance(report.trace, Trace) and report.trace.macs > 0,
        "description": made.description,
        "patterns": tuple(_recognised(pattern, places) for pattern in made.patterns),
        "blocks": tuple(_repeated(run, report, places) for run in made.blocks),
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
    told, said = text.name(tell(name), 40), " + ".join(tell(part) for part in shown.split(" + "))
    if value == "yes":
        return told
    return said if name in {"kind", "block"} else f"{told} {said}"


def _repeated(run: BlockRun, report: Report, places: Anchors) -> Repeated:
    members, trace = _members(run, report.structure), report.trace
    whole, all_of_them = run.count * run.parameters, report.structure.parameters
    macs = None
    if isinstance(trace, Trace) and members:
        paths = {module.path for module in members}
        macs = sum(call.macs for call in trace.calls if call.path in paths)
    return Repeated(
        path=_span(run, members),
        href=places.module(members[0].path) if members else "#layers",
        count=f"×{text.exact(run.count)}",
        type=text.name(run.type, 80),
        parameters=text.count(run.parameters),
        exact=text.exact(run.parameters),
        whole=text.count(whole),
        share=text.share(whole / all_of_them) if all_of_them else text.UNKNOWN,
        macs=text.macs(macs),
        macs_share=text.share(macs / trace.macs) if macs and isinstance(trace, Trace) else text.UNKNOWN,
    )


def _members(run: BlockRun, structure: Structure) -> tuple[ModuleFact, ...]:
    """The modules that a run counts; none where that cannot be told from what it says of them."""
    numbered = re.compile(r"\d+".join(map(re.escape, run.path.split("#"))))
    found = tuple(
        module
        for module in structure.modules
        if module.type == run.type and module.parameters == run.parameters and numbered.fullmatch(module.path)
    )
    return found if len(found) == run.count else ()


def _span(run: BlockRun, members: Sequence[ModuleFact]) -> str:
    """``layer2.1…3`` where the numbers follow one another, else ``layer2.#``."""
    before, behind = run.path.split("#", 1)[0], run.path.rsplit("#", 1)[-1]
    numbers = [module.path.removeprefix(before).removesuffix(behind) for module in members]
    if behind or not numbers or not all(number.isdecimal() for number in numbers):
        return text.name(run.path, 100)
    first, last = int(numbers[0]), int(numbers[-1])
    together = [int(number) for number in numbers] == list(range(first, last + 1))
    return text.name(f"{before}{first}…{last}" if together else run.path, 100)


def _near(near: Nearest) -> str:
    likeness = text.share(near.matched / near.total) if near.total else text.UNKNOWN
    name, library = text.name(near.name, 80), text.name(near.library, 40)
    known = _("{name} of {library}", name=name, library=library) if library else name
    return _(
        "{name}: {share} of the tensors of both ({matched} of {total})",
        name=known, share=likeness, matched=text.exact(near.matched), total=text.exact(near.total),
    )  # fmt: skip
