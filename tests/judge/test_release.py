from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Item, TrainingState
from tests.factories import make_report
from tests.judge.cases import finding, plain_report, with_source


@pytest.mark.parametrize("rule", ["R001", "R002", "R003", "R004"])
def test_a_file_made_for_release_is_clean(rule: str) -> None:
    assert finding(plain_report(), rule).state == "clean"


def test_optimizer_state_is_a_warning_with_its_size() -> None:
    found = finding(make_report(), "R001")
    assert (found.state, found.severity) == ("found", "warning")
    assert found.message.values["optimizer_file_bytes"] == 1_405_696
    assert (found.evidence[0].kind, found.evidence[0].name) == ("file", make_report().source.name)


def test_training_state_without_an_optimizer_is_no_optimizer_state() -> None:
    report = with_source(plain_report(), training=TrainingState(items=(Item(name="epoch", value="3"),)))
    assert finding(report, "R001").state == "clean"


@pytest.mark.parametrize(
    "value",
    [
        "/home/someone/data",
        "Namespace(out='/mnt/runs/7')",
        r"C:\\Users\someone\x",
        "s3://bucket/key",
        "['/data/a', 3]",
        "out=~/runs/7",
        r"~\runs",
    ],
)
def test_paths_of_a_machine_are_noted(value: str) -> None:
    found = finding(
        with_source(plain_report(), training=TrainingState(items=(Item(name="args", value=value),))), "R002"
    )
    assert (found.state, found.evidence[0].name) == ("found", "args")


@pytest.mark.parametrize(
    "value", ["0.1", "resnet/50", "https://example.org/home/x", "and/or", "a: b", "1/2/3", "a~/b", "~/", "size ~ 3"]
)
def test_other_text_with_slashes_names_no_path(value: str) -> None:
    report = with_source(plain_report(), metadata=(Item(name="note", value=value),))
    assert finding(report, "R002").state == "clean"


def test_nothing_to_read_names_no_path() -> None:
    assert finding(with_source(plain_report(), metadata=()), "R002").state == "not_applicable"


def test_several_models_are_noted_with_the_chosen_one() -> None:
    found = finding(make_report(), "R003")
    assert (found.state, found.message.values["chosen"], found.evidence_count) == ("found", "model", 2)


def test_missing_bytes_are_an_error_with_the_reason() -> None:
    lost = (Item(name="fc.weight", value="the file ends before storage 3"),)
    found = finding(with_source(plain_report(), unreadable=lost), "R005")
    assert (found.state, found.severity, found.evidence[0].name) == ("found", "error", "fc.weight")
    assert finding(plain_report(), "R005").state == "clean"


def test_a_wrappers_prefix_is_noted() -> None:
    found = finding(with_source(plain_report(), stripped_prefix="module."), "R004")
    assert (found.state, found.evidence[0].name) == ("found", "module.")


def test_a_checkpoint_without_a_tensor_is_not_good() -> None:
    report = plain_report()
    assert finding(report, "R006").state == "clean"
    bare = replace(report, structure=replace(report.structure, tensors=()))
    assert finding(bare, "R006").state == "found"
    graph = replace(bare, source=replace(bare.source, content="graph"))
    assert finding(graph, "R006").state == "clean"
