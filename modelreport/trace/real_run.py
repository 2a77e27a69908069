"""A real forward pass where meta tensors cannot tell: in a child process, with limits, on the CPU.

On meta a value that the code branches on has to be invented, and some kernels do not exist. Where that happened and the
module is small enough, the same input is run for real. The child computes with the caller's module itself: memory after
a fork is its own, so nothing has to be copied and nothing comes back but the facts.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from modelreport.facts import Skipped, Trace
from modelreport.meta import RANKINGS, size_of
from modelreport.trace.child import ChildError, Limits, in_child
from modelreport.trace.ladder import candidates
from modelreport.trace.outcome import trace_of
from modelreport.trace.passes import Pass, is_meta_specific, run_on_cpu

if TYPE_CHECKING:
    import torch

    from modelreport.checkpoint import LazyTensor, Model

MOST_WEIGHTS = 1 << 30
"""Bytes of parameters and buffers up to which a model is run for real."""
MOST_FLOPS = 2 * 10**12
"""As the pass on meta counted them: about a minute on one core."""
WALL_S = 60.0
MOST_TRIES = 12
"""Other inputs that are tried for real where none ran on meta."""
_DECODER: msgspec.msgpack.Decoder[Trace | Skipped] = msgspec.msgpack.Decoder(Trace | Skipped)


def settled(found: Trace | Skipped, result: Pass, model: Model, tries: int) -> Trace | Skipped:
    """The trace that holds: ``found``, made on meta, or that of a real run where meta tensors could not tell.

    When the real run is not possible, fails or gets less far, ``found`` stays and says so.
    """
    why = _why(result)
    if isinstance(found, Trace) and (routed := _routing(result)):
        found = replace(found, notes=(*found.notes, routed))
    if not why or result.method != "meta":
        return found
    obstacle = too_large(model.module, result)
    if not obstacle:
        try:
            brought = {id(t): t.detach().cpu() for t in _tensors(model.module) if t.device.type not in ("cpu", "meta")}
            real = _DECODER.decode(in_child(lambda: _run(model, result, why, tries, brought), _limits()))
        except ChildError as error:
            obstacle = f"it was tried and {_as_clause(str(error))}"
        else:
            if isinstance(real, Trace) and (real.complete or (result.error is not None and _further(real, found))):
                return real
            reason = real.reason if isinstance(real, Skipped) else real.error
            obstacle = f"it was tried and failed: {reason.rstrip('.')}"
    if isinstance(found, Skipped):
        return found
    return replace(found, notes=(*found.notes, f"{why} A real run on the CPU would tell; {obstacle}."))


def _why(result: Pass) -> str:
    """Why a real run would tell more, as a sentence; empty when it would not."""
    if result.error is not None and is_meta_specific(result.error):
        return "The model cannot run on meta tensors."
    if result.shadows is None or not result.shadows.turns:
        return ""
    names = ", ".join(sorted(result.shadows.steered))
    return f"Values that do not exist on meta tensors decide what this model does ({names})."


def _routing(result: Pass) -> str:
    """What was done about rankings of unknown values, as a sentence; empty where none was used."""
    names = sorted(RANKINGS & set(result.shadows.guesses if result.shadows is not None else ()))
    if not names:
        return ""
    return (
        f"Which values rank highest ({', '.join(names)}) was drawn uniformly at random, as where routers send their "
        "tokens: every expert gets about its share."
    )


def _further(real: Trace, found: Trace | Skipped) -> bool:
    return isinstance(found, Skipped) or len(real.operations) > len(found.operations)


def _as_clause(reason: str) -> str:
    return reason if reason.startswith("it ") else f"failed: {reason}"


# --- whether it fits -------------------------------------------------------------------------------------------------


def too_large(module: Any, result: Pass) -> str:
    """Why the model is not run for real, as a clause; empty when it fits."""
    weights = sum({id(t): size_of(t) for t in _tensors(module)}.values())
    if weights > MOST_WEIGHTS:
        return f"with {weights / 1e9:.1f} GB of weights it was not made"
    peak = result.recorder.liveness.peak
    if 2 * (weights + peak) > available_bytes():
        return "there was not enough free memory for it"
    flops = sum(node.flops or 0 for node in result.recorder.nodes)
    if flops > MOST_FLOPS:
        return f"at {flops / 1e9:,.0f} GFLOPs it was not made"
    return ""


def _tensors(module: Any) -> list[Any]:
    from torch.nn.parameter import is_lazy

    return [t for t in [*module.parameters(), *module.buffers()] if not is_lazy(t)]


def available_bytes() -> int:
    """Memory that a new process could take: free memory of the machine, and of the container where there is one."""
    free = 1 << 62
    try:
        lines = dict(line.split(":", 1) for line in Path("/proc/meminfo").read_text().splitlines())
        free = int(lines["MemAvailable"].split()[0]) << 10
    except (OSError, KeyError, ValueError):
        if hasattr(os, "sysconf"):
            free = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") // 2
    try:
        group = Path("/sys/fs/cgroup")
        limit = (group / "memory.max").read_text().strip()
        if limit != "max":
            free = min(free, int(limit) - int((group / "memory.current").read_text()))
    except (OSError, ValueError):
        pass
    return free


def _limits() -> Limits:
    return Limits(wall_s=WALL_S, cpu_s=int(WALL_S), memory_bytes=min(available_bytes() // 2, 8 << 30))


# --- in the child ----------------------------------------------------------------------------------------------------


def _run(model: Model, result: Pass, why: str, tries: int, brought: Mapping[int, torch.Tensor]) -> bytes:
    """The facts of a real run on the same input, or on another where that does not run; encoded."""
    from modelreport.trace.real_weights import make_real

    module = model.module
    true, total = make_real(module, _stored(model), brought)
    real = run_on_cpu(module, result.candidate, _ignore)
    if real.error is not None and result.error is not None and result.candidate.origin != "given":
        for candidate in islice(candidates(module, model.identification), MOST_TRIES):
            other = run_on_cpu(module, candidate, _ignore)
            tries += 1
            if other.error is None or len(other.recorder.nodes) > len(real.recorder.nodes):
                real = other
            if real.error is None:
                break
    real.notes = (f"{why} It was run for real on the CPU, with {_weights(true, total)} and random input.",)
    names = {name for name, _ in module.named_parameters()}
    return msgspec.msgpack.encode(trace_of(real, names, model.renamed, tries))


def _ignore(_: int) -> None:
    """Progress is not told out of a child."""


def _weights(true: int, total: int) -> str:
    if true == total:
        return "its own weights"
    if not true:
        return "weights as its layers begin with"
    return f"its own weights ({total - true} of {total} parameters as their layers begin with)"


def _stored(model: Model) -> dict[str, LazyTensor]:
    """The file's tensors by the names that the module has for them."""
    in_file = {tensor.name: tensor for tensor in model.stored}
    names = [name for name, _ in [*model.module.named_parameters(), *model.module.named_buffers()]]
    found = {name: in_file.get(model.renamed.get(name, name)) for name in names}
    return {name: tensor for name, tensor in found.items() if tensor is not None}
