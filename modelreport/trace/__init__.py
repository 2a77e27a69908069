"""Room 3: what one forward pass does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint, Model
    from modelreport.facts import Skipped, Trace
    from modelreport.options import Options

__all__ = ["trace", "trace_graph"]


def trace(model: Model, options: Options) -> Trace | Skipped:
    """What one dummy forward pass of the model does; ``Skipped`` with the reason when nothing of it can run.

    The pass runs on meta tensors: shapes without data. A module given live comes back unchanged.
    """
    from modelreport.trace.forward import trace_module

    return trace_module(model, options)


def trace_graph(checkpoint: Checkpoint, options: Options) -> Trace | Skipped:
    """The same facts read off an ONNX graph."""
    from modelreport.trace.graph import trace_graph as read

    return read(checkpoint, options)
