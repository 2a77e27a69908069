"""The forward pass of an ONNX model, read off its graph: the facts of a dummy pass, without running anything."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelreport.facts import Guess, ModuleCall, Operation, Skipped, Trace
from modelreport.trace.graph_calls import derive_calls, place_by_weights
from modelreport.trace.graph_inputs import Candidate, candidates, find_inputs, match
from modelreport.trace.graph_labels import SELECTS, VIEWS, family_of, label_of
from modelreport.trace.graph_memory import measure_memory
from modelreport.trace.graph_walk import Walk
from modelreport.trace.ledger import Ledger, uncounted_of
from modelreport.trace.repeats import fold_calls

if TYPE_CHECKING:
    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.trace.graph_values import Step, Value

NOTES_LIMIT = 30
SLOW_STEPS = 20_000
"""Graphs with more nodes are walked with the first choice of inputs only."""


def trace_graph(checkpoint: Checkpoint, options: Options) -> Trace | Skipped:
    """Operations, shapes, costs and memory of an ONNX graph; never raises for what the graph holds."""
    model = checkpoint.graph
    if model is None:
        return Skipped(stage="trace", reason="The checkpoint holds no graph.")
    inputs = find_inputs(model)
    try:
        match(inputs, options.inputs)
    except ValueError as error:
        return Skipped(
            stage="trace", reason=str(error), hint="Name inputs as the graph does: --input 'name:1,3,224,224'."
        )
    choice, walk = _walk_best(model, inputs, options)
    if not walk.steps:
        return Skipped(stage="trace", reason=walk.error or "The graph has no operations.")
    ended = walk.error or _misfit(model, inputs, walk, options)
    used = walk.read | {name for value in walk.outputs for name in value.parameters}
    by_weights = place_by_weights(walk.steps)
    calls, call_of = derive_calls(walk, _title(model))
    operations = tuple(_operation(step, call_of[step.id]) for step in walk.steps)
    calls, repeats = fold_calls(calls, operations)
    ledger = Ledger()
    for step in walk.steps:
        ledger.add(step.kernel, step.formula, step.flops)
    return Trace(
        method="graph",
        inputs=tuple(value.spec for value in choice.values.values()),
        input_origin=choice.origin,
        outputs=tuple(
            _named(value, entry.name) for value, entry in zip(walk.outputs, model.graph.output, strict=False)
        ),
        output_sources=tuple(
            -1 if value.step is None else value.step.id for value in walk.outputs[: len(model.graph.output)]
        ),
        operations=operations,
        calls=calls,
        flops=sum(operation.flops or 0 for operation in operations),
        macs=sum(operation.macs or 0 for operation in operations),
        ledger=ledger.totals(),
        repeats=repeats,
        uncounted=uncounted_of(ledger.totals()),
        guesses=tuple(Guess(what=what, calls=count) for what, count in sorted(walk.guesses.items())),
        memory=measure_memory(walk),
        complete=not ended,
        error=ended,
        untouched=tuple(t.name for t in checkpoint.tensors if t.role == "parameter" and t.name not in used),
        notes=_notes(walk, calls, by_weights=by_weights),
    )


def _misfit(model: Any, inputs: list[Any], walk: Walk, options: Options) -> str:
    """What the given inputs do not fit, where inputs found here would; empty when they fit."""
    if not options.inputs or not walk.failures or len(walk.steps) > SLOW_STEPS:
        return ""
    _, own = _walk_best(model, inputs, replace(options, inputs=()))
    if len(own.failures) >= len(walk.failures):
        return ""
    return f"the given input does not fit: {walk.failures[0][:300]}"


def _walk_best(model: Any, inputs: list[Any], options: Options) -> tuple[Candidate, Walk]:
    """The first choice of inputs with which every node's operands fit, or the one with the fewest misfits."""
    best: tuple[Candidate, Walk] | None = None
    for number, choice in enumerate(candidates(inputs, options.inputs)):
        options.progress("trace", number, 0)
        walk = Walk(model, choice.values, choice.symbols).run()
        if best is None or len(walk.failures) < len(best[1].failures):
            best = (choice, walk)
        if not walk.failures or len(walk.steps) > SLOW_STEPS:
            break
    if best is None:  # candidates() always yields one
        raise AssertionError
    return best


def _title(model: Any) -> str:
    name = model.graph.name
    return name if name and len(name) <= 80 and name.isprintable() else "Graph"


def _named(value: Value, name: str) -> Any:
    from msgspec.structs import replace

    return replace(value.spec, name=name)


def _operation(step: Step, call: int) -> Operation:
    present = [value for value in step.inputs if value is not None]
    sources = {value.step.id for value in present if value.step is not None and value.step.id >= 0}
    parameters = dict.fromkeys(name for value in present for name in value.parameters)
    reads = {value.model_input for value in present if value.step is None and value.model_input >= 0}
    written = sum(value.size_bytes for value in step.outputs if value.name)
    read = sum(value.size_bytes for value in {id(value): value for value in present}.values())
    if step.op in VIEWS:
        read = written = 0
    elif step.op in SELECTS:
        read = min(read, written + sum(value.size_bytes for value in present[1:]))
    return Operation(
        id=step.id,
        name=step.kernel,
        family=family_of(step),
        call=call,
        inputs=tuple(value.spec for value in present if not value.constant),
        outputs=tuple(value.spec for value in step.outputs if value.name),
        sources=tuple(sorted(sources - {step.id})),
        reads_input=tuple(sorted(reads)),
        parameters=tuple(parameters),
        label=label_of(step),
        flops=step.flops,
        macs=step.macs,
        read_bytes=read,
        written_bytes=written,
        kernels=(step.kernel,),
        exact=not step.guessed and all(value.known for value in step.outputs if value.name),
    )


def _nodes(count: int) -> str:
    return "1 node" if count == 1 else f"{count} nodes"


def _notes(walk: Walk, calls: tuple[ModuleCall, ...], *, by_weights: bool) -> tuple[str, ...]:
    notes = list(dict.fromkeys(walk.notes))
    if len(notes) > NOTES_LIMIT:
        notes = [*notes[:NOTES_LIMIT], f"{len(notes) - NOTES_LIMIT} more notes of this kind."]
    if walk.failures:
        notes.append(
            f"With this input the operands of {_nodes(len(walk.failures))} do not fit, so shapes and costs after them "
            f"are missing. The first: {walk.failures[0][:300]}"
        )
    for operator, count in walk.ruleless.most_common(10):
        notes.append(f"There is no shape rule for {operator} ({_nodes(count)}): as the file states.")
    folded = []
    if walk.prepared:
        folded.append(f"{walk.prepared} that compute only from stored tensors")
    if walk.evaluated:
        folded.append(f"{walk.evaluated} of shape arithmetic")
    if folded:
        notes.append(f"Nodes worked out here and not listed as operations: {' and '.join(folded)}.")
    if len(calls) == 1:
        notes.append("The exporter left no module names in the graph: all operations belong to the model itself.")
    elif by_weights:
        notes.append("The exporter left no module names in the nodes; the names of the weights give the modules.")
    else:
        notes.append("Module calls are derived from the names that the exporter gave the nodes.")
    return tuple(notes)
