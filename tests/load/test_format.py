"""What a format is."""

from __future__ import annotations

import dataclasses

import pytest

from modelreport.load import FORMATS
from modelreport.load.format import Format
from tests.load.files import recognising


def test_formats_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        FORMATS[0].id = "other"  # type: ignore[misc]


def test_no_format_recognises_nothing() -> None:
    assert recognising(b"") == []
    assert all(isinstance(format_, Format) for format_ in FORMATS)
