"""Averaged weights (EMA, SWA) in the same file against the raw ones."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, NamedTuple

import numpy as np

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import AverageDrift, Item, Skipped
from modelreport.measure.optimizer import parameters_of
from modelreport.measure.streams import numbers_of, squares, together

if TYPE_CHECKING:
    from modelreport.measure.parts import Measured

AVERAGED = re.compile(r"(^|[._])(\w*_)?(ema|swa|avg|averaged?|shadow\w*|polyak)(_\w*)?([._]|$)", re.IGNORECASE)
"""Keys under which averages are saved: ``ema``, ``state_dict_ema``, ``model_ema``, ``shadow_params``, ``swa_model``."""
_KEY_CHARACTERS = 200
_INSIDE = "model_ema."
"""Prefix of averages among the weights themselves, in latent diffusion: the names after it lack their dots."""
_MOST = 0.9
"""Share of the parameters that must be there in both under the same name and shape."""

Reported = Literal["raw", "average"]


class Pairing(NamedTuple):
    """Parameters of the model and the other weights of the same name."""

    key: str
    reported: Reported
    pairs: dict[str, tuple[LazyTensor, LazyTensor]]


def average(measured: Measured) -> AverageDrift | Skipped:
    """How far the averaged weights are from the raw ones, parameter by parameter."""
    checkpoint = measured.checkpoint
    wanted = [name for name, _ in parameters_of(measured.structure)]
    own = {tensor.name: tensor for tensor in checkpoint.tensors}
    found = _inside(own) or _beside(checkpoint, {name: own[name] for name in wanted if name in own})
    if isinstance(found, str):
        return Skipped(stage="measure", reason=found)
    layers, unread, equal = [], [], 0
    for name, (mine, other) in found.pairs.items():
        raw, averaged = (mine, other) if found.reported == "raw" else (other, mine)
        try:
            distance, same = _compare(raw, averaged)
        except ValueError as error:
            unread.append(Item(name=name, value=str(error)[:300]))
            continue
        equal += same
        if distance is not None:
            layers.append((name, distance))
    return AverageDrift(key=found.key, layers=tuple(layers), equal=equal, reported=found.reported, unread=tuple(unread))


def _compare(raw: LazyTensor, averaged: LazyTensor) -> tuple[float | None, bool]:
    """‖average − raw‖ / ‖raw‖, ``None`` when that is no number, and whether all values are the same."""
    apart = size = 0.0
    same = True
    with np.errstate(all="ignore"):
        for blocks in together({"raw": numbers_of(raw), "averaged": numbers_of(averaged)}):
            difference = blocks["averaged"] - blocks["raw"]
            apart += squares(difference)
            size += squares(blocks["raw"])
            same = same and not difference.any()
    if not apart:
        return 0.0, same
    ratio = math.sqrt(apart) / math.sqrt(size) if size > 0 and math.isfinite(apart) and math.isfinite(size) else None
    return ratio, same


def _inside(own: Mapping[str, LazyTensor]) -> Pairing | None:
    """Averages that lie among the weights."""
    averaged = {name.removeprefix(_INSIDE): tensor for name, tensor in own.items() if name.startswith(_INSIDE)}
    if not averaged:
        return None
    pairs = {}
    for name, tensor in own.items():
        for form in (name.removeprefix("model.").replace(".", ""), name.replace(".", ""), name):
            other = averaged.get(form)
            if other is not None and other.shape == tensor.shape and not name.startswith(_INSIDE):
                pairs[name] = (tensor, other)
                break
    return Pairing(_INSIDE.rstrip("."), "raw", pairs) if pairs else None


def _beside(checkpoint: Checkpoint, own: Mapping[str, LazyTensor]) -> Pairing | str:
    """Averages that are another model of the file; the reason where there are none."""
    source = checkpoint.source
    twins = 0
    for choice in source.choices:
        if choice.chosen:
            continue
        front = f"{choice.name}." if choice.name else ""
        others = [tensor for tensor in checkpoint.extra if tensor.role == "other" and tensor.name.startswith(front)]
        pairs = _paired(own, {tensor.name.removeprefix(front): tensor for tensor in others})
        if not own or len(pairs) < _MOST * len(own):
            continue
        twins += 1
        mine, theirs = (bool(AVERAGED.search(key[-_KEY_CHARACTERS:])) for key in (source.model_key, choice.name))
        if mine != theirs:
            return Pairing(choice.name, "average" if mine else "raw", pairs)
    if twins:
        return "The file holds several models of the same shapes, of which none is named as an average of the other."
    return "The file holds no averaged weights."


def _paired(
    own: Mapping[str, LazyTensor], others: Mapping[str, LazyTensor]
) -> dict[str, tuple[LazyTensor, LazyTensor]]:
    """By name and shape; a bare list of tensors by its order where every shape fits."""
    pairs = {n: (t, others[n]) for n, t in own.items() if n in others and others[n].shape == t.shape}
    numbered = [others.get(str(i)) for i in range(len(others))]
    listed = [tensor for tensor in numbered if tensor is not None]
    if (
        not pairs
        and len(listed) == len(own)
        and all(a.shape == b.shape for a, b in zip(own.values(), listed, strict=True))
    ):
        return {name: (tensor, other) for (name, tensor), other in zip(own.items(), listed, strict=True)}
    return pairs
