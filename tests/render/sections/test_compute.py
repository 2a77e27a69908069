"""The cost of a pass, and what is not in it."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Alive, Guess, Trace
from modelreport.render.markdown import write_markdown
from modelreport.render.sections.compute import METHODS, badge, context
from tests.factories import make_report, skipped_report


def test_a_missing_pass_is_handed_on_with_its_reason() -> None:
    assert context(skipped_report())["skipped"] == skipped_report().trace
    assert badge(skipped_report()) is None


def test_the_peak_names_its_operation_and_module() -> None:
    assert context(make_report())["peak"] == ("batch_norm in layers.0.bn1", "#layer-7")


def test_every_way_of_tracing_is_described() -> None:
    assert set(METHODS) == {"meta", "cpu", "graph"}
    assert badge(make_report()) == "17.22 MMAC"


def test_matrix_flops_stand_beside_all_flops() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    found = context(report)
    assert found["matrix_flops"] == 2 * report.trace.macs
    assert found["matrix_flops"] + found["arithmetic"] == report.trace.flops


def test_guesses_say_when_they_decided_something() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    guesses = (
        Guess(what="item", calls=2, steered=1),
        Guess(what="nms", calls=1, steered=1),
        Guess(what="topk", calls=3),
    )
    found = context(replace(report, trace=replace(report.trace, guesses=guesses)))["guesses"]
    assert found == [
        ("item", 2, "decided what the code did next once"),
        ("nms", 1, "decided what the code did next"),
        ("topk", 3, ""),
    ]


def test_a_long_module_name_leaves_the_bytes_of_what_is_kept_in_sight() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    assert report.trace.memory is not None
    long = tuple(replace(call, path="then_branch." * 20) for call in report.trace.calls)
    alive = (Alive(operation=1, size_bytes=2048),)
    trace = replace(report.trace, calls=long, memory=replace(report.trace.memory, alive=alive))
    report = replace(report, trace=trace)
    (line,) = context(report)["kept"]
    assert line.endswith(", 2.00 KiB")
    shown = write_markdown(report).decode().partition("In memory at the peak: ")[2].partition("\n")[0]
    assert shown == f"`{line}`"
