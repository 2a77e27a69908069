"""The graph of an exported program (``torch.export``) as its JSON states it; ``torch/_export/serde/schema.py``.

Read as data. A target is looked up among torch's registered operators and a short list of arithmetic on sizes; nothing
else that the file names is called.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from modelreport.checkpoint import EXPORT_DTYPES
from modelreport.facts import TensorSpec

MOST_STEPS = 200_000
DEEPEST = 64
"""Graphs within graphs, and modules within modules."""
_MEMORY_FORMATS = {1: "contiguous_format", 2: "channels_last", 3: "channels_last_3d", 4: "preserve_format"}
_NAMESPACES = {"aten", "prims", "torchvision", "quantized_decomposed", "torchao"}
_HIGHER = {
    "cond", "while_loop", "wrap_with_set_grad_enabled", "wrap_with_autocast", "flex_attention", "invoke_subgraph",
    "associative_scan", "scan", "map_impl", "strict_mode", "wrap",
}  # fmt: skip
"""Operators that take graphs."""
_REFUSED = {"from_file", "save", "_print", "warn"}
"""Operators that reach outside of the graph."""
_DONE_BEFORE = {
    "sym_constrain_range", "sym_constrain_range_for_size", "_assert_scalar", "_assert_tensor_metadata", "_assert_async",
}  # fmt: skip
"""Checks of the exporter that compute nothing."""
_PLAIN: dict[str, Callable[..., Any]] = {
    **{
        f"{module}.{name}": getattr(operator, name)
        for module in ("_operator", "operator")
        for name in (
            "getitem", "add", "sub", "mul", "floordiv", "truediv", "mod", "pow", "neg", "pos", "eq", "ne", "lt", "le",
            "gt", "ge", "and_", "or_", "xor", "not_", "lshift", "rshift",
        )
    },
    **{f"math.{name}": getattr(math, name) for name in ("ceil", "floor", "trunc", "sqrt")},
    "torch.sym_float": float, "torch.sym_int": int, "torch.sym_not": operator.not_, "torch.sym_max": max,
    "torch.sym_min": min, "torch.sym_ite": lambda condition, yes, no: yes if condition else no,
    "torch.sym_sum": sum,
}  # fmt: skip


class ProgramError(Exception):
    """The graph is not one that can be run here; the message says why, as a clause."""


class Ref(NamedTuple):
    """A value of the graph, by its name."""

    name: str


class Scope(NamedTuple):
    """A module call around a step."""

    key: str
    """Different for each call of one module."""
    path: str
    class_path: str


@dataclass
class Graph:
    """Steps in the order of execution."""

    inputs: tuple[str, ...]
    outputs: Any
    """Nested lists of ``Ref`` and plain values."""
    steps: list[Step]


@dataclass
class Step:
    """One call of an operator. Arguments hold ``Ref``, ``Graph``, plain values and lists of them."""

    target: str
    args: list[Any]
    kwargs: dict[str, Any]
    outputs: Any
    """Nested lists of names, ``None`` for what is not kept."""
    scopes: tuple[Scope, ...]


@dataclass
class Program:
    """A graph, and what its inputs are."""

    graph: Graph
    parameters: dict[str, str] = field(default_factory=dict)
    """From names of graph inputs to names of parameters."""
    buffers: dict[str, str] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    fixed: dict[str, Any] = field(default_factory=dict)
    """Inputs whose value is part of the program."""
    inputs: list[TensorSpec] = field(default_factory=list)
    """What the caller gives, named as the graph names it."""
    tensors: dict[str, TensorSpec] = field(default_factory=dict)
    """Shape and dtype of parameters, buffers and constants, by names of graph inputs."""


def read_program(model: dict[str, Any]) -> Program:
    """The program in ``model.json``. Raises ``ProgramError`` for what cannot be run."""
    try:
        module = model["graph_module"]
        counter = iter(range(MOST_STEPS))
        program = Program(_graph(module["graph"], counter, 0))
        values = module["graph"]["tensor_values"]
        for spec in module["signature"]["input_specs"]:
            _input(program, spec, values)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration, RecursionError) as error:
        raise ProgramError(f"its graph is not what torch.export writes ({type(error).__name__})") from error
    return program


def _input(program: Program, spec: dict[str, Any], values: dict[str, Any]) -> None:
    (kind, body), *_ = ((k, v) for k, v in spec.items() if v is not None)
    stores = {"parameter": program.parameters, "buffer": program.buffers, "tensor_constant": program.constants}
    if kind in stores:
        name = body["arg"]["name"]
        stores[kind][name] = str(body[f"{kind}_name"])
        program.tensors[name] = spec_of(values[name], name)
    elif kind == "user_input":
        (what, arg), *_ = body["arg"].items()
        if what == "as_tensor":
            program.inputs.append(spec_of(values[arg["name"]], arg["name"]))
        elif what not in ("as_none", "as_int", "as_float", "as_bool", "as_string"):
            raise ProgramError(f"it takes an input that is no tensor ({str(what)[:40]})")
    elif kind == "constant_input":
        program.fixed[str(body["name"])] = _plain(body["value"])
    else:
        raise ProgramError(f"it takes an input of the kind {str(kind)[:40]}")


def spec_of(meta: dict[str, Any], name: str) -> TensorSpec:
    """Shape and dtype of a tensor as the graph states them; sizes left open by their hint."""
    sizes = tuple(_size(size) for size in meta["sizes"])
    return TensorSpec(shape=sizes, dtype=EXPORT_DTYPES[meta["dtype"]], name=name)


def _size(size: dict[str, Any]) -> int:
    if "as_int" in size:
        return int(size["as_int"])
    hint = size["as_expr"].get("hint") or {}
    return int(hint.get("as_int", 2))


def _graph(graph: dict[str, Any], counter: Iterator[int], depth: int) -> Graph:
    if depth > DEEPEST:
        raise ProgramError("its graphs lie too deep inside each other")
    inputs = tuple(str(next(iter(entry.values()))["name"]) if _named(entry) else "" for entry in graph["inputs"])
    steps = []
    for node in graph["nodes"]:
        if next(counter, None) is None:
            raise ProgramError(f"it has more than {MOST_STEPS:,} nodes")
        args: list[Any] = []
        kwargs: dict[str, Any] = {}
        for given in node["inputs"]:
            value = _argument(given["arg"], counter, depth)
            if given.get("kind") == 2 or (given.get("kind") is None and args and kwargs):
                kwargs[str(given["name"])] = value
            else:
                args.append(value)
        outputs = [_names(entry) for entry in node["outputs"]]
        steps.append(Step(str(node["target"]), args, kwargs, outputs, _scopes(node.get("metadata") or {})))
    return Graph(inputs, [_argument(entry, counter, depth) for entry in graph["outputs"]], steps)


def _named(entry: dict[str, Any]) -> bool:
    value = next(iter(entry.values()), None)
    return isinstance(value, dict) and "name" in value


def _scopes(metadata: dict[str, Any]) -> tuple[Scope, ...]:
    """The modules around a node, outermost first: ``key,path,class;key,path,class``."""
    parts = [text.split(",") for text in str(metadata.get("nn_module_stack", "")).split(";")[:DEEPEST]]
    return tuple(Scope(*part) for part in parts if len(part) == 3 and not part[0].startswith("_empty"))


def _names(entry: dict[str, Any]) -> Any:
    kind, value = next(iter(entry.items()))
    if kind in ("as_tensor", "as_custom_obj"):
        return value["name"]
    if kind == "as_tensors":
        return [part["name"] for part in value]
    if kind == "as_optional_tensors":
        return [part["as_tensor"]["name"] if part.get("as_tensor") else None for part in value]
    if kind in ("as_sym_int", "as_sym_bool", "as_sym_float"):
        return value.get("as_name")
    if kind in ("as_sym_ints", "as_sym_bools", "as_sym_floats"):
        return [part.get("as_name") for part in value]
    if kind == "as_none":
        return None
    raise ProgramError(f"a node gives a value of the kind {str(kind)[:40]}")


def _argument(argument: dict[str, Any], counter: Iterator[int], depth: int) -> Any:
    kind, value = next(iter(argument.items()))
    if kind == "as_tensor":
        return Ref(value["name"])
    if kind in ("as_tensors", "as_nested_tensors"):
        return [Ref(v["name"]) if isinstance(v, dict) else [Ref(w["name"]) for w in v] for v in value]
    if kind == "as_optional_tensors":
        return [Ref(v["as_tensor"]["name"]) if v.get("as_tensor") else None for v in value]
    if kind in ("as_sym_int", "as_sym_bool", "as_sym_float"):
        return _symbol(value)
    if kind in ("as_sym_ints", "as_sym_bools", "as_sym_floats"):
        return [_symbol(v) for v in value]
    if kind == "as_graph":
        return _graph(value["graph"], counter, depth + 1)
    return _plain(argument)


def _symbol(value: dict[str, Any]) -> Any:
    return Ref(value["as_name"]) if "as_name" in value else next(iter(value.values()))


def _plain(argument: dict[str, Any]) -> Any:
    """A value that is part of the program."""
    import torch

    kind, value = next(iter(argument.items()))
    if kind == "as_none":
        return None
    if kind in ("as_int", "as_ints", "as_bool", "as_bools", "as_string", "as_strings"):
        return value
    if kind == "as_float":  # infinities are written as text
        return float(value)
    if kind == "as_floats":
        return [float(part) for part in value]
    if kind == "as_int_lists":
        return [list(part) for part in value]
    if kind == "as_complex":
        return complex(value["real"], value["imag"])
    if kind == "as_scalar_type":
        return getattr(torch, EXPORT_DTYPES[value])
    if kind == "as_memory_format":
        return getattr(torch, _MEMORY_FORMATS.get(value, "preserve_format"))
    if kind == "as_layout":
        return torch.strided
    if kind == "as_device":
        return torch.device("cpu")
    raise ProgramError(f"a node takes a value of the kind {str(kind)[:40]}")


_TARGET = re.compile(r"torch\.ops\.(\w+)\.(\w+)(?:\.(\w+))?")


def callable_of(target: str) -> Callable[..., Any] | None:
    """What a node calls; ``None`` for checks that compute nothing. Raises ``ProgramError`` for anything not known."""
    import torch
    from torch._ops import HigherOrderOperator, OpOverload, OpOverloadPacket

    if target in _PLAIN:
        return _PLAIN[target]
    found = _TARGET.fullmatch(target)
    known = found is not None and (
        found[2] in _HIGHER if found[1] == "higher_order" else found[1] in _NAMESPACES and found[2] not in _REFUSED
    )
    if found is None or not known:
        raise ProgramError(f"it calls {target[:80]}, which is not known here")
    if found[2] in _DONE_BEFORE:
        return None
    try:
        packet = getattr(getattr(torch.ops, found[1]), found[2])
        made: Callable[..., Any] = getattr(packet, found[3]) if found[3] else packet
    except (AttributeError, RuntimeError) as error:
        raise ProgramError(f"it calls {target[:80]}, which the installed torch does not have") from error
    if not isinstance(made, (OpOverload, OpOverloadPacket, HigherOrderOperator)):
        raise ProgramError(f"it calls {target[:80]}, which is no operator")
    return made
