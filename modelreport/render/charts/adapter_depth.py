"""How much an adapter changes each layer, over depth."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from modelreport.facts import AdapterDelta, AdapterEffect, Skipped, Weights
from modelreport.render import format as text
from modelreport.render.charts.depth import DEPTHS, ROLES, coloured, short_names
from modelreport.render.charts.spec import Axis, Chart
from modelreport.render.language import mark

_NUMBER: Final = re.compile(r"(?<![^._])\d{1,9}(?![^._])")
"""A number between dots, or underscores in the names of kohya-ss: an index, unlike those in ``fc1`` and ``attn2``."""


def roles_of(deltas: Sequence[AdapterDelta]) -> list[tuple[str, list[AdapterDelta]]]:
    """Layers that do the same work at different depths, in the order of their indices; the largest groups first."""
    roles: defaultdict[str, list[AdapterDelta]] = defaultdict(list)
    for each in deltas:
        roles[_NUMBER.sub("#", each.target[:1000])].append(each)
    ordered = sorted(roles, key=lambda role: -len(roles[role]))
    labels = [_short(label) for label in short_names(ordered)]
    if len(set(labels)) < len(labels):
        labels = short_names(ordered)
    return [(label, sorted(roles[role], key=_indices)) for label, role in zip(labels, ordered, strict=True)]


def _short(label: str) -> str:
    """A name of kohya-ss with several indices as its beginning and its end."""
    parts = re.sub(r"^lora_(?=unet|te)", "", label).split("#")
    return f"{parts[0]}# … {parts[-1].strip('_.')}" if len(parts) > 2 else label.strip("_.")


def _indices(delta: AdapterDelta) -> tuple[int, ...]:
    return tuple(map(int, _NUMBER.findall(delta.target[:1000])))


def adapter_depth(weights: Weights | Skipped) -> Chart | Skipped:
    """Size of the change, relative to the base model's weight where that is known."""
    if isinstance(weights, Skipped):
        return weights
    effect = weights.adapter
    if isinstance(effect, Skipped):
        return effect
    relative = any(each.relative is not None for each in effect.deltas)
    told = [each for each in effect.deltas if size_of(each, relative=relative)]
    if not told:
        return Skipped(stage="measure", reason="No layer is changed, or none could be computed.")
    most = max(told, key=lambda each: size_of(each, relative=relative) or 0.0)
    roles = [(label, members) for label, members in roles_of(told) if len(members) >= DEPTHS][:ROLES]
    repeated = bool(roles)
    lines = roles or [("all layers", told)]
    write = text.share if relative else text.number
    what = "‖ΔW‖ / ‖W‖" if relative else "‖ΔW‖"
    return Chart(
        id="adapter-depth",
        title=f"{text.name(most.target, 60)} is changed most: {what} is {write(size_of(most, relative=relative))}",
        caption=f"Frobenius norm of each layer's change, its scale included{', over that of its weight' * relative}; "
        "computed from the factors. " + _how(_of(effect, told), repeated=repeated),
        x=Axis(title=mark("depth") if repeated else mark("place in the file"), unit="count"),
        y=Axis(title=what, unit="share" if relative else "number", low=0.0),
        layers=coloured((label, _points(members, relative=relative)) for label, members in lines),
        header=(mark("Layers"), mark("Number"), mark("Smallest"), mark("Median"), mark("Largest"), mark("In")),
        rows=tuple(_row(label, members, relative=relative) for label, members in lines),
    )


def size_of(each: AdapterDelta, *, relative: bool) -> float | None:
    """The norm of the change, or its share of the weight's."""
    return each.relative if relative else each.norm


def _of(effect: AdapterEffect, told: Sequence[AdapterDelta]) -> str:
    left = len(effect.deltas) - len(told)
    return f" {left} layers without a change or without its figure are left out." if left else ""


def _how(rest: str, *, repeated: bool) -> str:
    return ("A line for each kind of layer." if repeated else "The layers in the order of the file.") + rest


def _points(members: Sequence[AdapterDelta], *, relative: bool) -> list[tuple[float, float, str]]:
    write = text.share if relative else text.number
    sizes = [size_of(each, relative=relative) or 0.0 for each in members]
    return [
        (float(i), size, f"{text.name(each.target, 60)}: {write(size)}, rank {each.rank}")
        for i, (each, size) in enumerate(zip(members, sizes, strict=True))
    ]


def _row(label: str, members: Sequence[AdapterDelta], *, relative: bool) -> tuple[str, ...]:
    write = text.share if relative else text.number
    ordered = sorted(members, key=lambda each: size_of(each, relative=relative) or 0.0)
    picked = (ordered[0], ordered[len(ordered) // 2], ordered[-1])
    sizes = (write(size_of(each, relative=relative)) for each in picked)
    return (label, text.exact(len(members)), *sizes, text.name(ordered[-1].target, 60))
