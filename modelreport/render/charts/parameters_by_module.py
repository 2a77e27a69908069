"""Where in the model the parameters are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from modelreport.facts import Skipped, Structure
from modelreport.render import format as text
from modelreport.render.charts.partition import as_float, part_of, partition
from modelreport.render.charts.spec import Axis, Bars, Chart
from modelreport.render.language import _, mark
from modelreport.render.packed import elements


@dataclass(frozen=True)
class _Part:
    label: str
    type: str
    parameters: int
    module: int = -1


def parameters_by_module(structure: Structure) -> Chart | Skipped:
    """Parameters of the model's parts in the order of registration, tied tensors with their first owner."""
    parts = _parts(structure)
    if not parts:
        return Skipped(stage="load", reason="The model has no parameters.")
    total = sum(part.parameters for part in parts)
    heaviest = max(parts, key=lambda part: part.parameters)
    shares = [text.share(part_of(part.parameters, total)) for part in parts]
    return Chart(
        id="parameters-by-module",
        title=f"{heaviest.label} holds {text.share(part_of(heaviest.parameters, total))} of "
        f"{text.count(total)} parameters",
        caption="Parameters by module in the order of registration; large modules are shown by their parts, a tied "
        "tensor counts where it appears first.",
        x=Axis(title=mark("parameters"), unit="count"),
        y=Axis(categories=tuple(part.label for part in parts)),
        layers=(
            Bars(
                values=tuple(as_float(part.parameters) for part in parts),
                colours=("accent",) * len(parts),
                labels=tuple(
                    f"{text.count(part.parameters)} · {share}" for part, share in zip(parts, shares, strict=True)
                ),
                hover=tuple(f"{p.label} {p.type}: {text.exact(p.parameters)} parameters" for p in parts),
            ),
        ),
        header=(mark("Module"), mark("Type"), mark("Parameters"), mark("Share")),
        rows=tuple(
            (part.label, part.type, text.exact(part.parameters), share)
            for part, share in zip(parts, shares, strict=True)
        ),
    )


def _parts(structure: Structure) -> list[_Part]:
    index = {module.path: i for i, module in reversed(list(enumerate(structure.modules)))}
    own: defaultdict[int, int] = defaultdict(int)
    for tensor in structure.tensors:
        if tensor.role == "parameter" and not tensor.tied_to:
            own[index.get(tensor.module, 0)] += elements(tensor)
    whole, children = dict(own), defaultdict[int, list[int]](list)
    for i in range(len(structure.modules) - 1, -1, -1):
        parent = structure.modules[i].parent
        if 0 <= parent < i:
            children[parent].insert(0, i)
            whole[parent] = whole.get(parent, 0) + whole.get(i, 0)

    def part(i: int) -> _Part:
        module = structure.modules[i]
        return _Part(text.brief(module.path, 60) or "model", text.name(module.type, 40), whole.get(i, 0), i)

    def expand(found: _Part) -> list[_Part]:
        if found.module < 0 or not children[found.module]:
            return []
        rest = own.get(found.module, 0)
        mine = [_Part(_("{label}: own parameters", label=found.label), found.type, rest)] if rest else []
        return mine + [part(i) for i in children[found.module]]

    def group(run: Sequence[_Part]) -> _Part:
        types = sorted({item.type for item in run})
        label = f"{run[0].label} … {run[-1].label}"
        return _Part(label, f"{len(run)} × {types[0]}" if len(types) == 1 else f"{len(run)} modules",
                     sum(item.parameters for item in run))  # fmt: skip

    root = part(0) if structure.modules else _Part("model", "", sum(own.values()))
    if root.parameters == 0:
        return []
    return partition(root, weight=lambda item: item.parameters, expand=expand, group=group)
