"""Sentences on residual blocks with attention, state spaces or perceptrons in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from modelreport.facts import Message
from modelreport.identify.patterns.attention import Attention
from modelreport.identify.patterns.parts import Parts
from modelreport.identify.patterns.perceptrons import perceptron_words
from modelreport.identify.patterns.phrase import Phrase, article, joined, one_value, plural, where_words
from modelreport.identify.patterns.residual import Residual
from modelreport.identify.patterns.towers import Tower

_NORM_WORDS = {"pre": "pre-norm", "post": "post-norm"}
_NORM_TAILS = {"both": "norms before and after each branch", "end": "a norm at the end of each branch"}


@dataclass
class _Stack:
    """Towers told in one sentence: one, or the stages of a hierarchy."""

    towers: list[Tower]

    @property
    def residuals(self) -> list[Residual]:
        return [residual for tower in self.towers for residual in tower.residuals]

    def having(self, tag: str) -> list[Residual]:
        return [residual for tower in self.towers for residual in tower.having(tag)]


def describe_layers(parts: Parts) -> list[tuple[int, Message]]:
    """One sentence for each stack of layers that is more than convolutions, with the first operation it is about."""
    stacks = _stacks(parts)
    told = {index for stack in stacks for residual in stack.residuals for index in residual.branch}
    loose = [attention for attention in parts.attentions if attention.last not in told]
    if loose:
        return [(parts.attentions[0].first, _loose(parts))]
    return [(min(stack.residuals[0].branch), _sentence(parts, stack, stacks)) for stack in stacks]


def token_towers(towers: Sequence[Tower]) -> list[Tower]:
    """Towers with attention, state spaces, experts or perceptrons."""
    wanted = ("self", "cross", "state space", "experts", "mlp")
    return [tower for tower in towers if any(tower.having(tag) for tag in wanted)]


def _stacks(parts: Parts) -> list[_Stack]:
    """Towers of tokens; those that follow each other and hold the same are stages of one."""
    stacks: list[_Stack] = []
    towers = parts.towers
    for tower in token_towers(towers):
        before = stacks[-1].towers[-1] if stacks else None
        follows = before is not None and tower.after is not None and towers[tower.after] is before
        if follows and before is not None and _alike(parts, before, tower):
            stacks[-1].towers.append(tower)
        else:
            stacks.append(_Stack([tower]))
    return stacks


def _alike(parts: Parts, one: Tower, two: Tower) -> bool:
    """Whether two towers may be stages of one: an image encoder in front of a causal language model is none."""
    stacks = [_Stack([one]), _Stack([two])]
    causal = [any(a.mask == "causal" for a in _attentions_in(parts, stack, "self")) for stack in stacks]
    return _mixers(one) == _mixers(two) and causal[0] == causal[1]


def _mixers(tower: Tower) -> set[str]:
    return {tag for tags in tower.tags for tag in tags} & {"self", "cross", "state space"}


def _loose(parts: Parts) -> Message:
    """Attention outside of residual blocks: how often it occurs, and nothing on layers."""
    phrase = Phrase()
    count = len(parts.attentions)
    own = [a for a in parts.attentions if not a.cross]
    causal = "causal " if own and all(a.mask == "causal" for a in own) else ""
    text = f"A network with {phrase.put(count)} {causal}attention {plural(count, 'layer')}"
    heads = [a.heads for a in parts.attentions if a.heads]
    if len(heads) == count:
        text += f" of {phrase.span(heads)} {plural(max(heads), 'head')}"
    widths = {a.head_width for a in parts.attentions}
    if len(widths) == 1 and len(heads) == count and (width := widths.pop()):
        text += f" of width {phrase.put(width)}"
    if parts.mlps:
        text += f" and {phrase.put(len(parts.mlps))} {plural(len(parts.mlps), 'MLP')}"
    return phrase.message(f"{text}.")


# --- one sentence ---------------------------------------------------------------------------------------------------


def _sentence(parts: Parts, stack: _Stack, stacks: list[_Stack]) -> Message:
    phrase = Phrase()
    attentions = _attentions_in(parts, stack, "self")
    crossing = _attentions_in(parts, stack, "cross")
    norm = one_value(residual.norm for residual in stack.residuals)
    noun = _noun(stack, attentions, crossing, stacks)
    head = _head(phrase, parts, stack, norm, noun)
    contents = _contents(phrase, parts, stack, attentions, crossing)
    kind = _norm_kind(parts, stack)
    tail = _NORM_TAILS.get(str(norm), "")
    head += f" with {kind}" if kind and not tail else ""
    tail = f"{tail} ({kind})" if kind and tail else tail
    text = head + (f": {contents}" if contents else "") + (f"; {tail}" if tail else "")
    if _shared(parts, stack):
        text += "; all layers use the same weights"
    if len(stacks) > 1:
        path = parts.network.enclosing(i for residual in stack.residuals for i in (residual.index, residual.end))
        if path:
            text += f" (in {phrase.put(path)})"
    return phrase.message(f"{text}.")


def _head(phrase: Phrase, parts: Parts, stack: _Stack, norm: object, noun: str) -> str:
    adjective = f"{_NORM_WORDS[str(norm)]} " if norm in _NORM_WORDS else ""
    widths = [width for tower in stack.towers if (width := width_of(parts, tower))]
    layers = [tower.layers for tower in stack.towers]
    word = _layer_word(stack)
    if len(stack.towers) == 1:
        if word == "block":
            words = f"{phrase.put(layers[0])} {plural(layers[0], 'block')}"
            start = f"{article(adjective or noun).capitalize()} {adjective}{noun} of {words}"
            return start + (f", width {phrase.put(widths[0])}" if widths else "")
        start = f"{article(str(layers[0])).capitalize()} {phrase.put(layers[0])}-layer {adjective}{noun}"
        return start + (f" of width {phrase.put(widths[0])}" if widths else "")
    start = f"{article(adjective or noun).capitalize()} {adjective}{noun} of {phrase.put(len(layers))} stages"
    spread = f", {plural(len(set(widths)), 'width')} {phrase.span(widths)}" if len(widths) == len(layers) else ""
    return f"{start} with {phrase.listed(layers)} {word}s{spread}"


def _layer_word(stack: _Stack) -> str:
    return "layer" if any(stack.having(tag) for tag in ("self", "cross", "state space")) else "block"


def _noun(stack: _Stack, attentions: list[Attention], crossing: list[Attention], stacks: list[_Stack]) -> str:
    if not attentions and not crossing:
        if stack.having("state space"):
            return "state-space network"
        return "MLP network" if not stack.having("conv") else "network of convolutions and MLPs"
    if stack.having("state space"):
        return "hybrid of state-space and attention layers"
    causal = bool(attentions) and all(a.mask == "causal" for a in attentions)
    if crossing:
        return "transformer decoder"
    if len(stack.towers) > 1:
        return "hierarchical transformer"
    if causal:
        alone = sum(bool(s.having("self") or s.having("cross")) for s in stacks) == 1
        return "decoder-only transformer" if alone else "causal transformer"
    open_ended = attentions and all(not a.mask and not a.masked for a in attentions)
    return "transformer encoder" if open_ended else "transformer"


def _contents(
    phrase: Phrase, parts: Parts, stack: _Stack, attentions: list[Attention], crossing: list[Attention]
) -> str:
    layers = sum(tower.layers for tower in stack.towers)
    words = []
    if attentions:
        words.append(_attention_words(phrase, attentions, layers))
    if crossing:
        words.append(_cross_words(phrase, crossing, attentions, layers))
    spaces = stack.having("state space")
    if spaces:
        words.append(_state_words(phrase, parts, stack, layers))
    if not attentions and not crossing:
        words.extend(_conv_words(phrase, parts, stack))
    words.extend(perceptron_words(phrase, parts, stack.towers, layers))
    loose = sum(tags == {"conv"} for tower in stack.towers for tags in tower.tags)
    if loose and (attentions or crossing):
        words.append(f"{phrase.put(loose)} convolutional residual {plural(loose, 'block')} in all")
    together = any({"self", "mlp"} <= tags for tower in stack.towers for tags in tower.tags)
    text = joined([word for word in words if word])
    if together and text:
        text += ", side by side"
    each = all(word and " in " not in word for word in words)
    return f"in each {_layer_word(stack)} {text}" if each and text else text


def _attention_words(phrase: Phrase, attentions: list[Attention], layers: int) -> str:
    causal = "causal " if all(a.mask == "causal" for a in attentions) else ""
    heads, key_heads = {a.heads for a in attentions}, {a.key_heads for a in attentions}
    text = f"{causal}self-attention"
    if None not in heads and key_heads != heads and len(heads) == len(key_heads) == 1 and None not in key_heads:
        kind = "multi-query" if key_heads == {1} else "grouped-query"
        keys = next(iter(key_heads)) or 0
        text = f"{causal}{kind} attention with {phrase.put(next(iter(heads)))} heads and {phrase.put(keys)} "
        text += plural(keys, "key-value head")
    elif None not in heads:
        known = [h for h in heads if h is not None]
        text += f" with {phrase.span(known)} {plural(max(known), 'head')}"
    widths = [w for w in {a.head_width for a in attentions} if w is not None]
    if None not in heads and len(widths) == 1:
        text += f" of width {phrase.put(widths[0])}"
    positions = {a.positions for a in attentions}
    if positions == {"rotary"}:
        text += " and rotary positions"
    elif positions == {"relative"}:
        text += " and relative positions from a table"
    return text + (where_words(phrase, len(attentions), layers))


def _conv_words(phrase: Phrase, parts: Parts, stack: _Stack) -> list[str]:
    """The depthwise convolution that every block has, where its kernel is the same in all."""
    found = []
    for residual in stack.residuals:
        inside = [parts.convolutions[i] for i in residual.branch if i in parts.convolutions]
        found.append({c.kernel for c in inside if c.depthwise})
    if not found or found[0] == set() or any(kernels != found[0] for kernels in found) or len(found[0]) != 1:
        return []
    return [f"a depthwise convolution of {kernel_words(phrase, next(iter(found[0])))}"]


def kernel_words(phrase: Phrase, kernel: tuple[int, ...]) -> str:
    """``3×3``, or ``kernel 3`` in one dimension."""
    return phrase.grid(kernel) if len(kernel) > 1 else f"kernel {phrase.put(kernel[0])}"


def _cross_words(phrase: Phrase, crossing: list[Attention], attentions: list[Attention], layers: int) -> str:
    same = {(a.heads, a.head_width) for a in crossing} == {(a.heads, a.head_width) for a in attentions}
    text = "cross-attention"
    if same:
        text += " with as many heads"
    elif len({a.heads for a in crossing}) == 1 and crossing[0].heads:
        text += f" with {phrase.put(crossing[0].heads)} {plural(crossing[0].heads, 'head')}"
    return text + (where_words(phrase, len(crossing), layers))


def _state_words(phrase: Phrase, parts: Parts, stack: _Stack, layers: int) -> str:
    inside = {index for residual in stack.having("state space") for index in residual.branch}
    spaces = [space for space in parts.state_spaces if space.index in inside]
    figures = {space.figures for space in spaces}
    text = "a state space"
    if len(figures) == 1 and spaces[0].state and spaces[0].channels:
        text += f" of {phrase.put(spaces[0].state)} states for each of {phrase.put(spaces[0].channels)} channels"
    elif len(figures) == 1 and spaces[0].heads:
        text += f" of {phrase.put(spaces[0].heads)} heads"
    return text + (where_words(phrase, len(spaces), layers))


# --- figures --------------------------------------------------------------------------------------------------------


def width_of(parts: Parts, tower: Tower) -> int | None:
    """Width of what flows along a tower: what its layers take and give."""
    network = parts.network
    found: Counter[int] = Counter()
    for residual in tower.residuals[:8]:
        shape = network.out(residual.index)
        widths = {
            size
            for index in residual.branch
            if (size := _width_at(parts, index)) is not None and size in (shape[-1:] + shape[1:2])
        }
        found.update(widths)
    return found.most_common(1)[0][0] if found else None


def _width_at(parts: Parts, index: int) -> int | None:
    """Features of a norm over the last dimension, or channels that a convolution gives."""
    network = parts.network
    if network.kinds[index] == "norm" and network.details[index] in {"LayerNorm", "RMSNorm"}:
        shape = network.out(index)
        return shape[-1] if shape else None
    if index in parts.convolutions:
        return parts.convolutions[index].channels[1]
    if network.kinds[index] == "linear":
        features = network.features(index)
        return features[1] if features else None
    return None


def _attentions_in(parts: Parts, stack: _Stack, tag: str) -> list[Attention]:
    inside = {index for residual in stack.having(tag) for index in residual.branch}
    return [a for a in parts.attentions if a.last in inside and bool(a.cross) == (tag == "cross")]


def _norm_kind(parts: Parts, stack: _Stack) -> str:
    network = parts.network
    kinds: Counter[str] = Counter()
    for residual in stack.residuals:
        near = [i for i in residual.branch if network.kinds[i] == "norm"]
        near += [i for i in network.ahead(residual.index) if network.kinds[i] == "norm"]
        kinds.update({network.details[i] for i in near})
    return next(iter(kinds)) if len(kinds) == 1 else ""


def _shared(parts: Parts, stack: _Stack) -> bool:
    """Whether every layer reads the same stored tensors as the first."""
    residuals = stack.having("self")
    if len(residuals) < 2:
        return False
    read = [
        frozenset(name for i in residual.branch for name in parts.network.operations[i].parameters)
        for residual in residuals
    ]
    return bool(read[0]) and len(set(read)) == 1
