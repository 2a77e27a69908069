"""Recognised parts as facts: how often each occurs, its figures, and the operations that prove them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from modelreport.facts import Item, Pattern
from modelreport.identify.patterns.attention import Attention
from modelreport.identify.patterns.convolution import block_kind, conv_blocks
from modelreport.identify.patterns.experts import Experts
from modelreport.identify.patterns.mlp import Mlp
from modelreport.identify.patterns.parts import Parts
from modelreport.identify.patterns.phrase import Phrase
from modelreport.identify.patterns.residual import Residual

MOST = 60
"""Patterns in an outline; a network with more different ones shows the most frequent."""
T = TypeVar("T")
_PLACES = {
    "pre": "first in each branch", "post": "after the sum", "both": "first and last in each branch",
    "end": "last in each branch",
}  # fmt: skip


def pattern_facts(parts: Parts) -> tuple[Pattern, ...]:
    """All patterns, those that are equal told once."""
    found = [
        *_attentions(parts),
        *_mlps(parts),
        *_experts(parts),
        *_residuals(parts),
        *_norms(parts),
        *_convolutions(parts),
        *_recurrent(parts),
        *_state_spaces(parts),
    ]
    if len(found) > MOST:
        kept = sorted(sorted(range(len(found)), key=lambda i: -found[i].count)[:MOST])
        found = [found[i] for i in kept]
    return tuple(found)


def _grouped(each: Iterable[T], figures: object) -> list[list[T]]:
    groups: dict[object, list[T]] = {}
    for one in each:
        groups.setdefault(figures(one), []).append(one)  # type: ignore[operator]
    return list(groups.values())


def _items(**values: object) -> tuple[Item, ...]:
    """Named figures; unknown and empty ones are left out."""
    return tuple(
        Item(name=name.replace("_", " "), value="yes" if value is True else str(value))
        for name, value in values.items()
        if value not in (None, "", False)
    )


def _size(shape: Sequence[int]) -> str:
    return "×".join(map(str, shape))


# --- attention and perceptrons --------------------------------------------------------------------------------------


def _attentions(parts: Parts) -> list[Pattern]:
    return [_attention(parts, same) for same in _grouped(parts.attentions, lambda a: a.figures)]


def _attention(parts: Parts, same: list[Attention]) -> Pattern:
    network, one, phrase = parts.network, same[0], Phrase()
    operation = network.operations[one.first]
    shapes = [_size(spec.shape) for spec in operation.inputs[:3]]
    name = phrase.put(operation.name)
    if one.proof == "module":
        text = f"{name} with {phrase.put(one.heads)} heads over width {phrase.put(one.width)}"
    elif one.proof == "fused":
        query, key, value = (phrase.put(shape) for shape in shapes)
        text = f"{name} of queries {query}, keys {key} and values {value}"
    else:
        text = f"softmax over the last dimension of {name}, {phrase.put(shapes[0])} by {phrase.put(shapes[1])}, "
        text += f"then its product with values gives {phrase.put(_size(network.out(one.last)))}"
    if one.cross is True:
        text += "; queries and keys are made from different data"
    elif one.cross is False:
        text += "; queries, keys and values are made from the same data"
    if one.mask == "causal":
        text += "; the mask lets each position see itself and those before"
    elif one.mask == "triangular":
        text += "; the mask is triangular"
    text += {
        "rotary": "; queries are turned by sines and cosines",
        "relative": "; a stored table adds to the scores",
    }.get(one.positions, "")
    values = _items(
        kind={True: "cross", False: "self", None: ""}[one.cross], heads=one.heads,
        key_value_heads=one.key_heads if one.key_heads != one.heads else None, head_width=one.head_width,
        width=one.width, mask=one.mask, positions=one.positions,
    )  # fmt: skip
    path = network.path(one.last)
    return Pattern(kind="attention", path=path, count=len(same), values=values, proof=phrase.message(f"{text}."))


def _mlps(parts: Parts) -> list[Pattern]:
    return [_mlp(parts, same) for same in _grouped(parts.mlps, lambda mlp: mlp.figures)]


def _mlp(parts: Parts, same: list[Mlp]) -> Pattern:
    one, phrase = same[0], Phrase()
    layers = "1×1 convolutions" if one.pointwise else "linear layers"
    widths = " → ".join(phrase.put(width) for width in one.widths)
    if one.gated:
        text = f"{layers} {widths}; what the last takes is a product of two linear maps of the same data, one through "
        text += one.activation
    else:
        text = f"{layers} {widths} with {one.activation} between"
    ratio = one.widths[1] / one.widths[0] if len(one.widths) == 3 and one.widths[0] == one.widths[2] else None
    values = _items(
        widths=" → ".join(map(str, one.widths)), activation=one.activation, gated=one.gated,
        expansion=None if ratio is None else f"{ratio:g}" if ratio == round(ratio, 2) else f"{ratio:.2f}",
    )  # fmt: skip
    path = parts.network.enclosing(one.layers)
    return Pattern(kind="mlp", path=path, count=len(same), values=values, proof=phrase.message(f"{text}."))


def _experts(parts: Parts) -> list[Pattern]:
    found = []
    for same in _grouped(parts.experts, lambda e: e.figures):
        one: Experts = same[0]
        phrase = Phrase()
        text = f"a linear layer gives {phrase.put(one.experts)} scores, topk takes {phrase.put(one.chosen)} of them"
        if one.proof == "weights":
            text += f", and products read weights whose first dimension is {phrase.put(one.experts)}"
        else:
            text += f", and beside it there are {phrase.put(one.experts)} equal modules"
        values = _items(experts=one.experts, chosen=one.chosen, width=one.width, inner_width=one.inner)
        found.append(
            Pattern(kind="experts", path=one.path, count=len(same), values=values, proof=phrase.message(f"{text}."))
        )
    return found


# --- blocks ---------------------------------------------------------------------------------------------------------


def _residuals(parts: Parts) -> list[Pattern]:
    if not parts.searched:
        return []

    def figures(one: Residual) -> tuple[object, ...]:
        form = block_kind(parts.convolutions, one.branch)
        return (one.projected, one.norm, one.skip, form if form not in {"", "residual"} else "")

    found = []
    for same in _grouped(parts.residuals, figures):
        one, phrase = same[0], Phrase()
        shape = phrase.put(_size(parts.network.out(one.index)))
        if one.projected:
            text = (
                f"a sum at {shape} of what {phrase.put(len(one.branch))} operations make and of the same data through "
            )
            text += "fewer layers"
        else:
            text = f"a sum at {shape} of what {phrase.put(len(one.branch))} operations make and of what they start from"
        text += "; between them resolution goes down and up again" if one.skip else ""
        block = figures(one)[3]
        values = _items(
            block=block, norm=_PLACES.get(one.norm, ""), bypass="projected" if one.projected else "", skip=one.skip
        )
        path = parts.network.path(one.index)
        found.append(
            Pattern(kind="residual", path=path, count=len(same), values=values, proof=phrase.message(f"{text}."))
        )
    return found


def _norms(parts: Parts) -> list[Pattern]:
    network = parts.network
    norms = [index for index, kind in enumerate(network.kinds) if kind == "norm" and network.details[index]]
    found = []
    for same in _grouped(norms, lambda index: network.details[index]):
        phrase = Phrase()
        one, title = same[0], network.details[same[0]]
        written = any(network.kinds[i] == "inner" for i in range(max(0, one - 8), one))
        name = phrase.put(network.operations[one].name)
        text = f"the operation {name}" if not written else "a division by the root of the mean square, written out"
        if written and title == "LayerNorm":
            text = "the mean taken off and a division by the root of the mean square, written out"
        found.append(
            Pattern(
                kind="norm", path=network.path(one), count=len(same), values=_items(kind=title),
                proof=phrase.message(f"{text}."),
            )
        )  # fmt: skip
    return found


# --- convolutions and recurrence ------------------------------------------------------------------------------------


def _convolutions(parts: Parts) -> list[Pattern]:
    network = parts.network
    found = []
    for (norm, activation), members in conv_blocks(network, parts.convolutions).items():
        phrase = Phrase()
        after = [word for word in (norm, activation) if word]
        text = f"the convolution is read by {' and then '.join(after)} only"
        text = text if after else "the convolution is read by something else than a norm or an activation alone"
        values = _items(block=" + ".join(["convolution", *after]))
        path = network.path(members[0])
        found.append(
            Pattern(kind="convolution", path=path, count=len(members), values=values, proof=phrase.message(f"{text}."))
        )
    for blocks in _grouped(parts.depthwise, lambda b: (b.kernel, b.expansion is not None)):
        phrase, block = Phrase(), blocks[0]
        title = "inverted residual" if block.expansion is not None else "depthwise separable"
        text = f"a convolution of {phrase.put(_size(block.kernel))} with one group for each channel, then one of 1×1"
        text += "; a 1×1 convolution before it widens" if block.expansion is not None else ""
        values = _items(block=title, kernel=_size(block.kernel))
        path = network.enclosing((block.depthwise, block.last))
        found.append(
            Pattern(kind="convolution", path=path, count=len(blocks), values=values, proof=phrase.message(f"{text}."))
        )
    if parts.squeezes:
        phrase, squeeze = Phrase(), parts.squeezes[0]
        text = (
            f"means of {phrase.put(squeeze.channels)} channels go through two layers, {phrase.put(squeeze.squeezed)} "
        )
        text += "wide between them, and are multiplied with what they were taken from"
        values = _items(block="squeeze-excite", channels=squeeze.channels, squeezed=squeeze.squeezed)
        path = network.path(squeeze.index)
        found.append(
            Pattern(
                kind="convolution", path=path, count=len(parts.squeezes), values=values,
                proof=phrase.message(f"{text}."),
            )
        )  # fmt: skip
    return found


def _recurrent(parts: Parts) -> list[Pattern]:
    found = []
    for same in _grouped(parts.recurrent, lambda r: r.figures):
        one, phrase = same[0], Phrase()
        shapes = [_size(s) for s in parts.network.weights(one.index) if len(s) >= 2][:2]
        text = f"the operation {phrase.put(parts.network.operations[one.index].name)} reads weights "
        text += " and ".join(phrase.put(shape) for shape in shapes)
        values = _items(
            kind=one.title, width=one.width, hidden=one.hidden, layers=one.layers, bidirectional=one.directions == 2
        )
        found.append(
            Pattern(
                kind="recurrent", path=parts.network.path(one.index), count=len(same), values=values,
                proof=phrase.message(f"{text}."),
            )
        )  # fmt: skip
    return found


def _state_spaces(parts: Parts) -> list[Pattern]:
    found = []
    for same in _grouped(parts.state_spaces, lambda s: s.figures):
        phrase = Phrase()
        text = "a state decays by the exponential of stored negative rates times a positive step"
        values = _items(channels=same[0].channels, heads=same[0].heads, states=same[0].state)
        found.append(
            Pattern(
                kind="state space", path=same[0].path, count=len(same), values=values,
                proof=phrase.message(f"{text}."),
            )
        )  # fmt: skip
    return found
