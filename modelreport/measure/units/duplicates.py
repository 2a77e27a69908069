"""Tensors that are stored more than once."""

from __future__ import annotations

from collections import defaultdict

from modelreport.facts import Duplicate, Structure, TensorStatistics

_FEWEST = 3
"""Values from which a tensor counts: two numbers are equal by chance."""


def duplicates(structure: Structure, statistics: tuple[TensorStatistics, ...]) -> tuple[Duplicate, ...]:
    """Tensors with equal digests in separate storages, those that cost the most bytes first.

    Left out are tied tensors, which cost nothing, tensors of one or two values, and constant ones: the scales of fresh
    normalisations are all ones, their shifts all zero.
    """
    facts = {fact.name: fact for fact in structure.tensors}
    alike: defaultdict[str, list[str]] = defaultdict(list)
    for each in statistics:
        fact = facts.get(each.name)
        constant = each.minimum == each.maximum and not (each.nan or each.positive_infinity or each.negative_infinity)
        if fact is None or fact.tied_to or not each.digest or each.count < _FEWEST or constant:
            continue
        alike[each.digest].append(each.name)
    found = [
        Duplicate(names=tuple(names), size_bytes=facts[names[0]].size_bytes)
        for names in alike.values()
        if len(names) > 1
    ]
    return tuple(sorted(found, key=lambda each: (-each.size_bytes * (len(each.names) - 1), each.names)))
