"""Independent numbers, and rows that share directions."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from modelreport.facts import TensorFact
from modelreport.measure.related import LEAST, MOST, edge_score, edge_scores
from tests.factories import make_statistics
from tests.measure.tensors import make_checkpoint, make_tensor


def scores(arrays: dict[str, np.ndarray], *, far: bool = False) -> dict[str, float]:
    """Those of a model with these parameters; ``far``: whose file lost its values."""
    tensors = [make_tensor(a, name=name, **({"storage": None} if far else {})) for name, a in arrays.items()]
    facts = [
        TensorFact(
            name=name, shape=a.shape, dtype=str(a.dtype), role="parameter", module="",
            count=a.size, size_bytes=a.nbytes, stored_bytes=a.nbytes,
        )
        for name, a in arrays.items()
    ]  # fmt: skip
    measured: Any = SimpleNamespace(
        checkpoint=make_checkpoint(*tensors),
        structure=SimpleNamespace(tensors=facts, modules=()),
        weights=SimpleNamespace(tensors=[make_statistics(name, a) for name, a in arrays.items()]),
    )
    return edge_scores(measured, set(arrays))


@pytest.mark.parametrize("kind", ["normal", "uniform"])
@pytest.mark.parametrize("shape", [(32, 128), (64, 64)])
def test_independent_numbers_follow_the_law_of_tracy_and_widom(kind: str, shape: tuple[int, int]) -> None:
    """Mean -1.2065 and deviation 1.2680 of its first law (Tracy and Widom 1996), reached from below for few values."""
    rng = np.random.default_rng(5)
    draw = rng.standard_normal if kind == "normal" else (lambda size: rng.uniform(-0.1, 0.1, size))
    found = np.array([edge_score(draw(shape)) for _ in range(200)])
    assert -2.2 < found.mean() < -1.0
    assert 0.9 < found.std() < 1.45
    assert found.min() > LEAST
    assert found.max() < MOST


def test_one_direction_that_all_rows_share_is_seen_where_no_quantile_moves() -> None:
    rng = np.random.default_rng(1)
    fresh = rng.normal(0, 0.02, (512, 128))
    shared = fresh + 0.006 * np.outer(rng.standard_normal(512), rng.standard_normal(128))
    found = scores({"fresh": fresh.astype(np.float32), "shared": shared.astype(np.float32)})
    assert LEAST < found["fresh"] < MOST < 20 < found["shared"]
    assert abs(shared.std() / fresh.std() - 1) < 0.06


def test_rows_that_avoid_each_other_are_related_too() -> None:
    orthogonal = np.linalg.qr(np.random.default_rng(2).standard_normal((128, 128)))[0]
    assert scores({"w": orthogonal})["w"] < LEAST


def test_of_a_large_matrix_a_block_is_enough() -> None:
    rng = np.random.default_rng(3)
    large = rng.standard_normal((600, 2000)) + 0.2 * np.outer(rng.standard_normal(600), rng.standard_normal(2000))
    found = scores({"w": large})
    assert found["w"] == edge_score(large[:256, :1024])
    assert found["w"] > MOST


def test_one_trained_gate_of_a_recurrent_layer_makes_it_related() -> None:
    rng = np.random.default_rng(4)
    gates = rng.standard_normal((4 * 64, 64))
    assert LEAST < scores({"lstm.weight_hh_l0": gates})["lstm.weight_hh_l0"] < MOST
    gates[64:128] += 0.5 * np.outer(rng.standard_normal(64), rng.standard_normal(64))
    assert scores({"lstm.weight_hh_l0": gates})["lstm.weight_hh_l0"] > MOST


def test_what_is_no_matrix_and_what_cannot_be_read_has_no_score() -> None:
    rng = np.random.default_rng(6)
    arrays = {"vector": rng.standard_normal(64), "thin": rng.standard_normal((512, 4)), "w": rng.normal(size=(64, 64))}
    assert set(scores(arrays)) == {"w"}
    assert scores(arrays, far=True) == {}
    assert edge_score(np.zeros((16, 16))) is None
