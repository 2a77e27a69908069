"""Finished sentences in another language, recognised by what stands between their values.

Facts are written in English and stay so (a report's JSON is the same in every language). The catalogue's messages for
them are the texts that the program makes them from: ``{count} tensors are {how:cut short|missing}``. A name in braces
stands for anything; with words behind a colon it stands for one of these, and the translation may have words of its own
for each, in the same order: ``{how:被截断|缺失}``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Final

_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_WIDE: Final = re.compile(r"[\u3000-\u30ff\u3400-\u9fff\uff00-\uffef]")
_HAN: Final = re.compile(r"[\u3400-\u9fff]")
_NARROW: Final = re.compile(r"[A-Za-z0-9%]")
"""What stands apart from Chinese characters."""
_FIGURE: Final = re.compile(r"[<>±]?-?[\d.,]+(?:e-?\d+)?(?: ?[%×\w/]{1,8})?|\{\w+\}")
"""A number with its unit, or the place of one."""
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_]\w*)(?::([^{}]*))?\}")
_MOST_VARIANTS: Final = 128
"""Combinations of words that one message may stand for."""
_BEGINNING: Final = 4
"""Letters before its first value from which on a message has a beginning to be known by."""
_BEGUN: Final = 20
"""Letters that such a beginning is worth."""
_LEAST: Final = 3
"""Letters between the values from which on these may be words; between figures one is enough: ``{low} to {high}``."""
_PLAIN: Final = 7
"""Letters from which on a value may be a phrase, where that is known itself."""
_FIRM: Final = 16
"""Letters from which on a message is recognised whatever the values are."""
SURE: Final = 36
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
    pieces = _PLACEHOLDER.split(text)
    found = [pieces[0]]
    for name, choice, behind in zip(pieces[1::3], pieces[2::3], pieces[3::3], strict=True):
        words = (choice or "").split("|")
        if name in chosen and choice:
            found += [words[min(chosen[name], len(words) - 1)], behind]
        else:  # a value, of which nothing is known yet
            found[-1] += f"{{{name}}}{behind}"
    return set_together(found)


def pattern(message: str, translation: str) -> Pattern | None:
    """The pattern of a message without words to choose from; ``None`` where next to nothing of it is fixed."""
    pieces = _PLACEHOLDER.split(message)
    made = Pattern(tuple(pieces[::3]), tuple(pieces[1::3]), translation)
    return made if made.names and made.letters else None


def fill(translation: str, values: Mapping[str, object]) -> str:
    """A translation with its values, set as ``set_together`` does; one that is not known stays as it is written."""
    pieces = _PLACEHOLDER.split(translation)
    found: list[str] = []
    for place in range(0, len(pieces), 3):
        found.append(pieces[place])
        if place + 1 < len(pieces):
            name, words = pieces[place + 1], pieces[place + 2]
            unknown = f"{{{name}}}" if words is None else f"{{{name}:{words}}}"
            found.append(str(values[name]) if name in values and words is None else unknown)
    return set_together(found)


def set_together(pieces: Sequence[str]) -> str:
    """Texts and values in turn as one text, set as ``spaced`` does."""
    return "".join(spaced(pieces))


def spaced(pieces: Sequence[str]) -> list[str]:
    """Texts and values in turn, each text with the spaces at its ends that the scripts beside it ask for.

    Chinese characters stand apart from Latin letters and digits, and by nothing from each other and their punctuation:
    a space that a translation has beside a value is for values of letters and digits. Values are never changed, nor is
    anything where no text has such characters.
    """
    found = list(pieces)
    if not any(map(_WIDE.search, pieces[::2])):
        return found
    for place in range(0, len(found), 2):
        before = _edge(found, range(place - 1, -1, -1), -1)
        behind = _edge(found, range(place + 1, min(place + 2, len(found))), 0)
        text = found[place]
        if not text:
            found[place] = " " if _apart(before, behind) else ""
            continue
        if _WIDE.match(before) and _WIDE.match(text.lstrip(" ")[:1]):
            text = text.lstrip(" ")
        if _WIDE.match(behind) and _WIDE.match(text.rstrip(" ")[-1:]):
            text = text.rstrip(" ")
        found[place] = f"{' ' * _apart(before, text[:1])}{text}{' ' * _apart(text[-1:], behind)}"
    return found


def _edge(pieces: Sequence[str], places: Iterable[int], end: int) -> str:
    """The outermost character of the first of these that is not empty; a value that is still to come is a figure."""
    place = next((each for each in places if pieces[each]), None)
    char = pieces[place][end] if place is not None else ""
    return "0" if place is not None and place % 2 and char in "{}" else char


def _apart(before: str, behind: str) -> bool:
    """Whether a space is missing between two characters."""
    return bool((_HAN.match(before) and _NARROW.match(behind)) or (_NARROW.match(before) and _HAN.match(behind)))


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
        if values is None or (each.letters < _LEAST and not all(map(is_figure, values.values()))):
            continue
        told = {name: say(value) for name, value in values.items()}
        phrases = [name for name, value in values.items() if not _short(value)]
        known = each.letters >= _PLAIN and all(told[name] != values[name] for name in phrases)
        if not phrases or known or each.letters >= _FIRM:
            return fill(each.translation, told).strip(), tuple(values.values()), each.letters * bool(each.literals[0])
    return None


def is_figure(value: str) -> bool:
    """Whether a value is a number, with or without its unit, or the place of one."""
    return _FIGURE.fullmatch(value.strip()) is not None


def _short(value: str) -> bool:
    """Whether a value is a word or a number."""
    return " " not in value.strip() or is_figure(value)
