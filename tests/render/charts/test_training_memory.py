"""The picture of training memory."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Skipped, Usage
from modelreport.render.charts.spec import Chart, Stack
from modelreport.render.charts.training_memory import training_memory
from tests.factories import make_report


def made() -> tuple[Usage, Chart]:
    usage = make_report().usage
    assert isinstance(usage, Usage)
    chart = training_memory(usage)
    assert isinstance(chart, Chart)
    return usage, chart


def test_the_parts_of_each_bar_add_up_to_its_total() -> None:
    usage, chart = made()
    assert not isinstance(usage.training, Skipped)
    stacks = [layer for layer in chart.layers if isinstance(layer, Stack)]
    assert [s.name for s in stacks] == ["weights", "gradients", "optimizer state", "activations"]
    sums = [sum(values) for values in zip(*(s.values for s in stacks), strict=True)]
    assert sums == [row.total_bytes for row in usage.training]
    assert stacks[-1].labels[-1] == "391 KiB"


def test_the_title_is_the_usual_way_to_train() -> None:
    assert made()[1].title == "Training with AdamW in bfloat16 mixed takes at least 391 KiB"


def test_the_table_behind_it_has_every_row() -> None:
    usage, chart = made()
    assert not isinstance(usage.training, Skipped)
    assert len(chart.rows) == len(usage.training)
    assert chart.rows[1] == ("AdamW", "float32", "39.1 KiB", "39.1 KiB", "78.1 KiB", "195 KiB", "352 KiB")


def test_without_a_table_the_reason_is_handed_on() -> None:
    reason = Skipped(stage="trace", reason="No parameter asks for a gradient.")
    usage, _ = made()
    assert training_memory(replace(usage, training=reason)) == reason
    assert training_memory(reason) == reason
