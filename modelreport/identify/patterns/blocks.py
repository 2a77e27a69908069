"""Blocks that a module tree repeats."""

from __future__ import annotations

import re

from modelreport.facts import BlockRun, Structure

MOST = 40
_NUMBER = re.compile(r"\d+")


def find_blocks(structure: Structure) -> tuple[BlockRun, ...]:
    """Sibling modules with layers inside, equal in all but their number, in a row or taking turns, outer ones first.

    A layer whose children hold no parameters (a norm with its activation) is no block. Inside repeated blocks only the
    first is looked into.
    """
    below: dict[int, list[int]] = {}
    for index, module in enumerate(structure.modules):
        if 0 <= module.parent < index:
            below.setdefault(module.parent, []).append(index)
    found: list[BlockRun] = []
    todo = [0] if structure.modules else []
    while todo and len(found) < MOST:
        parent = todo.pop(0)
        groups: dict[tuple[str, str], list[int]] = {}
        for child in below.get(parent, ()):
            module = structure.modules[child]
            if not module.shared_with:
                key = _NUMBER.sub("#", module.name), module.signature or f"{child}"
                groups.setdefault(key, []).append(child)
        for (name, _), members in groups.items():
            first = structure.modules[members[0]]
            todo.append(members[0])
            inside = any(structure.modules[child].parameters for child in below.get(members[0], ()))
            if len(members) > 1 and "#" in name and inside:
                above = structure.modules[parent].path
                path = f"{above}.{name}" if above else name
                found.append(BlockRun(path=path, count=len(members), type=first.type, parameters=first.parameters))
    return tuple(found[:MOST])
