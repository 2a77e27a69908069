"""Histograms as signs."""

from __future__ import annotations

import json
import random

import pytest
from msgspec.structs import replace

from modelreport.facts import Weights
from modelreport.render.payload import pack, unpack
from modelreport.render.weights import histograms as module
from modelreport.render.weights.histograms import SIGNS, TOP, heights, histograms
from tests.factories import make_report
from tests.factories_weights import rich_report


def counts_of(signs: str, most: int) -> list[int]:
    """As the page reads them."""
    levels = [SIGNS.index(sign) for sign in signs]
    return levels if most <= TOP else [round(most * (level / TOP) ** 2) for level in levels]


def measured() -> Weights:
    weights = make_report().weights
    assert isinstance(weights, Weights)
    return weights


def test_every_tensor_has_its_bins_and_quantiles() -> None:
    weights = measured()
    drawn = unpack(pack(histograms(weights)))
    assert len(drawn["rows"]) == len(weights.tensors)
    low, high, most, signs, quantiles = drawn["rows"][0]
    assert weights.tensors[0].histogram
    assert (low, high) == pytest.approx((weights.tensors[0].minimum, weights.tensors[0].maximum), rel=1e-3)
    assert most == max(weights.tensors[0].histogram.counts)
    assert counts_of(signs, most) == list(weights.tensors[0].histogram.counts), "few values are counted exactly"
    assert len(quantiles) == len(drawn["levels"]) == 9


def test_no_sign_needs_an_escape_in_json() -> None:
    assert len(set(SIGNS)) == len(SIGNS) == TOP + 1
    assert json.dumps(SIGNS) == f'"{SIGNS}"'


def test_counts_are_right_to_a_hundredth_of_the_highest_and_no_value_is_lost() -> None:
    chance = random.Random(1)
    counts = [chance.randrange(10 ** chance.randrange(1, 8)) for _ in range(500)]
    most = max(counts)
    for count, read in zip(counts, counts_of(heights(counts), most), strict=True):
        assert abs(count - read) <= 0.0112 * most
        assert (count > 0) == (read > 0)


def test_only_the_largest_keep_their_histogram(monkeypatch: pytest.MonkeyPatch) -> None:
    weights = measured()
    monkeypatch.setattr(module, "MOST", 3)
    kept = [i for i, row in enumerate(histograms(weights)["rows"]) if row]
    counts = sorted((t.count for t in weights.tensors), reverse=True)
    assert sorted((weights.tensors[i].count for i in kept), reverse=True) == counts[:3]


def test_a_tensor_without_finite_values_has_none() -> None:
    weights = measured()
    sick = replace(weights.tensors[0], histogram=None, quantiles=())
    assert histograms(replace(weights, tensors=(sick,)))["rows"] == [None]


def test_a_histogram_takes_less_than_a_hundred_bytes() -> None:
    weights = rich_report(500).weights
    assert isinstance(weights, Weights)
    assert len(pack(histograms(weights))) < 100 * 500
