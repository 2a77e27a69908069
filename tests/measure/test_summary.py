from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from modelreport.measure.figures import figures
from modelreport.measure.summary import Exact, Rounded, Summary, new_summary, rounded_buckets
from tests.measure.tensors import close


def of(dtype: str, values: Any) -> Summary:
    summary = new_summary(dtype)
    summary.add(values.view(np.uint16) if dtype == "float16" else values)
    return summary


def joined(left: Summary, right: Summary) -> Summary:
    left = deepcopy(left)
    left.merge(right)
    return left


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["float16", "float32", "float64"]))
def test_merging_is_associative_and_commutative_to_the_last_bit(data: st.DataObject, dtype: str) -> None:
    parts = [data.draw(hnp.arrays(np.dtype(dtype), st.integers(0, 20))) for _ in range(3)]
    with np.errstate(all="ignore"):
        a, b, c = (of(dtype, part) for part in parts)
        whole = joined(joined(a, b), c)
        for merged in (joined(a, joined(b, c)), joined(c, joined(a, b)), joined(joined(b, c), a)):
            assert (merged.counts == whole.counts).all()  # type: ignore[attr-defined]
            assert figures(merged) == figures(whole)
            if isinstance(merged, Rounded) and isinstance(whole, Rounded):
                assert (merged.sums, merged.special) == (whole.sums, whole.special)
                assert (merged.minimum, merged.maximum) == (whole.minimum, whole.maximum)


@settings(max_examples=40, deadline=None)
@given(st.data(), st.sampled_from(["float16", "float32", "float64"]))
def test_merged_summaries_are_those_of_all_values_together(data: st.DataObject, dtype: str) -> None:
    parts = [data.draw(hnp.arrays(np.dtype(dtype), st.integers(0, 20))) for _ in range(3)]
    with np.errstate(all="ignore"):
        merged = figures(joined(joined(*(of(dtype, part) for part in parts[:2])), of(dtype, parts[2])))
        whole = figures(of(dtype, np.concatenate(parts)))
    assert (merged.special, merged.quantiles, merged.histogram) == (whole.special, whole.quantiles, whole.histogram)
    assert (merged.minimum, merged.maximum) == (whole.minimum, whole.maximum)
    if whole.std is not None and merged.std is not None and whole.absolute_mean is not None:
        assert close(merged.std, whole.std, whole.absolute_mean)


def test_the_kind_of_summary_follows_from_the_dtype() -> None:
    assert isinstance(new_summary("bfloat16"), Exact)
    assert isinstance(new_summary("int64"), Rounded)
    with pytest.raises(ValueError, match="not numbers"):
        new_summary("string")


@pytest.mark.parametrize("kind", ["float32", "float64"])
def test_buckets_ascend_touch_and_hold_their_representative(kind: Any) -> None:
    keys, value, lower, upper = rounded_buckets(kind)
    assert len(set(keys.tolist())) == len(keys)
    assert (np.diff(value) >= 0).all()
    assert (lower <= value).all()
    assert (value <= upper).all()
    assert (lower[1:] >= upper[:-1]).all()
    normal = np.abs(value) > (1e-37 if kind == "float32" else 1e-307)
    assert ((upper - value)[normal] <= 2.0**-8 * np.abs(value[normal]) * (1 + 1e-12)).all()


@given(hnp.arrays(np.float32, st.integers(1, 50), elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_every_finite_float32_falls_into_a_bucket_that_contains_it(values: Any) -> None:
    keys, _, lower, upper = rounded_buckets("float32")
    for value in values:
        counts = of("float32", np.array([value])).counts[keys]  # type: ignore[attr-defined]
        at = int(np.argmax(counts))
        tiny = 2.0**-133  # the bucket of zero is drawn as a point
        assert lower[at] - tiny <= float(value) <= upper[at] + tiny
