"""What became of one model: traced without any hint, and its output shapes beside those of a real forward pass."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from benchmarks.sweep.processes import Record
from benchmarks.sweep.zoo import Recipe, recipes_of
from modelreport.checkpoint import Model
from modelreport.facts import Identification, Trace
from modelreport.identify.construct import error_line
from modelreport.meta import quiet
from modelreport.trace.outcome import error_sentence, trace_of
from modelreport.trace.passes import Pass
from modelreport.trace.real_run import settled
from modelreport.trace.recorder import Recorder
from modelreport.trace.search import best_pass, parameters_of

REAL_PARAMETERS = 60_000_000
"""Models up to this size are also run for real."""
REAL_SECONDS = 20
SHOWN = 12
"""Names of untouched parameters and outputs kept in a record."""


def record_of(library: str, name: str) -> Record:
    """One line of the table as plain data. ``status`` is *unbuildable*, *failed* or *ran*."""
    warnings.simplefilter("ignore")
    try:
        recipes = recipes_of(library, name)
    except Exception as error:
        return {"status": "unbuildable", "reason": error_line(error)}
    first: Record | None = None
    reasons: list[str] = []
    for recipe in recipes:
        try:
            module = recipe.on_meta()
        except Exception as error:
            reasons.append(f"{recipe.how}: {error_line(error)}")
            continue
        record = traced(library, name, recipe, module)
        first = first or record
        if record["status"] == "ran":
            return record
    return first or {"status": "unbuildable", "reason": reasons[-1]}


def traced(library: str, name: str, recipe: Recipe, module: Any) -> Record:
    """The record of a model that is built."""
    parameters = parameters_of(module)
    total = sum(p.numel() for p in module.parameters())
    record: Record = {"class": type(module).__name__, "variant": recipe.how, "parameters": total}
    identification = Identification(name=name, library=library, how="config" if library == "transformers" else "pickle")
    model = Model(identification, module)
    result, tries = best_pass(model, None, lambda _: None)
    if result is None:
        return {**record, "status": "failed", "reason": "no dummy input was found", "tries": tries}
    trace = settled(trace_of(result, parameters, {}, tries), result, model, tries)
    if not isinstance(trace, Trace) or not trace.complete:
        reason = error_sentence(result) if result.error is not None else trace.reason or trace.error
        return {**record, "status": "failed", "reason": reason, "at": len(result.recorder.nodes)}
    record |= {"tries": tries, "origin": trace.input_origin, "method": trace.method}
    sizes = {n: p.numel() for n, p in module.named_parameters()}
    untouched = list(trace.untouched)
    record |= {
        "status": "ran",
        "inputs": [shown(s) for s in trace.inputs],
        "outputs": [shown(s) for s in trace.outputs][:SHOWN],
        "operations": len(trace.operations),
        "macs": trace.macs,
        "kernel_calls": sum(line.calls for line in trace.ledger),
        "uncounted": {u.kernel: u.calls for u in trace.uncounted},
        "guesses": {g.what: g.calls for g in trace.guesses},
        "steered": sum(g.steered for g in trace.guesses),
        "untouched": len(untouched),
        "untouched_share": round(sum(sizes.get(n, 0) for n in untouched) / max(total, 1), 4),
        "untouched_names": untouched[:SHOWN],
    }
    if trace.method == "cpu":
        return {**record, "check": "was real"}
    return record | checked(recipe, result, total)


def shown(spec: Any) -> str:
    """A tensor in one word, as ``--input`` takes it."""
    size = ",".join(map(str, spec.shape))
    return f"{spec.name}:{spec.dtype}[{size}]" if spec.name else f"{spec.dtype}[{size}]"


def checked(recipe: Recipe, result: Pass, total: int) -> Record:
    """Whether a real copy gives outputs of the same names, shapes and dtypes for the same input."""
    if total > REAL_PARAMETERS:
        return {"check": "too large"}
    try:
        with limited(REAL_SECONDS):
            real = real_outputs(recipe, result)
    except TimeoutError:
        return {"check": "too slow"}
    except MemoryError:
        return {"check": "too large"}
    except Exception as error:
        return {"check": "real pass failed", "real_error": f"{type(error).__name__}: {str(error)[:300]}"}
    ours = [shown(s) for s in result.recorder.outputs]
    if ours == real:
        return {"check": "equal"}
    different = [(a, b) for a, b in zip(ours, real, strict=False) if a != b]
    return {"check": "different", "difference": different[:4] or [(f"{len(ours)} outputs", f"{len(real)} outputs")]}


def real_outputs(recipe: Recipe, result: Pass) -> list[str]:
    """Outputs of an initialised copy on the CPU for the input that was found."""
    import torch

    with quiet(), torch.no_grad():
        torch.manual_seed(0)
        module = recipe.build().eval()
        args, kwargs = result.candidate.make(None)
        out = module(*args, **kwargs)
        recorder = Recorder(module, None, lambda _: None)
        specs = recorder.specs((), out) if isinstance(out, dict) else recorder.specs((out,), {})
    return [shown(s) for s in specs]


@contextmanager
def limited(seconds: int) -> Iterator[None]:
    """``TimeoutError`` inside after so long."""

    def over(*_: Any) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGALRM, over)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
