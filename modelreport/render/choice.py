"""Some of the sections: those that were asked for, and no link from them to one that was not."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Final

from markupsafe import Markup

from modelreport.errors import OptionsError
from modelreport.render.delivery import Part, trusted
from modelreport.render.sections import SECTIONS

_ID: Final = re.compile(r"""\sid="?([^"\s>]+)""")
_LINK: Final = re.compile(r' href="#([^"]+)"')
_NUMBER: Final = re.compile(r"\d+$")


def check_sections(wanted: Collection[str]) -> None:
    """Refuse a section there is not."""
    known = [section.id for section in SECTIONS]
    for word in wanted:
        if word not in known:
            raise OptionsError(f"{word}: there is no such section.", f"Use some of {', '.join(known)}.")


def choose(parts: Sequence[Part], wanted: Collection[str]) -> Sequence[Part]:
    """The sections that are wanted, all for none; what would lead to another is text."""
    if not wanted:
        return parts
    kept = [part for part in parts if part.id in wanted]
    here = {part.id for part in kept}.union(*(_ID.findall(str(part.body)) for part in kept))
    gone = {part.id for part in parts if part not in kept}
    gone.update(name for part in parts if part not in kept for name in _ID.findall(str(part.body)))
    kinds = {_NUMBER.sub("", name) for name in gone - here if _NUMBER.search(name)}  # rows that only scripts show
    gone -= here
    return [replace(part, body=_unlinked(part.body, gone, kinds)) for part in kept]


def _unlinked(body: Markup, gone: set[str], kinds: set[str]) -> Markup:
    def drop(found: re.Match[str]) -> str:
        return "" if found[1] in gone or _NUMBER.sub("", found[1]) in kinds else found[0]

    return trusted(_LINK.sub(drop, str(body)))
