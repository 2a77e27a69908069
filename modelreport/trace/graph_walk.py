"""A walk through an ONNX graph in its order: every node once, with the types and small contents of its values.

Control flow is entered: a branch whose condition is known is the one taken, otherwise the costlier one; bodies of loops
are walked once. Model-local functions are entered like module calls.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import ONNX_DTYPES, onnx_name
from modelreport.trace.graph_costs import cost_of
from modelreport.trace.graph_names import Scope, WalkEndedError, bind_attributes, show_node
from modelreport.trace.graph_scopes import frames_of, join_frames
from modelreport.trace.graph_shapes import infer
from modelreport.trace.graph_types import InferenceFailure, from_type
from modelreport.trace.graph_values import Frame, Step, Value, read_attributes, read_tensor, whole

if TYPE_CHECKING:
    from collections.abc import Iterable

STEPS_LIMIT = 200_000
NESTING_LIMIT = 40
RANDOM = {"RandomNormal", "RandomUniform", "RandomNormalLike", "RandomUniformLike", "Multinomial", "Bernoulli"}


class Walk:
    """One walk with one choice of inputs. ``steps`` are the nodes in the order of execution."""

    def __init__(self, model: Any, inputs: dict[str, Value], symbols: dict[str, int]) -> None:
        self.model, self.symbols = model, symbols
        self.inputs = inputs
        self.functions = {(f.domain, f.name, f.overload): f for f in model.functions}
        self.steps: list[Step] = []
        self.outputs: list[Value] = []
        self.failures: list[str] = []
        """Nodes whose operands did not fit, with the reason."""
        self.ruleless: Counter[str] = Counter()
        """Operators without shape inference."""
        self.notes: list[str] = []
        self.guesses: Counter[str] = Counter()
        self.error = ""
        self.parameters: dict[str, Value] = {}
        """Stored tensors by their names in the report."""
        self.read: set[str] = set()
        """Names of stored tensors that some node reads, in branches not taken as well."""
        self.prepared = 0
        """Nodes that compute only from stored tensors."""
        self.evaluated = 0
        """Nodes of shape arithmetic whose results are known."""
        self._instances = 0
        self._nesting = 0

    def run(self) -> Walk:
        """Walk the whole model; never raises for what is in it."""
        opsets = {("" if o.domain == "ai.onnx" else o.domain): o.version for o in self.model.opset_import}
        scope = Scope(opsets=opsets)
        try:
            self._enter(self.model.graph, scope, self.inputs)
        except WalkEndedError as error:
            self.error = str(error)
        except RecursionError:
            self.error = "The graph nests too deeply."
        except Exception as error:  # a damaged graph ends the walk, what was seen so far is kept
            self.error = f"The graph is damaged: reading on failed with {type(error).__name__} ({str(error)[:200]})."
        self.outputs = [v for o in self.model.graph.output if (v := scope.find(o.name)) is not None]
        for number, step in enumerate(self.steps):
            step.id = number
        return self

    # --- graphs ---

    def _enter(self, graph: Any, scope: Scope, inputs: dict[str, Value]) -> None:
        """Walk a graph with its inputs bound."""
        for proto in graph.initializer:
            scope.values[proto.name] = self._stored(proto, proto.name)
        for sparse in graph.sparse_initializer:
            name = sparse.values.name
            dtype = ONNX_DTYPES.get(sparse.values.data_type, "unknown")
            value = Value(name, dtype, tuple(sparse.dims), constant=True, parameters=(name,))
            scope.values[name] = self.parameters.setdefault(name, value)
        scope.declared = {v.name: from_type(v.name, v.type, self.symbols) for v in (*graph.value_info, *graph.output)}
        scope.values.update(inputs)
        self._nodes(graph.node, scope)

    def _nodes(self, nodes: Iterable[Any], scope: Scope) -> None:
        for index, node in enumerate(nodes):
            if len(self.steps) >= STEPS_LIMIT:
                raise WalkEndedError(f"The graph runs more than {STEPS_LIMIT} nodes; the first of them are shown.")
            inputs = [scope.find(name) if name else None for name in node.input]
            graphs = {a.name: a.g for a in node.attribute if a.HasField("g")}
            function = self.functions.get((node.domain, node.op_type, node.overload))
            if node.op_type == "Constant" and node.domain in ("", "ai.onnx"):
                self._constant(node, scope)
            elif function is not None:
                self._call(node, index, function, inputs, scope)
            elif graphs:
                self._control(node, index, graphs, inputs, scope)
            else:
                self._step(node, inputs, scope)

    def _stored(self, proto: Any, name: str) -> Value:
        shown = onnx_name(proto, name)
        if shown not in self.parameters:
            dtype, shape = ONNX_DTYPES.get(proto.data_type, "unknown"), tuple(proto.dims)
            data = read_tensor(proto)
            self.parameters[shown] = Value(shown, dtype, shape, data, constant=True, parameters=(shown,))
        return self.parameters[shown]

    def _constant(self, node: Any, scope: Scope) -> None:
        """A constant is a value, not an operation."""
        import numpy as np

        if not node.output:
            return
        name = node.output[0]
        stored = next((a.t for a in node.attribute if a.name == "value" and a.HasField("t")), None)
        if stored is not None:
            scope.values[name] = self._stored(stored, name)
            return
        attributes = read_attributes(node)
        for key, dtype in (
            ("value_float", "float32"), ("value_floats", "float32"), ("value_int", "int64"), ("value_ints", "int64"),
        ):  # fmt: skip
            if key in attributes:
                kept = attributes[key] if isinstance(attributes[key], (int, float, tuple)) else ()
                data = np.array(kept, dtype)
                scope.values[name] = Value(name, dtype, data.shape, data, constant=True)
                return
        scope.values[name] = Value(name, "string", constant=True)

    # --- nodes ---

    def _step(self, node: Any, inputs: list[Value | None], scope: Scope) -> None:
        attributes = read_attributes(node)
        guessed = False
        try:
            outputs = infer(node, inputs, scope.opsets, attributes)
        except InferenceFailure as error:
            if all(v is None or v.dtype != "unknown" or v.proto is not None for v in inputs):
                self.failures.append(f"{node.op_type} {show_node(node)}: {error}")
            outputs, guessed = [Value(name) for name in node.output], True
        except LookupError:
            self.ruleless[f"{node.domain}.{node.op_type}" if node.domain else node.op_type] += 1
            outputs = [Value(name) for name in node.output]
        outputs = [self._completed(value, scope) for value in outputs]
        self.read.update(name for value in inputs if value is not None for name in value.parameters)
        if not guessed and self._folds(node, inputs, outputs):
            scope.values.update({value.name: value for value in outputs if value.name})
            return
        frames = join_frames(scope.frames, frames_of(node), inside=scope.inside)
        step = Step(node.op_type, node.domain, inputs, outputs, attributes, frames, guessed=guessed)
        self._publish(step, scope)

    def _folds(self, node: Any, inputs: list[Value | None], outputs: list[Value]) -> bool:
        """Whether the node is worked out here: shape arithmetic, or preparation of weights before the first input."""
        present = [value for value in inputs if value is not None]
        if present and all(value.constant for value in present) and node.op_type not in RANDOM:
            names = tuple(dict.fromkeys(name for value in present for name in value.parameters))
            for value in outputs:
                value.constant, value.parameters = True, names
            self.prepared += 1
            return True
        if outputs and all(value.data is not None for value in outputs):
            self.evaluated += 1
            return True
        return False

    def _publish(self, step: Step, scope: Scope) -> None:
        step.flops, step.macs, step.formula = cost_of(step)
        self.steps.append(step)
        for value in step.outputs:
            value.step = step
            if value.name:
                scope.values[value.name] = value

    def _completed(self, value: Value, scope: Scope) -> Value:
        """Fill in what inference left open from the types the file states."""
        stated = scope.declared.get(value.name)
        if stated is None or value.proto is not None:
            return value
        if value.dtype == "unknown":
            value.dtype = stated.dtype
        if value.shape is None:
            value.shape = stated.shape
        elif stated.shape is not None and len(stated.shape) == len(value.shape):
            value.shape = tuple(s if n < 0 else n for n, s in zip(value.shape, stated.shape, strict=True))
        return value

    # --- functions and control flow ---

    def _inner(self, node: Any, label: str, type_: str, scope: Scope) -> tuple[Frame, ...]:
        """Frames inside a call: those of the node, and one for the call itself."""
        self._instances += 1
        around = join_frames(scope.frames, frames_of(node), inside=scope.inside)
        base = scope.frames[-1].path if scope.inside else ""
        path = f"{base}.{label}" if base else label
        return (*around, Frame(path, type_, self._instances))

    def _call(self, node: Any, index: int, function: Any, inputs: list[Value | None], scope: Scope) -> None:
        """Walk a model-local function; its attributes are put in where the body refers to them."""
        frames = self._inner(node, node.name or f"{node.op_type}_{index}", node.op_type, scope)
        opsets = {("" if o.domain == "ai.onnx" else o.domain): o.version for o in function.opset_import}
        inner = Scope(opsets=opsets or scope.opsets, frames=frames, inside=True)
        inner.declared = {v.name: from_type(v.name, v.type, self.symbols) for v in function.value_info}
        for name, value in zip(function.input, inputs, strict=False):
            if value is not None:
                inner.values[name] = value
        given = {a.name: a for a in (*function.attribute_proto, *node.attribute)}
        with _Deeper(self):
            self._nodes([bind_attributes(n, given) for n in function.node], inner)
        for name, own in zip(node.output, function.output, strict=False):
            found = inner.find(own)
            if found is not None and name:
                scope.values[name] = found

    def _control(self, node: Any, index: int, graphs: dict[str, Any], inputs: list[Value | None], scope: Scope) -> None:
        if node.op_type == "If":
            made = self._if(node, index, graphs, inputs, scope)
        else:
            name, graph = next(iter(graphs.items()))
            made = self._body(node, index, name, graph, inputs, scope)
        for name, value in zip(node.output, made, strict=False):
            if name:
                scope.values[name] = value

    def _if(
        self, node: Any, index: int, graphs: dict[str, Any], inputs: list[Value | None], scope: Scope
    ) -> list[Value]:
        """The branch that is taken, or the costlier one when the condition is not known."""
        condition = inputs[0].data if inputs and inputs[0] is not None else None
        where = show_node(node, index)
        if condition is not None and condition.size == 1:
            taken = "then_branch" if condition.reshape(-1)[0] else "else_branch"
            names = [taken] if taken in graphs else []
        else:
            names = [name for name in ("then_branch", "else_branch") if name in graphs]
        start, best, best_steps, best_cost, best_name = len(self.steps), list[Value](), list[Step](), -1, ""
        for name in names:
            made = self._body(node, index, name, graphs[name], [], scope)
            steps = self.steps[start:]
            del self.steps[start:]
            cost = sum(step.macs or 0 for step in steps) * 1000 + len(steps)
            if cost > best_cost:
                best, best_steps, best_cost, best_name = made, steps, cost, name
        self.steps += best_steps
        if len(names) > 1:
            self.guesses["condition of If"] += 1
            self.notes.append(
                f"The condition of {where} depends on the input; its {best_name}, the costlier, is counted."
            )
        return best

    def _body(
        self, node: Any, index: int, name: str, graph: Any, inputs: list[Value | None], scope: Scope
    ) -> list[Value]:
        """Walk a sub-graph once; the node's outputs as they are after it."""
        frames = self._inner(node, f"{node.op_type}_{index}.{name}", node.op_type, scope)
        inner = Scope(outer=scope, opsets=scope.opsets, frames=frames, inside=True)
        bound: dict[str, Value] = {}
        scans = whole(read_attributes(node), "num_scan_inputs") if node.op_type == "Scan" else 0
        states = len(graph.input) - scans
        for place, formal in enumerate(graph.input):
            given = inputs[place] if place < len(inputs) else None
            bound[formal.name] = self._bind(formal, given, place, node.op_type, slice_=place >= states)
        with _Deeper(self):
            self._enter(graph, inner, bound)
        results = [inner.find(value.name) or Value(value.name) for value in graph.output]
        if node.op_type == "If":
            return results
        return self._looped(node, index, inputs, results, len(graph.input), scans)

    def _bind(self, formal: Any, given: Value | None, place: int, op: str, *, slice_: bool) -> Value:
        """What an input of a loop body is in its first turn."""
        stated = from_type(formal.name, formal.type, self.symbols)
        if op == "Loop" and place < 2:
            return Value(formal.name, "int64" if place == 0 else "bool", ())
        if given is None or given.proto is not None:
            return given or stated
        shape = given.shape[1:] if slice_ and given.shape else given.shape
        return Value(formal.name, given.dtype, shape, root=given, step=given.step, model_input=given.model_input)

    def _looped(
        self, node: Any, index: int, inputs: list[Value | None], results: list[Value], formals: int, scans: int
    ) -> list[Value]:
        """Outputs of a Loop or Scan: states as after one turn, scanned outputs stacked."""
        where = show_node(node, index)
        if node.op_type == "Loop":
            trips = inputs[0].data if inputs and inputs[0] is not None else None
            turns = int(trips.reshape(-1)[0]) if trips is not None and trips.size else -1
            states, made = formals - 2, results[1:]
        else:
            first = inputs[-1] if scans and inputs else None
            turns = first.shape[0] if first is not None and first.shape else -1
            states, made = formals - scans, results
        often = f"runs {turns} times" if 0 <= turns < 1 << 40 else "runs as often as the input decides"
        self.notes.append(f"The body of {where} {often}; it is counted once.")
        outputs = list(made[:states])
        for value in made[states:]:
            shape = (max(turns, -1), *value.shape) if value.shape is not None and turns < 1 << 40 else None
            outputs.append(Value(value.name, value.dtype, shape, step=value.step))
        return outputs


class _Deeper:
    """Counts nesting while a body is walked."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def __enter__(self) -> None:
        self.walk._nesting += 1  # noqa: SLF001  # one unit with Walk
        if self.walk._nesting > NESTING_LIMIT:  # noqa: SLF001
            raise WalkEndedError(f"Functions and sub-graphs nest more than {NESTING_LIMIT} deep.")

    def __exit__(self, *_: object) -> None:
        self.walk._nesting -= 1  # noqa: SLF001
