"""Dimensions as expressions of a configuration's values, from what changes when one value is changed at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction

from modelreport.identify.relations import Expression, Shape, fold

Change = tuple[str, int, int, Shape]
"""Path of a value, the value before and after, and the shape of the tensor after."""


def expression(place: int, shape: Shape, changes: Sequence[Change], flat: Mapping[str, int]) -> Expression:
    """One dimension from the values that change it."""
    own = [(p, v, w, s[place]) for p, v, w, s in changes if s[place] != shape[place]]
    size = shape[place]
    if not own:
        return size
    slopes = {p: Fraction(d - size, w - v) for p, v, w, d in own}
    if len(own) == 1:
        path, value, _, _ = own[0]
        rest = size - slopes[path] * value
        common = slopes[path].denominator * rest.denominator
        return ["=", path, int(slopes[path] * common), common, int(rest * common)]
    names = [p for p, *_ in own]
    image = next((p for p in names if p.rpartition(".")[2] in {"image_size", "img_size"}), "")
    patch = next((p for p in names if p.rpartition(".")[2] == "patch_size"), "")
    if image and patch and flat.get(patch):
        rest_of = size - (flat[image] // flat[patch]) ** 2
        return ["#", image, patch, rest_of] if 0 <= rest_of < 8 else None
    factors = {p: v for p, v, _, _ in own}
    powers = (
        {p: _power(Fraction(d, size), Fraction(w, v)) for p, v, w, d in own} if size and all(factors.values()) else {}
    )
    if powers and all(powers.values()):
        scale = Fraction(size)
        for p, power in powers.items():
            scale = scale / factors[p] if power > 0 else scale * factors[p]
        return ["*", scale.numerator, scale.denominator, *(p if powers[p] > 0 else f"/{p}" for p in names)]
    rest = size - sum((slopes[p] * v for p, v in factors.items()), Fraction(0))
    if rest.denominator == 1 and all(abs(s) < 1000 for s in slopes.values()):
        return ["+", int(rest), *([p, s.numerator, s.denominator] for p, s in slopes.items())]
    return None


def _power(change: Fraction, cause: Fraction) -> int:
    """1 where a dimension grows as a value does, -1 where it shrinks as that grows, 0 otherwise."""
    return 1 if change == cause else -1 if change * cause == 1 else 0


def grouped(names: list[str], forms: Mapping[str, list[Expression]]) -> Iterable[tuple[str, list[str]]]:
    """Names under one key for as many folded numbers as leave their forms alike."""
    todo: list[tuple[Callable[[str], str], list[str], int]] = [(fold, names, 0)]
    while todo:
        key_of, members, depth = todo.pop()
        groups: dict[str, list[str]] = {}
        for name in members:
            groups.setdefault(key_of(name), []).append(name)
        for key, group in groups.items():
            alike = all(forms[n] == forms[group[0]] for n in group)
            if alike or depth > 3 or len(group) == 1:
                yield key, group
            else:
                todo.append((_keeping(depth + 1), group, depth + 1))


def _keeping(kept: int) -> Callable[[str], str]:
    """A fold that keeps the first ``kept`` numbers."""

    def key_of(name: str) -> str:
        parts, left = [], kept
        for part in name.split("."):
            if part.isdigit() and left <= 0:
                parts.append("#")
            else:
                left -= part.isdigit()
                parts.append(part)
        return ".".join(parts)

    return key_of


def locators(longer: Mapping[str, Shape], shorter: Mapping[str, Shape]) -> list[str]:
    """Name parts behind which a new number appears in ``longer``; folded where it does so for all numbers before it."""
    known: set[str] = set()
    for name in shorter:
        parts = name.split(".")
        known.update(".".join(parts[: i + 1]) for i, p in enumerate(parts) if p.isdigit())
    found: dict[str, None] = {}
    for name in longer:
        if name in shorter:
            continue
        parts = name.split(".")
        for i, part in enumerate(parts):
            if part.isdigit() and ".".join(parts[: i + 1]) not in known:
                found.setdefault(".".join(parts[:i]))
                break
    folded: dict[str, list[str]] = {}
    for place in found:
        folded.setdefault(fold(place), []).append(place)
    everywhere: dict[str, set[str]] = {fold(p): set() for p in found}
    for known_place in known:
        parent = known_place.rpartition(".")[0]
        if fold(parent) in everywhere:
            everywhere[fold(parent)].add(parent)
    made: list[str] = []
    for key, places in folded.items():
        made.extend([key] if set(places) >= everywhere[key] else places)
    return made
