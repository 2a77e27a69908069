"""What the section on costs of use says."""

from __future__ import annotations

from msgspec.structs import replace

from modelreport.api import Report as ApiReport
from modelreport.facts import Item, Roofline, Skipped, Trace, Usage
from modelreport.render.anchors import anchors
from modelreport.render.html import write_html
from modelreport.render.json import decode, write_json
from modelreport.render.markdown import write_markdown
from modelreport.render.sections.usage import (
    badge,
    chosen,
    context,
    device_table,
    generated,
    largest_batches,
    law_line,
    layer_table,
    longest_text,
)
from tests.factories import make_report, skipped_report
from tests.factories_usage import BATCH_LAW, GENERATION, SIDE_LAW


def usage() -> Usage:
    found = make_report().usage
    assert isinstance(found, Usage)
    return found


def roof() -> Roofline:
    found = usage().roofline
    assert isinstance(found, Roofline)
    return found


def test_a_device_has_one_row_with_both_precisions_and_its_source() -> None:
    table = device_table(roof())
    rows = [dict(zip((c.id for c in table.columns), row.cells, strict=True)) for row in table.rows]
    assert [row["device"].exact for row in rows] == ["fast", "small"]
    assert table.rows[0].note == "default"
    assert rows[0]["time"].text == "200 µs"
    assert rows[0]["half_time"].text == "100 µs"
    assert rows[0]["peak"].text == "20.0 TFLOP/s"
    assert rows[0]["half_peak"].exact == "3e+14 in bfloat16"
    assert (rows[0]["fits"].text, rows[1]["fits"].text) == ("yes", "no")
    assert rows[1]["half_time"].text == "–"
    assert rows[1]["source"].text == "datasheet of the small device"


def test_a_device_asked_for_is_marked_as_chosen_and_its_time_is_the_badge() -> None:
    chosen = make_report(usage=replace(usage(), roofline=replace(roof(), chosen=True)))
    assert isinstance(chosen.usage, Usage)
    assert isinstance(chosen.usage.roofline, Roofline)
    assert device_table(chosen.usage.roofline).rows[0].note == "chosen"
    assert badge(chosen) == "200 µs"
    assert badge(make_report()) is None
    assert badge(skipped_report()) is None


def test_layers_are_listed_the_slowest_first_with_a_way_to_their_row() -> None:
    report = make_report()
    assert isinstance(report.trace, Trace)
    table = layer_table(roof(), report.trace, anchors(report))
    place = [column.id for column in table.columns].index("time")
    times = [float(row.cells[place].exact) for row in table.rows]
    assert times == sorted(times, reverse=True)
    assert table.rows[0].cells[0].href.startswith("#layer-")


def test_generation_is_told_with_the_cache_of_longer_texts_and_a_bound_on_speed() -> None:
    lines = {name: (value, remark) for name, value, remark in generated(GENERATION, roof())}
    assert lines["Cache for a further token"] == ("1.00 KiB", "1,024 bytes, batch 1")
    assert lines["Cache of longer texts"][0].startswith("4.00 MiB for 4,096 tokens")
    # 40,000 bytes at 2 TB/s are 20 ns, 20,000 FLOP at 20 TFLOP/s are 1 ns
    assert lines["At most, on Fast device (80 GB)"] == ("5e7 tokens/s", "20 ns a token, bound by memory traffic")


def test_a_cache_out_of_proportion_is_not_extrapolated() -> None:
    windowed = replace(GENERATION, cache_bytes=50_000)
    assert "Cache of longer texts" not in {name for name, _, _ in generated(windowed, roof())}


def test_the_largest_batch_fills_the_device() -> None:
    [(name, value)] = largest_batches(usage())
    assert name == "Largest batch on Fast device (80 GB)"
    # float32: (80e9 - 40,000 - 40,000 - 80,000) / 200,000 of each further sample
    assert value.startswith("399,999 in float32, ")
    without = replace(usage(), scaling=(SIDE_LAW,))
    assert largest_batches(without) == []


def test_a_law_says_how_far_off_it_is() -> None:
    assert law_line(BATCH_LAW).deviation == "none"
    assert law_line(SIDE_LAW).deviation == "0.4 %"
    assert law_line(SIDE_LAW).tried == "16, 20, 24, 32"


def test_every_part_that_is_missing_says_why_in_both_documents() -> None:
    reasons = [Skipped(stage="trace", reason=f"Reason number {n}.") for n in range(4)]
    bare = Usage(training=reasons[0], generation=reasons[1], scaling=reasons[2], roofline=reasons[3])
    report = make_report(usage=bare)
    assert isinstance(report.trace, Trace)
    ids = (replace(report.trace.inputs[0], dtype="int64", shape=(1, 8)),)
    report = replace(report, trace=replace(report.trace, inputs=ids))
    page, text = write_html(report).decode(), write_markdown(report).decode()
    for reason in reasons:
        assert reason.reason in page
        assert reason.reason in text


def test_a_missing_pass_is_handed_on_with_its_reason() -> None:
    assert context(skipped_report())["skipped"] == skipped_report().usage


def test_costs_of_use_read_back_from_json() -> None:
    report = make_report()
    assert decode(write_json(report), ApiReport).usage == report.usage


def test_a_model_that_takes_no_ids_is_not_asked_for_the_cost_of_generation() -> None:
    report = make_report(usage=replace(usage(), generation=Skipped(stage="trace", reason="It takes no cache.")))
    assert isinstance(report.trace, Trace)
    ids = (replace(report.trace.inputs[0], dtype="int64", shape=(1, 8)),)
    texts = replace(report, trace=replace(report.trace, inputs=ids))
    assert "It takes no cache." not in write_html(report).decode() + write_markdown(report).decode()
    assert "Generation" not in write_markdown(report).decode()
    assert '<p class="muted">No cost of generation. It takes no cache.</p>' in write_html(texts).decode()
    assert "No cost of generation. It takes no cache." in write_markdown(texts).decode()


def test_the_chosen_device_is_told_with_both_precisions_and_the_source_of_its_figures() -> None:
    assert chosen(roof()) == [
        ("Device", "Fast device (80 GB) (default)"),
        ("Pass in float32", "at least 200 µs, at most 5,000 passes a second"),
        ("Pass in bfloat16", "at least 100 µs, at most 10,000 passes a second"),
        ("Bound by", "25 % of the time arithmetic, 75 % memory traffic"),
        ("Source of the figures", "datasheet of the fast device"),
    ]


def test_the_source_of_every_device_is_on_the_page_without_a_script() -> None:
    page = write_html(make_report()).decode()
    assert "datasheet of the fast device" in page
    assert "datasheet of the small device" in page


def test_no_cache_is_told_for_texts_that_the_configuration_does_not_allow() -> None:
    metadata = (Item(name="n_positions", value="9"), Item(name="config.n_positions", value="32768"))
    assert longest_text(metadata) == 32_768
    assert longest_text(metadata[:1]) == 0
    assert longest_text((Item(name="config.n_positions", value="null"),)) == 0
    told = {name: (value, remark) for name, value, remark in generated(GENERATION, roof(), 32_768)}
    assert told["Cache of longer texts"] == (
        "4.00 MiB for 4,096 tokens, 32.0 MiB for 32,768 tokens",
        "in proportion; the configuration allows no more",
    )
    assert "Cache of longer texts" not in {name for name, _, _ in generated(GENERATION, roof(), 128)}


def test_laws_stand_in_groups_by_what_grows() -> None:
    page = write_html(make_report()).decode()
    assert page.index("With batch size, B") < page.index("With image side in pixels, W")
