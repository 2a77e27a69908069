"""What the optimizer's state in a training checkpoint tells of the training, parameter by parameter."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from modelreport.checkpoint import OptimizerState
from modelreport.facts import Item, LayerUpdate, OptimizerEvidence, ParameterGroup, Skipped, Structure
from modelreport.measure.crew import thread_count
from modelreport.measure.matching import Matching, match, state_shape
from modelreport.measure.updates import Memory, read_memory

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

_SETTINGS_SHOWN = 30
_STATELESS = "SGD"
"""The one optimizer that keeps nothing, when it has no momentum."""


def optimizer(measured: Measured) -> OptimizerEvidence | Skipped:
    """The evidence of the optimizer that holds most parameters of the model; the others are named in the notes."""
    optimizers = measured.checkpoint.optimizers
    if not optimizers:
        return Skipped(stage="measure", reason="The file holds no optimizer state.")
    parameters = parameters_of(measured.structure)
    prefix = measured.checkpoint.source.stripped_prefix
    matchings = [match(each, parameters, prefix, ordered=is_ordered(measured.structure)) for each in optimizers]
    best = max(range(len(optimizers)), key=lambda i: (len(matchings[i].names), bool(optimizers[i].states), -i))
    beside = [i for i in range(len(optimizers)) if i != best and _shares(matchings[i], matchings[best], optimizers[i])]
    notes = [
        f"The file also holds the state of {other.kind} at {other.path}, which is not that of this model."
        for i, other in enumerate(optimizers)
        if i != best and i not in beside
    ]
    found = _evidence(measured, optimizers[best], matchings[best], notes)
    places = {name: place for place, (name, _) in enumerate(parameters)}
    for i in beside:
        found = _together(found, _evidence(measured, optimizers[i], matchings[i], []), places)
    return _unless_partial(found)


def _unless_partial(found: OptimizerEvidence) -> OptimizerEvidence:
    """Muon takes matrices only: what it does not hold was not frozen, but is another optimizer's."""
    if found.kind != "Muon" or not found.outside:
        return found
    rest = len(found.outside)
    note = f"Muon holds matrices only: what was done with the other {rest} parameters is not in the file."
    return replace(found, outside=(), notes=(*found.notes, note))


def _shares(matching: Matching, chosen: Matching, optimizer: OptimizerState) -> bool:
    """Whether an optimizer holds other parameters of the same model than the one that holds most: AdamW beside Muon."""
    held = sum(len(group.keys) for group in optimizer.groups)
    return 0 < held == len(matching.names) and not set(matching.names.values()) & set(chosen.names.values())


def _both(one: str, two: str) -> str:
    return f"The parameters of {one} and of {two} were each found in the model; none is held by both."


def _together(one: OptimizerEvidence, two: OptimizerEvidence, places: dict[str, int]) -> OptimizerEvidence:
    """Two optimizers of one model as one."""
    shift = len(one.groups)
    moved = [replace(e, group=None if e.group is None else e.group + shift) for e in two.layers]
    return replace(
        one,
        kind=f"{one.kind} and {two.kind}",
        layers=tuple(sorted((*one.layers, *moved), key=lambda layer: places.get(layer.name, len(places)))),
        without_state=one.without_state + two.without_state,
        zero_state=one.zero_state + two.zero_state,
        non_finite=one.non_finite + two.non_finite,
        unread=one.unread + two.unread,
        outside=tuple(name for name in one.outside if name in set(two.outside)),
        groups=one.groups + two.groups,
        matched=_both(one.kind, two.kind),
        notes=tuple(dict.fromkeys(one.notes + two.notes)),
    )


def parameters_of(structure: Structure) -> list[tuple[str, tuple[int, ...]]]:
    """Name and shape of each parameter of the model in the order of ``parameters()``, tied ones once.

    Files of safetensors are sorted by name; where the modules are known, the order is theirs.
    """
    tensors = [t for t in structure.tensors if t.role == "parameter" and not t.tied_to]
    if structure.origin != "names":
        places = {module.path: index for index, module in reversed(list(enumerate(structure.modules)))}
        tensors.sort(key=lambda t: (places.get(t.module, len(places)), *_within(t.name.rpartition(".")[2])))
    return [(t.name, t.shape) for t in tensors]


def _within(name: str) -> tuple[bool, int]:
    """Place of a parameter in its module, as torch's own layers register them; otherwise that in the file."""
    return "bias" in name, next((i for i, part in enumerate(("_ih_", "_hh_")) if part in name), 0)


def is_ordered(structure: Structure) -> bool:
    """Whether the order of the parameters can be that of the model: names that are sorted need not be."""
    names = [t.name for t in structure.tensors]
    return structure.origin != "names" or len(names) < 2 or names != sorted(names)


def _evidence(measured: Measured, chosen: OptimizerState, matching: Matching, notes: list[str]) -> OptimizerEvidence:
    group_of = {key: index for index, group in enumerate(chosen.groups) for key in group.keys}
    keys = list(dict.fromkeys([*group_of, *chosen.states]))
    weights = {t.name: t.norm / math.sqrt(t.count) for t in measured.weights.tensors if t.norm is not None and t.count}
    sizes = {key: weights.get(name) for key, name in matching.names.items()}
    memories = _memories(chosen, keys, group_of, measured.options.workers, sizes)
    order = {name: index for index, (name, _) in enumerate(parameters_of(measured.structure))}
    names = {key: matching.names.get(key, f"{chosen.path}.{key}") for key in keys}
    if matching.complete:  # otherwise the optimizer's own order is the best there is
        keys.sort(key=lambda key: order.get(names[key], len(order)))
    found = [(key, memory) for key in keys if isinstance(memory := memories.get(key), Memory)]
    stateless = [names[key] for key in keys if not chosen.states.get(key)]
    if not chosen.states and chosen.kind == _STATELESS:
        notes.append("SGD without momentum keeps nothing of the gradients: only its settings are in the file.")
        stateless = []
    if any(group.settings.get("lr") == 0 for group in chosen.groups):
        notes.append("The learning rate in the file is 0, as at the end of a schedule: it gives no update.")
    return OptimizerEvidence(
        kind=chosen.kind,
        layers=tuple(
            replace(
                _layer(names[key], memory, weights, matching, key, group_of),
                dimensions=None if (shape := state_shape(chosen.states.get(key, {}))) is None else len(shape),
            )
            for key, memory in found
        ),
        without_state=tuple(stateless),
        zero_state=tuple(names[key] for key, memory in found if memory.never),
        non_finite=tuple(names[key] for key, memory in found if not memory.finite),
        unread=tuple(Item(name=names[k], value=reason) for k in keys if isinstance(reason := memories.get(k), str)),
        outside=_outside(measured.structure, matching),
        groups=tuple(_group(group.settings, len(group.keys)) for group in chosen.groups),
        matched=matching.sentence,
        notes=(*notes, *_reasons([memory for _, memory in found])),
    )


def _outside(structure: Structure, matching: Matching) -> tuple[str, ...]:
    """Parameters of the model that the optimizer does not hold; none are named where matching left something open."""
    if not matching.complete:
        return ()
    held = set(matching.names.values())
    return tuple(name for name, _ in parameters_of(structure) if name not in held)


def _layer(
    name: str, memory: Memory, weights: dict[str, float], matching: Matching, key: str, groups: dict[str, int]
) -> LayerUpdate:
    weight = weights.get(name) if key in matching.names else None
    ratio = memory.update_rms / weight if memory.update_rms and weight else None
    return LayerUpdate(
        name=name,
        step=memory.step,
        gradient_rms=memory.gradient_rms,
        momentum_rms=memory.momentum_rms,
        update_ratio=ratio if ratio is not None and math.isfinite(ratio) else None,
        update_told=memory.told,
        weight_rms=weight,
        group=groups.get(key),
    )


def _memories(
    chosen: OptimizerState, keys: list[str], groups: dict[str, int], workers: int, weights: dict[str, float | None]
) -> dict[str, Memory | str]:
    """What each state says, or why it cannot be read; keys without a state are left out."""

    def work(key: str) -> Memory | str:
        group = chosen.groups[groups[key]].settings if key in groups else {}
        state = chosen.states[key]
        try:
            return read_memory(chosen.kind, state, group, state_shape(state), weights.get(key))
        except ValueError as error:
            return str(error)[:300]
        except (OverflowError, ZeroDivisionError, TypeError, KeyError) as error:
            return f"it is not what an optimizer keeps ({type(error).__name__})"

    held = [key for key in keys if chosen.states.get(key)]
    with ThreadPoolExecutor(thread_count(workers)) as threads:
        return dict(zip(held, threads.map(work, held), strict=True))


def _group(settings: dict[str, Any], parameters: int) -> ParameterGroup:
    rate = settings.get("lr")
    known = isinstance(rate, (int, float)) and not isinstance(rate, bool) and math.isfinite(rate)
    shown = [(n, v) for n, v in settings.items() if v is not None][:_SETTINGS_SHOWN]
    return ParameterGroup(
        settings=tuple(Item(name=name, value=_text(value)) for name, value in shown),
        parameters=parameters,
        learning_rate=float(rate) if known and rate is not None else None,
    )


def _text(value: Any) -> str:
    """A setting as the user wrote it."""
    shown = ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)
    return shown[:200]


def _reasons(memories: list[Memory]) -> list[str]:
    """Why there is no update, or only a usual one or a bound, each reason once."""
    told = [(memory.reason, memory.update_rms is None, memory.told) for memory in memories if memory.reason]
    return [_reason(*each) for each in dict.fromkeys(told)][:5]


def _reason(reason: str, nothing: bool, told: str) -> str:
    if nothing:
        return f"No update could be computed: {reason}."
    if told == "usual":
        return f"The last update is not known, since {reason}; told is that of a gradient as large as usual."
    if told == "least":
        return f"The last update is not known, since {reason}; told is a least value, while gradients keep their size."
    return f"The last update is not known, since {reason}; told is what it cannot exceed."
