from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from modelreport.facts import EmbeddingRows
from modelreport.measure.units.embeddings import embedding_rows, peaks
from modelreport.measure.units.reading import plan_of
from tests.measure.tensors import make_tensor

ROWS, WIDTH = 3000, 96


def trained(rows: int = ROWS, width: int = WIDTH, seed: int = 0) -> NDArray[np.float32]:
    """Rows of very different norms that share a little of their direction, as trained ones do."""
    random = np.random.default_rng(seed)
    common = random.normal(size=width)
    rows_ = random.normal(size=(rows, width)) * 0.06 + 0.02 * common
    return (rows_ * random.lognormal(0, 0.25, (rows, 1))).astype(np.float32)


def figures_of(table: NDArray[np.float32], words: tuple[str, ...] = ()) -> EmbeddingRows:
    plan = plan_of(make_tensor(table))
    assert plan is not None
    return embedding_rows("t", plan, np.linalg.norm(table.astype(np.float64), axis=1), None, lambda: words)


def test_a_trained_table_has_no_cluster() -> None:
    for seed in range(20):
        assert figures_of(trained(seed=seed)).untrained == 0


def test_a_table_as_it_was_initialised_has_no_cluster_apart_from_itself() -> None:
    table = np.random.default_rng(1).normal(0, 0.02, (ROWS, WIDTH)).astype(np.float32)
    assert figures_of(table).untrained == 0


def test_rows_left_as_initialised_are_found_by_their_norms_and_told_apart() -> None:
    table = trained()
    places = np.random.default_rng(2).choice(ROWS, 200, replace=False)
    table[places] = np.random.default_rng(3).normal(0, 0.02, (200, WIDTH))
    found = figures_of(table)
    assert found.how == "initialised"
    assert 190 <= found.untrained <= 205
    assert set(found.indices) <= set(places.tolist())
    assert found.low is not None and found.high is not None  # noqa: PT018
    assert found.low < 0.02 * np.sqrt(WIDTH) < found.high


def test_rows_that_only_moved_together_are_found_by_their_direction() -> None:
    table = trained()
    random = np.random.default_rng(4)
    way = random.normal(size=WIDTH)
    way /= np.linalg.norm(way)
    table[500:700] = 0.3 * way + 0.012 * random.normal(size=(200, WIDTH))
    found = figures_of(table)
    assert found.how == "together"
    assert found.untrained == 200
    assert found.alike is not None
    assert found.alike > 0.9


def test_a_cluster_of_norms_alone_is_no_evidence() -> None:
    """Tokens whose norms are alike but whose values are neither normal nor one direction."""
    table = trained()
    random = np.random.default_rng(5)
    rows = random.standard_t(3, (300, WIDTH))
    table[:300] = 0.25 * rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert figures_of(table).untrained == 0


def test_zero_rows_are_told_from_padding_at_the_end() -> None:
    table = trained()
    table[[0, 17]] = 0
    table[-40:] = 0
    found = figures_of(table)
    assert (found.zero, found.zero_tail) == (42, 40)
    assert found.zero_rows[:3] == (0, 17, ROWS - 40)


def test_the_vocabulary_names_them_and_says_which_are_reserved() -> None:
    table = trained()
    table[100:200] = np.random.default_rng(6).normal(0, 0.02, (100, WIDTH))
    words = tuple(f"[unused{i}]" if 100 <= i < 190 else f"word{i}" for i in range(ROWS))
    found = figures_of(table, words)
    assert found.reserved is not None
    assert 85 <= found.reserved <= 90
    assert len(found.tokens) == len(found.indices) <= 64
    assert found.tokens[0].startswith("word1")
    assert all(words[i] == token for i, token in zip(found.indices, found.tokens, strict=True))


def test_small_tables_and_tables_of_zeros_say_nothing() -> None:
    assert figures_of(trained(100)).untrained == 0
    empty = figures_of(np.zeros((300, 32), np.float32))
    assert (empty.zero, empty.zero_tail, empty.median) == (300, 0, None)


def test_norms_that_are_all_the_same_have_no_peaks() -> None:
    assert peaks(np.ones(1000), 64) == []
    assert peaks(np.full(1000, np.inf), 64) == []
    assert peaks(np.geomspace(1e-300, 1e300, 1000), 64) == []
