"""A live exported program (``torch.export.export``): the facts that the archive of ``torch.export.save`` holds."""

# ruff: noqa: SLF001  torch gives its serializer no public name without the weights

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from modelreport.checkpoint import Program
from modelreport.errors import LoadError
from modelreport.load.assemble import Opened, assemble
from modelreport.load.contents import Candidate, Contents
from modelreport.load.live import LIVE, LiveTensors

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options


def is_exported(value: Any) -> bool:
    """Whether it is a ``torch.export.ExportedProgram``; torch is not imported to tell."""
    kind = type(value)
    return kind.__name__ == "ExportedProgram" and kind.__module__.startswith("torch.export")


def read_exported(program: Any, options: Options) -> Checkpoint:
    """A checkpoint over a live exported program; values are shared with it."""
    live = LiveTensors()
    parameters = set(program.graph_signature.parameters)
    tensors = [
        live.read(tensor, name, "parameter" if name in parameters else "buffer")
        for name, tensor in program.state_dict.items()
    ]
    opened = Opened(name="ExportedProgram", format_id="object", format_title="live exported program", kind="object")
    opened.security = LIVE
    opened.size_bytes = sum(tensor.size_bytes for tensor in tensors)
    checkpoint = assemble(opened, Contents(candidates=[Candidate("", "state_dict", tensors)]), options, "object")
    constants = {name: live.read(value, name) for name, value in program.constants.items() if hasattr(value, "dtype")}
    checkpoint.program = Program(_model(program), constants)
    return checkpoint


def _model(program: Any) -> dict[str, Any]:
    """The program as ``model.json`` would state it."""
    try:
        from torch._export.serde import serialize

        serializer = serialize.GraphModuleSerializer(program.graph_signature, program.module_call_graph)
        graph_module = serializer.serialize(program.graph_module)
        plain = serialize._dataclass_to_dict(graph_module)  # type: ignore[no-untyped-call]
        text = json.dumps({"graph_module": plain}, cls=serialize.EnumEncoder)
    except Exception as error:  # torch's own serializer, on any program
        raise LoadError(
            f"The exported program cannot be written down: {type(error).__name__}: {str(error)[:200]}",
            "Give the module that it was made from, or program.module().",
        ) from error
    found: dict[str, Any] = json.loads(text)
    return found
