"""Multi-layer perceptrons: linear layers with an activation between them, gated or not."""

from __future__ import annotations

from dataclasses import dataclass, field

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.words import Kind

_PASS: tuple[Kind, ...] = ("same", "scale")
_SLICED: tuple[Kind, ...] = ("same", "scale", "part")


@dataclass
class Mlp:
    """One perceptron as it ran: linear layers in a row."""

    layers: list[int]
    """Operations of its linear layers along the way, gates left out."""
    widths: list[int]
    """Width of its input, of each hidden layer, of its output."""
    activation: str
    gated: bool = False
    pointwise: bool = False
    """Made of 1×1 convolutions."""
    members: set[int] = field(default_factory=set)

    @property
    def figures(self) -> tuple[object, ...]:
        """What must be equal for two to be told as one."""
        return (tuple(self.widths), self.activation, self.gated, self.pointwise)


def find_mlps(network: Network) -> list[Mlp]:
    """All perceptrons of two linear layers or more, in the order of execution."""
    pairs = [
        made
        for index, kind in enumerate(network.kinds)
        if kind in {"linear", "conv"}
        if (made := _pair(network, index))
    ]
    by_last: dict[int, Mlp] = {}
    for pair in pairs:
        before = by_last.pop(pair.layers[0], None)
        if before is not None and not pair.gated and not before.gated and before.activation == pair.activation:
            pair.layers = before.layers + pair.layers[1:]
            pair.widths = before.widths + pair.widths[2:]
            pair.members |= before.members
        elif before is not None:
            by_last[-1 - pair.layers[0]] = before
        by_last[pair.layers[-1]] = pair
    return sorted(by_last.values(), key=lambda mlp: mlp.layers[-1])


def _pair(network: Network, down: int) -> Mlp | None:
    """The perceptron whose last layer is ``down``."""
    second = _layer(network, down)
    sources = network.live(down)
    if second is None or len(sources) != 1:
        return None
    middle = network.origin(sources[0], (*_PASS, "norm"))
    if middle < 0:
        return None
    pointwise = network.kinds[down] == "conv"
    if network.kinds[middle] == "activation" and network.details[middle] != "GLU":
        up = network.origin(network.live(middle)[0], _PASS)
        first = _layer(network, up) if up >= 0 else None
        if first is None or first[1] != second[0] or (network.kinds[up] == "conv") != pointwise:
            return None
        made = Mlp([up, down], [*first, second[1]], network.details[middle], pointwise=pointwise)
    else:
        found = _gate(network, middle)
        if found is None or pointwise:
            return None
        up, first_width, title = found
        made = Mlp([up, down], [first_width, *second], title, gated=True)
    if pointwise and (made.widths[0] != made.widths[-1] or network.ahead(middle) != [down]):
        return None
    made.members = (network.between(made.layers[0], down) or set()) | set(made.layers)
    return made


def _layer(network: Network, index: int) -> tuple[int, int] | None:
    """Width in and out of a linear layer or a plain 1×1 convolution over more than one place."""
    if network.kinds[index] == "linear":
        return network.features(index)
    if network.kinds[index] != "conv":
        return None
    given, made = network.into(index), network.out(index)
    shapes = [shape for shape in network.weights(index) if len(shape) == len(given) and len(given) > 2]
    if not shapes or any(n != 1 for n in shapes[0][2:]) or shapes[0][:2] != (made[1], given[1]):
        return None
    if given[2:] != made[2:] or all(n == 1 for n in given[2:]):
        return None
    return given[1], made[1]


def _gate(network: Network, middle: int) -> tuple[int, int, str] | None:
    """The up-projection, its width and the activation of ``act(a) · b``, both linear in the same data."""
    if network.kinds[middle] == "activation":
        up = network.origin(network.live(middle)[0], _SLICED)
        features = _linear(network, up)
        return (up, features[0], "GLU") if features else None
    if network.kinds[middle] != "mul" or len(network.live(middle)) != 2:
        return None
    sides = []
    for source in network.live(middle):
        seen = network.origin(source, _SLICED)
        title = ""
        if seen >= 0 and network.kinds[seen] == "activation":
            title = network.details[seen]
            seen = network.origin(network.live(seen)[0], (*_SLICED, "activation"))
        sides.append((seen, title))
    (one, first), (two, second) = sides
    widths = [_linear(network, up) for up in (one, two)]
    if widths[0] is None or widths[1] is None or not (first or second):
        return None
    bases = {network.origin(network.live(up)[0]) for up in (one, two)}
    if len(bases) != 1:
        return None
    return max(one, two) if one != two else one, widths[0][0], next(t for t in (first, second) if t and t != "clamp")


def _linear(network: Network, index: int) -> tuple[int, int] | None:
    return network.features(index) if index >= 0 and network.kinds[index] == "linear" else None
