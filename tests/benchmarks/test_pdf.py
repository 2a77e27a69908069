"""What the benchmark of the PDF measures, on a small model: pages as they are, and a limit that was missed is said."""

import pytest

from benchmarks.pdf import HEADER, LIMITS, Cost, measure, row, synthetic, table
from modelreport.facts import Trace
from tests.factories import skipped_report


def test_pages_and_size_are_those_of_the_document():
    cost = measure(skipped_report(), 1)
    assert cost.seconds > 0
    assert 3 <= cost.pages <= 12
    assert 50_000 < cost.size_bytes < 500_000


def test_a_figure_is_told_as_a_ratio_to_its_limit():
    line = row("resnet50", 175, Cost(4.0, 20, 570_000))
    assert line == ("resnet50", "175", "4.0 s", "0.80 of 5 s", "20", "0.80 of 25", "570 kB", "ok")


@pytest.mark.parametrize("cost", [Cost(5.1, 20, 1), Cost(1.0, 26, 1)])
def test_a_limit_that_was_missed_is_said(cost):
    assert row("bert", 1, cost)[-1] == "missed"


def test_the_table_has_a_line_for_each_model():
    lines = table([row(name, 1, Cost(1.0, 1, 1)) for name in LIMITS]).splitlines()
    assert len(lines) == 1 + len(LIMITS)
    assert lines[0].split()[0] == HEADER[0]


def test_the_synthetic_model_has_the_operations_asked_for():
    trace = synthetic(4000).trace
    assert isinstance(trace, Trace)
    assert len(trace.operations) == 4000
