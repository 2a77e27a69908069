"""What names and shapes say where there was no pass: layers, widths, what one token costs; never what is not proved."""

from __future__ import annotations

import re
from collections import Counter

from modelreport.facts import BlockRun, Message, Structure, TensorFact
from modelreport.identify.patterns.phrase import Phrase, joined, plural

_LEAVES = {
    "Linear": "linear layer", "Conv1d": "1-D convolution", "Conv2d": "2-D convolution", "Conv3d": "3-D convolution",
    "Embedding": "embedding table", "LSTM": "LSTM", "GRU": "GRU", "RNN": "recurrent layer",
    "MultiheadAttention": "attention layer", "BatchNorm1d": "batch norm", "BatchNorm2d": "batch norm",
    "BatchNorm3d": "batch norm", "LayerNorm": "layer norm", "RMSNorm": "RMS norm", "GroupNorm": "group norm",
    "Conv1D": "linear layer", "LSTMCell": "LSTM cell", "GRUCell": "GRU cell", "RNNCell": "recurrent cell",
    "ConvTranspose1d": "transposed convolution", "ConvTranspose2d": "transposed convolution",
    "ConvTranspose3d": "transposed convolution", "QuantLinear": "quantised linear layer",
}  # fmt: skip
MOST_TOLD = 4
"""Recurrent modules, and linear layers beside them, that are told one by one."""
_LAYER = re.compile(r"weight_ih_l\d+")
_QKV = re.compile(r"(^|[._])(qkv|in_proj|c_attn|query_key_value|Wqkv|attn_qkv)(_proj)?([._]weight|_weight)$")
_ROLES = {
    "query": re.compile(r"(^|[._])(q|query|q_proj|to_q|wq|q_lin)[._]weight$"),
    "key": re.compile(r"(^|[._])(k|key|k_proj|to_k|wk|k_lin)[._]weight$"),
}


def linear_macs_per_token(structure: Structure) -> int | None:
    """Multiply-adds of all linear layers for one token: the elements of their weights; ``None`` without any."""
    kinds = {module.path: module.type for module in structure.modules}
    found: dict[str, int] = {}
    for tensor in structure.tensors:
        linear = kinds.get(tensor.module, "").endswith(("Linear", "MultiheadAttention"))
        if tensor.role == "parameter" and linear and len(tensor.shape) == 2 and tensor.layout != "sparse":
            found[tensor.name] = tensor.count if tensor.stands_for is None else tensor.stands_for
    return sum(found.values()) or None


def describe_unknown(structure: Structure, blocks: tuple[BlockRun, ...]) -> tuple[Message, ...]:
    """The paragraph for weights whose way of running is not known."""
    sentences = [_leaves(structure), _recurrent(structure), _blocks(blocks), _shapes(structure), _cost(structure)]
    return tuple(sentence for sentence in sentences if sentence is not None)


def _leaves(structure: Structure) -> Message | None:
    """How many layers of which kind."""
    counts: Counter[str] = Counter()
    for module in structure.modules:
        if module.own_parameters and not module.shared_with and module.type in _LEAVES:
            counts[_LEAVES[module.type]] += 1
    if not counts:
        return None
    phrase = Phrase()
    words = [f"{phrase.put(count)} {plural(count, word)}" for word, count in counts.most_common(6)]
    guessed = " by names and shapes" if structure.origin == "names" else ""
    size = phrase.put(structure.parameters, "count")
    held = sum(m.own_parameters for m in structure.modules if m.type in _LEAVES and not m.shared_with)
    if held < structure.parameters:
        part = phrase.put(held / structure.parameters, "share")
        return phrase.message(
            f"{size} {plural(structure.parameters, 'parameter')}, {part} of them in {joined(words)}{guessed}."
        )
    return phrase.message(f"{size} {plural(structure.parameters, 'parameter')} in {joined(words)}{guessed}.")


def _recurrent(structure: Structure) -> Message | None:
    """Layers and widths of the recurrent modules and, beside them, of a few linear layers."""
    shapes: dict[str, dict[str, tuple[int, ...]]] = {}
    for tensor in structure.tensors:
        if tensor.role == "parameter" and tensor.stands_for is None:
            shapes.setdefault(tensor.module, {})[tensor.name.rpartition(".")[2]] = tensor.shape
    phrase = Phrase()
    words, linear = [], []
    for module in structure.modules:
        own = {} if module.shared_with else shapes.get(module.path, {})
        first, inner, weight = own.get("weight_ih_l0", ()), own.get("weight_hh_l0", ()), own.get("weight", ())
        if module.type in {"LSTM", "GRU", "RNN"} and len(first) == len(inner) == 2:
            layers = sum(_LAYER.fullmatch(name) is not None for name in own)
            both = "bidirectional " if "weight_ih_l0_reverse" in own else ""
            text = f"a {phrase.put(layers)}-layer {both}{_LEAVES[module.type]} with {phrase.put(first[1])} inputs"
            words.append(f"{text} and {phrase.put(inner[1])} hidden units{' in each direction' if both else ''}")
        elif module.type == "Linear" and len(weight) == 2:
            linear.append(f"a linear layer {phrase.put(weight[1])} → {phrase.put(weight[0])}")
    if not words or len(words) > MOST_TOLD:
        return None
    return phrase.message(f"It holds {joined(words + (linear if len(linear) <= MOST_TOLD else []))}.")


def _blocks(blocks: tuple[BlockRun, ...]) -> Message | None:
    """The blocks that hold the most."""
    large = sorted(blocks, key=lambda run: -run.count * run.parameters)[:3]
    if not large:
        return None
    phrase = Phrase()
    words = [
        f"{phrase.put(run.count)} times {phrase.put(run.path)} of {phrase.put(run.parameters, 'count')} parameters"
        for run in large
    ]
    return phrase.message(f"Repeated blocks: {joined(words)}.")


def _shapes(structure: Structure) -> Message | None:
    """Sizes of attention as far as names and shapes tell them; heads are not among them."""
    weights = [t for t in structure.tensors if t.role == "parameter" and len(t.shape) == 2 and t.stands_for is None]
    fused = [t for t in weights if _QKV.search(t.name[-200:])]
    phrase = Phrase()
    if fused and len({t.shape for t in fused}) == 1:
        text = _fused(phrase, fused[0], len(fused))
    else:
        text = _separate(phrase, weights)
    if not text:
        return None
    return phrase.message(f"By their names, {text}; how many heads they are cut into does not show in the shapes.")


def _fused(phrase: Phrase, tensor: TensorFact, count: int) -> str:
    rows, width = sorted(tensor.shape, reverse=True)
    if rows != 3 * width:
        return ""
    words = f"{phrase.put(count)} {plural(count, 'weight makes', 'weights make')}"
    return f"{words} queries, keys and values of width {phrase.put(width)} at once"


def _separate(phrase: Phrase, weights: list[TensorFact]) -> str:
    sizes: dict[str, Counter[tuple[int, ...]]] = {role: Counter() for role in _ROLES}
    for tensor in weights:
        for role, pattern in _ROLES.items():
            if pattern.search(tensor.name[-200:]):
                sizes[role][tensor.shape] += 1
    if any(len(counts) != 1 for counts in sizes.values()):
        return ""
    (query, count), (key, _) = (next(iter(counts.items())) for counts in sizes.values())
    if query[1] != key[1]:
        return ""
    words = f"{phrase.put(count)} {plural(count, 'weight makes', 'weights make')}"
    text = f"{words} queries of width {phrase.put(query[0])} from width {phrase.put(query[1])}"
    if key[0] < query[0] and query[0] % key[0] == 0:
        text += (
            f", and keys are {phrase.put(key[0])} wide, so that {phrase.put(query[0] // key[0])} query heads share one"
        )
    return text


def _cost(structure: Structure) -> Message | None:
    macs = linear_macs_per_token(structure)
    if macs is None or 2 * macs < structure.parameters:
        return None  # of a network of convolutions or tables it would say little
    phrase = Phrase()
    text = f"For one token its linear layers take {phrase.put(macs, 'macs')}; what a whole pass costs is not known"
    return phrase.message(f"{text} without the code.")
