"""Normalisations and activations that the code writes out in elementary operations, folded into one step each."""

from __future__ import annotations

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.words import ELEMENTWISE, activation_title, norm_title, plain

LONGEST = 14
"""Operations that one activation may be made of (the tanh approximation of GELU has nine)."""
_SQUASHING = ("erf", "tanh", "softplus", "sigmoid", "hardsigmoid", "relu6", "clip", "clamp", "hardtanh")


def fold_composites(network: Network) -> None:
    """Mark the last operation of each such step with its kind, and the others as ``inner``."""
    for index, kind in enumerate(network.kinds):
        name = network.operations[index].name
        if kind == "norm":
            network.details[index] = norm_title(name)
        elif kind in {"activation", "softmax"}:
            network.details[index] = activation_title(name, network.operations[index].label)
    for index, kind in enumerate(network.kinds):
        if kind == "root":
            _fold_norm(network, index)
    network.__dict__.pop("readers", None)
    for index, kind in enumerate(network.kinds):
        if kind == "mul" and plain(network.operations[index].name) in {"mul", "multiply"}:
            _fold_activation(network, index)
    network.__dict__.pop("readers", None)


# --- norms ----------------------------------------------------------------------------------------------------------


def _fold_norm(network: Network, root: int) -> None:
    """``x · rsqrt(mean(x²) + ε) · weight`` is an RMSNorm, with the mean taken off before it is a LayerNorm."""
    found = _deviation(network, root)
    if found is None:
        return
    data, centred, title = found
    product = _rescaled(network, root, centred)
    if product is None:
        return
    last = _affine(network, product)
    for index in network.between(data, last) or ():
        if index >= 0:
            network.kinds[index] = "inner"
    network.kinds[last], network.details[last] = "norm", title
    network.sources[last] = (data,)


def _deviation(network: Network, root: int) -> tuple[int, int, str] | None:
    """The data, the values whose square's mean is under the root, and the kind of norm; ``None`` for another root."""
    mean = network.origin(root, ("root", "same", "scale", "activation"))
    if mean < 0 or plain(network.operations[mean].name) not in {"mean", "reducemean"} or not _over_last(network, mean):
        return None
    square = network.origin(network.live(mean)[0])
    if square < 0 or len(network.live(square)) != 1:
        return None
    if plain(network.operations[square].name) not in {"pow", "square", "mul", "multiply"}:
        return None
    centred = network.origin(network.live(square)[0])
    if centred >= 0 and plain(network.operations[centred].name) in {"sub", "subtract"}:
        means = [s for s in network.sources[centred] if s >= 0 and _is_mean(network, network.origin(s))]
        data = [s for s in network.sources[centred] if s not in means]
        if len(means) == 1 and len(data) == 1:
            return data[0], centred, "LayerNorm"
    return network.live(square)[0], centred, "RMSNorm"


def _is_mean(network: Network, index: int) -> bool:
    return index >= 0 and plain(network.operations[index].name) in {"mean", "reducemean"}


def _over_last(network: Network, index: int) -> bool:
    """Whether a mean was taken over the last dimension, which is kept."""
    given, made = network.into(index), network.out(index)
    return len(given) >= 2 and made == (*given[:-1], 1)


def _rescaled(network: Network, root: int, centred: int) -> int | None:
    """The product (or quotient) of the values and the root."""
    for reader in network.ahead(root):
        if plain(network.operations[reader].name) == "reciprocal" or network.kinds[reader] == "scale":
            found = _rescaled(network, reader, centred)
            if found is not None:
                return found
        elif network.kinds[reader] == "mul":
            others = {network.origin(s) for s in network.sources[reader]}
            if centred in others and len(others) == 2:
                return reader
    return None


def _affine(network: Network, index: int) -> int:
    """The last operation of the norm: its weight and its bias belong to it."""
    width = network.out(index)[-1]
    for names in ({"mul", "multiply"}, {"add", "+"}):
        readers = network.ahead(index)
        if len(readers) != 1 or network.kinds[readers[0]] != "scale":
            continue
        if plain(network.operations[readers[0]].name) in names and _is_vector(network, readers[0], width):
            index = readers[0]
    return index


def _is_vector(network: Network, index: int, width: int) -> bool:
    """Whether an operation reads stored numbers, one for each feature."""
    operation = network.operations[index]
    shapes = [network.tensors[n].shape for n in operation.parameters if n in network.tensors]
    shapes += [network.out(s) for s in operation.sources if s < index and network.stored[s]]
    return any(shape and shape[-1] == width and all(n == 1 for n in shape[:-1]) for shape in shapes)


# --- activations ----------------------------------------------------------------------------------------------------


def _fold_activation(network: Network, index: int) -> None:
    """``x · sigmoid(x)`` and its like: a product all of whose factors are made of ``x`` element by element."""
    inside: list[int] = []
    frontier = set(network.live(index))
    if len(frontier) != 2:
        return
    while len(frontier) > 1:
        last = max(frontier)
        if last < 0 or len(inside) >= LONGEST or not _elementwise(network, last):
            return
        frontier.remove(last)
        frontier.update(network.live(last))
        inside.append(last)
    names = {plain(network.operations[i].name) for i in inside}
    squashing = next((name for name in _SQUASHING if name in names), "")
    data = frontier.pop()
    if not squashing or network.out(data) != network.out(index):
        return
    for each in inside:
        network.kinds[each] = "inner"
    network.kinds[index], network.details[index] = "activation", _title(network, squashing, names, inside)
    network.sources[index] = (data,)


def _elementwise(network: Network, index: int) -> bool:
    return plain(network.operations[index].name) in ELEMENTWISE and network.kinds[index] not in {"norm", "inner"}


def _title(network: Network, squashing: str, names: set[str], inside: list[int]) -> str:
    if squashing == "erf":
        return "GELU"
    if squashing == "tanh":
        return "Mish" if names & {"softplus", "log1p"} else "GELU by tanh"
    if squashing == "softplus":
        return "Mish"
    if squashing == "sigmoid":
        scales = [i for i in inside if plain(network.operations[i].name) in {"mul", "div"}]
        if not scales:
            return "SiLU"
        return "quick GELU" if any(network.operations[i].label == "1.7" for i in scales) else "swish"
    return "hard-swish"
