"""The report as JSON: the contract on disk, which reads back without the model.

Keys are sorted and the text is compact, so that the same report gives the same bytes. JSON text is Unicode and cannot
hold a lone surrogate, which a name in a checkpoint can: it is written as U+001A (SUBSTITUTE) and four hexadecimal
digits, and U+001A itself as ``U+001A 001a``; any JSON reader takes that, and ``decode`` undoes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final, TypeVar

import msgspec

from modelreport.errors import CorruptFileError
from modelreport.facts import READABLE_VERSIONS, SCHEMA_VERSION, Report

T = TypeVar("T", bound=Report)

_SPECIAL: Final = re.compile("[\ud800-\udfff\x1a]")
_ESCAPED: Final = re.compile("\x1a([0-9a-f]{4})")
_SUBSTITUTE: Final = re.compile(rb"\\u001[aA]")
"""U+001A as JSON has to write it."""


class _Head(msgspec.Struct):
    """The part of a report that says how to read the rest."""

    schema_version: int | None = None


def write_json(report: Report) -> bytes:
    """The writer for ``.json``: ``encode`` and a final newline."""
    return encode(report) + b"\n"


def encode(fact: msgspec.Struct) -> bytes:
    """A report or any other fact as UTF-8 JSON, keys sorted."""
    try:
        data = msgspec.json.encode(fact, order="sorted")
    except UnicodeEncodeError:
        pass
    else:
        if not _SUBSTITUTE.search(data):
            return data
    plain = msgspec.to_builtins(fact, order="sorted")
    return msgspec.json.encode(_mapped(plain, _escape), order="sorted")


def decode(data: bytes, kind: type[T]) -> T:
    """The report (of class ``kind``) that ``encode`` was given.

    One of an older version that is still read becomes one of the present version. ``CorruptFileError`` when the data is
    not such a report, is damaged, or is of a version that is not read.
    """
    try:
        version = msgspec.json.decode(data, type=_Head).schema_version
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptFileError(f"This is not the JSON of a report: {error}.") from error
    if version is None:
        raise CorruptFileError("This JSON is not a report: it has no schema_version.")
    if version not in READABLE_VERSIONS:
        raise CorruptFileError(
            f"The report has schema version {version}; this modelreport reads version {SCHEMA_VERSION}.",
            "pip install --upgrade modelreport" if version > SCHEMA_VERSION else "build the report again",
        )
    try:
        if _SUBSTITUTE.search(data):
            report = msgspec.convert(_mapped(msgspec.json.decode(data), _unescape), type=kind)
        else:
            report = msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError) as error:
        raise CorruptFileError(f"The report is damaged: {error}.") from error
    return report if version == SCHEMA_VERSION else msgspec.structs.replace(report, schema_version=SCHEMA_VERSION)


def _mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Plain data with every text changed, keys too."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(key): _mapped(item, change) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mapped(item, change) for item in value]
    return value


def _escape(text: str) -> str:
    return _SPECIAL.sub(lambda found: f"\x1a{ord(found[0]):04x}", text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)
