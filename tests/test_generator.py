"""Times and versions come from one place."""

from __future__ import annotations

import datetime
from importlib.metadata import version

import pytest

from modelreport.facts import Identification, Skipped, TensorSpec
from modelreport.generator import creation_time, describe_generator, version_of
from modelreport.options import Options

UNKNOWN = Skipped(stage="identify", reason="unknown")


def test_the_time_is_source_date_epochs_when_it_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    assert creation_time() == "2023-11-14T22:13:20Z"


def test_else_it_is_now_in_whole_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    moment = datetime.datetime.fromisoformat(creation_time())
    assert abs((datetime.datetime.now(datetime.UTC) - moment).total_seconds()) < 5
    assert moment.microsecond == 0


def test_versions_are_of_the_libraries_that_took_part() -> None:
    plain = {i.name: i.value for i in describe_generator(UNKNOWN, Options()).packages}
    assert plain["torch"] == version("torch")
    assert "timm" not in plain
    known = Identification(name="vit", library="timm", how="live")
    assert {i.name for i in describe_generator(known, Options()).packages} == {*plain, "timm"}
    assert version_of("no-such-package") == ""


def test_options_are_told_as_the_command_line_spells_them() -> None:
    options = Options(inputs=(TensorSpec(shape=(1, 2), dtype="int64", name="ids"),), title="T", trace=False)
    told = [(i.name, i.value) for i in describe_generator(UNKNOWN, options).options]
    assert told == [("--input", "ids:int64[1,2]"), ("--title", "T"), ("--no-trace", "")]
    assert describe_generator(UNKNOWN, Options()).options == ()


def test_code_and_arguments_are_told_without_addresses() -> None:
    options = Options(model="m:f", code="n.py", base="b", weights=False, arguments=(("a", [1]), ("o", object())))
    told = {i.name: i.value for i in describe_generator(UNKNOWN, options).options}
    assert told == {
        "--model": "m:f", "--code": "n.py", "--base": "b", "arguments": "a=[1], o=<object>", "--no-weights": "",
    }  # fmt: skip
