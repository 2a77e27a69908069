"""Room 3: what one forward pass does."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from modelreport.checkpoint import Checkpoint, Model
    from modelreport.facts import Device, Skipped, TensorFact, Trace, Usage
    from modelreport.options import Options

__all__ = ["device_of", "devices", "trace", "trace_graph", "usage_of"]


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


def usage_of(
    model: Model | Skipped,
    trace: Trace | Skipped,
    options: Options,
    weights_bytes: int,
    tensors: Sequence[TensorFact] = (),
) -> Usage | Skipped:
    """What it costs to train and run the model whose pass was traced; each part says why it is missing.

    ``weights_bytes`` are the bytes of parameters and buffers, for whether they fit a device; ``tensors`` those of the
    file, for what packed weights take there. Raises ``OptionsError`` for a device that is not known.
    """
    from modelreport.trace.usage import usage_of as estimate

    return estimate(model, trace, options, weights_bytes, tensors)


def device_of(name: str) -> Device:
    """The device that ``--device`` names. Raises ``OptionsError`` that lists the known ones."""
    from modelreport.trace.usage.devices import device_of as find

    return find(name)


def devices() -> tuple[Device, ...]:
    """All devices with published figures."""
    from modelreport.trace.usage.devices import DEVICES

    return DEVICES
