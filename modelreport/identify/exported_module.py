"""An exported program as a module that can run: its modules as they were, each running the steps recorded in it."""

# ruff: noqa: SLF001  names of a file need not be names that torch lets be registered

from __future__ import annotations

import keyword
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from modelreport.identify.exported import DEEPEST, Graph, Program, ProgramError, Ref, Scope, Step, callable_of

if TYPE_CHECKING:
    import torch

    from modelreport.facts import TensorSpec

MOST_MODULES = 50_000


def module_of(program: Program, constants: Mapping[str, torch.Tensor], ties: Mapping[str, str]) -> Any:
    """A module on meta that takes the program's inputs by position or name and gives its outputs.

    ``ties`` tells of a weight under several names the first one.
    To be called inside ``on_meta``. Every module call that the exporter noted is a call of a module of that class name.
    Raises ``ProgramError`` when the program calls what is not known.
    """
    import torch

    scopes = [step.scopes for step in program.graph.steps]
    root = _made(_base(), next((s[0].class_path for s in scopes if s), ""))
    root.parts = {"": root}
    for stack in scopes:
        for scope in stack[1:]:
            _part(root, scope.path, scope.class_path)
    held: dict[str, Any] = {}
    tied: dict[str, Any] = {}
    for store, names in (("_parameters", program.parameters), ("_buffers", program.buffers)):
        for name, full in names.items():
            path, _, last = full.rpartition(".")
            first = ties.get(full, full)
            tensor = tied.get(first)
            if tensor is None and store == "_buffers" and full in constants:
                tensor = constants[full]
            if tensor is None:
                spec = program.tensors[name]
                tensor = torch.empty(spec.shape, dtype=getattr(torch, spec.dtype), device="meta")
                if store == "_parameters":
                    tensor = torch.nn.Parameter(tensor, requires_grad=tensor.is_floating_point())
                tied[first] = tensor
            getattr(_part(root, path, ""), store)[last] = tensor
            held[name] = (path, store, last)
    root.held = held
    root.constants = {name: constants[full] for name, full in program.constants.items() if full in constants}
    if missing := [n for n in program.constants if n not in root.constants]:
        raise ProgramError(f"the value of its constant {program.constants[missing[0]][:80]} is missing")
    root.runner = _Runner(root, program)
    root.stated_inputs = tuple(program.inputs)
    return root.eval()


def _base() -> type:
    """The class of all parts; made late, as torch is imported late."""
    import torch

    class Part(torch.nn.Module):
        """A module of the program. Its call runs ``work``; the tensors beside it are what the work reads."""

        parts: dict[str, Any]
        held: dict[str, tuple[str, str, str]]
        constants: dict[str, Any]
        runner: Any
        stated_inputs: tuple[TensorSpec, ...]

        def forward(self, *args: Any, **kwargs: Any) -> Any:
            if args and isinstance(args[0], _Work):
                return args[0]()
            return self.runner.run(args, kwargs)

    return Part


class _Work:
    """What a part has to do, and with what."""

    def __init__(self, work: Callable[[], Any]) -> None:
        self._work = work

    def __call__(self) -> Any:
        return self._work()


def _made(base: type, class_path: str) -> Any:
    """A module of a class of that name, so that reports name modules as their author did."""
    package, _, name = class_path.rpartition(".")
    if not name.isidentifier() or keyword.iskeyword(name):
        package, name = "", "Module"
    return type(name, (base,), {"__module__": package})()


def _part(root: Any, path: str, class_path: str) -> Any:
    """The module at a path, made with those around it where they are missing."""
    found = root.parts.get(path)
    if found is not None:
        return found
    if path.count(".") > DEEPEST or len(root.parts) > MOST_MODULES:
        raise ProgramError("it has too many modules")
    above, _, last = path.rpartition(".")
    parent = _part(root, above, "torch.nn.modules.container.ModuleList" if class_path else "")
    made = _made(type(root).__mro__[1], class_path)
    parent._modules[last] = root.parts[path] = made
    return made


class _Runner:
    """Runs the steps of a program, module call by module call."""

    def __init__(self, root: Any, program: Program) -> None:
        self.root = root
        self.program = program
        self._calls = {step.target: callable_of(step.target) for step in _all_steps(program.graph)}

    def run(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        graph = self.program.graph
        names = [spec.name for spec in self.program.inputs]
        if len(args) > len(names) or not kwargs.keys() <= set(names):
            raise TypeError(f"the program takes {', '.join(names)}")
        values = {**self.program.fixed, **dict(zip(names, args, strict=False)), **kwargs}
        for name, (path, store, last) in self.root.held.items():
            values[name] = getattr(self.root.parts[path], store)[last]
        values |= self.root.constants
        if missing := [name for name in names if name not in values]:
            raise TypeError(f"missing a required argument: '{missing[0]}'")
        found = self._graph(graph, values, 1)
        return found[0] if len(found) == 1 else tuple(found)

    def _graph(self, graph: Graph, values: dict[str, Any], depth: int) -> list[Any]:
        uses = _Uses(graph)
        self._steps(graph.steps, 0, len(graph.steps), depth, values, uses)
        return [self._value(output, values) for output in graph.outputs]

    def _steps(self, steps: list[Step], start: int, end: int, depth: int, values: dict[str, Any], uses: _Uses) -> None:
        while start < end:
            scope = _scope(steps[start], depth)
            stop = start + 1
            if scope is None:
                self._step(steps[start], values)
                uses.drop(start, values)
            else:
                while stop < end and (other := _scope(steps[stop], depth)) is not None and other.key == scope.key:
                    stop += 1
                self._call(scope, steps, start, stop, depth, values, uses)
            start = stop

    def _call(
        self, scope: Scope, steps: list[Step], start: int, stop: int, depth: int, values: dict[str, Any], uses: _Uses
    ) -> None:
        read, made = uses.across(start, stop)

        def work() -> tuple[Any, ...]:
            self._steps(steps, start, stop, depth + 1, values, uses)
            return tuple(values[name] for name in made if name in values)

        given = [values[name] for name in read if name in values and name not in self.root.held]
        self.root.parts[scope.path](_Work(work), *given)

    def _step(self, step: Step, values: dict[str, Any]) -> None:
        function = self._calls[step.target]
        if function is None:
            return
        args = [self._value(a, values) for a in step.args]
        found = function(*args, **{name: self._value(a, values) for name, a in step.kwargs.items()})
        outputs = step.outputs
        if len(outputs) == 1:
            single = isinstance(found, (tuple, list)) and not isinstance(outputs[0], list)
            found = found if single and len(found) == 1 else [found]
        _keep(outputs, found, values)

    def _value(self, argument: Any, values: dict[str, Any]) -> Any:
        if isinstance(argument, Ref):
            return values[argument.name]
        if isinstance(argument, Graph):
            inner = argument
            return lambda *args: tuple(self._graph(inner, dict(zip(inner.inputs, args, strict=False)), DEEPEST + 1))
        if isinstance(argument, list):
            return [self._value(part, values) for part in argument]
        return argument


def _all_steps(graph: Graph) -> list[Step]:
    found = list(graph.steps)
    for step in graph.steps:
        for argument in [*step.args, *step.kwargs.values()]:
            if isinstance(argument, Graph):
                found += _all_steps(argument)
    return found


def _scope(step: Step, depth: int) -> Scope | None:
    return step.scopes[depth] if len(step.scopes) > depth else None


def _keep(names: Any, found: Any, values: dict[str, Any]) -> None:
    for name, value in zip(names, found if isinstance(found, (tuple, list)) else [found], strict=False):
        if isinstance(name, list):
            _keep(name, value, values)
        elif name is not None:
            values[name] = value


class _Uses:
    """Where each value of a graph is made and read last, so that it is let go as running code would."""

    def __init__(self, graph: Graph) -> None:
        self.made: dict[str, int] = {}
        self.last: dict[str, int] = {}
        self._reads: list[list[str]] = []
        for index, step in enumerate(graph.steps):
            names = _refs([*step.args, *step.kwargs.values()])
            self._reads.append(names)
            self.last.update(dict.fromkeys(names, index))
            self.made.update(dict.fromkeys(_flat(step.outputs), index))
        self.last.update(dict.fromkeys(_refs(graph.outputs), len(graph.steps)))
        self._dropped: dict[int, list[str]] = {}
        for name in self.made:
            self._dropped.setdefault(max(self.last.get(name, -1), self.made[name]), []).append(name)

    def drop(self, index: int, values: dict[str, Any]) -> None:
        """Let go of what the step at ``index`` read last."""
        for name in self._dropped.get(index, ()):
            values.pop(name, None)

    def across(self, start: int, stop: int) -> tuple[list[str], list[str]]:
        """Names that the steps read from outside, and those they make that are read outside."""
        names = dict.fromkeys(name for reads in self._reads[start:stop] for name in reads)
        read = [n for n in names if not start <= self.made.get(n, -1) < stop]
        made = [n for n, index in self.made.items() if start <= index < stop and self.last.get(n, -1) >= stop]
        return read, made


def _refs(value: Any) -> list[str]:
    if isinstance(value, Ref):
        return [value.name]
    if isinstance(value, list):
        return [name for part in value for name in _refs(part)]
    return []


def _flat(names: Any) -> list[str]:
    return [n for part in names for n in (_flat(part) if isinstance(part, list) else [part]) if n is not None]
