"""Attention: a softmax over the products of queries and keys, applied to values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from modelreport.identify.patterns.network import Network, Shape
from modelreport.identify.patterns.positions import (
    NEAR,
    bias_between,
    from_table,
    mask_between,
    masked_between,
    rotary,
    triangle,
)
from modelreport.identify.patterns.words import ELEMENTWISE, Kind, plain

_PASS: tuple[Kind, ...] = ("same", "part", "scale", "activation")
_FREE = frozenset({"same", "scale", "part"})
_STEPS = frozenset({"linear", "norm", "conv", "pool", "activation"})
DEEP = 3
"""Layers stepped back over from a projection to what it is made from."""


@dataclass
class Attention:
    """One attention as it ran."""

    first: int
    """Its first product, or the operation that is all of it."""
    last: int
    """The operation that gives the weighted values."""
    sources: tuple[int, ...]
    """Where queries, keys and values come from, in no certain order where their shapes are equal."""
    heads: int | None = None
    key_heads: int | None = None
    head_width: int | None = None
    width: int | None = None
    """Width of what the queries are projected from."""
    cross: bool | None = None
    mask: str = ""
    """``causal`` or ``triangular`` where that is proved."""
    masked: bool = False
    """Whether something else than a table of positions is added to the scores or selects among them."""
    positions: str = ""
    """``rotary`` or ``relative`` where operations prove it."""
    proof: str = ""
    members: set[int] = field(default_factory=set)

    @property
    def figures(self) -> tuple[object, ...]:
        """What must be equal for two attentions to be told as one."""
        return (self.heads, self.key_heads, self.head_width, self.width, self.cross, self.mask, self.positions)


def find_attentions(network: Network) -> list[Attention]:
    """All attentions, in the order of execution."""
    found = []
    for index, kind in enumerate(network.kinds):
        made = None
        if kind == "attention":
            made = _fused(network, index)
        elif kind == "softmax":
            made = _written_out(network, index)
        if made is not None:
            found.append(made)
    return found


# --- one operation --------------------------------------------------------------------------------------------------


def _fused(network: Network, index: int) -> Attention | None:
    operation = network.operations[index]
    if plain(operation.name) in {"multi_head_attention_forward", "_native_multi_head_attention"}:
        return _whole(network, index)
    shapes = [spec.shape for spec in operation.inputs[:3]]
    if len(shapes) < 3 or any(len(shape) < 3 for shape in shapes):
        return None
    query, key, value = shapes
    if query[-1] != key[-1] or key[-2] != value[-2]:
        return None
    operands = {query, key, value}
    sources = tuple(s for s in network.sources[index] if operands & set(_outs(network, s)))
    made = Attention(index, index, sources, proof="fused")
    if len(query) >= 4:
        made.heads, made.key_heads, made.head_width = query[-3], key[-3], query[-1]
    else:
        _split_heads(network, made, query)
    extra = _extra(network, index, sources)
    made.mask = "causal" if "causal" in operation.label.split(", ") else _first(triangle(network, s) for s in extra)
    made.positions = "relative" if any(from_table(network, s) for s in extra) else ""
    stored = any(shape[-2:] == (query[-2], key[-2]) for shape in network.weights(index))
    made.masked = stored or any(not from_table(network, s) for s in extra)
    _finish(network, made)
    return made


def _extra(network: Network, index: int, operands: tuple[int, ...]) -> list[int]:
    """Sources of the mask: the fourth operand."""
    given = network.operations[index].inputs
    if len(given) <= 3:
        return []
    alike = [s for s in operands if s >= 0 and network.constant[s] and given[3].shape in _outs(network, s)]
    return [s for s in network.sources[index] if s >= 0 and s not in operands] + alike


def _whole(network: Network, index: int) -> Attention | None:
    """The multi-head attention of torch: projections and all in one call; its label tells the heads."""
    operation = network.operations[index]
    words = operation.label.split()
    if len(words) != 4 or not words[0].isdigit() or not words[3].isdigit():
        return None
    made = Attention(index, index, network.sources[index], proof="module")
    made.heads = made.key_heads = int(words[0])
    made.head_width = int(words[3])
    made.width = network.into(index)[-1] if network.into(index) else None
    made.cross = _is_cross([_bases(network, source) | {source} for source in network.sources[index]])
    made.members = {index}
    return made


# --- written out ----------------------------------------------------------------------------------------------------


def _written_out(network: Network, softmax: int) -> Attention | None:
    """Product, softmax over the last dimension, product: with shapes that fit."""
    scores = network.out(softmax)
    if len(scores) < 3 or not _over_last(network, softmax):
        return None
    first = _product_before(network, softmax, scores)
    if first is None:
        return None
    shapes = [spec.shape for spec in network.operations[first].inputs[:2]]
    last = _product_after(network, softmax, scores)
    if len(shapes) < 2 or last is None or not _fit(network, first, shapes):
        return None
    weighted = (network.between(softmax, last) or set()) | {softmax}
    values = tuple(s for s in network.sources[last] if s not in weighted)
    made = Attention(first, last, (*network.sources[first], *values), proof="products")
    _split_heads(network, made, shapes[0])
    made.mask = mask_between(network, first, softmax)
    made.positions = bias_between(network, first, softmax)
    made.masked = masked_between(network, first, softmax)
    _finish(network, made)
    return made


def _fit(network: Network, first: int, shapes: list[Shape]) -> bool:
    """Whether the operands share the dimension that is summed over."""
    summed = shapes[1][-2:] if plain(network.operations[first].name) == "einsum" else shapes[1][-2:-1]
    return shapes[0][-1] in summed


def _over_last(network: Network, softmax: int) -> bool:
    label = network.operations[softmax].label
    rank = len(network.out(softmax))
    return label in {"dim=-1", f"dim={rank - 1}", "axis -1", f"axis {rank - 1}"}


def _product_before(network: Network, softmax: int, scores: Shape) -> int | None:
    """The product whose values, scaled, masked and biased, go into the softmax."""
    todo = list(network.sources[softmax])
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = todo.pop()
        if index < 0 or index in seen:
            continue
        seen.add(index)
        if network.kinds[index] == "product":
            made = network.out(index)
            fits = len(made) >= 3 and made[-2:] in (scores[-2:], (scores[-2], scores[-1] - 1))
            if fits and len(network.operations[index].inputs) >= 2:
                return index
        elif network.kinds[index] in {*_PASS, "add", "cat", "inner"} or _elementwise(network, index):
            todo.extend(s for s in network.sources[index] if s < 0 or not network.constant[s])
    return None


def _elementwise(network: Network, index: int) -> bool:
    return plain(network.operations[index].name) in ELEMENTWISE


def _product_after(network: Network, softmax: int, scores: Shape) -> int | None:
    """The product of the weights and the values."""
    for reader in network.ahead(softmax, ("same", "scale", "part", "mul")):
        if network.kinds[reader] != "product":
            continue
        shapes = [spec.shape for spec in network.operations[reader].inputs[:2]]
        if len(shapes) < 2 or len(shapes[1]) < 2 or shapes[0][-1] not in (scores[-1], scores[-1] - 1):
            continue
        einsum = plain(network.operations[reader].name) == "einsum"
        if shapes[0][-1] in (shapes[1][:-1] if einsum else shapes[1][-2:-1]):
            return reader
    return None


# --- figures --------------------------------------------------------------------------------------------------------


def _outs(network: Network, index: int) -> list[Shape]:
    if index < 0:
        return [network.out(index)]
    return [spec.shape for spec in network.operations[index].outputs]


def _split_heads(network: Network, made: Attention, query: Shape) -> None:
    """Heads from the change of form that makes them: a width cut into heads of the product's inner size."""
    inner = query[-1]
    todo, found = list(made.sources), set()
    seen: set[int] = set()
    while todo and len(seen) < NEAR * 3:
        index = todo.pop()
        if index < 0 or index in seen or network.kinds[index] in {"linear", "conv"}:
            continue
        seen.add(index)
        for source in network.live(index):
            heads = _cut(network.out(source), network.out(index), inner) if network.kinds[index] == "same" else None
            if heads is not None and (heads in query[:-1] or query[0] % heads == 0):
                found.add(heads)
        todo.extend(network.live(index))
    copies = {heads for heads in (_copied_heads(network, source, inner) for source in made.sources) if heads}
    whole = [heads for heads in found if heads in query[:-1] or len(query) == 3]
    if len(whole) == 1 and (len(found) == 1 or found - set(whole) == copies):
        made.heads, made.head_width = whole[0], inner
        made.key_heads = copies.pop() if copies else whole[0]


def _cut(given: Shape, result: Shape, inner: int) -> int | None:
    """Heads where the last dimension of ``given`` became several, among them the ``inner`` width."""
    if len(result) <= len(given) or not given:
        return None
    kept = 0
    while kept < len(given) - 1 and given[kept] == result[kept]:
        kept += 1
    new = list(result[kept:])
    if kept != len(given) - 1 or inner not in new:
        return None
    new.remove(inner)
    heads = [size for size in new if size != 3] if len(new) > 1 else new
    return heads[0] if len(heads) == 1 else (3 if new and all(size == 3 for size in new) else None)


def _copied_heads(network: Network, start: int, inner: int) -> int | None:
    """Fewer heads of the keys, from the copies made of them: (B, kv, 1, S, D) expanded to (B, kv, n, S, D)."""
    index = start
    for _ in range(NEAR):
        if index < 0 or network.kinds[index] not in {"same", "part", "scale"}:
            return None
        sources = network.live(index)
        if len(sources) != 1:
            return None
        name = plain(network.operations[index].name)
        given, result = network.out(sources[0]), network.out(index)
        spread = name in {"expand", "repeat", "tile", "broadcast_to"} and len(given) == len(result) == 5
        if spread and given[2] == 1 and given[-1] == inner and result[2] > 1:
            return given[1]
        if name == "repeat_interleave" and len(given) == len(result) == 4 and given[-1] == inner:
            return next((g for g, r in zip(given[1:3], result[1:3], strict=True) if g != r), None)
        index = sources[0]
    return None


def _finish(network: Network, made: Attention) -> None:
    """Projections, width, self or cross, positions and the members, from what lies around the products."""
    sides = [_projections(network, source) for source in made.sources]
    widths = {f[0] for side in sides for p in side if (f := _features(network, p))}
    if len(widths) == 1:
        made.width = widths.pop()
    made.cross = _is_cross([_side(network, source, side) for source, side in zip(made.sources, sides, strict=True)])
    made.positions = made.positions or _first(rotary(network, source) for source in made.sources)
    inside = {made.first, made.last, *(p for side in sides for p in side)}
    if made.first < made.last:
        inside |= network.between(made.first, made.last) or set()
    made.members = {index for index in inside if index >= 0}


def _first(words: Iterable[str]) -> str:
    return next((word for word in words if word), "")


def _features(network: Network, index: int) -> tuple[int, int] | None:
    if network.kinds[index] == "linear":
        return network.features(index)
    given, made = network.into(index), network.out(index)
    return (given[1], made[1]) if len(given) >= 3 and len(made) >= 3 else None


def _projections(network: Network, start: int) -> list[int]:
    """The linear layers (or convolutions) that queries or keys come from."""
    found, todo = [], [start]
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = todo.pop()
        if index < 0 or index in seen:
            continue
        seen.add(index)
        if network.kinds[index] in {"linear", "conv"}:
            found.append(index)
        else:
            todo.extend(network.live(index))
    return found


def _side(network: Network, source: int, projections: list[int]) -> set[int]:
    """Everything near that one operand is made from, its projections included."""
    found = set(projections) | {network.origin(source, ("same", "part", "scale"))}
    return found.union(*(_bases(network, p) for p in projections))


def _is_cross(sides: list[set[int]]) -> bool | None:
    """Whether two operands have nothing in common (cross-attention) or all the same base; ``None`` when unsure."""
    known = [side for side in sides if side]
    if not known:
        return None
    return any(not one & two for one in known for two in known)


def _bases(network: Network, start: int) -> set[int]:
    """What a projection is made from: its data, and behind a norm, a pooling or a narrow projection, theirs.

    Sums are not stepped over: behind one lies the block before.
    """
    found: set[int] = set()
    todo = [(start, 0)]
    while todo and len(found) < NEAR * 2:
        index, steps = todo.pop(0)
        if index < 0:
            continue
        for source in network.live(index):
            if source not in found:
                found.add(source)
                kind = network.kinds[source] if source >= 0 else "other"
                if kind in _FREE or (kind in _STEPS and steps < DEEP):
                    todo.append((source, steps + (kind in _STEPS)))
    return found
