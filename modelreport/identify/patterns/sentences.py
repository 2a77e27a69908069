"""Sentences on what goes in, what comes out, and how large it is."""

from __future__ import annotations

import math

from modelreport.facts import Message, Structure
from modelreport.identify.patterns.parts import Parts
from modelreport.identify.patterns.phrase import Phrase, article, joined, plural
from modelreport.identify.patterns.words import plain


def describe_recurrent(parts: Parts) -> list[tuple[int, Message]]:
    """A sentence for each kind of recurrent layer."""
    found = []
    for figures in dict.fromkeys(each.figures for each in parts.recurrent):
        same = [each for each in parts.recurrent if each.figures == figures]
        one, phrase = same[0], Phrase()
        directions = "bidirectional " if one.directions == 2 else ""
        if len(same) == 1:
            text = f"{article(str(one.layers)).capitalize()} {phrase.put(one.layers)}-layer {directions}{one.title}"
        else:
            text = f"{phrase.put(len(same))} times {article(str(one.layers))} {phrase.put(one.layers)}-layer "
            text += f"{directions}{one.title}"
        text += f" with {phrase.put(one.width)} inputs and {phrase.put(one.hidden)} hidden units"
        text += " in each direction" if one.directions == 2 else ""
        found.append((one.index, phrase.message(f"{text}.")))
    return found


def describe_perceptron(parts: Parts) -> list[tuple[int, Message]]:
    """The network that is nothing but linear layers and activations."""
    others = parts.attentions or parts.convolutions or parts.recurrent or parts.residuals or parts.state_spaces
    layers = sum(kind in {"linear", "product", "embedding"} for kind in parts.network.kinds)
    if others or len(parts.mlps) != 1 or layers > len(parts.mlps[0].widths) - 1 + parts.mlps[0].gated:
        return []
    mlp, phrase = parts.mlps[0], Phrase()
    widths = " → ".join(phrase.put(width) for width in mlp.widths)
    layers = len(mlp.widths) - 1
    gate = "gated " if mlp.gated else ""
    text = f"A {gate}multilayer perceptron of {phrase.put(layers)} linear layers, {widths}, with {mlp.activation}."
    return [(mlp.layers[0], phrase.message(text))]


def describe_blocks(parts: Parts) -> list[tuple[int, Message]]:
    """Residual blocks in which nothing else was recognised."""
    towers = [tower for tower in parts.towers if len(tower.residuals) > 1 and not any(tower.tags)]
    if not towers:
        return []
    phrase = Phrase()
    counts = [len(tower.residuals) for tower in towers]
    norms = {residual.norm for tower in towers for residual in tower.residuals}
    where = {"pre": "pre-norm ", "post": "post-norm "}.get(norms.pop() if len(norms) == 1 else "", "")
    text = f"A network of {phrase.listed(counts)} {where}residual blocks."
    return [(towers[0].residuals[0].index, phrase.message(text))]


# --- in and out -----------------------------------------------------------------------------------------------------


def describe_inputs(parts: Parts) -> list[Message]:
    """How the inputs become what flows: tables, patches, positions."""
    words: list[str] = []
    phrase = Phrase()
    network = parts.network
    for index in range(len(network.operations)):
        if network.kinds[index] == "embedding" and _reads_input(parts, index):
            shape = next((s for s in network.weights(index) if len(s) == 2), None)
            if shape:
                words.append(f"ids are looked up in a table of {phrase.put(shape[0])} × {phrase.put(shape[1])}")
        conv = parts.convolutions.get(index)
        if conv and conv.tiles and _reads_input(parts, index):
            words.append(f"the input is cut into patches of {phrase.grid(conv.kernel)}")
    words = list(dict.fromkeys(words))[:4]
    words += _positions(phrase, parts) if words or parts.attentions else []
    if not words:
        return []
    text = "; ".join(words)
    return [phrase.message(f"{text[0].upper()}{text[1:]}.")]


def _reads_input(parts: Parts, index: int) -> bool:
    network = parts.network
    return any(network.origin(source, ("same", "part")) < 0 for source in network.sources[index])


def _positions(phrase: Phrase, parts: Parts) -> list[str]:
    """Tables of positions that are added to what flows: stored numbers of one row for each place."""
    network = parts.network
    found: dict[tuple[int, int], None] = {}
    for index in range(len(network.operations)):
        if plain(network.operations[index].name) not in {"add", "+"} or len(network.out(index)) != 3:
            continue
        shape = network.out(index)
        for rows in _tables_added(parts, index):
            if rows[-1] == shape[-1] and rows[0] >= shape[1] > 1:
                found[rows] = None
    tables = [f"{phrase.put(rows)} × {phrase.put(width)}" for rows, width in list(found)[:2]]
    noun = "a table" if len(tables) == 1 else "tables"
    return [f"positions come from {noun} of {joined(tables)}"] if tables else []


def _tables_added(parts: Parts, index: int) -> list[tuple[int, int]]:
    """Rows and width of stored tables that an addition reads by place, not by content."""
    network = parts.network
    operation = network.operations[index]
    found = []
    for name in operation.parameters:
        tensor = network.tensors.get(name)
        if tensor is not None and len(tensor.shape) == 3 and tensor.shape[0] == 1:
            found.append((tensor.shape[1], tensor.shape[2]))
    for source in operation.sources:
        base = source
        while base >= 0 and network.kinds[base] in {"same", "part"} and len(network.operations[base].sources) == 1:
            base = network.operations[base].sources[0]
        if base >= 0 and network.kinds[base] == "embedding" and network.constant[base]:
            found.extend((s[0], s[1]) for s in network.weights(base) if len(s) == 2)
    return found


def describe_outputs(parts: Parts) -> list[Message]:
    """The last linear layers, where the outputs come straight from them."""
    network, phrase = parts.network, Phrase()
    words = []
    for index in dict.fromkeys(network.trace.output_sources):
        if not 0 <= index < len(network.operations):
            continue
        last = network.origin(index, ("same", "scale", "softmax", "activation"))
        features = network.features(last) if last >= 0 and network.kinds[last] == "linear" else None
        head = next((mlp for mlp in parts.mlps if mlp.layers[-1] == last), None)
        if head is not None and not head.gated:
            words.append(f"an MLP {' → '.join(phrase.put(w) for w in head.widths)} ({head.activation})")
        elif features and not head:
            tied = " with the weight of the embedding table" if _is_tied(parts, last) else ""
            words.append(f"a linear layer {phrase.put(features[0])} → {phrase.put(features[1])}{tied}")
    words = list(dict.fromkeys(words))
    if not words or len(words) > 3 or describe_perceptron(parts):
        return []
    every = len(network.trace.output_sources)
    if len(words) == 1:
        start = "The output comes" if every == 1 else f"Of {phrase.put(every)} outputs, one comes"
        return [phrase.message(f"{start} from {words[0]}.")]
    start = "The outputs come" if every == len(words) else f"Of {phrase.put(every)} outputs, some come"
    return [phrase.message(f"{start} from {joined(words)}.")]


def _is_tied(parts: Parts, index: int) -> bool:
    """Whether a linear layer reads the stored tensor that an embedding of inputs reads, by that name or a tied one."""
    network = parts.network

    def stored(operation: int) -> set[str]:
        names = (n for n in network.operations[operation].parameters if n in network.tensors)
        return {t.tied_to or t.name for t in (network.tensors[n] for n in names) if len(t.shape) == 2}

    tables = (i for i, kind in enumerate(network.kinds) if kind == "embedding" and _reads_input(parts, i))
    return bool(stored(index) & {name for table in tables for name in stored(table)})


# --- size -----------------------------------------------------------------------------------------------------------


def describe_size(structure: Structure, parts: Parts | None = None) -> list[Message]:
    """Parameters, and the share of them that the repeated layers read."""
    if not structure.parameters:
        return []
    phrase = Phrase()
    text = f"{phrase.put(structure.parameters, 'count')} {plural(structure.parameters, 'parameter')}"
    separable = parts is not None and len(parts.depthwise) >= 3 and not parts.attentions
    inside = _in_towers(parts) if parts is not None and not separable else None
    if inside and structure.parameters >= inside:
        several = [tower for tower in parts.towers if len(tower.residuals) > 1] if parts else []
        word = "layers" if all(tower.having("self") for tower in several) else "residual blocks"
        text += f", {phrase.put(inside / structure.parameters, 'share')} of them in the {word}"
    return [phrase.message(f"{text}.")]


def _in_towers(parts: Parts) -> int | None:
    """Elements of the parameters that operations from the first to the last of each tower read, each once."""
    names: dict[str, None] = {}
    towers = [tower for tower in parts.towers if len(tower.residuals) > 1]
    for tower in towers:
        first = min(min(residual.branch) for residual in tower.residuals)
        for operation in parts.network.operations[first : tower.residuals[-1].index + 1]:
            names.update(dict.fromkeys(operation.parameters))
    stored = parts.network.tensors
    joined_from = {name.rpartition(".")[0] for name in names if name not in stored}  # such as experts, one by one
    tensors = [t for t in stored.values() if t.name in names or t.module in joined_from]
    found: dict[str, int] = {}
    for tensor in tensors:
        if tensor.role == "parameter":
            found[tensor.tied_to or tensor.name] = (
                math.prod(tensor.shape) if tensor.stands_for is None else tensor.stands_for
            )
    return sum(found.values()) or None
