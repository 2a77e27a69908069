"""Finished sentences in another language, recognised by what stands between their values.

Facts are written in English and stay so (a report's JSON is the same in every language). The catalogue's messages for
them are the texts that the program makes them from: ``{count} tensors are {how:cut short|missing}``. A name in braces
stands for anything; with words behind a colon it stands for one of these, and the translation may have words of its own
for each, in the same order: ``{how:被截断|缺失}``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_PLACED: Final = re.compile(r"( ?)\{([A-Za-z_]\w*)\}( ?)")
_WIDE: Final = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_FIGURE: Final = re.compile(r"[<>±]?-?[\d.,]+(?:e-?\d+)?(?: ?[%×\w/]{1,8})?")
"""A number with its unit."""
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
_MOST_VARIANTS: Final = 128
"""Combinations of words that one message may stand for."""
_BEGINNING: Final = 4
"""Letters before its first value from which on a message has a beginning to be known by."""
_BEGUN: Final = 20
"""Letters that such a beginning is worth."""
_LEAST: Final = 3
"""Letters between the values that a message must have to be recognised at all."""
_PLAIN: Final = 7
"""Letters from which on a value may be a phrase, where that is known itself."""
_FIRM: Final = 16
"""Letters from which on a message is recognised whatever the values are."""
SURE: Final = 40
"""Letters from which on it is recognised even where a value is of several sentences."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One form of a message: fixed texts, one more than names, and the translation with the names in braces."""

    literals: tuple[str, ...]
    names: tuple[str, ...]
    translation: str

    @property
    def letters(self) -> int:
        """How much of it is fixed."""
        return sum(char.isalpha() for literal in self.literals for char in literal)

    @property
    def weight(self) -> tuple[int, int]:
        """The heavier, the surer a text of its form is it: letters, those at the beginning above all; then signs."""
        letters = self.letters
        firm = sum(char.isalpha() for char in self.literals[0]) >= _BEGINNING
        return letters + (_BEGUN if firm else 0), sum(map(len, self.literals))

    def words(self) -> Iterator[str]:
        """Words that stand whole in every text of this form: no value can touch them."""
        last = len(self.literals) - 1
        for number, literal in enumerate(self.literals):
            for found in _WORD.finditer(literal):
                if (found.start() or not number) and (found.end() < len(literal) or number == last):
                    yield found[0]

    def match(self, text: str) -> dict[str, str] | None:
        """The values in a text, or ``None`` where the text is not of this form."""
        first, *others = self.literals
        if not text.startswith(first) or not text.endswith(self.literals[-1]):
            return None
        values: dict[str, str] = {}
        start, end = len(first), len(text) - len(others[-1] if others else "")
        for number, (name, literal) in enumerate(zip(self.names, others, strict=True), 1):
            last = number == len(others)
            place = end if last else self._place(text, start, end, number)
            if place < start:
                return None
            value = text[start:place]
            if values.setdefault(name, value) != value or (last and _ends_itself(value, literal)):
                return None
            start = place + (len(literal) if text.startswith(literal, place) else 0)
        return values if self.names or start == len(text) else None

    def _place(self, text: str, start: int, end: int, number: int) -> int:
        """Where a value ends: before the fixed text behind it; -1 where that is not there.

        Of two values with a space between them each has one word, or the first is a number, or the second has all.
        """
        literal = self.literals[number]
        if literal.strip():
            return text.find(literal, start, end)
        behind = self.literals[number + 1]
        both = text[start : text.find(behind, start, end) if behind.strip() else end]
        word = both.partition(" ")[0]
        apart = both.count(" ") == 1 or word.startswith("{") or _FIGURE.fullmatch(word)
        return start + len(word) if literal and apart else start


def _ends_itself(value: str, literal: str) -> bool:
    """Whether a value at the end of a text has its full stop or the like: that ends the sentence, not the value."""
    return not literal and value.endswith((".", ":", ";", "!", "?"))


def variants(message: str, translation: str) -> Iterator[tuple[str, str]]:
    """The message for each choice of its words, and the translation with the words that go with the choice."""
    choices: dict[str, list[str]] = {}
    for name, words in _PLACEHOLDER.findall(message):
        if words:
            choices.setdefault(name, words.split("|"))
    size = 1
    for words in choices.values():
        size *= len(words)
    if size > _MOST_VARIANTS:
        choices = {}
    for places in product(*(range(len(words)) for words in choices.values())):
        chosen = dict(zip(choices, places, strict=True))
        yield _choose(message, chosen), _choose(translation, chosen)


def _choose(text: str, chosen: Mapping[str, int]) -> str:
    """A text with the words of these places, where it has words for them."""

    def word(found: re.Match[str]) -> str:
        words = (found[2] or "").split("|")
        if found[1] not in chosen or not found[2]:
            return f"{{{found[1]}}}"
        return words[min(chosen[found[1]], len(words) - 1)]

    return _PLACEHOLDER.sub(word, text)


def pattern(message: str, translation: str) -> Pattern | None:
    """The pattern of a message without words to choose from; ``None`` where next to nothing of it is fixed."""
    pieces = _PLACEHOLDER.split(message)
    made = Pattern(tuple(pieces[::3]), tuple(pieces[1::3]), translation)
    return made if made.names and made.letters >= _LEAST else None


def fill(translation: str, values: Mapping[str, object]) -> str:
    """A translation with its values; one that is not known stays as it is written.

    Chinese and Japanese set no space between their own characters: one that stands in the translation beside a value
    is for values of letters and digits.
    """

    def put(found: re.Match[str]) -> str:
        if found[2] not in values:
            return found[0]
        value = str(values[found[2]])
        before, behind = translation[: found.start()][-1:], translation[found.end() :][:1]
        left = "" if _WIDE.match(before) and _WIDE.match(value[:1]) else found[1]
        right = "" if _WIDE.match(behind) and _WIDE.match(value[-1:]) else found[3]
        return f"{left}{value}{right}"

    return _PLACED.sub(put, translation)


class Patterns:
    """Patterns in their order, found by a word that whatever they fit must have."""

    def __init__(self, ordered: Iterable[Pattern]) -> None:
        self.ordered = tuple(ordered)
        words = [tuple(each.words()) for each in self.ordered]
        often = Counter(word for each in words for word in set(each))
        self._by_word: dict[str, list[int]] = {}
        self._always: list[int] = []
        for place, each in enumerate(words):
            rarest = min(each, key=lambda word: (often[word], word), default=None)
            (self._always if rarest is None else self._by_word.setdefault(rarest, [])).append(place)

    def for_text(self, text: str) -> Iterator[Pattern]:
        """Those that may fit the text, in their order."""
        places = set(self._always)
        for word in set(_WORD.findall(text)):
            places.update(self._by_word.get(word, ()))
        return (self.ordered[place] for place in sorted(places))


def recognised(text: str, patterns: Patterns, say: Callable[[str], str]) -> tuple[str, tuple[str, ...], int] | None:
    """The translation of a text by the first pattern that it fits, its values said by ``say``; the values; its letters.

    A pattern of few letters must not swallow sentences: its values are single words, numbers with a unit, or phrases
    that are known themselves. Of one that begins with a value the letters are given as none.
    """
    for each in patterns.for_text(text):
        values = each.match(text)
        if values is None:
            continue
        told = {name: say(value) for name, value in values.items()}
        phrases = [name for name, value in values.items() if not _short(value)]
        known = each.letters >= _PLAIN and all(told[name] != values[name] for name in phrases)
        if not phrases or known or each.letters >= _FIRM:
            return fill(each.translation, told).strip(), tuple(values.values()), each.letters * bool(each.literals[0])
    return None


def _short(value: str) -> bool:
    """Whether a value is a word or a number."""
    return " " not in value.strip() or _FIGURE.fullmatch(value.strip()) is not None
