"""The data flow of a pass, made ready for looking at: readers, stored operands apart, written-out steps folded.

Everything is indexed by the id of an operation; a model input number ``k`` is the negative id ``-1 - k``.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from functools import cached_property

from modelreport.facts import Operation, Structure, TensorFact, TensorSpec, Trace
from modelreport.identify.patterns.words import Kind, kind_of, plain

Shape = tuple[int, ...]
_LAYERS = frozenset({"linear", "conv", "norm", "attention", "recurrent", "product"})
WALK = 4000
"""Operations that one walk backwards looks at; beyond that nothing is claimed."""


class Network:
    """The operations of a trace by what they do."""

    def __init__(self, trace: Trace, structure: Structure) -> None:
        self.trace = trace
        self.operations = trace.operations
        self.tensors: dict[str, TensorFact] = {tensor.name: tensor for tensor in structure.tensors}
        count = len(trace.operations)
        self.kinds: list[Kind] = []
        self.details: list[str] = [""] * count
        """Of norms and activations: which, for people."""
        self.sources: list[tuple[int, ...]] = []
        """Where the data of each operation comes from; stored operands of layers are left out."""
        self.constant: list[bool] = []
        """Whether an operation depends on no input of the model and went through no layer."""
        self.stored: list[bool] = []
        """Whether it only brings a stored tensor into another form."""
        for operation in trace.operations:
            self._add(operation)

    def _add(self, operation: Operation) -> None:
        kind = kind_of(operation.name)
        known = len(self.kinds)
        sources = tuple(s for s in operation.sources if 0 <= s < known)
        data = sources + tuple(-1 - k for k in operation.reads_input)
        live = tuple(s for s in data if s < 0 or not self.constant[s])
        kept = tuple(s for s in data if s < 0 or not self.stored[s])
        self.constant.append(not live and kind not in _LAYERS)
        self.stored.append(not kept and bool(data or operation.parameters))
        if kind == "product" and len(kept) == 1 and (operation.parameters or len(data) > 1):
            kind = "linear"
        elif kind in {"add", "mul"} and _with_stored_numbers(operation, data, live or kept, kept):
            kind = "scale"
        self.kinds.append(kind)
        layer = kind in {"linear", "conv", "norm", "embedding", "recurrent", "scale"}
        self.sources.append((kept or data) if layer else data)

    # --- shapes -----------------------------------------------------------------------------------------------------

    def out(self, index: int, which: int = 0) -> Shape:
        """Shape of an output; of the model's input for negative indices."""
        specs: tuple[TensorSpec, ...]
        if index < 0:
            specs, which = self.trace.inputs, -1 - index
        else:
            specs = self.operations[index].outputs
        return specs[which].shape if which < len(specs) else ()

    def into(self, index: int) -> Shape:
        """Shape of the first input that is not stored in the model."""
        specs = self.operations[index].inputs
        return specs[0].shape if specs else ()

    def weights(self, index: int) -> list[Shape]:
        """Shapes of the stored tensors that an operation reads itself or through a change of form."""
        names = list(self.operations[index].parameters)
        for source in self.operations[index].sources:
            if 0 <= source < index and self.stored[source]:
                names.extend(self.operations[source].parameters)
        return [self.tensors[name].shape for name in names if name in self.tensors]

    def features(self, index: int) -> tuple[int, int] | None:
        """Width in and out of a linear layer, where the shapes of its data and its weight agree."""
        given, made = self.into(index), self.out(index)
        if not given or not made or given[-1] < 1 or made[-1] < 1:
            return None
        size = given[-1] * made[-1]
        if any(math.prod(shape) == size for shape in self.weights(index) if len(shape) >= 2):
            return given[-1], made[-1]
        return (given[-1], made[-1]) if plain(self.operations[index].name) == "linear" else None

    # --- ways through the graph -------------------------------------------------------------------------------------

    @cached_property
    def readers(self) -> list[list[int]]:
        """For each operation, those that read it, ascending."""
        found: list[list[int]] = [[] for _ in self.operations]
        for index, sources in enumerate(self.sources):
            if self.kinds[index] != "inner":
                for source in sources:
                    if source >= 0:
                        found[source].append(index)
        return found

    @cached_property
    def final(self) -> frozenset[int]:
        """Operations whose output is an output of the model."""
        return frozenset(self.trace.output_sources)

    def origin(self, index: int, through: Iterable[Kind] = ("same",)) -> int:
        """The operation (or input) whose values ``index`` holds, stepping back over kinds in ``through``."""
        kinds = set(through)
        while index >= 0 and self.kinds[index] in kinds:
            sources = self.live(index)
            if len(sources) != 1:
                break
            index = sources[0]
        return index

    def live(self, index: int) -> tuple[int, ...]:
        """Sources that depend on an input of the model; all when there are none."""
        sources = self.sources[index]
        return tuple(s for s in sources if s < 0 or not self.constant[s]) or sources

    def ahead(self, index: int, through: Iterable[Kind] = ("same",)) -> list[int]:
        """Operations that read ``index``, stepping over kinds in ``through``, ascending."""
        kinds = set(through)
        found: set[int] = set()
        todo, seen = [index], {index}
        while todo and len(seen) < WALK:
            for reader in self.readers[todo.pop()]:
                if reader in seen:
                    continue
                seen.add(reader)
                if self.kinds[reader] in kinds:
                    todo.append(reader)
                else:
                    found.add(reader)
        return sorted(found)

    def between(self, start: int, end: int) -> set[int] | None:
        """Operations on ways from ``start`` to ``end``, both left out; ``None`` without a way or with one too long."""
        back = self.behind(end, start)
        if back is None or start not in back:
            return None
        ways = {start}
        for index in sorted(back):
            if index > start and any(source in ways for source in self.sources[index]):
                ways.add(index)
        return ways - {start, end}

    def behind(self, end: int, start: int) -> set[int] | None:
        """Everything ``end`` is made from, itself included, back to index ``start``; ``None`` when that is too much."""
        seen, todo = {end}, [end]
        while todo:
            index = todo.pop()
            if index < 0 or index <= start:
                continue
            for source in self.sources[index]:
                if source >= start and source not in seen:
                    seen.add(source)
                    todo.append(source)
            if len(seen) > WALK:
                return None
        return seen

    def path(self, index: int) -> str:
        """Path of the module that an operation ran in."""
        call = self.operations[index].call if index >= 0 else 0
        return self.trace.calls[call].path if 0 <= call < len(self.trace.calls) else ""

    def enclosing(self, indices: Iterable[int]) -> str:
        """Path of the innermost module that operations ran in together."""
        paths = [self.path(index) for index in indices if index >= 0]
        if not paths:
            return ""
        common = paths[0].split(".") if paths[0] else []
        for path in paths[1:]:
            parts = path.split(".") if path else []
            same = 0
            while same < min(len(common), len(parts)) and common[same] == parts[same]:
                same += 1
            common = common[:same]
        return ".".join(common)


def _with_stored_numbers(
    operation: Operation, data: tuple[int, ...], live: tuple[int, ...], kept: tuple[int, ...]
) -> bool:
    """Whether a sum or product has one operand of data, and the others are stored, constant or plain numbers."""
    if len(live) <= 1 and (operation.parameters or kept != data or live != data):
        return True
    return len(data) <= 1 and len(operation.inputs) <= 1
