from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import NearCopy, RowCopy, RowFigures
from modelreport.measure.units.near import PROJECTION, candidates, near_copies
from modelreport.measure.units.reading import plan_of
from tests.measure.tensors import make_tensor


def trained(rows: int = 192, width: int = 128, seed: int = 0) -> NDArray[np.float32]:
    """Rows whose norms differ as those of trained projections do."""
    random = np.random.default_rng(seed)
    return (random.normal(size=(rows, width)) * random.lognormal(0, 0.1, (rows, 1))).astype(np.float32)


def found_in(array: NDArray[np.float32], figures: RowFigures | None = None) -> tuple[NearCopy, ...]:
    plan = plan_of(make_tensor(array))
    assert plan is not None
    return near_copies("q_proj.weight", plan, np.linalg.norm(array.astype(np.float64), axis=1), figures)


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
def test_a_head_with_a_little_noise_is_found_with_its_cosine(noise: float) -> None:
    array = trained()
    array[96:128] = array[32:64] + noise * np.random.default_rng(9).normal(size=(32, 128))
    (found,) = found_in(array)
    assert (found.first, found.copy, found.rows) == (32, 96, 32)
    left, right = (array[i : i + 32].astype(np.float64).reshape(-1) for i in (32, 96))
    assert found.cosine == pytest.approx(left @ right / np.linalg.norm(left) / np.linalg.norm(right), rel=1e-8)


def test_trained_and_fresh_weights_have_no_such_heads() -> None:
    for seed in range(20):
        assert found_in(trained(seed=seed)) == ()
        fresh = np.random.default_rng(seed).normal(size=(256, 256)).astype(np.float32)
        assert found_in(fresh) == ()


def test_equal_norms_alone_are_no_evidence() -> None:
    array = trained()
    norms = np.linalg.norm(array[:32], axis=1)
    other = np.random.default_rng(3).normal(size=(32, 128))
    array[64:96] = other * (norms / np.linalg.norm(other, axis=1))[:, None]
    assert list(candidates(np.linalg.norm(array.astype(np.float64), axis=1)))
    assert found_in(array) == ()


def test_rows_of_one_norm_are_not_compared_with_each_other() -> None:
    array = trained()
    assert list(candidates(np.ones(512))) == []
    array /= np.linalg.norm(array, axis=1, keepdims=True)
    assert found_in(array) == ()


def test_heads_that_are_equal_to_the_bit_are_left_to_the_rows() -> None:
    array = trained()
    array[64:96] = array[:32]
    figures = RowFigures(norms=(1.0,) * 5, outlier_ratio=1.0, copies=(RowCopy(first=0, copy=64, rows=32),))
    assert found_in(array, figures) == ()
    assert len(found_in(array)) == 1


def test_norms_that_are_not_numbers_or_too_many_are_left_alone() -> None:
    assert list(candidates(np.full(64, np.inf))) == []
    assert list(candidates(np.tile(np.linspace(1, 2, 16), 1 << 11))) == []


@pytest.mark.parametrize(
    ("name", "want"),
    [
        ("layers.0.self_attn.q_proj.weight", True),
        ("blocks.3.attn.qkv.weight", True),
        ("encoder.layer.2.attention.self.key.weight", True),
        ("attn.in_proj_weight", True),
        ("mlp.up_proj.weight", False),
        ("keys.weight", False),
        ("q_proj.bias", False),
    ],
)
def test_projections_are_known_by_their_names(name: str, want: bool) -> None:
    assert bool(PROJECTION.search(name)) is want
