from __future__ import annotations

from tests.identify.patterns.networks import TOKENS, Layer, parts_of, stack
from tests.identify.patterns.test_experts import Mixture


def test_everything_in_a_network_is_found_side_by_side() -> None:
    parts = parts_of(stack(3), TOKENS)
    assert (len(parts.attentions), len(parts.mlps), len(parts.residuals)) == (3, 3, 6)
    assert parts.searched
    assert parts.towers[0].layers == 3


def test_towers_know_what_is_in_their_branches() -> None:
    (tower,) = parts_of(Layer(mlp=Mixture()), TOKENS).towers
    assert tower.tags == [frozenset({"self"}), frozenset({"experts"})]


def test_a_search_that_did_not_end_gives_no_towers() -> None:
    parts = parts_of(stack(2), TOKENS)
    parts.searched = False
    assert parts.towers == []
