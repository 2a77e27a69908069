"""The index of the catalogue: cards to search, sort and filter, whole without scripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from modelreport.options import RenderOptions
from modelreport.render import format as text
from modelreport.render.delivery import named, script, style
from modelreport.render.environment import environment
from modelreport.render.language import _, mark, script_messages, tag
from modelreport.render.map.thumbnail import HEIGHT, WIDTH
from modelreport.render.setting import under
from modelreport.site.card import Card
from modelreport.site.manifest import Manifest
from modelreport.site.plan import Plan

STYLES: Final = ("css/tokens.css", "css/layout.css", "css/components.css", "css/map.css", "site/site.css")
LEVELS: Final = ("error", "warning", "ok", "unread")
"""The levels of the verdict, what asks for attention first."""
_UNREAD: Final = mark("Not read")


@dataclass(frozen=True)
class Choice:
    """A value to filter by, and how many have it."""

    value: str
    words: str
    count: int


def index_files(look: RenderOptions) -> dict[str, bytes]:
    """The files that the index needs beside those of the reports."""
    with under(look):
        return dict([_style(), _script()])


def _style() -> tuple[str, bytes]:
    return named("modelreport-site", "css", style(STYLES))


def _script() -> tuple[str, bytes]:
    return named("modelreport-site", "js", script("site"))


def write_index(made: Manifest, plan: Plan) -> bytes:
    """The page, UTF-8. The same catalogue gives the same bytes."""
    cards = sorted((entry.card for entry in made.models), key=lambda card: (not card.page, _natural(card.name)))
    with under(plan.look):
        page = (
            environment()
            .get_template("site/index.html")
            .render(
                title=plan.heading or _("Models"),
                lang=tag(),
                messages=script_messages(script("site").decode()),
                cards=[_shown(card) for card in cards],
                totals=_totals(cards),
                levels=_levels(cards),
                families=_choices(card.family for card in cards),
                formats=_choices(card.format for card in cards),
                thumbnail=(WIDTH, HEIGHT),
                shared={"style": f"assets/{_style()[0]}", "main": f"assets/{_script()[0]}"},
            )
        )
    return page.encode("utf-8", "backslashreplace")


def _natural(name: str) -> tuple[list[tuple[bool, int, str]], str]:
    """Orders ``run_2`` before ``run_10``, as the scripts do."""
    parts = re.findall(r"[0-9]{1,18}|[^0-9]+", name.lower())
    return [(not part.isdecimal(), int(part) if part.isdecimal() else 0, part) for part in parts], name


def _shown(card: Card) -> Mapping[str, Any]:
    """A card with its figures as text."""
    icons, words = {**text.VERDICT_ICONS, "unread": "○"}, {**text.VERDICT_WORDS, "unread": _UNREAD}
    return {
        "card": card,
        "title": card.title or card.name.rpartition("/")[2],
        "icon": icons[card.level],
        "word": _(words[card.level]),
        "figures": [
            (_("Parameters"), text.count(card.parameters), text.exact(card.parameters)),
            (_("Compute"), text.macs(card.macs), text.exact(card.macs)),
            (_("Size"), text.bytes_decimal(card.size_bytes), text.exact(card.size_bytes)),
        ],
    }


def _totals(cards: list[Card]) -> str:
    read = [card for card in cards if card.page]
    return " · ".join(
        (
            text.plural(len(cards), "model"),
            _("{count} parameters", count=text.count(sum(card.parameters or 0 for card in read))),
            text.bytes_decimal(sum(card.size_bytes for card in read)),
        )
    )


def _levels(cards: list[Card]) -> list[Choice]:
    counts = Counter(card.level for card in cards)
    words = {**text.VERDICT_WORDS, "unread": _UNREAD}
    return [Choice(level, _(words[level]), counts[level]) for level in LEVELS if counts[level]]


def _choices(values: Any) -> list[Choice]:
    """The values there are, the most frequent first."""
    counts = Counter(value for value in values if value)
    return [Choice(value, value, count) for value, count in sorted(counts.items(), key=lambda c: (-c[1], c[0]))]
