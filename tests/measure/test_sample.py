from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from modelreport.checkpoint import LazyTensor
from modelreport.measure.sample import RUN, SAMPLE_VALUES, Sample, Sampler, sample_of, whole_sample
from modelreport.measure.walk import Walk, walk
from tests.measure.tensors import make_storage, make_tensor


def gathered(plan: Walk, first: int, last: int) -> Any:
    sampler = Sampler(plan, first)
    for block in plan.blocks(first, last):
        sampler.add(block)
    return sampler.values()


def sampled(values: Any, *borders: int) -> Sample:
    """From pieces that begin at these rows."""
    plan = walk(make_tensor(values))
    pieces = zip((0, *borders), (*borders, plan.rows), strict=True)
    return sample_of(plan, np.concatenate([gathered(plan, first, last) for first, last in pieces]))


@pytest.mark.parametrize("shape", [(1000, 1000), (100_000, 3), (3, 50_000), (200, 7, 100), (70_000, 1)])
def test_whole_rows_are_evenly_spaced_and_the_same_from_any_pieces(shape: tuple[int, ...]) -> None:
    values = np.arange(np.prod(shape), dtype=np.float64).reshape(shape)
    found = sampled(values)
    again = sampled(values, 1, 2, shape[0] // 2 + 1)
    assert found.indices.tolist() == again.indices.tolist()
    assert np.array_equal(found.values, again.values)
    assert np.array_equal(found.values, values.reshape(shape[0], -1)[found.indices])
    assert SAMPLE_VALUES / 2 < found.values.size <= SAMPLE_VALUES
    runs = len(found.indices) / max(1, RUN // (values.size // shape[0]))
    assert np.diff(found.indices, prepend=0, append=shape[0]).max() <= 1.5 * shape[0] / runs


def test_all_of_a_small_tensor_is_its_sample() -> None:
    values = np.random.default_rng(0).standard_normal((40, 30))
    for found in (sampled(values), whole_sample(walk(make_tensor(values)), values.reshape(-1))):
        assert np.array_equal(found.values, values)
        assert found.indices.tolist() == list(range(40))


def test_one_dimension_is_one_row_or_runs_of_neighbours() -> None:
    assert sampled(np.arange(500.0)).values.shape == (1, 500)
    found = sampled(np.arange(1e6))
    assert found.values.shape == (SAMPLE_VALUES // RUN, RUN)
    assert np.array_equal(found.values, found.indices[:, None] + np.arange(RUN))


def test_a_row_longer_than_the_sample_is_cut() -> None:
    values = np.arange(3e5).reshape(2, -1)
    found = sampled(values)
    assert np.array_equal(found.values, values[found.indices, :SAMPLE_VALUES])
    assert len(found.indices) == 1


def test_a_scalar_and_an_empty_tensor_have_what_they_have() -> None:
    assert sampled(np.array(3.0)).values.tolist() == [[3.0]]
    assert sampled(np.empty((0, 4))).values.size == 0
    assert sampled(np.empty((4, 0))).values.size == 0


def test_elements_narrower_than_a_byte_are_sampled_too() -> None:
    packed = np.random.default_rng(1).integers(0, 256, 150_000, np.uint8)
    plan = walk(LazyTensor("t", "uint4", (100_000, 3), make_storage(packed)))
    found = sample_of(plan, gathered(plan, 0, plan.rows))
    numbers = np.stack((packed & 15, packed >> 4), axis=1).reshape(-1, 3)
    assert np.array_equal(found.values, numbers[found.indices])
