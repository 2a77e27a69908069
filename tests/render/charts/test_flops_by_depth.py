import msgspec

from modelreport.facts import Skipped
from modelreport.render.charts.flops_by_depth import flops_by_depth
from tests.factories import make_report, skipped_report


def test_parts_follow_the_forward_pass_and_sum_to_the_total():
    trace = make_report().trace
    chart = flops_by_depth(trace)
    names = chart.y.categories
    assert names[0] == "conv1"
    assert names[-1] == "fc"
    assert [name for name in names if name.startswith("layers.")] == ["layers.0", "layers.1", "layers.2", "layers.3"]
    assert sum(sum(layer.values) for layer in chart.layers) == trace.flops


def test_series_are_the_families_in_use():
    chart = flops_by_depth(make_report().trace)
    assert [layer.colour for layer in chart.layers][:2] == ["conv", "linear"]
    assert chart.layers[-1].labels[0] == "884.7 kFLOP"


def test_many_equal_blocks_are_joined_into_runs():
    trace = make_report().trace
    blocks = 120
    operations = tuple(msgspec.structs.replace(trace.operations[0], id=i, call=i + 1, flops=10) for i in range(blocks))
    root = msgspec.structs.replace(trace.calls[0], first=0, last=blocks)
    calls = [root] + [
        msgspec.structs.replace(root, path=f"blocks.{i}", parent=0, first=i, last=i + 1) for i in range(blocks)
    ]
    chart = flops_by_depth(msgspec.structs.replace(trace, operations=operations, calls=tuple(calls), flops=10 * blocks))
    assert 10 <= len(chart.y.categories) <= 28
    assert chart.y.categories[0].startswith("blocks.0 … blocks.")
    assert sum(sum(layer.values) for layer in chart.layers) == 10 * blocks


def test_a_module_called_again_is_a_part_of_its_own():
    trace = make_report().trace
    calls = list(trace.calls)
    index = next(i for i, call in enumerate(calls) if call.path == "layers.1")
    calls[index] = msgspec.structs.replace(calls[index], path="layers.0", number=1)
    chart = flops_by_depth(msgspec.structs.replace(trace, calls=tuple(calls)))
    assert "layers.0 (call 2)" in chart.y.categories


def test_nothing_counted_is_skipped():
    report = skipped_report()
    assert flops_by_depth(report.trace) is report.trace
    trace = msgspec.structs.replace(make_report().trace, operations=(), calls=())
    assert isinstance(flops_by_depth(trace), Skipped)
