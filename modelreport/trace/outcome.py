"""From the record of a pass to facts."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate
from typing import Any

from modelreport.facts import Guess, ModuleCall, Operation, Skipped, Trace
from modelreport.trace.families import family_of
from modelreport.trace.ledger import uncounted_of
from modelreport.trace.passes import Pass
from modelreport.trace.repeats import fold_calls

HINT = "modelreport build … --input 1,3,224,224 (or name:dtype[shape], such as input_ids:int64[1,128])"


def skipped(reason: str, hint: str = "") -> Skipped:
    """Why the pass, or a further one, gives no figures."""
    return Skipped(stage="trace", reason=reason, hint=hint)


def trace_of(result: Pass, parameters: set[str], renamed: Mapping[str, str], tries: int) -> Trace | Skipped:
    """The facts of a pass; ``Skipped`` when it did not get to a single operation."""
    recorder = result.recorder
    error = "" if result.error is None else error_sentence(result)
    if result.error is not None and not recorder.nodes:
        return skipped(f"The forward pass could not be run: {error}", HINT)
    operations = operations_of(result, renamed)
    calls, repeats = fold_calls(calls_of(result, operations), operations)
    ledger = recorder.ledger.totals()
    touched = result.touched
    untouched = () if error else tuple(renamed.get(n, n) for n in _in_order(recorder, parameters - touched))
    return Trace(
        method=result.method,
        inputs=result.inputs,
        input_origin=result.candidate.origin,
        outputs=recorder.outputs,
        output_sources=recorder.output_sources,
        operations=operations,
        calls=calls,
        flops=sum(o.flops or 0 for o in operations),
        macs=sum(o.macs or 0 for o in operations),
        ledger=ledger,
        repeats=repeats,
        uncounted=uncounted_of(ledger),
        guesses=guesses_of(result),
        memory=recorder.liveness.fact() if recorder.nodes else None,
        complete=result.error is None,
        error=error,
        untouched=untouched,
        notes=notes_of(result, tries),
    )


def _in_order(recorder: Any, names: set[str]) -> list[str]:
    return [name for name in recorder.names if name in names]


def operations_of(result: Pass, renamed: Mapping[str, str]) -> tuple[Operation, ...]:
    """All operations in the order of execution."""
    recorder = result.recorder
    return tuple(
        Operation(
            id=index,
            name=node.name,
            family=family_of(
                node.name, recorder.calls[node.call].type if node.call >= 0 else "", bool(node.parameters)
            ),
            call=max(node.call, 0),
            inputs=tuple(node.inputs),
            outputs=tuple(node.outputs),
            sources=tuple(sorted(node.sources)),
            reads_input=tuple(sorted(node.reads_input)),
            parameters=tuple(renamed.get(name, name) for name in node.parameters),
            label=node.label,
            flops=node.flops,
            macs=node.macs,
            read_bytes=node.read_bytes,
            written_bytes=node.written_bytes,
            kernels=tuple(node.kernels),
            exact=node.exact,
        )
        for index, node in enumerate(recorder.nodes)
    )


def calls_of(result: Pass, operations: tuple[Operation, ...]) -> tuple[ModuleCall, ...]:
    """All module calls in the order in which they began."""
    flops = [0, *accumulate(o.flops or 0 for o in operations)]
    macs = [0, *accumulate(o.macs or 0 for o in operations)]
    return tuple(
        ModuleCall(
            path=c.path,
            type=c.type,
            parent=c.parent,
            number=c.number,
            inputs=c.inputs,
            outputs=c.outputs,
            first=c.first,
            last=c.last,
            flops=flops[c.last] - flops[c.first],
            macs=macs[c.last] - macs[c.first],
        )
        for c in result.recorder.calls
    )


def guesses_of(result: Pass) -> tuple[Guess, ...]:
    """What had to be invented, most often first."""
    if result.shadows is None:
        return ()
    steered = result.shadows.steered
    found = _most_first(result.shadows.guesses)
    return tuple(Guess(what=what, calls=calls, steered=steered[what]) for what, calls in found)


def _most_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def notes_of(result: Pass, tries: int) -> tuple[str, ...]:
    """What a reader should know about how the figures came about."""
    notes = [*result.notes]
    if result.error is not None and result.candidate.origin != "given":
        notes.append(f"{tries} dummy inputs were tried and none ran to the end; this is the one that got furthest.")
    if result.shadows is not None and result.shadows.guess_calls:
        notes.append("Some values decide what the model does and are not known without real data; they were invented.")
    return tuple(notes)


def error_sentence(result: Pass) -> str:
    """One sentence that names the module, the operation and what went wrong."""
    error, failure = result.error, result.recorder.failure
    text = " ".join(str(error).split())[:300] or "no message"
    name = type(error).__name__
    if name == "NotImplementedError" and "forward" in text:
        return "the module has no forward method of its own."
    place = operation = ""
    if failure is not None and failure[0] is error:
        _, operation, place = failure
    place = place if len(place) <= 100 else f"…{place[-100:]}"
    where = f"in {place}" if place else "in the model's own forward"
    at = f", at {operation}" if operation else ""
    return f"{name} {where}{at}: {text.rstrip('.')}."
