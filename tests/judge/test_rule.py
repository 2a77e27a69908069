from __future__ import annotations

import pytest
from msgspec.structs import replace

from modelreport.facts import FAILED, Skipped
from modelreport.judge.rule import (
    AbsentError,
    UncheckedError,
    file_of,
    has_output_rows,
    held,
    measured,
    measured_parameters,
    module_types,
    say,
)
from tests.factories import make_report, skipped_report
from tests.judge.cases import with_fact


@pytest.mark.parametrize(
    ("count", "text"), [(1, "{tensor_count} is"), (0, "{tensor_count} are"), (2, "{tensor_count} are")]
)
def test_a_sentence_takes_the_number_of_its_value(count: int, text: str) -> None:
    message = say("{tensor_count} {tensor_count:is|are}", tensor_count=count)
    assert (message.text, message.values) == (text, {"tensor_count": count})


def test_measured_tensors_are_those_with_facts_and_statistics() -> None:
    report = make_report()
    cut = replace(report, structure=replace(report.structure, tensors=report.structure.tensors[:5]))
    assert [m.fact.name for m in measured(cut)] == [t.name for t in report.structure.tensors[:5]]
    with pytest.raises(UncheckedError, match="meta device"):
        measured(skipped_report())


def test_tied_parameters_and_buffers_are_left_out_of_parameters() -> None:
    report = make_report()
    before = len(measured_parameters(report))
    tied = with_fact(report, "fc.weight", tied_to="conv1.weight")
    assert len(measured_parameters(with_fact(tied, "fc.bias", role="buffer"))) == before - 2


def test_modules_are_known_by_their_type() -> None:
    assert module_types(make_report())["bn1"] == "BatchNorm2d"


def test_rows_of_tables_and_of_inputs_are_no_output_units() -> None:
    assert has_output_rows("Linear", "fc.weight")
    assert has_output_rows("", "blocks.0.weight")
    assert not any(has_output_rows(kind, "w") for kind in ("Embedding", "Conv1D", "ConvTranspose2d", "MatMul"))
    assert not has_output_rows("", "tok_Embeddings.weight")


def test_a_model_without_tensors_or_parameters_has_none_to_check() -> None:
    report = make_report()
    none = replace(report, structure=replace(report.structure, tensors=()))
    with pytest.raises(AbsentError, match="no tensors"):
        measured(none)
    buffers = tuple(replace(t, role="buffer") for t in report.structure.tensors)
    with pytest.raises(AbsentError, match="no parameters"):
        measured_parameters(replace(report, structure=replace(report.structure, tensors=buffers)))


def test_a_part_that_failed_is_told_from_one_that_has_nothing_to_tell() -> None:
    with pytest.raises(AbsentError) as absent:
        held(Skipped(stage="measure", reason="The file holds no optimizer state."))
    assert absent.value.message == say("{reason}", reason="The file holds no optimizer state.")
    with pytest.raises(UncheckedError, match="MemoryError"):
        held(Skipped(stage="measure", reason=f"{FAILED}: MemoryError: no message"))
    assert held(7) == 7


def test_a_model_in_memory_has_no_file_to_check() -> None:
    report = make_report()
    assert file_of(report) is report.source
    with pytest.raises(AbsentError, match="no file"):
        file_of(replace(report, source=replace(report.source, kind="object")))
