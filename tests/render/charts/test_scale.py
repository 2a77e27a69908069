import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.charts.scale import fit, label, ticks, width


@pytest.mark.parametrize(
    ("low", "high", "unit", "labels"),
    [
        (0, 8.18e9, "flops", ["0", "2", "4", "6", "8"]),
        (0, 200 * 1024, "bytes", ["0", "50", "100", "150", "200"]),
        (0, 4, "count", ["0", "1", "2", "3", "4"]),
        (-0.25, 0.25, "number", ["−0.2", "−0.1", "0", "0.1", "0.2"]),
        (0, 1, "share", ["0", "20", "40", "60", "80", "100"]),
        (0, 4e-5, "number", ["0", "1e-5", "2e-5", "3e-5", "4e-5"]),
        (0, 40_000, "count", ["0", "10", "20", "30", "40"]),
    ],
)
def test_ticks_are_round_in_their_unit(low, high, unit, labels):
    assert [tick.label for tick in ticks(low, high, unit)] == labels


def test_a_log_axis_has_decades():
    assert [tick.label for tick in ticks(0.5, 2e4, "count", log=True)] == ["1", "10", "100", "1,000", "10k"]
    assert len(ticks(2.0, 3.0, "count", log=True)) == 2


def test_a_log_axis_of_few_decades_has_twos_and_fives():
    assert [tick.label for tick in ticks(0.03, 0.6, "number", log=True)] == ["0.05", "0.1", "0.2", "0.5"]
    assert [tick.label for tick in ticks(1.0, 50.0, "number", log=True)] == ["1", "2", "5", "10", "20", "50"]


@given(st.floats(-1e30, 1e30), st.floats(1e-30, 1e30), st.integers(2, 12))
def test_ticks_ascend_within_the_range_and_are_few(low, size, wanted):
    high = low + size
    found = ticks(low, high, "number", wanted)
    values = [tick.value for tick in found]
    slack = 1e-6 * max(abs(low), abs(high))
    assert values == sorted(values)
    assert all(low - slack <= value <= high + slack for value in values)
    assert 1 <= len(found) <= wanted + 2


@given(st.floats(1.0, 1e15), st.integers(2, 10))
def test_tick_labels_differ(high, wanted):
    for unit in ("bytes", "count", "flops"):
        labels = [tick.label for tick in ticks(0, high, unit, wanted)]
        assert len(set(labels)) == len(labels)


def test_label_speaks_the_unit():
    assert label(1024.0, "bytes") == "1.00 KiB"
    assert label(0.5, "share") == "50 %"
    assert label(2e9, "macs") == "2.00 GMAC"


def test_width_grows_with_text_and_wide_scripts():
    assert width("iii", 10) < width("aaa", 10) < width("WWW", 10)
    assert width("层层", 10) > width("ab", 10)
    assert width("e\u0301", 10) == width("e", 10)


@given(st.text(max_size=60), st.floats(10, 300))
def test_fitted_text_is_a_tail_and_fits(words, room):
    shown = fit(words, 10.0, room)
    assert width(shown, 10.0) <= max(room, width("…", 10.0))
    assert shown == words or (shown[0] == "…" and words.endswith(shown[1:]))


def test_infinite_ranges_do_not_hang():
    assert ticks(1.0, 1.0, "number")
    assert ticks(0.0, math.nextafter(0.0, 1.0), "number")


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), min_size=1, max_size=30), st.integers(0, 9))
def test_a_margin_made_for_a_text_holds_it_whole(words, gap):
    made = width(words, 10.5) + gap + 2
    assert fit(words, 10.5, made - gap - 2) == words
