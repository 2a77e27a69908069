"""Recurrent layers: the products with the weights, and the arithmetic of the gates."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.registry import arithmetic, beside, first, matrix

UNIT = {"lstm": 22, "gru": 17, "rnn_tanh": 2, "rnn_relu": 2}
"""Arithmetic of one hidden unit in one step, biases apart, by the equations in the documentation of ``torch.nn``.

LSTM: 4 sums of two products, 3 sigmoids (4 each), tanh, c' = f·c + i·g (3), h' = o·tanh(c') (2). GRU: 2 sums,
2 sigmoids, the reset product, its sum and tanh (3), h' = (1 − z)·n + z·h (4). Simple layers: a sum and tanh or ReLU.
"""
GATES = {"lstm": 4, "gru": 3, "rnn_tanh": 1, "rnn_relu": 1}
MODES = {2: "lstm", 3: "gru", 1: "rnn_tanh", 0: "rnn_relu"}
"""Kinds as cuDNN and oneDNN number them."""


def recurrent_flops(steps: int, weights: list[Any]) -> int:
    """Every weight matrix (input, recurrent and projection of each layer and direction) meets each of the steps once.

    ``steps`` is time × batch, ``weights`` the tensors of the layer, of which matrices count: 2·T·B·Σ|W|. For an LSTM
    layer with input I and hidden H that is 2·T·B·(4H·I + 4H·H): four gates, each a product with the input and one with
    the state (the equations in the documentation of ``torch.nn.LSTM``).
    """
    return int(2 * steps * sum(int(weight.numel()) for weight in weights if weight.dim() == 2))


def gate_flops(kind: str, steps: int, weights: list[Any]) -> int:
    """Arithmetic besides the products: one addition for each element of a bias and step, and that of each unit."""
    biases = sum(int(weight.numel()) for weight in weights if weight.dim() == 1)
    rows = [int(weight.shape[0]) for weight in weights if weight.dim() == 2]
    layers = rows.count(rows[0]) // 2  # each has two matrices of gates; a projection has fewer rows than units
    return steps * (biases + layers * (rows[0] // GATES[kind]) * UNIT[kind])


@matrix("mkldnn_rnn_layer")
def mkldnn_layer_flops(data: Any, *weights: Any, **__: Any) -> int:
    """One layer, one direction: (input, W_ih, W_hh, b_ih, b_hh, …)."""
    return recurrent_flops(math.prod(data.shape[:-1]), list(weights[:2]))


@beside("mkldnn_rnn_layer")
def mkldnn_gate_flops(data: Any, *args: Any, **__: Any) -> int:
    """Biases and gates; the kind is numbered after the states and batch sizes."""
    return gate_flops(MODES[args[8]], math.prod(data.shape[:-1]), [w for w in args[:4] if w.numel()])


@matrix("_cudnn_rnn", "miopen_rnn")
def fused_rnn_flops(data: Any, weights: Any, *_: Any, **__: Any) -> int:
    """All layers and directions in one list of weights."""
    return recurrent_flops(math.prod(data.shape[:-1]), list(weights))


@matrix("quantized_lstm", "quantized_gru")
def packed_recurrent_flops(data: Any, *args: Any, out: Any, **__: Any) -> int:
    """Layers whose weights are packed: sizes are read off the input, the states and the flags.

    (input, states, weights, has_biases, layers, dropout, train, bidirectional, …), or with batch sizes after the data.
    """
    packed = hasattr(args[0], "dim")
    states, rest = (args[1], args[3:]) if packed else (args[0], args[2:])
    state = states[0] if isinstance(states, (list, tuple)) else states
    gates = 4 if len(out) == 3 else 3
    hidden, directions = int(state.shape[-1]), 2 if rest[4] else 1
    widths = [int(data.shape[-1]), *[hidden * directions] * (int(rest[1]) - 1)]
    steps = math.prod(data.shape[:-1])
    return int(2 * steps * directions * sum(gates * hidden * (width + hidden) for width in widths))


@beside("quantized_lstm", "quantized_gru")
def packed_gate_flops(data: Any, *args: Any, out: Any, **__: Any) -> int:
    """Gates and two biases for each gate and unit."""
    packed = hasattr(args[0], "dim")
    states, rest = (args[1], args[3:]) if packed else (args[0], args[2:])
    kind = "lstm" if len(out) == 3 else "gru"
    units = int(first(states).shape[-1]) * int(rest[1]) * (2 if rest[4] else 1)
    return int(math.prod(data.shape[:-1]) * units * (UNIT[kind] + 2 * GATES[kind]))


@arithmetic("_thnn_fused_lstm_cell")
def lstm_cell_flops(*_: Any, out: Any, **__: Any) -> int:
    """Gates of one step with both biases, the products being other operators."""
    return int(out[0].numel()) * (UNIT["lstm"] + 8)


@arithmetic("_thnn_fused_gru_cell")
def gru_cell_flops(*_: Any, out: Any, **__: Any) -> int:
    """As the LSTM's."""
    return int(out[0].numel()) * (UNIT["gru"] + 6)
