"""What each text of the contract is."""

from __future__ import annotations

import typing
from typing import Any, Literal

import msgspec
import pytest

from modelreport import facts
from modelreport.render.redaction.kinds import KINDS, Kind

STRUCTS = {
    name: kind
    for name, kind in vars(facts).items()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind is not facts.Fact
}


def holds_free_text(kind: Any) -> bool:
    """Whether a type has ``str``, or tuples of items, in it; a ``Literal`` has words of our own only."""
    if typing.get_origin(kind) is Literal:
        return False
    return kind in (str, facts.Item) or any(holds_free_text(each) for each in typing.get_args(kind))


@pytest.mark.parametrize("name", STRUCTS)
def test_every_field_with_free_text_says_what_it_is(name: str) -> None:
    text = {field.name for field in msgspec.structs.fields(STRUCTS[name]) if holds_free_text(field.type)}
    assert text == set(KINDS.get(name, {}))


def test_no_kind_is_made_up() -> None:
    assert {kind for kinds in KINDS.values() for kind in kinds.values()} <= set(typing.get_args(Kind))
    assert set(KINDS) <= set(STRUCTS)
