"""The weights section as a whole."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.facts import Item, Weights
from modelreport.render.html import write_html
from modelreport.render.markdown import write_markdown
from modelreport.render.payload import pack, unpack
from modelreport.render.sections.weights import badge, by_reason, context
from tests.factories import make_report, skipped_report
from tests.factories_weights import rich_report


def test_it_opens_with_four_answers_and_holds_every_part_and_all_tensors() -> None:
    made = context(rich_report())
    assert [card.id for card in made["cards"]] == ["trained", "healthy", "odd", "compressible"]
    assert len(made["table"].rows) == 80
    assert {"histograms", "tensors", "table-weights"} <= set(made["payloads"])
    assert unpack(pack(made["payloads"])) == unpack(pack(context(rich_report())["payloads"]))
    assert made["left_out"] == ""


def test_tensors_that_could_not_be_read_are_listed_with_the_reason() -> None:
    report = make_report()
    assert isinstance(report.weights, Weights)
    gone = replace(report.weights, unread=(Item(name="gone", value="the file ends early"),))
    page = write_html(replace(report, weights=gone)).decode()
    assert "1 tensor was not read" in page
    assert "the file ends early" in page


def test_weights_that_were_not_measured_are_handed_on() -> None:
    assert context(skipped_report())["skipped"] == skipped_report().weights
    assert badge(skipped_report()) is None
    assert badge(make_report()) == "68"


def test_two_thousand_tensors_with_everything_stay_under_three_megabytes() -> None:
    """The limit of the page; a page that no browser opens is what such reports are known for."""
    assert len(write_html(rich_report(2000))) < 3_000_000
    assert len(write_markdown(rich_report(2000))) < 200_000


def test_fifty_thousand_tensors_are_bounded_and_say_what_is_left_out() -> None:
    report = rich_report(5)
    assert isinstance(report.weights, Weights)
    facts = tuple(replace(report.structure.tensors[i % 5], name=f"layer.{i}.weight") for i in range(50_000))
    measured = tuple(replace(report.weights.tensors[i % 5], name=fact.name) for i, fact in enumerate(facts))
    page = write_html(
        replace(
            report,
            structure=replace(report.structure, tensors=facts),
            weights=replace(report.weights, tensors=measured),
        )
    ).decode()
    assert len(page) < 8_000_000
    assert "Of 50,000 tensors the page holds the usual columns" in page


def test_tensors_that_were_not_read_for_one_reason_are_one_line() -> None:
    unread = [Item(name=f"model.{i}.weight", value="it is of the base model") for i in range(75)]
    made = by_reason([*unread, Item(name="broken", value="cut off")])
    assert [(item.name, item.value) for item in made] == [
        ("model.0.weight and 74 more", "it is of the base model"),
        ("broken", "cut off"),
    ]
