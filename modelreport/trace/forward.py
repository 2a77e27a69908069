"""The dummy forward pass of a model."""

from __future__ import annotations

import copy
import dataclasses
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from modelreport.facts import Skipped, Trace
from modelreport.trace.dummies import Candidate, given
from modelreport.trace.layers import vocabulary
from modelreport.trace.outcome import HINT, trace_of
from modelreport.trace.real_run import settled
from modelreport.trace.search import best_pass, parameters_of

if TYPE_CHECKING:
    from modelreport.checkpoint import Model
    from modelreport.options import Options


def trace_module(model: Model, options: Options) -> Trace | Skipped:
    """Run the model once on dummy input, on meta where possible, and tell what happened.

    Inputs are ``options.inputs`` where there are any, otherwise they are found. An error of given inputs is reported as
    it is. Nothing is raised for a model that does not run.
    """
    module = model.module
    if module is None:
        return Skipped(
            stage="trace", reason="There is no module that could be run.", hint="--model package.module:factory"
        )
    if not model.precision:
        return _run(model, options)
    outcome = _in_half(model, options)
    if isinstance(outcome, Trace) and outcome.complete:
        return outcome
    outcome = _run(model, options)
    if isinstance(outcome, Skipped):
        return outcome
    note = (
        f"The weights are in {model.precision}, in which this code does not run here: the pass is in float32, "
        "its activations take twice the memory."
    )
    return replace(outcome, notes=(*outcome.notes, note))


def _in_half(model: Model, options: Options) -> Trace | Skipped:
    """The pass of a copy whose floating-point tensors have the precision of the file."""
    import torch

    try:
        module = copy.deepcopy(model.module).to(getattr(torch, model.precision))
    except Exception as error:  # some modules cannot be copied or cast
        return Skipped(stage="trace", reason=f"The module could not be cast: {error}")
    inputs = tuple(replace(s, dtype=model.precision) if s.dtype == "float32" else s for s in options.inputs)
    half = dataclasses.replace(model, module=module)
    outcome = _run(half, dataclasses.replace(options, inputs=inputs))
    model.ran = half.ran
    return outcome


def _run(model: Model, options: Options) -> Trace | Skipped:
    """One pass on given or found inputs."""
    module = model.module
    total = sum(1 for _ in module.modules())

    def on_call(done: int) -> None:
        options.progress("trace", min(done, total), total)

    wanted = given(options.inputs, vocabulary(module)) if options.inputs else _stated(module)
    result, tries = best_pass(model, wanted, on_call)
    if result is None:
        return Skipped(stage="trace", reason="No dummy input could be found for this model.", hint=HINT)
    model.ran = (module, result.candidate)
    found = trace_of(result, parameters_of(module), model.renamed, tries)
    return settled(found, result, model, tries)


def _stated(module: Any) -> Candidate | None:
    """The inputs that an exported program says it takes. Its ids are kept small: any table of embeddings has two."""
    specs = getattr(module, "stated_inputs", None)
    return dataclasses.replace(given(specs, 2), origin="stated by the exported program") if specs else None
