"""The headings of the document: templates write them through one place, which the contents are then made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

COLUMN_ROWS: Final = 24
"""Rows of one column of the contents on the cover."""


@dataclass(frozen=True)
class Heading:
    """One heading, whose id is the anchor of a link to it."""

    level: int
    """2 for a section, 3 for a part of it, 4 for a drawing or a table in it."""
    id: str
    title: str


class Headings:
    """Collects headings as a template writes them: ``{{ heading(3, "usage-devices", _("Devices")) }}``."""

    def __init__(self) -> None:
        self.listed: list[Heading] = []

    def __call__(self, level: int, id: str, title: str, sign: Markup | str = "") -> Markup:  # noqa: A002 - its name
        """The element; ``sign`` is set before the title and left out of the contents."""
        self.listed.append(Heading(level, id, title))
        return Markup('<h{level} id="{id}">{sign}<bdi>{title}</bdi></h{level}>').format(
            level=level, id=id, title=title, sign=sign
        )

    def contents(self, columns: int = 2) -> list[list[Heading]]:
        """Headings for the cover in columns of about equal length: sections whole, with their parts where all fit."""
        chosen = [each for each in self.listed if each.level <= 3]
        if len(chosen) > columns * COLUMN_ROWS:
            chosen = [each for each in chosen if each.level == 2]
        whole = self._sections(chosen)
        made: list[list[Heading]] = [[] for _ in range(columns)]
        place, left = 0, len(chosen)
        for section in whole:
            full = len(made[place]) + len(section) / 2 > left / (columns - place)
            if made[place] and full and place + 1 < columns:
                left -= len(made[place])
                place += 1
            made[place].extend(section)
        return [column for column in made if column]

    def titles(self) -> Mapping[str, str]:
        """From each anchor to the words of its heading."""
        return {each.id: each.title for each in self.listed}

    @staticmethod
    def _sections(listed: list[Heading]) -> list[list[Heading]]:
        made: list[list[Heading]] = []
        for each in listed:
            if each.level == 2 or not made:
                made.append([])
            made[-1].append(each)
        return made
