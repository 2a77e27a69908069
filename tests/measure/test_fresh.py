"""Matrices that look freshly drawn among those that clearly do not."""

from __future__ import annotations

import numpy as np
import pytest

from modelreport.facts import Peers
from modelreport.measure.drawn import Likeness
from modelreport.measure.fresh import among_peers, whole_blocks
from tests.measure.test_peers import Arrays, compared

SHAPES = {"q": (64, 64), "k": (64, 64), "v": (64, 64), "o": (64, 64), "up": (256, 64), "down": (64, 256)}


def like(distribution: str = "", normal: float = 3.0, rows: float = 12.0) -> Likeness:
    """What one matrix is like; far from uniform and truncated normal numbers."""
    others = {"uniform": 9.0, "truncated normal": 9.0}
    return Likeness(distribution, {"normal": normal, **others}, {"normal": rows, **dict.fromkeys(others, rows)})  # type: ignore[arg-type]


FRESH, TRAINED = like("normal", 0.5, 0.3), like()
NEAR = like("", 0.5, 0.3)
"""As near to normal, of so few values that it tells nothing alone."""


def test_one_matrix_among_four_others_is_told() -> None:
    assert among_peers([TRAINED, TRAINED, FRESH, TRAINED, TRAINED]) == {2: "normal"}


def test_peers_of_few_values_count_where_their_largest_singular_value_speaks() -> None:
    small, related = Likeness("", {}), Likeness("", {}, {}, 40.0)
    assert among_peers([small, small, FRESH, TRAINED, TRAINED]) == {}
    assert among_peers([related, related, FRESH, TRAINED, TRAINED]) == {2: "normal"}


@pytest.mark.parametrize(
    "likes", [[TRAINED, FRESH, TRAINED], [FRESH, FRESH, TRAINED, TRAINED, TRAINED], [TRAINED, NEAR, TRAINED, TRAINED]]
)
def test_few_others_and_others_that_are_alike_tell_nothing(likes: list[Likeness]) -> None:
    assert among_peers(likes) == {}


def test_a_block_is_told_by_all_its_matrices_together() -> None:
    blocks = [[TRAINED] * 4 for _ in range(8)]
    blocks[3] = [NEAR] * 4
    assert whole_blocks(blocks) == {3: "normal"}
    blocks[3] = [NEAR] * 3 + [like("", 1.2, 0.3)]
    assert whole_blocks(blocks) == {}, "one of them could not be fresh"


@pytest.mark.parametrize(
    "blocks",
    [
        [[TRAINED] * 4] * 4 + [[NEAR] * 4],
        [[TRAINED] * 2] * 4 + [[NEAR] * 2] + [[TRAINED] * 2] * 4,
        [[TRAINED] * 4] * 3 + [[NEAR] * 4] + [[TRAINED] * 4] * 3 + [[NEAR] * 4] * 2,
    ],
    ids=["few blocks", "few matrices", "others near it too"],
)
def test_too_little_evidence_tells_nothing(blocks: list[list[Likeness]]) -> None:
    assert whole_blocks(blocks) == {}


def test_a_trend_over_depth_makes_no_fresh_block() -> None:
    """Later blocks of a model that was trained briefly are hardly moved."""
    apart = [26.0, 22.0, 18.0, 14.0, 10.0, 6.0, 2.0]
    assert whole_blocks([[like("", 0.9, each)] * 4 for each in apart]) == {}


def small(depth: int = 8, seed: int = 0) -> Arrays:
    """Blocks of a transformer 64 wide, as a language model of 1,200 steps has them: rows a fifth apart."""
    rng = np.random.default_rng(seed)
    return {
        f"blocks.{i}.{name}.weight": rng.standard_normal(shape) * rng.lognormal(0, 0.22, (shape[0], 1)) * 0.05
        for i in range(depth)
        for name, shape in SHAPES.items()
    }


def with_fresh_block(arrays: Arrays, block: int, names: tuple[str, ...] = tuple(SHAPES)) -> Peers:
    rng = np.random.default_rng(99)
    drawn = {f"blocks.{block}.{n}.weight": rng.normal(0, 0.05, SHAPES[n]) for n in names}
    return compared(arrays | drawn)


def test_a_small_block_drawn_anew_is_found_and_a_trained_one_is_not() -> None:
    arrays = small()
    assert compared(arrays).odd == ()
    found = with_fresh_block(arrays, 3).odd
    assert sorted(o.name for o in found) == sorted(f"blocks.3.{n}.weight" for n in SHAPES)
    assert {o.drawn for o in found} == {"normal"}
    assert {o.statistic for o in found} == {"rows"}


def test_one_small_matrix_drawn_anew_is_not_claimed_where_its_peers_are_near_it() -> None:
    assert with_fresh_block(small(), 3, ("k",)).odd == ()


def with_directions(arrays: Arrays, count: int = 8, strength: float = 0.4, seed: int = 5) -> Arrays:
    """The same with directions that the rows of each matrix share, as training leaves them."""
    rng = np.random.default_rng(seed)
    return {
        name: a + strength * a.std() * rng.standard_normal((len(a), count)) @ rng.standard_normal((count, a.shape[1]))
        for name, a in arrays.items()
    }


@pytest.mark.parametrize("depth", [0, 3, 7])
def test_one_small_matrix_drawn_anew_is_told_where_the_rows_of_its_peers_share_directions(depth: int) -> None:
    arrays = with_directions(small())
    assert compared(arrays).odd == ()
    for name in ("k", "down"):
        odd = with_fresh_block(arrays, depth, (name,)).odd
        assert [(o.name, o.drawn) for o in odd] == [(f"blocks.{depth}.{name}.weight", "normal")]


def test_a_small_matrix_that_shares_a_direction_is_not_drawn_anew_however_normal_its_values() -> None:
    arrays = with_directions(small())
    fresh = {"blocks.3.q.weight": np.random.default_rng(1).normal(0, 0.05, (64, 64))}
    assert [o.name for o in compared(arrays | fresh).odd] == ["blocks.3.q.weight"]
    found = compared(arrays | with_directions(fresh, 1, 0.3))
    assert found.odd == ()
    assert "blocks.3.q.weight" in found.related


@pytest.mark.parametrize("seed", range(3))
def test_no_block_of_a_barely_trained_model_is_claimed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    arrays = {
        f"blocks.{i}.{name}.weight": rng.standard_normal(shape) * rng.lognormal(0, 0.02 * i, (shape[0], 1))
        for i in range(8)
        for name, shape in SHAPES.items()
    }
    assert compared(arrays).odd == ()
