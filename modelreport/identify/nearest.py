"""What unknown weights are like: the known architectures with most names and shapes in common. Only a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from modelreport.facts import Nearest
from modelreport.identify.bare import Candidate as FamilyCandidate
from modelreport.identify.bare import candidates
from modelreport.identify.fitting import DISPENSABLE, Shape
from modelreport.identify.index import Candidate, load_index
from modelreport.identify.relations import evaluate, fold

SHOWN = 3
_LEAST = 0.05
"""Below this share in common it is a coincidence."""
_PARTS = 8


def nearest_known(shapes: Mapping[str, Shape]) -> tuple[Nearest, ...]:
    """The architectures that have most in common with these tensors, at most three, best first. Imports no library."""
    return nearest_of(load_index().nearest(shapes), candidates(shapes), shapes) if shapes else ()


def nearest_of(
    sized: Sequence[Candidate], families: Sequence[FamilyCandidate], shapes: Mapping[str, Shape]
) -> tuple[Nearest, ...]:
    """As ``nearest_known``, from what was already looked up."""
    found = [
        Nearest(
            name=c.architecture.name, library=c.architecture.library, matched=c.matched,
            total=c.total + c.architecture.tensors - c.matched,
        )
        for c in sized[:30]
    ]  # fmt: skip
    found.extend(_of_family(c.solved(shapes), shapes) for c in families[:6])
    found = [n for n in found if n.matched >= _LEAST * n.total]
    found.sort(key=lambda n: (-n.matched / n.total, n.library != "torchvision", len(n.name), n.name))
    return tuple(list({n.name: n for n in reversed(found)}.values())[::-1][:SHOWN])


def _of_family(candidate: FamilyCandidate, shapes: Mapping[str, Shape]) -> Nearest:
    """Tensors whose name and shape the family has with the sizes that most of them agree on; missing names counted."""
    matched = sum(n for es, shape, n in candidate.observed(shapes) if _fits(es, shape, candidate.solution.values))
    there = {p: len(names) for p, names in candidate.named.patterns.items()}
    total = sum(there.values()) + sum(_repeats(p, there) for p in candidate.missing)
    for key in {fold(candidate.family.keys[i][0]) for i in candidate.places} & set(there):
        total += max(_repeats(key, there) - there[key], 0)  # of layers that are only half there
    return Nearest(name=candidate.name, library="transformers", matched=min(matched, total), total=max(total, 1))


def _fits(expressions: Sequence[Any], shape: Shape, values: Mapping[str, int]) -> bool:
    told = [evaluate(e, values) for e in expressions]
    return len(told) == len(shape) and all(t is None or t == n for t, n in zip(told, shape, strict=True))


def _repeats(pattern: str, there: Mapping[str, int]) -> int:
    """How often a name without numbers should be there: as often as the fullest of its siblings is."""
    if "#" not in pattern:
        return 1
    start, numbers = pattern.partition("#")[0], pattern.count("#")
    return max((n for p, n in there.items() if p.count("#") == numbers and p.startswith(start)), default=1)


def floor_percent(part: int, whole: int) -> int:
    """Whole percent, never 100 for less than all."""
    return part * 100 // whole if whole else 0


def several_of(shapes: Mapping[str, Shape]) -> list[tuple[str, str]]:
    """Networks that lie side by side under different prefixes: prefix and architecture; fewer than two are none."""
    parts: dict[str, dict[str, Shape]] = {}
    for name, shape in shapes.items():
        head, dot, rest = name.partition(".")
        if dot and not DISPENSABLE.search(name[-200:]):
            parts.setdefault(head, {})[rest] = shape
    if not 2 <= len(parts) <= _PARTS:
        return []
    found = []
    for head, own in parts.items():
        best = next(iter(load_index().nearest(own, 1)), None)
        family = next(iter(candidates(own)), None)
        if best is not None and best.similarity >= 0.9:
            found.append((f"{head}.", str(best.architecture)))
        elif family is not None and family.similarity >= 0.95 and not family.solution.against and len(own) > 10:
            found.append((f"{head}.", str(family)))
    return found if len(found) > 1 else []
