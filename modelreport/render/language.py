"""What the report says, in the language asked for.

English is the source: each message is its own key. ``templates/lang/<code>.po`` holds the others, one catalogue for
each language, in the form that translators' tools read. A message without a translation stays English.

* Python: ``_("{count} of {total} layers", count="3", total="8")``; ``mark("…")`` for a constant that ``_`` gets later.
* Templates: ``{{ _("Findings") }}``, ``{{ _("{count} more", count=left|exact) }}``.
* Scripts: ``t('Search the map')`` of ``templates/js/language.js``.
* Sentences of facts, which are finished: ``tell(skipped.reason)``, in templates ``{{ note|tell }}``.
* A number and what it counts: ``plural(3, "3", "tensor", "tensors")``, for which ``format.plural`` is the usual way.
"""

from __future__ import annotations

import gettext
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, Protocol, cast

from modelreport.render.patterns import (
    SURE,
    Patterns,
    fill,
    is_figure,
    pattern,
    recognised,
    set_together,
    variants,
)
from modelreport.render.setting import setting

SOURCE: Final = "en"
_SCRIPTED: Final = re.compile(r"""\b(?:t|mark)\(\s*(?:'((?:[^'\\\n]|\\.)*)'|"((?:[^"\\\n]|\\.)*)")""")
_BREAK: Final = re.compile(r"([.!?:;,]) (?=\S)")
_LIST: Final = re.compile(r"(, and | and then |, | and | or |; )")
JOINTS: Final = (", and ", " and then ", ", ", " and ", " or ", "; ")
"""What stands between the items of a list: messages too."""
MARKS: Final = (".", ":", ";", ",", "!", "?", " (", ")")
"""What stands between the parts of a sentence that are said one by one, and around a remark: messages too."""
_LONGEST: Final = 3_000
"""Characters of the longest sentence that is told."""
_DEEPEST: Final = 60
"""Sentences in each other that are told: what is said has a handful."""
_INSIDE: Final = 5
"""Pieces of a list, joints among them, that may be one item."""
_LONG_LIST: Final = 41
"""Pieces from which on each item is told by itself: what is said is shorter."""
_WIDE: Final = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]$")


def mark(message: str) -> str:
    """The message as it is: says to the collector of messages that ``_`` will be given it."""
    return message


def _(message: str, /, **values: object) -> str:
    """The message in the language of the report, its ``{name}`` placeholders filled in from ``values``.

    A placeholder without a value stays as it is. Nothing else in the text has a meaning.
    """
    told = catalogue(setting().options.lang).messages.get(message, message)
    return fill(told, values) if values else told


def tell(sentence: str) -> str:
    """A finished sentence of a fact in the language of the report; what is not known stays English.

    So does what is far longer than anything that is said, or of more parts in each other: it comes from a file.
    """
    lang = setting().options.lang
    if lang == SOURCE or not sentence or len(sentence) > _LONGEST:
        return sentence
    try:
        return _told(lang, sentence)
    except RecursionError:
        return sentence


def gap() -> str:
    """What stands between two sentences: a space, or nothing where the full stop has its own."""
    return "" if _WIDE.search(_(".")) else " "


def plural(count: int, shown: str, one: str, many: str) -> str:
    """``1 tensor``, ``1,234 tensors`` in the language of the report; ``shown`` is the number as it is written."""
    book = catalogue(setting().options.lang)
    forms = book.plurals.get((f"{{count}} {one}", f"{{count}} {many}"))
    if forms is None:
        return f"{shown} {one if count == 1 else many}"
    return forms[min(book.rule(count), len(forms) - 1)].replace("{count}", shown)


def tag() -> str:
    """The language of the report as pages name it (BCP 47): ``en``, ``zh-CN``; fonts choose their glyphs by it."""
    return catalogue(setting().options.lang).tag or setting().options.lang


@dataclass(frozen=True)
class Catalogue:
    """What one language says."""

    tag: str = ""
    """Its name for pages, from the header of the catalogue; empty for that of the file."""

    messages: Mapping[str, str] = field(default_factory=dict)
    """From each message to its translation."""
    plurals: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """From a message for one and for many to the language's forms."""
    rule: Callable[[int], int] = lambda count: int(count != 1)
    """Which of the forms goes with a number."""
    patterns: Patterns = field(default_factory=lambda: Patterns(()))
    """Of the messages with placeholders, the surest first."""


@cache
def catalogue(lang: str) -> Catalogue:
    """The catalogue of a language; empty for the source language."""
    if lang == SOURCE:
        return Catalogue()
    import polib

    book = polib.pofile(str(_file(lang)))
    entries = [entry for entry in book if not entry.obsolete and not entry.fuzzy]
    told = [pair for e in entries if e.msgstr for pair in variants(e.msgid, e.msgstr)]
    made = [found for message, translation in told if (found := pattern(message, translation))]
    return Catalogue(
        tag=_tag(book.metadata.get("Language", "")),
        messages=dict(told) | {e.msgid: e.msgstr for e in entries if e.msgstr},
        plurals={
            (e.msgid, e.msgid_plural): tuple(form for _place, form in sorted(e.msgstr_plural.items()))
            for e in entries
            if e.msgid_plural and all(e.msgstr_plural.values())
        },
        rule=_rule(book.metadata.get("Plural-Forms", "")),
        patterns=Patterns(sorted(made, key=lambda each: (each.weight, each.literals), reverse=True)),
    )


def _tag(name: str) -> str:
    """The tag for a language as catalogues name it: ``zh_CN`` is ``zh-CN``; empty where it is none."""
    found = name.strip().replace("_", "-")
    return found if re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", found) else ""


class _Compiler(Protocol):
    def __call__(self, plural: str) -> Callable[[int], int]: ...


def _rule(header: str) -> Callable[[int], int]:
    """The rule of a catalogue's header, such as ``nplurals=1; plural=0;``: parsed by gettext, never evaluated."""
    found = re.search(r"plural\s*=\s*([^;]+)", header)
    compiled = cast("_Compiler", vars(gettext)["c2py"])
    return compiled(found[1].strip() if found else "n != 1")


class _Nesting(threading.local):
    """How many sentences deep this thread is in one."""

    depth = 0


_nesting = _Nesting()


def _told(lang: str, sentence: str) -> str:
    """A sentence or a part of one; ``RecursionError`` where too many lie in each other, however deep the stack."""
    if _nesting.depth >= _DEEPEST:
        raise RecursionError
    _nesting.depth += 1
    try:
        return _told_anew(lang, sentence)
    finally:
        _nesting.depth -= 1


@lru_cache(maxsize=1 << 14)
def _told_anew(lang: str, sentence: str) -> str:
    """A sentence in a language: as a message, by a pattern, else part by part; what is not known stays English.

    A pattern one of whose values is itself of several sentences is the last choice: it may have swallowed them.
    """
    bare = sentence.strip()
    whole, sure = _known(lang, bare)
    if sure:
        return whole
    for found in reversed(list(_BREAK.finditer(bare))):
        head, mark, tail = bare[: found.start()], found[1], bare[found.end() :]
        begun, sure = _known(lang, head + mark) if mark in ".!?:" else ("", False)
        if not sure:
            begun, sure = _known(lang, head, mark)
        rest = _told(lang, tail) if sure else tail
        if sure and (mark != "," or rest != tail):
            return begun + ("" if _WIDE.search(begun) else " ") + _ended(lang, rest)
    return whole or _lowered(lang, bare) or _listed(lang, bare.removesuffix(".")) or sentence


def _ended(lang: str, text: str) -> str:
    """A name at the end of a sentence with the full stop of the language."""
    stop = catalogue(lang).messages.get(".", ".")
    return text[:-1] + stop if text.endswith(".") and " " not in text else text


def _lowered(lang: str, text: str) -> str:
    """A sentence that begins with a phrase of ours in a capital letter; empty where it is none."""
    small = text[:1].lower() + text[1:]
    if small == text:
        return ""
    told = _told(lang, small)
    return told[:1].upper() + told[1:] if told != small else ""


def _known(lang: str, text: str, mark: str = "") -> tuple[str, bool]:
    """The translation of a text that is a message or of the form of one, with this mark at its end.

    Empty where it is not known; whether it is beyond doubt.
    """
    book = catalogue(lang)
    end = book.messages.get(mark, mark)
    stop = book.messages.get(".", ".")
    bare = text.removesuffix(".")
    if text in book.messages:
        return book.messages[text] + end, True
    if f"{text}." in book.messages:
        return book.messages[f"{text}."].removesuffix(stop) + end, True
    if bare in book.messages:
        return book.messages[bare] + stop, True
    doubtful = ""
    forms = ((text, "", end), (bare, "", stop)) if text != bare else ((text, "", end), (f"{text}.", stop, end))
    for form, cut, tail in forms:
        found = recognised(form, book.patterns, lambda value: _value(lang, value))
        if found is not None:
            told = found[0].removesuffix(cut) + tail
            if found[2] >= SURE or not any(_BREAK.search(value) for value in found[1]):
                return told, True
            doubtful = doubtful or told
    return doubtful, False


def _value(lang: str, value: str) -> str:
    """A value in a sentence: a phrase or a list of phrases is said in the language, a single word is a name."""
    if not set(value.strip()) & set(" -"):
        from modelreport.render.phrases import ALONE

        return catalogue(lang).messages.get(value, value) if value in ALONE else value
    if value.strip() in catalogue(lang).messages:
        return catalogue(lang).messages[value.strip()]
    listed = _listed(lang, value)
    return listed or _told(lang, value)


def _listed(lang: str, text: str) -> str:
    """A list whose every item is known, or a single word and so a name or a number; empty for anything else."""
    pieces = _LIST.split(text.strip())
    if not pieces[1:]:
        return ""
    ours = catalogue(lang).messages
    whole, items, between = _items(lang, pieces)
    if not between:
        return ""  # one thing, no list
    if all(piece in ours and piece.islower() for piece in whole):
        items = [ours[piece] for piece in whole]
    if not all(items) or (whole == items and any(item[:1].islower() for item in items)):
        return ""
    said = items[0]
    for joint, item in zip(between, items[1:], strict=True):
        told = ours.get(joint, joint)
        # a word, unlike a sign, stands apart from letters of another script
        worded = _WIDE.search(told) and told[-1].isalpha()
        said = set_together(("", said, told, item)) if worded else said + told + item
    return said


def _items(lang: str, pieces: Sequence[str]) -> tuple[list[str], list[str], list[str]]:
    """The items of a list as they are and as they are said, and the joints between them.

    An item that has a joint in itself is known as a whole: ``a GRU with 8 inputs and 16 hidden units``.
    """
    whole: list[str] = []
    items: list[str] = []
    between: list[str] = []
    start = 0
    while start < len(pieces):
        most = min(len(pieces), start + _INSIDE) if len(pieces) <= _LONG_LIST else start
        end = next((e for e in range(most, start + 1, -2) if _joined(lang, pieces[start:e])), start + 1)
        found = "".join(pieces[start:end])
        plain = " " not in found or all(is_figure(part) or not part.isalnum() for part in found.split(" "))
        whole.append(found)
        items.append(found if plain else _joined(lang, [found]) or _known(lang, found)[0])
        between += pieces[end : end + 1]
        start = end + 1
    return whole, items, between


def _joined(lang: str, pieces: Sequence[str]) -> str:
    """What is said for items and the joints between them as one thing, its values free of such joints."""
    if not pieces[1:]:
        return ""
    text = "".join(pieces)
    book = catalogue(lang)
    if text in book.messages:
        return book.messages[text]
    found = recognised(text, book.patterns, lambda value: _value(lang, value))
    return found[0] if found is not None and not any(map(_LIST.search, found[1])) else ""


def script_messages(source: str) -> dict[str, str]:
    """What the scripts in ``source`` say that the language of the report has other words for."""
    book = catalogue(setting().options.lang).messages
    if not book:
        return {}
    return {message: book[message] for message in sorted(scripted(source)) if message in book}


def scripted(source: str) -> set[str]:
    """The messages that a script gives ``t`` or ``mark``."""
    return {_unquoted(single or double) for single, double in _SCRIPTED.findall(source)} - {""}


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], text)


def languages() -> tuple[str, ...]:
    """Codes of the languages there are."""
    return (SOURCE, *sorted(path.stem for path in _file("en").parent.glob("*.po")))


def _file(lang: str) -> Path:
    from modelreport.render.folders import templates_folder

    return templates_folder() / "lang" / f"{lang}.po"
