"""Operators that take functions (``torch.cond``, ``while_loop``, flexible attention), run as Python would run them."""

# ruff: noqa: SLF001  such an operator is an operation of the recorder's

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from modelreport.trace.nodes import Node
    from modelreport.trace.recorder import Recorder

MOST_ROUNDS = 10_000
"""Of one loop whose condition never ends it."""


def is_higher_order(func: Any) -> bool:
    """Whether it is such an operator."""
    from torch._ops import HigherOrderOperator

    return isinstance(func, HigherOrderOperator)


def run_higher_order(recorder: Recorder, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Its result; what the functions inside do is recorded as if it stood in the model's own code.

    To be called with the modes of the pass switched on. An operator without a rule is one operation that is not looked
    into.
    """
    rule = _RULES.get(func.name())
    if rule is None:
        return recorder._operate(func.name(), args, kwargs, lambda node: _opaque(recorder, node, func, args, kwargs))
    return rule(recorder, func, *args, **kwargs)


def _opaque(recorder: Recorder, node: Node, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    from torch.utils._python_dispatch import _disable_current_modes

    name = f"higher_order.{func.name()}"
    node.kernels[name] = None
    node.uncount(foreign=True)
    recorder.ledger.add(name, "none", None)
    with _disable_current_modes():
        return func(*args, **kwargs)


def _cond(
    _: Recorder, __: Any, predicate: Any, yes: Callable[..., Any], no: Callable[..., Any], operands: Any = ()
) -> Any:
    return yes(*operands) if bool(predicate) else no(*operands)


def _while(
    _: Recorder, __: Any, condition: Callable[..., Any], body: Callable[..., Any], carried: Any, additional: Any = ()
) -> Any:
    for _round in range(MOST_ROUNDS):
        if not bool(condition(*carried, *additional)):
            break
        carried = body(*carried, *additional)
    return carried


def _inner(position: int) -> Callable[..., Any]:
    """Operators that set a state and call the function at ``position`` with what follows it."""

    def rule(_: Recorder, __: Any, *args: Any, **kwargs: Any) -> Any:
        return args[position](*args[position + 1 :], **kwargs)

    return rule


def _flexible(recorder: Recorder, func: Any, query: Any, key: Any, value: Any, *rest: Any, **named: Any) -> Any:
    """``flex_attention``: attention over the full square; its score and mask functions are not counted."""
    import torch
    from torch.utils._python_dispatch import _disable_current_modes

    def work(node: Node) -> Any:
        batch, heads, length, width = (int(n) for n in query.shape)
        macs = batch * heads * length * int(key.shape[-2]) * (width + int(value.shape[-1]))
        node.kernels["higher_order.flex_attention"] = None
        node.count(2 * macs, macs)
        recorder.ledger.add("higher_order.flex_attention", "matrix", 2 * macs)
        if not query.is_meta:
            with _disable_current_modes():
                return func(query, key, value, *rest, **named)
        out = query.new_empty((batch, heads, length, int(value.shape[-1])))
        sums = [query.new_empty((batch, heads, length), dtype=torch.float32) for _ in range(2)]
        return (out, *sums)

    return recorder._operate("flex_attention", (query, key, value), {}, work)


_RULES: dict[str, Callable[..., Any]] = {
    "cond": _cond,
    "while_loop": _while,
    "flex_attention": _flexible,
    "wrap_with_set_grad_enabled": _inner(1),
    "wrap_with_autocast": _inner(4),
    "wrap": _inner(0),
    "strict_mode": lambda _, __, function, operands: function(*operands),
    "invoke_subgraph": lambda _, __, function, ___, *operands: function(*operands),
    "tag_activation_checkpoint": _inner(0),
    "wrap_activation_checkpoint": _inner(0),
}
