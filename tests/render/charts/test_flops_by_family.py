import msgspec

from modelreport.facts import Skipped, Uncounted
from modelreport.render.charts.flops_by_family import flops_by_family, uncounted_note
from tests.factories import make_report, skipped_report


def test_families_are_ordered_by_cost_and_sum_to_the_total():
    trace = make_report().trace
    chart = flops_by_family(trace)
    values = chart.layers[0].values
    assert list(values) == sorted(values, reverse=True)
    assert sum(values) == trace.flops
    assert chart.rows[0][0] == "convolution"
    assert chart.title.startswith("Convolution does 98.2 % of 35.07 MFLOP")


def test_without_a_trace_the_reason_is_passed_on():
    report = skipped_report()
    assert flops_by_family(report.trace) is report.trace


def test_a_pass_without_formulas_is_skipped():
    trace = make_report().trace
    bare = tuple(msgspec.structs.replace(each, flops=None) for each in trace.operations)
    assert isinstance(flops_by_family(msgspec.structs.replace(trace, operations=bare)), Skipped)


def test_the_caption_says_what_is_not_counted():
    trace = make_report().trace
    many = tuple(Uncounted(kernel=f"aten.k{i}", calls=1) for i in range(5))
    assert uncounted_note(msgspec.structs.replace(trace, uncounted=many)).endswith("aten.k2 and 2 more.")
    assert uncounted_note(msgspec.structs.replace(trace, uncounted=())) == "Every operation is counted."
    early = msgspec.structs.replace(trace, uncounted=(), complete=False)
    assert "ended early" in uncounted_note(early)
