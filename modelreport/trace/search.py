"""From a module to the pass that tells most about it: candidates are tried until one runs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from modelreport.meta import Shadows
from modelreport.trace.dummies import Candidate
from modelreport.trace.ladder import candidates
from modelreport.trace.passes import Pass, run_on_meta
from modelreport.trace.repair import repaired
from modelreport.trace.richer import enriched
from modelreport.trace.stand_in import stand_in

if TYPE_CHECKING:
    from modelreport.checkpoint import Model

MOST_TRIES = 48
MOST_RICHER = 4
MOST_SECONDS = 180.0  # of processor time: waiting on a busy machine changes no report
REPAIRS = 4
"""Repairs of repairs of one candidate."""
DEEP, MOST_MISLED = 50, 8
"""So many failures deep inside after a guess decided something, and a real run will tell more than other sizes."""
SAME_ERRORS_DEEP, SAME_ERRORS = 7, 8
"""So many failures with the same words at the same place, and other sizes will not help."""


def best_pass(model: Model, wanted: Candidate | None, on_call: Callable[[int], None]) -> tuple[Pass | None, int]:
    """The most telling pass and how many were tried; ``None`` when there was nothing to try.

    With ``wanted`` only that input is tried. Otherwise the first candidate that runs wins, unless it leaves parameters
    untouched and a richer one touches more. When none runs, the one that got furthest is returned with its error.
    """
    module, identification = model.module, model.identification
    with stand_in(module, Shadows(), keep=identification.how == "live") as copied:
        tries = _Tries(copied, module, on_call)
        if wanted is not None:
            tries.run(wanted)
        else:
            source = candidates(copied, identification)
            _first_success(tries, source)
            _richer(tries, source, parameters_of(copied))
        return tries.best, tries.count


class _Tries:
    """Passes so far, of which only the best is kept."""

    def __init__(self, module: Any, original: Any, on_call: Callable[[int], None]) -> None:
        self.module = module
        self.original = original
        self.on_call = on_call
        self.best: Pass | None = None
        self.count = 0
        self.deadline = time.thread_time() + MOST_SECONDS
        self.seen: set[str] = set()
        self.failures: Counter[tuple[str, int]] = Counter()
        self.misled = 0

    @property
    def over(self) -> bool:
        if any(n > (SAME_ERRORS_DEEP if deep > 9 else SAME_ERRORS) for (_, deep), n in self.failures.items()):
            return True
        return self.misled > MOST_MISLED or self.count >= MOST_TRIES or time.thread_time() > self.deadline

    def run(self, candidate: Candidate) -> Pass:
        self.count += 1
        result = run_on_meta(self.module, self.original, candidate, self.on_call)
        if result.error is not None:
            if result.shadows is not None and result.shadows.turns and len(result.recorder.nodes) > DEEP:
                self.misled += 1
            self.failures[(str(result.error)[:500], len(result.recorder.nodes))] += 1
        if self.best is None or _is_better(result, self.best):
            self.best = result
        return result


def _is_better(new: Pass, old: Pass) -> bool:
    if (new.error is None) != (old.error is None):
        return new.error is None
    if new.error is None:
        return len(new.touched) > len(old.touched)
    return len(new.recorder.nodes) > len(old.recorder.nodes)


def _first_success(tries: _Tries, source: Iterator[Candidate]) -> None:
    queue: list[tuple[Candidate, int]] = []
    while not tries.over:
        candidate, repairs = queue.pop(0) if queue else (next(source, None), 0)
        if candidate is None:
            return
        if candidate.key in tries.seen:
            continue
        tries.seen.add(candidate.key)
        result = tries.run(candidate)
        if result.error is None:
            return
        if repairs < REPAIRS:
            found = repaired(result.error, candidate)
            queue = [*((better, repairs + 1) for better in found), *queue]


def _richer(tries: _Tries, source: Iterator[Candidate], parameters: set[str]) -> None:
    """After a success that left parameters untouched, a few candidates that feed more."""
    if tries.best is None or tries.best.error is not None:
        return
    _try_some(tries, (c for c in source if c.richer and _feeds_more(c, tries)), parameters)
    untouched = parameters - tries.best.touched
    if untouched:
        _try_some(tries, enriched(tries.best.candidate, untouched), parameters)


def _feeds_more(candidate: Candidate, tries: _Tries) -> bool:
    """Whether it feeds an argument that the best pass did not: another form of the same ones touches the same."""
    if tries.best is None:
        return True
    best = tries.best.candidate
    return len(candidate.args) > len(best.args) or bool(candidate.kwargs.keys() - best.kwargs.keys())


def _try_some(tries: _Tries, source: Iterator[Candidate], parameters: set[str]) -> None:
    """At most ``MOST_RICHER`` candidates, each repaired as often as the first, until all parameters are touched."""
    for _ in range(MOST_RICHER):
        candidate: Candidate | None = None
        if tries.best is not None and not parameters <= tries.best.touched:
            candidate = next((c for c in source if c.key not in tries.seen), None)
        for _ in range(REPAIRS + 1):
            if candidate is None or tries.over:
                break
            tries.seen.add(candidate.key)
            error = tries.run(candidate).error
            found = repaired(error, candidate) if error is not None else iter(())
            candidate = next((c for c in found if c.key not in tries.seen), None)


def parameters_of(module: Any) -> set[str]:
    """Names of all parameters, tied ones once."""
    return {name for name, _ in module.named_parameters()}
