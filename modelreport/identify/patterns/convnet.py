"""Sentences on convolutions: stages of residual blocks, depthwise blocks, plain rows, ways down and up again."""

from __future__ import annotations

from collections import Counter

from modelreport.facts import Message
from modelreport.identify.patterns.convolution import Convolution, block_kind, conv_blocks
from modelreport.identify.patterns.parts import Parts
from modelreport.identify.patterns.phrase import Phrase, joined, plural
from modelreport.identify.patterns.towers import Tower
from modelreport.identify.patterns.transformer import kernel_words, token_towers, width_of

FEW = 3
"""Convolutions that are not worth a sentence beside layers of another kind."""


def describe_convolutions(parts: Parts) -> list[tuple[int, Message]]:
    """Sentences on the convolutions outside of layers with attention and the like, with their first operation."""
    told = token_towers(parts.towers)
    taken = {i for tower in told for residual in tower.residuals for i in residual.branch}
    free = {i: c for i, c in parts.convolutions.items() if i not in taken and not c.gating}
    bare = [tower for tower in parts.towers if len(tower.residuals) > 1 and not any(tower.tags)]
    others = bool(told or bare or parts.attentions or parts.recurrent)
    if not free or (others and len(free) <= FEW):
        return []
    towers = [tower for tower in parts.towers if tower.residuals and set().union(*tower.tags) == {"conv"}]
    phrase = Phrase()
    text = _depthwise(phrase, parts, free) or _stages(phrase, parts, towers, free)
    place = min(free)
    if not text:
        beside = "A convolutional network of"
        if others:
            first = min((min(r.branch) for tower in told for r in tower.residuals), default=max(free) + 1)
            beside = "It begins with" if max(free) < first else "Beside these there are"
            place = place if max(free) < first else len(parts.network.kinds)
        text = _plain(phrase, beside, free)
    text += _joins(phrase, parts, others=others) + _norms(parts, free, taken)
    sentences = [(place, phrase.message(f"{text}."))]
    skips = _skips(parts, free)
    return sentences + ([(max(free), skips)] if skips else [])


def _joins(phrase: Phrase, parts: Parts, *, others: bool) -> str:
    """Concatenations of features, where they are what joins the convolutions."""
    network = parts.network
    count = sum(
        kind == "cat" and len(network.live(index)) >= 2 and len(network.out(index)) >= 4
        for index, kind in enumerate(network.kinds)
    )
    return f", joined by {phrase.put(count)} concatenations" if count >= FEW and not others else ""


# --- depthwise blocks -----------------------------------------------------------------------------------------------


def _depthwise(phrase: Phrase, parts: Parts, free: dict[int, Convolution]) -> str:
    blocks = [block for block in parts.depthwise if block.depthwise in free]
    if len(blocks) < 3 or 2 * len(blocks) < sum(not c.pointwise for c in free.values()):
        return ""
    inverted = [block for block in blocks if block.expansion is not None]
    words = []
    if inverted:
        ratios = sorted({round(block.expansion or 0, 2) for block in inverted})
        low, high = (phrase.put(int(r) if r == int(r) else r) for r in (ratios[0], ratios[-1]))
        widened = f"widened {low} to {high} times" if low != high else f"widened {low} times"
        words.append(f"{phrase.put(len(inverted))} inverted residual {plural(len(inverted), 'block')} ({widened})")
    if len(blocks) > len(inverted):
        rest = len(blocks) - len(inverted)
        words.append(f"{phrase.put(rest)} depthwise-separable {plural(rest, 'block')}")
    kernels = sorted({block.kernel for block in blocks})
    shapes = joined([kernel_words(phrase, kernel) for kernel in kernels])
    text = f"A convolutional network of {joined(words)} with depthwise convolutions of {shapes}"
    text += f", widths {phrase.span([block.channels for block in blocks])}"
    levels = len({block.made for block in blocks})
    text += f", at {phrase.put(levels)} resolutions" if levels > 1 else ""
    squeezes = [s for s in parts.squeezes if any(b.depthwise <= s.index <= b.last for b in blocks)]
    if squeezes:
        text += f"; squeeze-excite in {'all' if len(squeezes) == len(blocks) else phrase.put(len(squeezes))} of them"
    return text


# --- stages of residual blocks --------------------------------------------------------------------------------------


def _stages(phrase: Phrase, parts: Parts, towers: list[Tower], free: dict[int, Convolution]) -> str:
    inside = {i for tower in towers for residual in tower.residuals for i in residual.branch}
    covered = sum(i in inside for i in free)
    if not towers or 2 * covered < len(free) or not _in_row(parts, towers):
        return ""
    kinds = {block_kind(parts.convolutions, r.branch) for tower in towers for r in tower.residuals}
    kind = kinds.pop() if len(kinds) == 1 else "residual"
    counts = [len(tower.residuals) for tower in towers]
    widths = [width_of(parts, tower) for tower in towers]
    if None in widths:
        return ""
    words = {"residual": "residual blocks", "basic": "basic residual blocks"}.get(kind, f"{kind} blocks")
    if len(towers) == 1:
        text = f"A convolutional network with {phrase.put(counts[0])} {words}"
    else:
        text = f"A convolutional network of {phrase.put(len(towers))} stages with {phrase.listed(counts)} {words}"
    if kind == "basic":
        text += " (two convolutions each)"
    groups = {c.groups for i, c in free.items() if i in inside and not c.pointwise}
    if len(groups) == 1 and kind == "grouped bottleneck" and (number := groups.pop()) > 1:
        text += f" (in {phrase.put(number)} groups)"
    text += f", {plural(len(set(widths)), 'width')} {phrase.span([w for w in widths if w])}"
    squeezes = [s for s in parts.squeezes if s.index in inside]
    if squeezes:
        text += f"; squeeze-excite in {'each' if len(squeezes) == sum(counts) else phrase.put(len(squeezes))}"
    return text


def _in_row(parts: Parts, towers: list[Tower]) -> bool:
    """Whether each stage follows the one before: side branches are no stages."""
    places = [parts.towers.index(tower) for tower in towers]
    return all(tower.after == before for tower, before in zip(towers[1:], places, strict=False))


# --- anything else --------------------------------------------------------------------------------------------------


def _plain(phrase: Phrase, start: str, free: dict[int, Convolution]) -> str:
    kinds: Counter[str] = Counter()
    shown: dict[str, Convolution] = {}
    for conv in free.values():
        name = ("transposed " if conv.transposed else "depthwise " if conv.depthwise else "") + "×".join(
            map(str, conv.kernel)
        )
        kinds[name] += 1
        shown[name] = conv
    words = []
    for name, count in kinds.most_common(3):
        conv = shown[name]
        adjective = "transposed " if conv.transposed else "depthwise " if conv.depthwise else ""
        words.append(f"{phrase.put(count)} {adjective}of {kernel_words(phrase, conv.kernel)}")
    rest = len(free) - sum(count for _, count in kinds.most_common(3))
    words += [f"{phrase.put(rest)} others"] if rest else []
    number = len(free)
    adjective, _, rest_of = words[0].partition(" ")[2].partition("of ") if len(words) == 1 else ("", "", "")
    text = f"{start} {phrase.put(number)} {adjective}{plural(number, 'convolution')}"
    text += f" ({joined(words)})" if len(words) > 1 else f" of {rest_of}"
    channels = [c.channels[1] for c in free.values()]
    return f"{text}, {phrase.span(channels)} channels"


def _norms(parts: Parts, free: dict[int, Convolution], taken: set[int]) -> str:
    """What follows the convolutions, where that is the same nearly everywhere and not that of the layers ``taken``."""
    network = parts.network
    told = {network.details[index] for index in taken if network.kinds[index] == "norm"}
    norms: Counter[str] = Counter()
    activations: Counter[str] = Counter()
    for (norm, activation), members in conv_blocks(parts.network, parts.convolutions).items():
        inside = sum(index in free for index in members)
        norms[norm] += inside
        activations[activation] += inside
    words = []
    for counts in (norms, activations):
        known = {word: count for word, count in counts.items() if word and count}
        if len(known) == 1 or (known and max(known.values()) >= 0.9 * sum(known.values())):
            words.append(max(known, key=lambda word: known[word]))
    words = [word for word in words if word not in told]
    return f"; {joined(words)}" if words else ""


def _skips(parts: Parts, free: dict[int, Convolution]) -> Message | None:
    """Ways down in resolution and up again, and what joins them."""
    network = parts.network
    cats = sums = 0
    for index, kind in enumerate(network.kinds):
        if kind == "cat" and len(network.sources[index]) >= 2 and _leaps(parts, index, network.sources[index]):
            cats += 1
    sums = sum(residual.skip for residual in parts.residuals)
    grids = [c.made for c in free.values()] + [c.given for c in free.values()]
    deepest, widest = min(min(g) for g in grids), max(max(g) for g in grids)
    if not cats and not sums:
        return None
    phrase = Phrase()
    ways = [f"{phrase.put(cats)} {plural(cats, 'connection')} joined by concatenation"] if cats else []
    ways += [f"{phrase.put(sums)} {plural(sums, 'connection')} joined by addition"] if sums else []
    fraction = f" to 1/{phrase.put(widest // deepest)} of the resolution" if widest % deepest == 0 else ""
    return phrase.message(f"It goes down{fraction} and up again, with {joined(ways)} from the way down to the way up.")


def _leaps(parts: Parts, index: int, sources: tuple[int, ...]) -> bool:
    """Whether one operand comes from before a coarser grid that the other went through."""
    network = parts.network
    shape = network.out(index)
    early, late = min(sources), max(sources)
    if early < 0 or len(shape) < 3 or network.out(early)[2:] != shape[2:] or network.out(late)[2:] != shape[2:]:
        return False
    ways = network.between(network.origin(early, ("same", "activation", "norm")), late) or ()
    return any(i in parts.convolutions and min(parts.convolutions[i].made) < min(shape[2:]) for i in ways)
