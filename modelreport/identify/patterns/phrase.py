"""Sentences with numbers in them: text with placeholders and the values that belong there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from modelreport.facts import Message

Value = str | int | float | None


class Phrase:
    """Collects the values of one sentence and hands out their placeholders."""

    def __init__(self) -> None:
        self.values: dict[str, Value] = {}

    def put(self, value: Value, unit: str = "") -> str:
        """Placeholder of a value; ``unit`` is one of those of ``facts.Message``, such as ``share`` or ``count``."""
        for name, known in self.values.items():
            if known == value and type(known) is type(value) and name.endswith(f"_{unit}" if unit else "_value"):
                return f"{{{name}}}"
        name = f"n{len(self.values) + 1}_{unit or 'value'}"
        self.values[name] = value
        return f"{{{name}}}"

    def listed(self, values: Sequence[Value]) -> str:
        """``3, 4, 6 and 3``."""
        words = [self.put(value) for value in values]
        return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"

    def span(self, values: Sequence[int]) -> str:
        """``96 to 768``, or the one value that all are."""
        low, high = min(values), max(values)
        return self.put(low) if low == high else f"{self.put(low)} to {self.put(high)}"

    def grid(self, sizes: Sequence[int]) -> str:
        """``16×16``."""
        return "×".join(self.put(size) for size in sizes)

    def message(self, text: str) -> Message:
        """The sentence."""
        return Message(text=text, values=self.values)


def plural(count: int, one: str, many: str = "") -> str:
    """The word that goes with a number."""
    return one if count == 1 else many or f"{one}s"


def joined(words: Sequence[str]) -> str:
    """``a, b and c``."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}" if words else ""


def article(word: str) -> str:
    """``a`` or ``an`` before a word of our own or a number in figures."""
    return (
        "an" if word[:1].lower() in "aeio" or word[:3] == "MLP" or word[:1] == "8" or word[:2] in {"11", "18"} else "a"
    )


def where_words(phrase: Phrase, count: int, layers: int) -> str:
    """`` in 3 layers``, and nothing where it is in all of them."""
    return "" if count == layers else f" in {phrase.put(count)} {plural(count, 'layer')}"


def one_value(values: Iterable[object]) -> object:
    """The one value that all are, or nothing."""
    found = set(values)
    return found.pop() if len(found) == 1 else None
