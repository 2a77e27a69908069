"""Tables of distinct values: in the payloads of the map a value stands once and columns hold its place."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import Any, TypeVar

Fact = TypeVar("Fact", bound=Hashable)


class Table:
    """Distinct values in the order of their first use."""

    def __init__(self) -> None:
        self._places: dict[Any, int] = {}

    def place(self, value: Any) -> int:
        """Where the value stands; it is added when it is new."""
        return self._places.setdefault(value, len(self._places))

    def values(self) -> list[Any]:
        """All values, by their places."""
        return list(self._places)


def column(table: Table, facts: Iterable[Fact], write: Callable[[Fact], Any]) -> list[int]:
    """The place of what ``write`` makes of each fact; equal facts are written once."""
    known: dict[Fact, int] = {}
    places = []
    for fact in facts:
        place = known.get(fact)
        if place is None:
            place = known[fact] = table.place(write(fact))
        places.append(place)
    return places
