"""One forward pass under a recorder, on meta or for real."""

from __future__ import annotations

import contextlib
import random
import re
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from types import GeneratorType
from typing import Any, Literal

from modelreport.facts import TensorSpec
from modelreport.meta import Shadows, Together, compiler, on_cpu, tensors_in, unheard, without_warnings
from modelreport.trace.blame import note_names
from modelreport.trace.dummies import Candidate
from modelreport.trace.recorder import PassStoppedError, Recorder
from modelreport.trace.signature import forward_signature
from modelreport.trace.watch import watched


@dataclass
class Pass:
    """What one attempt left behind."""

    candidate: Candidate
    method: Literal["meta", "cpu"]
    recorder: Recorder
    shadows: Shadows | None
    inputs: tuple[TensorSpec, ...]
    error: BaseException | None = None
    notes: tuple[str, ...] = ()

    @property
    def touched(self) -> set[str]:
        """Parameters and buffers that some operation read."""
        return {name for node in self.recorder.nodes for name in node.parameters}


def run_on_meta(module: Any, original: Any, candidate: Candidate, on_call: Callable[[int], None]) -> Pass:
    """Run the stand-in on meta tensors with shadow values.

    When it fails after a guess had decided something, it is run again with unknown truth values taken as true.
    """
    result = _on_meta(module, original, candidate, on_call, truth=False)
    if result.error is not None and result.shadows is not None and result.shadows.turns:
        other = _on_meta(module, original, candidate, on_call, truth=True)
        if other.error is None or len(other.recorder.nodes) > len(result.recorder.nodes):
            return other
    return result


def _on_meta(module: Any, original: Any, candidate: Candidate, on_call: Callable[[int], None], *, truth: bool) -> Pass:
    shadows = Shadows(draws=True, truth=truth)
    recorder = Recorder(module, shadows, on_call)
    if original is not module:
        recorder.adopt([*original.named_parameters(), *original.named_buffers()])
    args, kwargs = candidate.make(shadows)
    return _run(module, recorder, Pass(candidate, "meta", recorder, shadows, ()), args, kwargs)


def run_on_cpu(module: Any, candidate: Candidate, on_call: Callable[[int], None]) -> Pass:
    """Run the module itself on the CPU, with real input; what its code changes stays changed."""
    recorder = Recorder(module.eval(), None, on_call)
    args, kwargs = candidate.make(None)
    with on_cpu():
        return _run(module, recorder, Pass(candidate, "cpu", recorder, None, ()), args, kwargs)


def _run(module: Any, recorder: Recorder, result: Pass, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Pass:
    names = [*argument_names(module, len(args)), *kwargs]
    named = dict(zip(names, [*args, *kwargs.values()], strict=False))
    result.inputs = recorder.specs((), named)
    recorder.feed(tensors_in(list(named.values())))
    try:
        with quietly(), watched(recorder):
            out = module(*args, **kwargs)
            if isinstance(out, GeneratorType):
                out = list(islice(out, MOST_YIELDS))
        recorder.outputs = recorder.specs((), out) if isinstance(out, dict) else recorder.specs((out,), {})
        results = [t for v in out.values() for t in tensors_in(v)] if isinstance(out, dict) else tensors_in(out)
        makers = (recorder.maker(t) for t in results)
        recorder.output_sources = tuple(-1 if maker is None else maker for maker in makers)
    except (Exception, PassStoppedError) as error:
        note_names(error)
        # the traceback would keep the frames, and with them every tensor of the pass
        error.__cause__ = error.__context__ = None
        result.error = error.with_traceback(None)
    return result


def argument_names(module: Any, count: int) -> list[str]:
    """Names of the first positional arguments of ``forward``; ``0``, ``1`` … where they have none."""
    names = [p.name for p in forward_signature(module) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)][
        :count
    ]
    return [*names, *(str(i) for i in range(len(names), count))]


MOST_YIELDS = 10_000
"""Values taken from a ``forward`` that yields its outputs."""
DEEPEST_CALLS = 6000
"""Python calls within each other during a pass: a module inside another takes about seven."""


@contextlib.contextmanager
def quietly() -> Iterator[None]:
    """Without gradients, warnings of the model's code and compilation; random numbers are the same each time.

    The caller's random numbers stay untouched. Deeply nested modules get room to call each other.
    """
    import torch

    with contextlib.ExitStack() as stack:
        for change in (_deep, without_warnings, _own_random_numbers, unheard, torch.no_grad):
            stack.enter_context(change())
        _seed()
        if compiler.is_there() and hasattr(torch.compiler, "set_stance"):
            stack.enter_context(_eager())
        yield


def _allow_depth(undo: contextlib.ExitStack) -> None:
    limit = sys.getrecursionlimit()
    undo.callback(sys.setrecursionlimit, limit)
    sys.setrecursionlimit(max(limit, DEEPEST_CALLS))


def _force_eager(undo: contextlib.ExitStack) -> None:
    import torch

    undo.enter_context(torch.compiler.set_stance("force_eager"))


def _keep_random_numbers(undo: contextlib.ExitStack) -> None:
    """Generators of torch, Python and numpy go on afterwards as before."""
    import numpy as np
    import torch

    undo.callback(torch.random.set_rng_state, torch.random.get_rng_state())
    undo.callback(random.setstate, random.getstate())
    undo.callback(np.random.set_state, np.random.get_state())  # noqa: NPY002  the model's code uses it


def _seed() -> None:
    import numpy as np
    import torch

    torch.default_generator.manual_seed(0)
    random.seed(0)
    np.random.seed(0)  # noqa: NPY002


_deep, _eager, _own_random_numbers = Together(_allow_depth), Together(_force_eager), Together(_keep_random_numbers)


_META_REASONS = re.compile(
    r"\bmeta\b|could not run '|not implemented for|quantized|mkldnn|onednn|is not on the expected device"
    r"|must be on the same device|expected all tensors to be on|data pointer|has no storage"
    r"|scriptobject|faketensor|no fake impl",
    re.IGNORECASE,
)


def is_meta_specific(error: BaseException) -> bool:
    """Whether the error is one of meta tensors, not of the model or its input."""
    return isinstance(error, NotImplementedError) or bool(_META_REASONS.search(f"{type(error).__name__}: {error}"))
