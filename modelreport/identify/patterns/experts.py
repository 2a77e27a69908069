"""Mixtures of experts: a linear router, the best few of its scores, and weights for each expert."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from modelreport.facts import Structure
from modelreport.identify.patterns.network import Network

_TOP = re.compile(r"\bk=(\d+)")
NEAR = 40


@dataclass
class Experts:
    """One mixture as it ran."""

    router: int
    choice: int
    """The top-k operation."""
    experts: int
    chosen: int
    width: int
    inner: int | None = None
    proof: str = ""
    """``weights``: stored tensors with one slice for each expert; ``modules``: as many equal modules."""
    path: str = ""
    members: set[int] = field(default_factory=set)

    @property
    def figures(self) -> tuple[object, ...]:
        """What must be equal for two to be told as one."""
        return (self.experts, self.chosen, self.width, self.inner)


def find_experts(network: Network, structure: Structure) -> list[Experts]:
    """All mixtures of experts, in the order of execution."""
    found: dict[int, Experts] = {}
    siblings = _siblings(structure)
    for index, kind in enumerate(network.kinds):
        if kind != "topk":
            continue
        top = _TOP.search(network.operations[index].label)
        given = network.out(network.live(index)[0]) if network.live(index) else ()
        router = _router(network, index)
        if top is None or router is None or not given:
            continue
        width, experts = network.features(router) or (0, 0)
        if given[-1] != experts or not 0 < int(top[1]) < experts:
            continue
        made = Experts(router, index, experts, int(top[1]), width)
        if _prove(network, made, siblings):
            found[router] = made
    return [found[router] for router in sorted(found)]


def _router(network: Network, start: int) -> int | None:
    """The linear layer whose outputs are ranked."""
    todo = list(network.live(start))
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = max(todo)
        todo.remove(index)
        if index < 0 or index in seen:
            continue
        seen.add(index)
        if network.kinds[index] == "linear":
            return index
        if network.kinds[index] in {"conv", "attention", "norm", "recurrent", "product"}:
            return None
        todo.extend(network.live(index))
    return None


def _siblings(structure: Structure) -> dict[str, tuple[str, int]]:
    """For each module with children, the path and number of its largest group of equal children."""
    found: dict[int, dict[str, int]] = {}
    for module in structure.modules:
        if module.parent >= 0 and module.signature:
            group = found.setdefault(module.parent, {})
            group[module.signature] = group.get(module.signature, 0) + 1
    return {structure.modules[parent].path: ("", max(group.values())) for parent, group in found.items()}


def _prove(network: Network, made: Experts, siblings: dict[str, tuple[str, int]]) -> bool:
    """Weights with one slice for each expert that are read nearby, or as many equal modules beside the router."""
    outer = network.path(made.router)
    for _ in range(3):
        outer = outer.rpartition(".")[0]
        last = _end(network, made.router, outer)
        inside = range(made.router, last)
        sizes = [shape for index in inside if (shape := _stacked(network, index, made.experts))]
        if len(sizes) >= 2:
            made.proof, made.path = "weights", outer
            made.inner = _inner(network, inside, made)
            made.members = set(inside)
            return True
        if siblings.get(f"{outer}.experts" if outer else "experts", ("", 0))[1] == made.experts:
            made.proof, made.path = "modules", outer
            made.members = set(inside)
            return True
        if not outer:
            break
    return False


def _end(network: Network, start: int, path: str) -> int:
    """One past the last operation of the call of module ``path`` that ``start`` ran in."""
    calls = network.trace.calls
    call = network.operations[start].call
    while call >= 0 and calls[call].path != path:
        call = calls[call].parent
    return calls[call].last if call >= 0 else start


def _stacked(network: Network, index: int, experts: int) -> bool:
    """Whether a product reads weights of three dimensions, the first for the experts."""
    if network.kinds[index] not in {"product", "linear"}:
        return False
    given = [spec.shape for spec in network.operations[index].inputs] + network.weights(index)
    return any(len(shape) == 3 and shape[0] == experts for shape in given)


def _inner(network: Network, inside: range, made: Experts) -> int | None:
    """Width inside an expert: what the last product of the experts takes."""
    for index in reversed(inside):
        if _stacked(network, index, made.experts) and network.out(index)[-1:] == (made.width,):
            given = network.into(index)
            return given[-1] if given else None
    return None
