"""What the report says, in the language asked for.

English is the source: each message is its own key. ``templates/lang/<code>.po`` holds the others, one catalogue for
each language, in the form that translators' tools read. A message without a translation stays English.

* Python: ``_("{count} of {total} layers", count="3", total="8")``; ``mark("…")`` for a constant that ``_`` gets later.
* Templates: ``{{ _("Findings") }}``, ``{{ _("{count} more", count=left|exact) }}``.
* Scripts: ``t('Search the map')`` of ``templates/js/language.js``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final

from modelreport.render.setting import setting

SOURCE: Final = "en"
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]\w*)\}")


def mark(message: str) -> str:
    """The message as it is: says to the collector of messages that ``_`` will be given it."""
    return message


def _(message: str, /, **values: object) -> str:
    """The message in the language of the report, its ``{name}`` placeholders filled in from ``values``.

    A placeholder without a value stays as it is. Nothing else in the text has a meaning.
    """
    told = catalogue(setting().options.lang).get(message, message)
    return _PLACEHOLDER.sub(lambda found: str(values.get(found[1], found[0])), told) if values else told


@cache
def catalogue(lang: str) -> Mapping[str, str]:
    """From each message to its translation; empty for the source language."""
    if lang == SOURCE:
        return {}
    import polib

    return {entry.msgid: entry.msgstr for entry in polib.pofile(str(_file(lang))) if entry.translated()}


def languages() -> tuple[str, ...]:
    """Codes of the languages there are."""
    return (SOURCE, *sorted(path.stem for path in _file("en").parent.glob("*.po")))


def _file(lang: str) -> Path:
    from modelreport.render.environment import templates_folder

    return templates_folder() / "lang" / f"{lang}.po"
