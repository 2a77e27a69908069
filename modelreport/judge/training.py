"""W: traces of training, or of its absence, in the values."""

from __future__ import annotations

import re
from collections import Counter
from typing import NoReturn

from modelreport.facts import Report, Skipped
from modelreport.judge.initialisation import initialisation
from modelreport.judge.rule import (
    FLOATS,
    AbsentError,
    Clean,
    Found,
    Measured,
    Rule,
    UncheckedError,
    known,
    measured,
    measured_parameters,
    module_types,
    point,
    say,
)

_ENOUGH_VALUES = 1024
"""Fewer values say little about a distribution."""

_FEWEST_VALUES, _FEWEST_TOGETHER = 64, 512
"""Of a matrix, and of all, where none has ``_ENOUGH_VALUES``: an edge of a distribution shows early."""

_CERTAIN_VALUES = 1 << 15
"""Trained weights are often near normal; with fewer values a match alone says little."""

_DRAWN = "independent random numbers"
"""What is said of values that are no usual initialisation's and yet look drawn: with a deviation of its own."""

_MOST = 0.8
"""Share of the weight matrices from which the model as a whole counts as untrained."""


def _role(name: str) -> str:
    """A name without its indices: equal for the same layer at other depths."""
    return re.sub(r"\d+", "*", name)


def _all_equal(tensor: Measured | None, value: float) -> bool:
    return tensor is not None and tensor.values.minimum == value == tensor.values.maximum


def batchnorm_untouched(report: Report) -> Found | Clean:
    """Running statistics that still have their initial values 0 and 1."""
    tensors = {m.fact.name: m for m in measured(report)}
    layers = [name.removesuffix("running_mean") for name in tensors if name.endswith("running_mean")]
    layers = [layer for layer in layers if f"{layer}running_var" in tensors]
    if not layers:
        raise AbsentError("The model has no running statistics of a normalisation.")
    fresh = [
        layer
        for layer in layers
        if _all_equal(tensors[f"{layer}running_mean"], 0.0) and _all_equal(tensors[f"{layer}running_var"], 1.0)
    ]
    if not fresh:
        which = "the only normalisation layer" if len(layers) == 1 else "all {layer_count} layers"
        return Clean(say(f"Running statistics of {which} have been updated.", layer_count=len(layers)))
    evidence = []
    for layer in fresh:
        batches = tensors.get(f"{layer}num_batches_tracked")
        seen = batches.values.maximum if batches is not None else None
        text = "mean 0, variance 1" if seen is None else "mean 0, variance 1 after {batch_count} batches"
        evidence.append(point("module", layer.rstrip("."), say(text, batch_count=None if seen is None else int(seen))))
    return Found(
        say(
            "{layer_count} of {all_count} normalisation layers {layer_count:has|have} running statistics "
            "as at initialisation (mean 0, variance 1).",
            layer_count=len(fresh),
            all_count=len(layers),
        ),
        evidence,
    )


def as_initialised(report: Report) -> Found | Clean:
    """Weight matrices distributed as an initialisation leaves them: a usual one, or like random numbers anyhow."""
    matrices = _matrices(report, _ENOUGH_VALUES)
    if not matrices:
        return _small(report) or _none_told(report)
    peers = known(report.weights).peers
    drawn, related = (set(), set()) if isinstance(peers, Skipped) else (set(peers.drawn), set(peers.related))
    likes = [(m, "" if m.fact.name in related else like) for m, like in _likes(report, matrices)]
    anyhow = [(m, like or _DRAWN) for m, like in likes if like or m.fact.name in drawn]
    most = len(anyhow) >= _MOST * len(matrices)
    named = set() if most or isinstance(peers, Skipped) else {odd.name for odd in peers.odd if odd.drawn}
    alike = [
        (m, like) for m, like in anyhow if most or (m.fact.name not in named and (_is_sure(m, like) or like == _DRAWN))
    ]
    if alike:
        return _alike(alike, len(matrices), most=most)
    left = [m for m in matrices if m.fact.name not in named]
    other = "other " if len(left) < len(matrices) else ""
    text = f"None of {{tensor_count}} {other}weight matrices of {{enough_count}} values or more looks as initialised."
    if len(left) == 1:
        text = f"The only {other}weight matrix of {{enough_count}} values or more does not look as initialised."
    return Clean(say(text, tensor_count=len(left), enough_count=_ENOUGH_VALUES))


def _matrices(report: Report, least: int) -> list[Measured]:
    """Weight matrices of so many values whose values can tell how they began.

    Embeddings are left out, dtypes that round too far, and what has one value throughout or one row again and again.
    """
    return [
        m
        for m in measured_parameters(report)
        if len(m.fact.shape) > 1
        and m.values.count >= least
        and m.values.quantiles
        and m.values.minimum != m.values.maximum
        and not (m.values.rows is not None and m.values.rows.identical == (m.values.channels or 0) - 1 > 0)
        and m.fact.dtype in FLOATS
        and "embed" not in m.fact.name.lower()
    ]


def _likes(report: Report, matrices: list[Measured]) -> list[tuple[Measured, str]]:
    """Each matrix with the usual initialisation that it is like, or empty."""
    types = module_types(report)
    depths = Counter(_role(m.fact.name) for m in matrices)
    return [(m, initialisation(m, types.get(m.fact.module, ""), depths[_role(m.fact.name)])) for m in matrices]


def _is_sure(m: Measured, like: str) -> bool:
    """Whether the likeness of one matrix says something by itself."""
    return _is_edged(like) or (bool(like) and m.values.count >= _CERTAIN_VALUES)


def _is_edged(like: str) -> bool:
    """Whether the distribution ends at an edge, which training smears first."""
    return "uniform" in like or "truncated" in like


def _small(report: Report) -> Found | None:
    """The same for a model of small matrices only: only a distribution with an edge tells them from trained ones.

    Of 111 trained matrices of 64 to 1,023 values in 20 published models 29 are as near to a usual normal distribution
    as fresh ones, and none to a uniform or truncated one.
    """
    matrices = _matrices(report, _FEWEST_VALUES)
    alike = [(m, like) for m, like in _likes(report, matrices) if _is_edged(like)]
    enough = len(alike) >= _MOST * len(matrices) and sum(m.values.count for m, _ in alike) >= _FEWEST_TOGETHER
    return _alike(alike, len(matrices), most=True) if alike and enough else None


def _alike(alike: list[tuple[Measured, str]], count: int, *, most: bool) -> Found:
    """What is said of matrices that are like fresh ones."""
    text = "{tensor_count} of {all_count} weight matrices are distributed exactly as a usual initialisation leaves them"
    if any(like == _DRAWN for _, like in alike):
        text = (
            "{tensor_count} of {all_count} weight matrices are distributed like independent random numbers: nothing "
            "that was learned shows in them"
        )
        if len(alike) == 1:
            text = "{first} is distributed like independent random numbers: nothing that was learned shows in it"
    elif len(alike) == 1:
        text = "{first} is distributed exactly as a usual initialisation leaves it"
    evidence = [
        point("tensor", m.fact.name, say("distributed as {initialisation}", initialisation=like)) for m, like in alike
    ]
    return Found(
        say(
            text + ("; the model looks untrained." if most else "."),
            tensor_count=len(alike),
            all_count=count,
            first=evidence[0].name,
        ),
        evidence,
        "warning" if most else None,
    )


def _none_told(report: Report) -> NoReturn:
    """Say why no matrix could be compared with an initialisation."""
    matrices = [m for m in measured_parameters(report) if len(m.fact.shape) > 1]
    if not matrices:
        raise AbsentError("No parameter has two dimensions or more.")
    large = [m for m in matrices if m.values.count >= _ENOUGH_VALUES]
    if not large:
        raise UncheckedError(f"No weight matrix has {_ENOUGH_VALUES:,} values or more: fewer do not tell.")
    wide = [m for m in large if m.fact.dtype in FLOATS and not m.fact.scheme]
    if not wide:
        raise UncheckedError(
            "Its weights are not stored in floating point of 16 bits or more: how they began does not show."
        )
    if all(m.values.minimum == m.values.maximum for m in wide):
        raise AbsentError("Its weight matrices have one value throughout.")
    raise AbsentError("It has no weight matrix but embeddings.")


RULES = (
    Rule(
        "W004",
        "warning",
        "BatchNorm statistics untouched",
        "Inference would use mean 0 and variance 1: train, or recompute the statistics on training data.",
        "weights",
        batchnorm_untouched,
    ),
    Rule(
        "W005",
        "note",
        "Weights as initialised",
        "Check that this part was trained and that its weights were loaded; a new head must be trained before use.",
        "weights",
        as_initialised,
    ),
)
