"""Which matrices look freshly drawn while those that do the same work clearly do not.

How often that works, in 107 published checkpoints: of 461 layers of 4,096 to 32,767 values in roles of four or more,
415 have peers that would tell them drawn anew; none of these checkpoints has one that is called so as it is.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np

from modelreport.measure.drawn import CLEARLY, KINDS, STANDARD_ERRORS, Kind, Likeness
from modelreport.measure.scores import from_plausible, spread_of_others

MOST_OF = 0.8
"""Share of the others that must clearly not be like what one is like."""

_FEWEST = 4
"""Members of a role, or blocks, from which on one can be told from the others."""

_ENOUGH_MATRICES = 3
"""Matrices of a block that together tell what each is too small to tell."""

_ENOUGH_BLOCKS = 6
_SCORE = 5.0
"""Spreads below the other blocks: neither a trend over depth nor the end of one reaches that far down. Normal residuals
reach 5 once in 3.5 million."""

_ENDS = 1.5
"""The first and the last block have neighbours on one side only: they need this multiple."""


def among_peers(likes: Sequence[Likeness]) -> dict[int, Kind]:
    """Members of a role that are like independent numbers, where four in five of the others are clearly not."""
    if len(likes) < _FEWEST:
        return {}
    clear = Counter(kind for like in likes for kind in KINDS if like.clearly_not(kind))
    return {
        i: like.likely
        for i, like in enumerate(likes)
        if like.likely and clear[like.likely] >= MOST_OF * (len(likes) - 1)
    }


def whole_blocks(blocks: Sequence[Sequence[Likeness]]) -> dict[int, Kind]:
    """Blocks whose every matrix could be freshly drawn, while the others, taken together, could clearly not be.

    ``blocks`` are by depth, with the same matrices in each. A trained matrix of 64 × 64 may well be near normal: one
    that is says little. Training lets the norms of rows grow apart in all of them, though, so that the sum of how far
    they are apart, in standard errors, tells a fresh block: that is within chance of nothing, those of the others are
    twice beyond it, and it lies ``_SCORE`` spreads below what depth makes plausible.
    """
    if len(blocks) < _ENOUGH_BLOCKS or min(len(block) for block in blocks) < _ENOUGH_MATRICES:
        return {}
    found: dict[int, Kind] = {}
    for kind in KINDS:
        apart = np.array([_apart(block, kind) for block in blocks])
        if (apart > CLEARLY).sum() < MOST_OF * (len(blocks) - 1):
            continue
        below = -from_plausible(apart)
        for i, block in enumerate(blocks):
            if abs(apart[i]) > 1 or any(like.misfits[kind] > 1 or like.related for like in block):
                continue
            least = _SCORE * (_ENDS if i in (0, len(blocks) - 1) else 1.0)
            if below[i] >= least * max(spread_of_others(apart, i), 1 / STANDARD_ERRORS):
                found.setdefault(i, kind)
    return found


def _apart(block: Sequence[Likeness], kind: Kind) -> float:
    """How much farther apart the rows' norms of all matrices are than by chance, in units of what that allows."""
    return sum(like.rows[kind] for like in block) / math.sqrt(len(block)) / STANDARD_ERRORS
