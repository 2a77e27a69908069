"""From what every scheme does to each tensor to what it does to the model."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from modelreport.checkpoint import LazyTensor
from modelreport.facts import DTYPE_BITS, Precision, Scheme, SchemeError, Skipped, TensorFact, TensorPrecision
from modelreport.measure.precision.blocks import of_rows
from modelreport.measure.precision.chosen import Chosen, choose
from modelreport.measure.precision.columns import turned
from modelreport.measure.precision.elementwise import Effect
from modelreport.measure.precision.layout import layout
from modelreport.measure.precision.losses import KEPT, Losses
from modelreport.measure.precision.schemes import PLANS, Plan
from modelreport.measure.walk import walk

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

WORST = 10
_BY_ID = {plan.id: plan for plan in PLANS}
_MASK = 1e30
"""Magnitude from which a buffer holds a mask, whose values stand for minus infinity in any format."""


def precision(measured: Measured) -> Precision | Skipped:
    """What narrower formats would do to the model; ``Skipped`` when it has nothing that could be narrower."""
    chosen = choose(measured.structure)
    losses = _losses(chosen, measured.kept)
    if not losses:
        return Skipped(stage="measure", reason=_nothing(chosen, measured))
    tensors = {t.name: t for t in measured.checkpoint.tensors}
    unread = _turn(chosen, losses, measured)
    names = {fact.name for fact in chosen.matrices}
    found: list[TensorPrecision] = []
    for fact in chosen.floats:
        if fact.name in losses:
            plans = [plan for plan in PLANS if plan.everything or fact.name in names]
            errors = _errors(fact, losses[fact.name], plans, tensors.get(fact.name))
            found.append(TensorPrecision(name=fact.name, errors=errors))
    whole = measured.structure.size_bytes
    schemes = tuple(_scheme(plan, found, losses, chosen, whole) for plan in PLANS)
    return Precision(
        schemes=tuple(each for each in schemes if each.tensors),
        tensors=tuple(found),
        notes=_notes(chosen, unread, _untold(chosen, losses, measured)),
    )


def _losses(chosen: Chosen, kept: Mapping[str, Mapping[str, Any]]) -> dict[str, Losses]:
    """What is known of each floating-point tensor; buffers that are masks are left out."""
    found: dict[str, Losses] = {}
    for fact in chosen.floats:
        loss = kept.get(fact.name, {}).get(KEPT)
        if isinstance(loss, Losses) and (fact.role == "parameter" or loss.largest < _MASK):
            found[fact.name] = loss
    return found


def _turn(chosen: Chosen, losses: dict[str, Losses], measured: Measured) -> int:
    """Measure schemes with a scale for each channel or block again where channels lie along the second dimension.

    Returns how many tensors could not be read again; their entries lose these schemes.
    """
    unread = 0
    again = turned(chosen.matrices, measured.structure.modules, measured.checkpoint.tensors)
    for name, found in again:
        if name not in losses:
            continue
        effects = []
        rows = found.rows() if found else None
        for scheme, effect in losses[name].effects:
            plan = _BY_ID[scheme]
            if plan.share not in ("channel", "block"):
                effects.append((scheme, effect))
            elif rows is not None:
                effects.append((scheme, of_rows(rows, plan)))
        unread += found is None
        losses[name] = replace(losses[name], effects=tuple(effects), turned=True)
    return unread


def _untold(chosen: Chosen, losses: Mapping[str, Losses], measured: Measured) -> int:
    """Weight matrices that were read and hold more than zeros, of which nothing is known here all the same."""
    read = {each.name for each in measured.weights.tensors if each.minimum or each.maximum}
    return sum(fact.name in read and fact.name not in losses for fact in chosen.matrices)


def _nothing(chosen: Chosen, measured: Measured) -> str:
    if chosen.packed or chosen.narrow:
        return "Its weights are stored in 8 bits or fewer already."
    names = {fact.name for fact in chosen.floats}
    if any(each.name in names and each.zeros == each.count for each in measured.weights.tensors):
        return "All its weights are zero."
    return "No floating-point values of 16 bits or more could be read."


def _errors(
    fact: TensorFact, losses: Losses, plans: Sequence[Plan], tensor: LazyTensor | None
) -> tuple[SchemeError, ...]:
    effects = dict(losses.effects)
    count, rows = _stored(fact, turned=losses.turned)
    made = []
    for plan in plans:
        effect = effects.get(plan.id)
        if effect is None:
            continue
        over = effect.overflow
        if effect.unsure and tensor is not None:
            over = count_beyond(tensor, plan.format.overflow)
        made.append(
            SchemeError(
                scheme=plan.id,
                overflow=over,
                underflow=effect.underflow,
                sqnr_db=ratio_db(effect),
                size_bytes=plan.size_bytes(count, rows),
                sampled=effect.sampled,
            )
        )
    return tuple(made)


def ratio_db(effect: Effect) -> float | None:
    """Signal to noise in decibels to two decimals, which do not depend on the processor; ``None`` without noise."""
    return round(-10 * math.log10(effect.noise), 2) + 0.0 if effect.noise > 0 else None


def _stored(fact: TensorFact, *, turned: bool) -> tuple[int, int]:
    """Elements that are stored, and output channels among them."""
    count = min(fact.count, fact.stored_bytes * 8 // DTYPE_BITS[fact.dtype]) if fact.stored_bytes else fact.count
    if turned:
        return count, fact.shape[1]
    form = layout(fact.shape)
    return count, form.rows if form and count == fact.count else 1


def count_beyond(tensor: LazyTensor, border: float) -> int:
    """Finite values of at least this magnitude, counted in a second pass."""
    plan = walk(tensor)
    found = 0
    for raw in plan.blocks(0, plan.rows):
        block = np.ascontiguousarray(raw)
        size = np.abs(plan.codec.values[block] if plan.codec.values is not None else plan.codec.numbers(block))
        found += int(np.count_nonzero((size >= border) & np.isfinite(size)))
    return found * plan.weight


def _scheme(
    plan: Plan, tensors: Sequence[TensorPrecision], losses: Mapping[str, Losses], chosen: Chosen, whole: int
) -> Scheme:
    """One scheme over all tensors that it is for."""
    stored = {fact.name: fact.stored_bytes or fact.size_bytes for fact in chosen.floats}
    top = max(loss.largest for loss in losses.values())
    taken: list[tuple[str, SchemeError]] = []
    noise = energy = 0.0
    for each in tensors:
        error = next((e for e in each.errors if e.scheme == plan.id), None)
        if error is None:
            continue
        taken.append((each.name, error))
        loss = losses[each.name]
        own = loss.energy * (loss.largest / top) ** 2
        energy += own
        noise += own * dict(loss.effects)[plan.id].noise
    saved = sum(max(stored[name] - error.size_bytes, 0) for name, error in taken)
    lossy = [(error.sqnr_db, name) for name, error in taken if error.sqnr_db is not None]
    return Scheme(
        id=plan.id,
        title=plan.title,
        size_bytes=whole - saved,
        tensors=len(taken),
        overflow=sum(error.overflow for _, error in taken),
        underflow=sum(error.underflow for _, error in taken),
        sqnr_db=ratio_db(Effect(noise / energy)) if energy else None,
        sampled=sum(error.sampled > 0 for _, error in taken),
        worst=tuple(name for _, name in sorted(lossy, key=lambda pair: pair[0])[:WORST]),
    )


def _notes(chosen: Chosen, unread: int, untold: int) -> tuple[str, ...]:
    counts = (
        (untold, "Weights that could not be tried in other formats, and are counted as they are stored"),
        (unread, "Weights whose outputs lie along their second dimension, and were not read again for them"),
        (chosen.packed, "Tensors that are quantised already, or are the scales of such ones, and stay as they are"),
        (chosen.narrow, "Weights that are stored in 8 bits or fewer already, and stay as they are"),
    )
    return tuple(f"{words}: {count}." for count, words in counts if count)
