"""Operations and module calls while and after they run."""

from __future__ import annotations

from modelreport.facts import TensorSpec


class Node:
    """An operation while and after it runs."""

    __slots__ = (
        "call", "exact", "flops", "guessed_shape", "inputs", "kernels", "label", "macs", "name", "outputs",
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
        self.uncounted = False
        self.exact = True
        self.guessed_shape = False
        self.written: set[int] = set()


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
