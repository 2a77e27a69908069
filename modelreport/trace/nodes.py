"""Operations and module calls while and after they run."""

from __future__ import annotations

from modelreport.facts import TensorSpec


class Node:
    """An operation while and after it runs."""

    __slots__ = (
        "call", "exact", "flops", "foreign", "guessed_shape", "inputs", "kernels", "label", "macs", "name", "outputs",
        "parameters", "read_bytes", "reads_input", "sources", "uncounted", "written", "written_bytes",
    )  # fmt: skip

    def __init__(self, name: str, call: int) -> None:
        self.name = name
        self.call = call
        self.inputs: list[TensorSpec] = []
        self.outputs: list[TensorSpec] = []
        self.sources: set[int] = set()
        self.reads_input: set[int] = set()
        self.parameters: dict[str, None] = {}
        self.label = ""
        self.flops: int | None = None
        self.macs: int | None = None
        self.read_bytes = 0
        self.written_bytes = 0
        self.kernels: dict[str, None] = {}
        self.uncounted = self.foreign = False
        self.exact = True
        self.guessed_shape = False
        self.written: set[int] = set()

    def count(self, flops: int, macs: int) -> None:
        """Add the cost of one operator."""
        self.flops = (self.flops or 0) + flops
        if macs:
            self.macs = (self.macs or 0) + macs

    def uncount(self, *, foreign: bool) -> None:
        """An operator without a formula ran; ``foreign`` ones may hide multiply-adds."""
        self.uncounted = True
        self.foreign = self.foreign or foreign

    def settle(self) -> None:
        """What was not counted is nothing, unless an operator without a formula ran: then it is not known.

        Arithmetic that was counted beside such an operator stays as a lower bound only if it is not nothing.
        """
        if self.uncounted:
            self.flops = self.flops or None
        elif self.flops is None:
            self.flops = 0
        if self.macs is None:
            self.macs = None if self.foreign else 0


class CallRecord:
    """A module call while and after it runs."""

    __slots__ = ("first", "inputs", "last", "number", "outputs", "parent", "path", "type")

    def __init__(self, path: str, kind: str, parent: int, number: int, first: int) -> None:
        self.path = path
        self.type = kind
        self.parent = parent
        self.number = number
        self.inputs: tuple[TensorSpec, ...] = ()
        self.outputs: tuple[TensorSpec, ...] = ()
        self.first = first
        self.last = first
