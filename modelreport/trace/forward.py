"""The dummy forward pass of a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.facts import Skipped, Trace
from modelreport.trace.dummies import given
from modelreport.trace.layers import vocabulary
from modelreport.trace.outcome import HINT, trace_of
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
    total = sum(1 for _ in module.modules())

    def on_call(done: int) -> None:
        options.progress("trace", min(done, total), total)

    wanted = given(options.inputs, vocabulary(module)) if options.inputs else None
    result, tries = best_pass(model, wanted, on_call)
    if result is None:
        return Skipped(stage="trace", reason="No dummy input could be found for this model.", hint=HINT)
    return trace_of(result, parameters_of(module), model.renamed, tries)
