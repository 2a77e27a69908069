"""More to feed a model that ran and left parameters untouched: arguments that speak of the parts that were not used."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from modelreport.trace.dummies import Candidate

CROSS = frozenset({"cross", "crossattention", "xattn"})
"""Parts of attention to another sequence, which comes as ``encoder_hidden_states``."""
COMMON = frozenset({"attention", "position", "token", "input", "inputs", "output", "hidden", "head", "layer"})
"""First words that speak of no part in particular."""
_WORD = re.compile(r"[a-z]+")


def enriched(candidate: Candidate, untouched: set[str]) -> Iterator[Candidate]:
    """The candidate with those of its spare arguments whose names speak of untouched parameters: all, then each kind.

    Arguments belong together by the first word of their names: ``entity_ids``, ``entity_position_ids``.
    """
    words = {word for name in untouched for word in _WORD.findall(name)}
    asked = (words - COMMON) | ({"encoder"} if words & CROSS or "encoder_attn" in " ".join(untouched) else set())
    groups: dict[str, list[str]] = {}
    for name in candidate.spare:
        first = name.split("_")[0]
        if name not in candidate.kwargs and first in asked and not name.endswith("inputs_embeds"):
            groups.setdefault(first, []).append(name)
    together = [name for names in groups.values() for name in names]
    for names in [together, *(groups.values() if len(groups) > 1 else ())]:
        if names:
            kwargs = {**candidate.kwargs, **{name: candidate.spare[name] for name in names}}
            origin = f"{candidate.origin}; {' and '.join(names)} for parts left untouched"
            yield replace(candidate, kwargs=kwargs, origin=origin)
