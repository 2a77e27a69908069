"""C: what the forward pass costs, and how far its numbers can be trusted."""

from __future__ import annotations

from collections import Counter, defaultdict

from modelreport.facts import Evidence, Report, Skipped
from modelreport.judge.rule import AbsentError, Clean, Found, Rule, UncheckedError, known, point, say

_HALF = 0.5
_ENOUGH_LAYERS = 4
_NO_FORMULA = "no formula, {call_count} {call_count:call|calls}"
_GUESSED = "guessed value, {call_count} {call_count:call|calls}"


def dominant(report: Report) -> Found | Clean:
    """One module that does more than half of the floating-point operations."""
    trace = known(report.trace)
    if not trace.complete:
        raise UncheckedError(f"The forward pass ended early: {trace.error}")
    flops: defaultdict[str, int] = defaultdict(int)
    for operation in trace.operations:
        flops[trace.calls[operation.call].path] += operation.flops or 0
    costly = {path: count for path, count in flops.items() if count}
    if len(costly) < _ENOUGH_LAYERS:
        raise AbsentError("Fewer than {enough_count} modules have counted operations.", enough_count=_ENOUGH_LAYERS)
    path = max(sorted(costly), key=lambda p: costly[p])
    share = costly[path] / sum(costly.values())
    if share <= _HALF:
        return Clean(
            say("The costliest module, {module}, does {own_share} of the FLOPs.", module=path, own_share=share)
        )
    return Found(
        say(
            "The module {module} does {own_flops}, {own_share} of the forward pass."
            if path
            else "The root module does {own_flops}, {own_share} of the forward pass.",
            module=path,
            own_flops=costly[path],
            own_share=share,
        ),
        [Evidence(kind="module", name=path)],
    )


_MATTERS = {"conv", "linear", "recurrent", "attention", "other"}
"""Families that may hide much work where an operator has no formula; others hide a few operations an element."""


def uncounted(report: Report) -> Found | Clean:
    """Operations that may be costly and have no formula, and values that were guessed."""
    trace = known(report.trace)
    unknown = Counter(o.name for o in trace.operations if o.flops is None and o.family in _MATTERS)
    inexact = sum(not o.exact for o in trace.operations)
    if not unknown and not trace.guesses and not inexact:
        count = len(trace.uncounted)
        costly = sum(o.family in _MATTERS for o in trace.operations)
        if not costly:
            raise AbsentError("The forward pass has no operation of matrices.")
        text = "Each of {costly_count} operations that may cost much has a formula"
        tail = "; {kernel_count} other {kernel_count:operator has|operators have} no formula."
        return Clean(say(text + (tail if count else "."), costly_count=costly, kernel_count=count))
    evidence = [
        *(point("operation", name, say(_NO_FORMULA, call_count=calls)) for name, calls in unknown.items()),
        *(point("operation", g.what, say(_GUESSED, call_count=g.calls)) for g in trace.guesses),
    ]
    texts = ["{unknown_count} {unknown_count:operation has|operations have} no FLOP formula"] if unknown else []
    if not inexact and not texts:
        texts.append("{guess_count} {guess_count:value|values} had to be guessed")
    elif inexact:
        texts.append("{inexact_count} {inexact_count:operation rests|operations rest} on guessed values")
    return Found(
        say(
            " and ".join(texts) + ": the totals are estimates.",
            unknown_count=sum(unknown.values()),
            inexact_count=inexact,
            guess_count=sum(guess.calls for guess in trace.guesses),
        ),
        evidence,
    )


def partial(report: Report) -> Found | Clean:
    """A forward pass that ended early, or one with the input that the user gave that did not begin."""
    options = {option.name for option in report.generator.options}
    wanted = "--input" in options and "--no-trace" not in options
    if wanted and isinstance(report.trace, Skipped) and not isinstance(report.identification, Skipped):
        return Found(say("Nothing ran with the given input. {reason}", reason=report.trace.reason), [])
    trace = known(report.trace)
    count = len(trace.operations)
    if trace.complete:
        return Clean(say("The forward pass ran to its end, {operation_count} operations.", operation_count=count))
    evidence = []
    if trace.operations:
        last = trace.operations[-1]
        detail = say("the last operation seen, in {module}", module=trace.calls[last.call].path or "the root module")
        evidence.append(point("operation", last.name, detail))
    return Found(
        say(
            "The forward pass ended after {operation_count} operations: {error}",
            operation_count=count,
            error=trace.error,
        ),
        evidence,
    )


RULES = (
    Rule(
        "C001",
        "note",
        "One layer does most work",
        "The place where a cheaper operation saves most.",
        "compute",
        dominant,
    ),
    Rule(
        "C002",
        "note",
        "Costs that are estimates",
        "Read the totals as lower bounds; the table lists what was not counted.",
        "compute",
        uncounted,
    ),
    Rule(
        "C003",
        "warning",
        "Forward pass incomplete",
        "Give the shape and dtype of the input with --input, or the architecture with --model.",
        "compute",
        partial,
    ),
)
