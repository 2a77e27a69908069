"""How costs grow: passes at a few sizes of the input, and the polynomial through them.

A law is fitted to all sizes but the largest and then asked for that one; what it is off there is told with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, Literal

from modelreport.facts import Law, Skipped, Trace
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.outcome import skipped
from modelreport.trace.usage.runs import CannotRunError, Runner, Tally

Quantity = Literal["macs", "flops", "peak_bytes", "kept_bytes"]
MOST_OPERATIONS: Final = 3000
"""Longer passes are not repeated at other sizes: the report would take several times as long."""
MOST_FOR_BATCH: Final = 1000
"""Longer passes are repeated for one variable only; cost grows in proportion to the batch in nearly all models."""
MOST_OFF: Final = 0.05
"""A polynomial that is further off at the largest size is no law."""
TITLES: Final[dict[str, str]] = {
    "macs": "multiply-adds", "flops": "FLOPs", "peak_bytes": "peak activation memory", "kept_bytes": "activations kept",
}  # fmt: skip
BATCHES: Final = (2, 4)
"""Besides the traced one; the largest is the test."""


@dataclass(frozen=True)
class Variable:
    """A size of the input that can be changed."""

    name: str
    traced: int
    sizes: tuple[int, ...]
    """Sizes to run besides the traced one."""
    at: Callable[[Dummy, int], Dummy]
    degree: int
    power: int = 1
    """The law is a polynomial in this power of the size: images cost by their area."""


def variables(candidate: Candidate) -> Iterator[Variable]:
    """What can be changed of an input, the batch first."""
    dummies = candidate.dummies
    leads = {d.shape[0] for d in dummies if d.shape}
    if dummies and all(d.shape for d in dummies) and leads == {1} and not any(d.listed for d in dummies):
        yield Variable("batch", 1, BATCHES, _batch, 1)
    yield from _lengths(dummies)


def _batch(dummy: Dummy, size: int) -> Dummy:
    literal = dummy.literal * size if dummy.fill == "literal" else dummy.literal
    return replace(dummy, shape=(size, *dummy.shape[1:]), literal=literal)


def _lengths(dummies: Sequence[Dummy]) -> Iterator[Variable]:
    """Tokens where there are ids, else the side of square images, else a length of three-dimensional input."""
    texts = [d for d in dummies if d.fill == "ids" and len(d.shape) == 2]
    images = [d for d in dummies if d.fill == "noise" and len(d.shape) in (4, 5) and d.shape[-1] == d.shape[-2]]
    if texts and not images:
        length = max(d.shape[1] for d in texts)
        if length >= 8 and not any(d.marks for d in texts):
            yield Variable("sequence", length, _quarters(length), _along(1, length), 2)
    elif images and not texts:
        side = images[0].shape[-1]
        if len(sizes := _sides(side)) == 3:
            yield Variable("image side", side, sizes, _side(side), 2, power=2)
    elif len(dummies) == 1 and len(dummies[0].shape) in (2, 3) and _is_plain(dummies[0]):
        for place in range(int(dummies[0].shape[0] == 1), len(dummies[0].shape)):
            length = dummies[0].shape[place]
            if length >= 16:
                yield Variable("length", length, _quarters(length), _along(place, length), 2)


def _is_plain(dummy: Dummy) -> bool:
    return dummy.fill == "noise" and not dummy.listed


def _quarters(length: int) -> tuple[int, ...]:
    return tuple(length * k // 4 for k in (1, 2, 3))


def _along(place: int, length: int) -> Callable[[Dummy, int], Dummy]:
    def change(dummy: Dummy, size: int) -> Dummy:
        if len(dummy.shape) <= place or dummy.shape[place] != length or dummy.fill == "literal":
            return dummy
        return replace(dummy, shape=(*dummy.shape[:place], size, *dummy.shape[place + 1 :]))

    return change


def _sides(side: int) -> tuple[int, ...]:
    """Sides to try: smaller ones, or larger where smaller ones are no multiples of 32, which strides would round."""
    if side < 160 and side % 32 == 0:
        return tuple(side + 32 * k for k in (1, 2, 3))
    step = 32 if side >= 160 else 16 if side >= 80 else 8 if side >= 40 else 4
    return tuple(side - step * k for k in (3, 2, 1) if side - step * k >= step)


def _side(side: int) -> Callable[[Dummy, int], Dummy]:
    def change(dummy: Dummy, size: int) -> Dummy:
        square = len(dummy.shape) in (4, 5) and dummy.shape[-2:] == (side, side)
        return replace(dummy, shape=(*dummy.shape[:-2], size, size)) if square else dummy

    return change


def laws(runner: Runner, trace: Trace, trained: Tally | None) -> tuple[tuple[Law, ...] | Skipped, tuple[str, ...]]:
    """The laws that were found, and why others were not."""
    if len(trace.operations) > MOST_OPERATIONS:
        count = f"{len(trace.operations):,} operations"
        return skipped(
            f"The pass has {count}; those of more than {MOST_OPERATIONS:,} are not repeated at other sizes."
        ), ()
    found: list[Law] = []
    notes: list[str] = []
    lengths_done = False
    for variable in variables(runner.candidate):
        if variable.name == "batch":
            if len(trace.operations) <= MOST_FOR_BATCH:
                found += _batch_laws(runner, variable, trace, trained, notes)
        elif not lengths_done:
            made = _laws(runner, variable, _seen(trace), [] if variable.name == "length" else notes)
            lengths_done = bool(made)
            found += made
    if not found:
        return skipped(" ".join(notes) or "No size of this input can be changed without knowing the model."), ()
    return tuple(found), tuple(notes)


def _seen(trace: Trace) -> dict[Quantity, int]:
    """What the traced pass came to."""
    peak: dict[Quantity, int] = {"peak_bytes": trace.memory.peak_bytes} if trace.memory is not None else {}
    return {"macs": trace.macs, "flops": trace.flops, **peak}


def _batch_laws(runner: Runner, variable: Variable, trace: Trace, trained: Tally | None, notes: list[str]) -> list[Law]:
    """With gradients where that does the same work, so that the activations of training are seen too."""
    if trained is None or trained.macs != trace.macs:
        return _laws(runner, variable, _seen(trace), notes)
    return _laws(runner, variable, {"macs": trace.macs, "kept_bytes": trained.kept_bytes}, notes, trained)


def _laws(
    runner: Runner, variable: Variable, seen: dict[Quantity, int], notes: list[str], like: Tally | None = None
) -> list[Law]:
    """Passes at the sizes of the variable, with gradients and in the mode of ``like`` where that is given."""
    passes: dict[int, dict[Quantity, int]] = {variable.traced: seen}
    for size in variable.sizes:
        candidate = runner.candidate.changed(lambda dummy, size=size: variable.at(dummy, size), "")
        try:
            tally = runner.run(candidate, grad=like is not None, train=like is not None and like.train)
        except CannotRunError as error:
            notes.append(f"No law for the {variable.name}: at {size} the pass did not run ({error}).")
            return []
        passes[size] = {
            "macs": tally.macs, "flops": tally.flops, "peak_bytes": tally.peak_bytes, "kept_bytes": tally.kept_bytes,
        }  # fmt: skip
    made = [law(variable, q, sorted((n, p[q]) for n, p in passes.items())) for q in seen if seen[q]]
    why = "the sizes tried lie on no polynomial, as when another operation comes to be the largest"
    notes += [
        f"No law of {TITLES[one.quantity]} for the {variable.name}: {why}."
        for one in made
        if one.deviation_share > MOST_OFF
    ]
    return [one for one in made if one.deviation_share <= MOST_OFF]


def law(variable: Variable, quantity: Quantity, points: Sequence[tuple[int, int]]) -> Law:
    """The polynomial through all points but the last (exactly, in fractions), and what it is off at the last."""
    *fitted, (size, cost) = points
    degree = min(variable.degree, len(fitted) - 1)
    by_area = polynomial([(n**variable.power, value) for n, value in fitted[-degree - 1 :]])
    coefficients = [Fraction(0)] * (degree * variable.power + 1)
    coefficients[:: variable.power] = by_area
    told = sum(c * size**power for power, c in enumerate(coefficients))
    while len(coefficients) > 1 and coefficients[-1] == 0:
        coefficients.pop()
    return Law(
        variable=variable.name,
        quantity=quantity,
        points=tuple(points),
        coefficients=tuple(float(c) for c in coefficients),
        deviation_share=float(abs(told - cost) / cost) if cost else 0.0,
    )


def polynomial(points: Sequence[tuple[int, int]]) -> list[Fraction]:
    """Coefficients, of power 0 first, of the polynomial through the points (Newton's divided differences)."""
    table = [Fraction(y) for _, y in points]
    for level in range(1, len(points)):
        for i in range(len(points) - 1, level - 1, -1):
            table[i] = (table[i] - table[i - 1]) / (points[i][0] - points[i - level][0])
    found = [Fraction(0)]
    for (x, _), lead in zip(reversed(points), reversed(table), strict=True):
        shifted = [Fraction(0), *found]
        found = [a - x * b for a, b in zip(shifted, [*found, Fraction(0)], strict=True)]
        found[0] += lead
    return found[: len(points)]
