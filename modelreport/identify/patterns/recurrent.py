"""Recurrent layers and state spaces."""

from __future__ import annotations

from dataclasses import dataclass

from modelreport.identify.patterns.network import Network
from modelreport.identify.patterns.words import plain

_TITLES = {"lstm": "LSTM", "gru": "GRU", "rnn_tanh": "RNN (tanh)", "rnn_relu": "RNN (ReLU)", "rnn": "RNN",
           "lstm_cell": "LSTM cell", "gru_cell": "GRU cell", "rnn_tanh_cell": "RNN cell (tanh)",
           "rnn_relu_cell": "RNN cell (ReLU)", "dynamicquantizelstm": "LSTM"}  # fmt: skip
NEAR = 60
_GATES = {"lstm": 4, "gru": 3, "rnn": 1}


@dataclass
class Recurrent:
    """One recurrent operation as it ran."""

    index: int
    title: str
    width: int
    hidden: int
    layers: int
    directions: int

    @property
    def figures(self) -> tuple[object, ...]:
        """What must be equal for two to be told as one."""
        return (self.title, self.width, self.hidden, self.layers, self.directions)


@dataclass
class StateSpace:
    """One state-space mixer as it ran: a state that decays by stored rates."""

    index: int
    path: str
    channels: int | None
    """Channels with rates of their own, where there is one for each state of each."""
    heads: int | None
    """Heads with one rate each."""
    state: int | None

    @property
    def figures(self) -> tuple[object, ...]:
        """What must be equal for two to be told as one."""
        return (self.channels, self.heads, self.state)


def find_recurrent(network: Network) -> list[Recurrent]:
    """All recurrent layers whose weights have the shapes of their kind, in the order of execution."""
    made = (_recurrent(network, index) for index, kind in enumerate(network.kinds) if kind == "recurrent")
    return [each for each in made if each is not None]


def _recurrent(network: Network, index: int) -> Recurrent | None:
    name = plain(network.operations[index].name)
    gates = next(number for word, number in _GATES.items() if word in name)
    shapes = network.weights(index)
    directions = 1
    if shapes and all(len(shape) >= 2 for shape in shapes[:2]) and len(shapes[0]) == 3:  # ONNX stacks directions
        directions = shapes[0][0]
        shapes = [shape[1:] for shape in shapes if len(shape) == 3]
    pairs = _pairs([shape for shape in shapes if len(shape) == 2], gates)
    if not pairs:
        return None
    made = network.out(index)
    hidden = pairs[0][1][1]
    if directions == 1 and "cell" not in name and made and made[-1] == 2 * hidden and len(pairs) % 2 == 0:
        directions = 2
    stacked = len(network.weights(index)[0]) == 3
    layers = len(pairs) if stacked else len(pairs) // directions
    return Recurrent(index, _TITLES.get(name, name), pairs[0][0][1], hidden, layers, directions)


def _pairs(shapes: list[tuple[int, ...]], gates: int) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Input and hidden weights in turn: (gates · hidden, width) and (gates · hidden, hidden)."""
    found = []
    for one, two in zip(shapes[::2], shapes[1::2], strict=False):
        if one[0] != two[0] or two[0] != gates * two[1]:
            return []
        found.append((one, two))
    return found


def find_state_spaces(network: Network) -> list[StateSpace]:
    """Mixers whose state decays by ``exp(Δ · -exp(A))``: a stored A, and a step Δ that softplus keeps positive."""
    found: dict[int, StateSpace] = {}
    for index, operation in enumerate(network.operations):
        if plain(operation.name) != "exp" or network.stored[index] or operation.call in found:
            continue
        behind = _behind(network, index)
        rates = [i for i in behind if plain(network.operations[i].name) == "exp" and network.stored[i]]
        names = {plain(network.operations[i].name) for i in behind}
        if len(rates) == 1 and {"neg", "softplus"} <= names:
            shape = network.out(rates[0])
            channels, state = shape if len(shape) == 2 else (None, None)
            heads = shape[0] if len(shape) == 1 else None
            found[operation.call] = StateSpace(index, network.path(index), channels, heads, state)
    return list(found.values())


def _behind(network: Network, start: int) -> set[int]:
    """What a decay is made of, back to the layers before it."""
    todo = list(network.operations[start].sources)
    seen: set[int] = set()
    while todo and len(seen) < NEAR:
        index = todo.pop()
        if index in seen or (
            network.kinds[index] in {"linear", "conv", "norm", "product"} and not network.stored[index]
        ):
            continue
        seen.add(index)
        todo.extend(network.operations[index].sources)
    return seen
