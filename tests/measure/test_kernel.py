from __future__ import annotations

import numpy as np
import pytest

from modelreport.measure.kernel import BLOCK, count_patterns, count_rounded


@pytest.mark.parametrize("size", [0, 1, BLOCK, BLOCK + 1])
def test_counts_of_patterns_sum_to_the_number_of_values(size: int) -> None:
    patterns = np.random.default_rng(0).integers(0, 2**16, size, np.uint16)
    counts = count_patterns(patterns, 16)
    assert counts.tolist() == np.bincount(patterns, minlength=2**16).tolist()


def test_rounded_counts_put_a_bfloat16_number_in_its_own_bucket() -> None:
    values = np.array([1.0, -2.0, 0.0, -0.0, 3.4e38, 1.003], np.float32)
    counts = count_rounded(values)
    assert (counts[0x3F80], counts[0xC000], counts[0], counts[0x8000], counts[0x7F80]) == (2, 1, 1, 1, 1)
    assert counts.sum() == 6


def test_rounded_counts_of_doubles_have_two_to_the_twenty_buckets() -> None:
    counts = count_rounded(np.array([1.0, 1.0 + 2**-10, -1.5]))
    assert counts.shape == (2**20,)
    assert (counts[0x3FF00], counts[0xBFF80]) == (2, 1)
