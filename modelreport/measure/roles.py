"""Which tensors do the same work at different depths, from their names and shapes."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

Shape = tuple[int, ...]

_MOST_PARTS = 32
_MOST_LETTERS = 1000
"""Longer names are no dotted paths of modules."""

_ENOUGH_LAYERS = 6
"""Equal plain layers in a row that count as repeated: fewer are the first and second matrix of a block."""

_ENOUGH_WORDS = 4
"""Siblings like ``unit1`` to ``unit4`` that count as repeated whatever the word: ``attn1`` and ``attn2`` do not."""

_MOST_SERIES = 16
"""Kinds of parts that may alternate under one number; a file with endless ones is not worth the time."""

_ALIKE = 0.5
"""Share of names, or of shapes, that two blocks have in common to be the same block at two depths: the first block of
a stage has a shortcut more and another number of inputs."""

_NUMBERED = re.compile(r"(.*?)(\d{1,6})")
_REPEATED = re.compile(
    r"(?:.*[_-])?(?:layers?|stages?|blocks?|denseblock|denselayer|resblocks?|resnets?|groups?|cells?|levels?|h)[_-]?"
)
"""Words before a number that name a repeated part, such as ``layer1``, ``encoder_layer_3``."""

_PARALLEL = re.compile(r"experts?|heads?|branches|adapters?|codebooks?|quantizers?|towers?")
"""Lists whose members lie beside each other, not one after the other."""


@dataclass(frozen=True)
class Place:
    """Where a tensor stands among its like."""

    role: str
    """Its name with ``#`` for every index, and what kind of convolution it is where one role has several."""
    indices: tuple[int, ...]
    """Every index, in the order of the name: sorts the members of a role."""
    depth: tuple[int, ...]
    """The indices without those of parallel parts."""


@dataclass
class _Node:
    """A part of the names: the parts below it, and the shape where a tensor ends here."""

    below: dict[str, _Node] = field(default_factory=dict)
    shape: Shape | None = None
    repeated: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Parts below that are repeats: what stands in the role for them, and their index."""


Leaves = dict[str, set[Shape]]
"""Tensors below a part, by the rest of their role, with the shapes there are."""


def places(tensors: Iterable[tuple[str, Shape]]) -> dict[str, Place]:
    """The place of each tensor that is repeated at other depths, by name; the others are left out.

    An index is a number, or a word such as ``layer1``, whose siblings hold tensors of the same names: blocks with named
    layers or equal shapes, stages made of such blocks, or six equal plain layers. ``mlp.0`` and
    ``mlp.2`` are two layers, not one at two depths, and ``encoder`` and ``decoder`` stay apart.
    """
    root = _Node()
    known: list[tuple[str, Shape, list[str]]] = []
    for name, shape in tensors:
        parts = re.split(r"([./])", name[: _MOST_LETTERS + 1])
        if len(name) > _MOST_LETTERS or len(parts) > 2 * _MOST_PARTS:
            continue
        known.append((name, shape, parts))
        node = root
        for part in parts[::2]:
            node = node.below.setdefault(part, _Node())
        node.shape = shape
    _settle(root)
    found = {name: (_place(root, parts), _kind(shape)) for name, shape, parts in known}
    kinds: defaultdict[str, set[str]] = defaultdict(set)
    for place, kind in found.values():
        kinds[place.role].add(kind)
    return {
        name: place
        if len(kinds[place.role]) == 1
        else Place(f"{place.role} ({kind})" if kind else place.role, place.indices, place.depth)
        for name, (place, kind) in found.items()
        if place.indices
    }


def _kind(shape: Shape) -> str:
    """What distinguishes convolutions that have one name in different blocks."""
    if len(shape) <= 2:
        return "" if len(shape) == 2 else f"{len(shape)} dimensions"
    kernel = "×".join(map(str, shape[2:]))
    return f"{kernel}, depthwise" if shape[1] == 1 else kernel


def _place(root: _Node, parts: Sequence[str]) -> Place:
    node, words = root, []
    indices: list[int] = []
    depth: list[int] = []
    before = ""
    for at, part in enumerate(parts):
        if at % 2:
            words.append(part)
            continue
        word, index = node.repeated.get(part, (part, -1))
        words.append(word)
        if index >= 0:
            indices.append(index)
            if not _PARALLEL.fullmatch(before):
                depth.append(index)
        node = node.below[part]
        before = part
    return Place("".join(words), tuple(indices), tuple(depth))


def _settle(node: _Node) -> Leaves:
    """Find the repeats below a part, the inner ones first, and return its tensors by their roles."""
    leaves = {part: _settle(each) for part, each in node.below.items()}
    series: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for part in node.below:
        number = _NUMBERED.fullmatch(part)
        if number:
            series[number[1]][part] = int(number[2])
    for word, numbers in series.items():
        for part in _repeats(node, word, list(numbers), leaves):
            node.repeated[part] = (f"{word}#", numbers[part])
    found: Leaves = {"": {node.shape}} if node.shape is not None else {}
    for part, inner in leaves.items():
        word = node.repeated[part][0] if part in node.repeated else part
        for rest, shapes in inner.items():
            found.setdefault(f"{word}.{rest}" if rest else word, set()).update(shapes)
    return found


def _repeats(node: _Node, word: str, parts: list[str], leaves: dict[str, Leaves]) -> list[str]:
    """Those of some numbered siblings that are one part at several depths."""
    plain = {part for part in parts if not any(each.below for each in node.below[part].below.values())}
    usual = not word or bool(_REPEATED.fullmatch(word))
    if not usual and len(parts) < _ENOUGH_WORDS:
        return []
    layers = _equal_layers([part for part in parts if part in plain], leaves)
    return layers + _like_blocks([part for part in parts if part not in plain], leaves, named=usual)


def _equal_layers(parts: list[str], leaves: dict[str, Leaves]) -> list[str]:
    """Layers without parts of their own: those that have the most frequent names and shapes."""
    looks = {part: tuple(sorted((rest, *sorted(shapes)) for rest, shapes in leaves[part].items())) for part in parts}
    if not looks:
        return []
    look, count = Counter(looks.values()).most_common(1)[0]
    return [part for part in parts if looks[part] == look] if count >= _ENOUGH_LAYERS else []


def _like_blocks(parts: list[str], leaves: dict[str, Leaves], *, named: bool) -> list[str]:
    """Blocks and stages that are one part at several depths.

    They have half of their names in common with the most usual one. Where nothing but their names says so, these have
    words for the layers inside (``attn``, ``conv1``); ``block.0`` and ``block.1`` of nothing but numbers need the same
    shapes, unless they are stages. Another kind of part between them, such as a downsampling, is a series of its own.
    """
    kept: list[str] = []
    taken: set[str] = set()
    for cluster in _clusters(parts, {part: frozenset(leaves[part]) for part in parts}):
        seen: Counter[str | tuple[str, Shape]] = Counter()
        for part in cluster:
            seen.update(list(leaves[part]))
            seen.update(_matrices(leaves[part]))
        like = [
            part
            for part in cluster
            if (named and (_is_stage(leaves[part]) or _has_words(leaves[part]))) or _shares_shapes(leaves[part], seen)
        ]
        names = {rest for part in like for rest in leaves[part]}
        if len(like) > 1 and not names & taken:
            kept += like
            taken |= names
    return kept


def _clusters(parts: list[str], names: dict[str, frozenset[str]]) -> list[list[str]]:
    """Parts of like names, the most frequent names first."""
    left, clusters = parts, list[list[str]]()
    while left and len(clusters) < _MOST_SERIES:
        usual = Counter(names[part] for part in left).most_common(1)[0][0]
        alike = [part for part in left if len(names[part] & usual) >= _ALIKE * len(names[part] | usual)]
        clusters.append(alike)
        taken = set(alike)
        left = [part for part in left if part not in taken]
    return clusters


def _has_words(leaves: Leaves) -> bool:
    """Whether half of the tensors lie in a layer that has a name, not only a number."""
    words = [any(not part.isdecimal() for part in rest.split(".")[:-1]) for rest in leaves]
    return sum(words) >= _ALIKE * len(words)


def _is_stage(leaves: Leaves) -> bool:
    return sum("#" in rest for rest in leaves) >= _ALIKE * len(leaves)


def _matrices(leaves: Leaves) -> list[tuple[str, Shape]]:
    return [(rest, shape) for rest, shapes in leaves.items() for shape in shapes if len(shape) > 1]


def _shares_shapes(leaves: Leaves, seen: Counter[str | tuple[str, Shape]]) -> bool:
    """Whether half of the matrices that other blocks have too have the shape of another one's."""
    common = [(rest, shape) for rest, shape in _matrices(leaves) if seen[rest] > 1]
    return bool(common) and sum(seen[each] > 1 for each in common) >= _ALIKE * len(common)
