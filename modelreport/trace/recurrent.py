"""Recurrent layers by rule: output shapes and cost from the weights, without walking through time."""

from __future__ import annotations

import math
from typing import Any

from modelreport.trace.flops.recurrent import gate_flops, recurrent_flops

RECURRENT = frozenset({"lstm", "gru", "rnn_tanh", "rnn_relu"})


def recurrent_output(name: str, args: tuple[Any, ...]) -> tuple[tuple[Any, ...], int, int] | None:
    """What ``torch.lstm(*args)`` (or ``gru``, ``rnn_tanh``, ``rnn_relu``) gives on meta, its FLOPs and multiply-adds.

    Both signatures: ``(input, state, weights, bias, layers, dropout, training, bidirectional, batch_first)`` with input
    (T, B, I) or (B, T, I), and for packed sequences ``(data, batch_sizes, state, weights, bias, layers, dropout,
    training, bidirectional)`` with data (N, I). ``None`` when the arguments are of neither kind or do not fit.
    """
    packed = len(args) > 3 and isinstance(args[3], (list, tuple))
    data, state, weights, rest = (args[0], *args[2:4], args[4:]) if packed else (args[0], *args[1:3], args[3:])
    if len(rest) < 5 or not isinstance(weights, (list, tuple)) or not data.is_meta:
        return None
    hidden = list(state) if name == "lstm" else [state]
    directions = 2 if rest[4] else 1
    if not all(hasattr(t, "shape") for t in hidden) or int(weights[0].shape[1]) != int(data.shape[-1]):
        return None
    shape = (*data.shape[:-1], directions * int(hidden[0].shape[-1]))
    below = data.new_empty(shape) if rest[1] > 1 else None  # what the last layer reads is in memory beside its result
    output = data.new_empty(shape)
    made = (output, *(data.new_empty(tuple(t.shape)) for t in hidden))
    del below
    steps = math.prod(data.shape[:-1])
    products = recurrent_flops(steps, list(weights))
    return made, products + gate_flops(name, steps, list(weights)), products // 2
