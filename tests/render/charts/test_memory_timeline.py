import msgspec

from modelreport.facts import Memory, MemoryPoint, Skipped
from modelreport.options import RenderOptions
from modelreport.render.charts.memory_timeline import memory_timeline
from modelreport.render.charts.told import told
from modelreport.render.setting import under
from tests.factories import make_report, skipped_report


def test_the_peak_is_marked_and_named():
    trace = make_report().trace
    chart = memory_timeline(trace)
    assert chart.title == "Activation memory peaks at 192 KiB, at batch_norm in layers.0.bn1"
    line, peak = chart.layers
    assert max(line.y) == peak.y[0] == trace.memory.peak_bytes
    assert peak.labels == ("peak 192 KiB",)


def test_a_pass_that_did_not_measure_memory_is_skipped():
    trace = msgspec.structs.replace(make_report().trace, memory=None)
    assert isinstance(memory_timeline(trace), Skipped)
    report = skipped_report()
    assert memory_timeline(report.trace) is report.trace


def test_a_point_outside_the_operations_is_only_numbered():
    memory = Memory(peak_bytes=1, peak_operation=999, points=(MemoryPoint(operation=999, live_bytes=1),))
    trace = msgspec.structs.replace(make_report().trace, memory=memory)
    assert memory_timeline(trace).title.endswith("at operation 999")


def test_the_peak_and_where_it_is_are_said_in_the_language():
    with under(RenderOptions(lang="zh")):
        chart = told(memory_timeline(make_report().trace))
    line, peak = chart.layers
    assert chart.title == "激活内存在 layers.0.bn1 中的 batch_norm 处达到峰值 192 KiB"
    assert peak.hover == ("峰值：layers.0.bn1 中的 batch_norm 处 196,608 字节",)
    assert not any(" in " in each for each in line.hover)
