"""What happens during a pass, written down: operations, data flow, costs and module calls.

Three views of the same moment are joined. torch's function mode sees operations as the user wrote them (``conv2d``,
``+``), its dispatch mode sees the aten operators these consist of, which have a cost, and ``nn.Module.__call__`` tells
which module is at work. A tensor is followed by its identity, and by its storage where it was written in place.
"""

# ruff: noqa: SLF001  torch gives its modes no public names

from __future__ import annotations

import time
import weakref
from typing import TYPE_CHECKING, Any

from modelreport.facts import TensorSpec
from modelreport.meta import Shadows, shape_of, tensors_in
from modelreport.trace.attention import HOLDERS, fused
from modelreport.trace.flops import Cost, cost_of
from modelreport.trace.labels import label_of
from modelreport.trace.ledger import Ledger
from modelreport.trace.memory import Liveness, storage_key
from modelreport.trace.moved import moved_bytes
from modelreport.trace.names import IDENTITIES, QUIET, TENSOR_PROPERTIES, operation_name
from modelreport.trace.nodes import CallRecord, Node
from modelreport.trace.recurrent import RECURRENT, recurrent_output

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import torch

MOST_OPERATIONS = 200_000
MOST_SECONDS = 300.0  # of processor time: waiting on a busy machine changes no report


class PassStoppedError(BaseException):
    """The pass ran into a bound. Not an ``Exception``, so that the model's own ``except`` does not swallow it."""


class Recorder:
    """The record of one pass. Pass ``shadows=None`` to watch a pass on real tensors."""

    def __init__(self, module: Any, shadows: Shadows | None, on_call: Callable[[int], None] = lambda _: None) -> None:
        self.shadows = shadows
        self.on_call = on_call
        """Told the number of module calls so far."""
        self.names: dict[str, None] = {}
        """Parameters and buffers in order of registration."""
        self.nodes: list[Node] = []
        self.calls: list[CallRecord] = []
        self.ledger = Ledger()
        self._writer: dict[int, int] = {}
        self.liveness = Liveness(lambda key: self._writer.pop(key, None))
        self.outputs: tuple[TensorSpec, ...] = ()
        self.output_sources: tuple[int, ...] = ()
        self.failure: tuple[BaseException, str, str] | None = None
        """The exception being raised, the operation and the module path it came from."""
        self._open: Node | None = None
        self._stack: list[int] = []
        self._doubt: int | None = None
        self._producer: dict[int, tuple[Any, int]] = {}
        self._inputs: dict[int, int] = {}
        self._input_storages: dict[int, int] = {}
        self._specs: dict[tuple[Any, Any, str], TensorSpec] = {}
        self._numbers: dict[str, int] = {}
        self._names = {id(m): path for path, m in module.named_modules()}
        self._parameters: dict[int, str] = {}
        self._parameter_storages: dict[int, str] = {}
        self._keep: list[Any] = []
        self._deadline = time.thread_time() + MOST_SECONDS
        for named in (module.named_parameters, module.named_buffers):
            self.adopt(named(remove_duplicate=False))

    def adopt(self, named: Iterable[tuple[str, torch.Tensor]]) -> None:
        """Tensors to be reported as parameters and buffers when an operation reads them."""
        for name, tensor in named:
            self._parameters.setdefault(id(tensor), name)
            self.names[name] = None
            self._keep.append(tensor)
            self.liveness.exclude(tensor)
            key = storage_key(tensor)
            if key is not None:
                self._parameter_storages.setdefault(key, name)

    def feed(self, tensors: Iterable[torch.Tensor]) -> None:
        """The inputs of the pass, in order."""
        for index, tensor in enumerate(tensors):
            self._inputs[id(tensor)] = index
            self._keep.append(tensor)
            self.liveness.exclude(tensor)
            key = storage_key(tensor)
            if key is not None:
                self._input_storages.setdefault(key, index)

    def spec(self, tensor: torch.Tensor, name: str = "") -> TensorSpec:
        """Shape and dtype, one object for equal ones."""
        shape = shape_of(tensor) if tensor.is_nested else tensor.shape
        key = (shape, tensor.dtype, name)
        found = self._specs.get(key)
        if found is None:
            dtype = str(tensor.dtype).removeprefix("torch.")
            found = self._specs[key] = TensorSpec(shape=tuple(int(n) for n in shape), dtype=dtype, name=name)
        return found

    # --- functions as the user wrote them ---------------------------------------------------------------------------

    def function(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called for every torch function outside another one."""
        name = (getattr(func, "__name__", None) or str(func)).partition(".")[0]  # aten.linear.default is a linear
        if name == "__get__":
            return self._property(func, args, kwargs)
        if name in QUIET or self._open is not None:
            return self._run(func, args, kwargs)

        def work(node: Node) -> Any:
            out = self._run_recurrent(name, node, args, kwargs) if name in RECURRENT else None
            return self._run(func, args, kwargs) if out is None else out

        return self._operate(operation_name(name), args, kwargs, work)

    def _run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.shadows is None:
            return func(*args, **kwargs)
        if getattr(func, "__name__", "") in HOLDERS:
            func = fused(func)
        return self.shadows.function(func, args, kwargs)

    def _property(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """``x.shape`` asks, ``x.T`` computes, ``x.data`` is the same values under another identity."""
        name = getattr(getattr(func, "__self__", None), "__name__", "")
        if self._open is not None or (name not in TENSOR_PROPERTIES and name != "data"):
            return func(*args, **kwargs)
        if name == "data":
            self._open = Node(name, -1)
            try:
                out = func(*args, **kwargs)
            finally:
                self._open = None
            found = self._producer.get(id(args[0]))
            if found is not None:
                self._produce(out, found[1])
            return out
        return self._operate(name, args, kwargs, lambda _: func(*args, **kwargs))

    def _run_recurrent(self, name: str, node: Node, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Recurrent layers on meta by rule instead of thousands of steps; ``None`` where that is not possible."""
        if self.shadows is None or kwargs:
            return None
        found = recurrent_output(name, args)
        if found is None:
            return None
        out, flops, macs = found
        node.kernels = {f"aten.{name}": None}
        node.count(flops, macs)
        self.ledger.add(f"aten.{name}", "matrix", flops)
        node.read_bytes = sum(t.nbytes for t in tensors_in(args))
        node.written_bytes = sum(t.nbytes for t in tensors_in(out))
        return out

    # --- aten operators ---------------------------------------------------------------------------------------------

    def kernel(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called for every aten operator."""
        cost = cost_of(func)
        if self._open is not None:
            out = self._compute(func, args, kwargs)
            self._charge(self._open, cost, args, kwargs, out)
            return out
        if cost.name in ("aten.detach", "prim.device"):
            out = self._compute(func, args, kwargs)
            found = self._producer.get(id(args[0])) if cost.name == "aten.detach" else None
            if found is not None:
                self._produce(out, found[1])
            return out

        def work(node: Node) -> Any:
            out = self._compute(func, args, kwargs)
            self._charge(node, cost, args, kwargs, out)
            return out

        return self._operate(cost.name.partition(".")[2], args, kwargs, work)

    def _compute(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        return func(*args, **kwargs) if self.shadows is None else self.shadows.kernel(func, args, kwargs)

    def _charge(self, node: Node, cost: Cost, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any) -> None:
        """Add what one aten operator cost to its operation."""
        node.kernels[cost.name] = None
        made = tensors_in(out)
        read = tensors_in(args)
        if kwargs:
            read += tensors_in(kwargs)
        flops, macs = self.ledger.charge(cost, args, kwargs, out, made, read)
        if flops is None:
            node.uncount(foreign=not cost.name.startswith("aten."))
        else:
            node.count(flops, macs)
        if not cost.view:
            got, put = moved_bytes(cost.moves, read, made)
            node.read_bytes += got
            node.written_bytes += put
            for position in cost.writes:
                for tensor in tensors_in(args[position : position + 1]):
                    key = storage_key(tensor)
                    if key is not None:
                        node.written.add(key)
        self.liveness.add(made, len(self.nodes))

    # --- one operation ----------------------------------------------------------------------------------------------

    def _operate(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any], work: Callable[[Node], Any]) -> Any:
        """Run ``work`` as one operation and write down what it read and made."""
        node = self._begin(name, args, kwargs)
        before = self._guesses()
        try:
            out = work(node)
        except BaseException as error:
            self._fail(node, error)
            raise
        self._end(node, args, kwargs, out, before)
        return out

    def _begin(self, name: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Node:
        if len(self.nodes) >= MOST_OPERATIONS:
            raise PassStoppedError(f"the pass was stopped after {MOST_OPERATIONS:,} operations")
        if time.thread_time() > self._deadline:
            raise PassStoppedError(f"the pass was stopped after {MOST_SECONDS:.0f} seconds")
        node = Node(name, self._stack[-1] if self._stack else -1)
        tensors = tensors_in(args)
        if kwargs:
            tensors += tensors_in(kwargs)
        for tensor in tensors:
            self._read(node, tensor)
        self._open = node
        return node

    def _read(self, node: Node, tensor: torch.Tensor) -> None:
        """Note where a tensor comes from: a parameter, an input, or the newest operation that made or wrote it."""
        key = storage_key(tensor)
        parameter = self._parameters.get(id(tensor))
        produced = self._producer.get(id(tensor))
        if parameter is None and produced is None and key is not None:
            parameter = self._parameter_storages.get(key)
        if parameter is not None:
            node.parameters[parameter] = None
        else:
            node.inputs.append(self.spec(tensor))
        source = self._newest(produced, key)
        if source is not None:
            node.sources.add(source)
            if self.nodes[source].guessed_shape:
                node.exact = False
        elif parameter is None:
            index = self._inputs.get(id(tensor), self._input_storages.get(key) if key is not None else None)
            if index is not None:
                node.reads_input.add(index)

    def _end(self, node: Node, args: tuple[Any, ...], kwargs: dict[str, Any], out: Any, before: int) -> None:
        self._open = None
        made = tensors_in(out)
        given = {id(t) for t in tensors_in(args)}
        guessed = self._guesses() != before
        if guessed and not made:
            self._doubt = min(self._doubt, len(self._stack)) if self._doubt is not None else len(self._stack)
        if not made and not node.written:
            return
        if not node.kernels and node.name in IDENTITIES and len(made) == 1 and id(made[0]) in given:
            return
        index = len(self.nodes)
        node.exact = node.exact and not guessed and self._doubt is None
        node.guessed_shape = not node.exact and not any(id(t) in given for t in made)
        node.settle()
        node.label = label_of(node.name, args, kwargs, made)
        self.nodes.append(node)
        if not node.kernels:
            self.liveness.add(made, index)
        for tensor in made:
            node.outputs.append(self.spec(tensor))
            self._produce(tensor, index)
            if id(tensor) in given:
                key = storage_key(tensor)
                if key is not None:
                    node.written.add(key)
        if not made:
            node.outputs = node.inputs[:1]
        for key in node.written:
            self._writer[key] = index
        self.liveness.mark(index)

    def _fail(self, node: Node, error: BaseException) -> None:
        self._open = None
        if self.failure is None or self.failure[0] is not error:
            self.failure = (error, node.name, self.place())

    def _produce(self, tensor: torch.Tensor, index: int) -> None:
        key = id(tensor)

        def dropped(_: Any) -> None:
            found = self._producer.get(key)
            if found is not None and found[1] == index:
                del self._producer[key]

        self._producer[key] = (weakref.ref(tensor, dropped), index)

    def _guesses(self) -> int:
        return self.shadows.guess_calls if self.shadows is not None else 0

    # --- module calls -----------------------------------------------------------------------------------------------

    def place(self) -> str:
        """Path of the module at work, for messages."""
        return self.calls[self._stack[-1]].path if self._stack else ""

    def call(self, original: Any, module: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Called instead of ``nn.Module.__call__``."""
        path = self._names.get(id(module))
        if path is None or self._open is not None:
            return original(module, *args, **kwargs)
        number = self._numbers.get(path, 0)
        self._numbers[path] = number + 1
        parent = self._stack[-1] if self._stack else -1
        record = CallRecord(path, type(module).__name__, parent, number, len(self.nodes))
        record.inputs = self.specs(args, kwargs)
        index = len(self.calls)
        self.calls.append(record)
        self._stack.append(index)
        if index % 16 == 0:
            self.on_call(index)
        if self.shadows is not None:
            self.shadows.scope = index
        try:
            out = original(module, *args, **kwargs)
            record.outputs = self.specs((), out) if isinstance(out, dict) else self.specs((out,), {})
        except BaseException as error:
            if self.failure is None or self.failure[0] is not error:
                self.failure = (error, "", path)
            raise
        finally:
            record.last = len(self.nodes)
            self._stack.pop()
            if self._doubt is not None and len(self._stack) < self._doubt:
                self._doubt = None
            if self.shadows is not None:
                self.shadows.scope = parent
        return out

    def maker(self, tensor: torch.Tensor) -> int | None:
        """The newest operation that made or wrote a tensor; ``None`` for parameters and inputs."""
        return self._newest(self._producer.get(id(tensor)), storage_key(tensor))

    def _newest(self, produced: tuple[Any, int] | None, key: int | None) -> int | None:
        writer = self._writer.get(key) if key is not None else None
        return max((i for i in (produced[1] if produced else None, writer) if i is not None), default=None)

    def specs(self, args: Any, kwargs: Any) -> tuple[TensorSpec, ...]:
        """Specs of all tensors in positional and named values; named ones carry their name."""
        import torch

        with torch._C.DisableTorchFunction():
            found = [self.spec(t) for t in tensors_in(args)]
            for name, value in kwargs.items():
                tensors = tensors_in(value)
                names = [str(name)] if len(tensors) == 1 else [f"{name}.{i}" for i in range(len(tensors))]
                found += [self.spec(t, n) for t, n in zip(tensors, names, strict=True)]
        return tuple(found)
