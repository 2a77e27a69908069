from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import Call, Report, Security, Skipped
from modelreport.render.format import message
from tests.factories import skipped_report
from tests.judge.cases import finding, plain_report, with_source


def with_calls(*dangers: str) -> Report:
    calls = tuple(
        Call(target=f"os.{i}", arguments="'ls'" if i else "", kind="call", where="data.pkl", danger=d, count=2)  # type: ignore[arg-type]
        for i, d in enumerate(dangers)
    )
    return replace(plain_report(), security=Security(calls=calls, executes="code" in dangers, pickles=1))


@pytest.mark.parametrize("rule", ["X001", "X002"])
def test_tensors_alone_are_clean_and_an_unread_pickle_is_not_checked(rule: str) -> None:
    assert finding(with_calls("expected"), rule).state == "clean"
    assert finding(skipped_report(), rule).state == "not_checked"


def test_formats_without_code_are_clean() -> None:
    report = replace(plain_report(), security=Security(calls=(), executes=False, pickles=0))
    assert (finding(report, "X001").state, finding(report, "X002").state) == ("clean", "clean")


def test_torchscript_is_told_by_its_own_words() -> None:
    note = "TorchScript has no safe mode: torch.jit.load compiles the code in the file."
    report = replace(plain_report(), security=Security(calls=(), executes=False, pickles=1, notes=(note,)))
    report = with_source(report, content="script")
    assert (
        message(finding(report, "X001").message)
        == "Opening the file compiles its TorchScript code and calls nothing else."
    )
    assert "only if you trust" in finding(report, "X003").advice
    other = with_source(report, notes=("The checksum of a is wrong.",))
    assert "current library" in finding(other, "X003").advice


def test_torchs_own_classes_come_with_torch() -> None:
    call = Call(target="torch.nn.modules.linear.Linear", arguments="", kind="call", where="data.pkl", danger="class")
    report = replace(plain_report(), security=Security(calls=(call,), executes=False, pickles=1))
    assert finding(report, "X002").state == "clean"


def test_code_is_an_error_that_names_each_call() -> None:
    found = finding(with_calls("code", "expected", "code"), "X001")
    assert (found.severity, [e.name for e in found.evidence]) == ("error", ["os.0", "os.2"])
    assert (found.message.values["first"], found.message.values["call_count"]) == ("os.0", 4)


def test_code_that_is_not_listed_is_an_error_too() -> None:
    report = replace(plain_report(), security=Security(calls=(), executes=True, pickles=1))
    assert finding(report, "X001").state == "found"


def test_a_class_that_could_not_be_imported_is_a_warning() -> None:
    assert finding(with_calls("class"), "X002").severity == "note"
    unknown = replace(
        with_source(with_calls("class"), content="module"), identification=Skipped(stage="identify", reason="Unknown.")
    )
    found = finding(unknown, "X002")
    assert (found.state, found.severity) == ("found", "warning")
    assert found.message.text.endswith("could not be imported.")


def test_oddities_of_file_and_pickle_are_noted() -> None:
    assert finding(plain_report(), "X003").state == "clean"
    report = with_source(plain_report(), notes=("12 bytes follow the end.",))
    report = replace(report, security=replace(report.security, notes=("A pickle lies in a pickle.",)))
    found = finding(report, "X003")
    assert (found.state, found.evidence_count, found.message.values["first"]) == (
        "found",
        2,
        "12 bytes follow the end.",
    )
    assert finding(skipped_report(), "X003").state == "clean"
