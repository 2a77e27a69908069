"""Errors carry one message and one hint."""

from __future__ import annotations

import pickle

from modelreport import errors


def test_every_error_is_a_model_report_error() -> None:
    kinds = [v for v in vars(errors).values() if isinstance(v, type) and issubclass(v, Exception)]
    assert len(kinds) >= 8
    assert all(issubclass(k, errors.ModelReportError) for k in kinds)


def test_a_missing_dependency_names_the_command_that_helps() -> None:
    error = errors.MissingDependencyError("timm", "timm", "Tracing vit_tiny")
    assert "timm" in error.message
    assert error.hint == "pip install 'modelreport[timm]'"
    assert errors.MissingDependencyError("foo", "", "This").hint == "pip install foo"


def test_the_message_is_the_text_of_the_exception() -> None:
    error = errors.CorruptFileError("model.pth: truncated.", "download it again")
    assert str(error) == error.message == "model.pth: truncated."
    assert error.hint == "download it again"


def test_an_error_of_another_process_arrives_whole() -> None:
    for error in (errors.MissingDependencyError("timm", "timm", "This"), errors.CorruptFileError("a", "b")):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert (again.message, again.hint, str(again)) == (error.message, error.hint, str(error))
