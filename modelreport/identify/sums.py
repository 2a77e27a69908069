"""Numbers and hashes of whole branches of a module tree."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from modelreport.facts import TensorFact
from modelreport.identify.attributes import structural
from modelreport.identify.tensors import Sharing, parameters_in
from modelreport.identify.tree import Node


@dataclass
class Sums:
    """Counts of one module and all below, while they are added up."""

    parameters: int = 0
    buffers: int = 0
    size_bytes: int = 0

    def add(self, other: Sums, sign: int = 1) -> None:
        """Add another sum, or take it off with ``sign=-1``."""
        self.parameters += sign * other.parameters
        self.buffers += sign * other.buffers
        self.size_bytes += sign * other.size_bytes


def sum_up(
    nodes: Sequence[Node], facts: Sequence[TensorFact], sharing: Sequence[Sharing], groups: Mapping[int, Sequence[int]]
) -> list[Sums]:
    """Sums over each module and all below, every tied tensor once.

    A tied tensor is added in each module that has it and taken off once for each neighbouring pair (in the order of the
    tree) at their closest common ancestor: the number of distinct ones below every module, in linear time.
    """
    depth = [0] * len(nodes)
    for i, node in enumerate(nodes):
        depth[i] = depth[node.parent] + 1 if node.parent >= 0 else 0
    sums = [Sums() for _ in nodes]
    for first, members in groups.items():
        fact = facts[first]
        amount = Sums(
            parameters_in(fact),
            fact.count if fact.role == "buffer" else 0,
            sharing[first].stored_bytes if fact.role in {"parameter", "buffer"} else 0,
        )
        ordered = sorted(set(members))
        for place in ordered:
            sums[place].add(amount)
        for one, two in pairwise(ordered):
            sums[_common(nodes, depth, one, two)].add(amount, -1)
    for i in range(len(nodes) - 1, 0, -1):
        sums[nodes[i].parent].add(sums[i])
    return sums


def _common(nodes: Sequence[Node], depth: Sequence[int], one: int, two: int) -> int:
    while one != two:
        if depth[one] >= depth[two]:
            one = nodes[one].parent
        else:
            two = nodes[two].parent
    return one


def signatures_of(nodes: Sequence[Node], own: Sequence[Mapping[str, int]], facts: Sequence[TensorFact]) -> list[str]:
    """For each module a hash of its type, attributes, tensor shapes and children, so that repeats are equal."""
    below: list[list[tuple[str, str]]] = [[] for _ in nodes]
    found = [""] * len(nodes)
    for i in range(len(nodes) - 1, -1, -1):
        node = nodes[i]
        shapes = [(n, facts[t].shape, facts[t].dtype, facts[t].role) for n, t in own[i].items()]
        text = repr((node.type, node.type_path, structural(node.type, node.attributes), shapes, below[i][::-1]))
        if node.shared_with < 0:
            found[i] = hashlib.blake2b(text.encode("utf-8", "backslashreplace"), digest_size=8).hexdigest()
        if node.parent >= 0:
            below[node.parent].append((node.name, found[i] or "shared"))
    return found
