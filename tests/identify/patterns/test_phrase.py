from __future__ import annotations

from modelreport.identify.patterns.phrase import Phrase, article, joined, one_value, plural, where_words
from modelreport.render.format import message


def test_numbers_and_names_are_values_and_not_text() -> None:
    phrase = Phrase()
    name, share = phrase.put("a{b}"), phrase.put(0.5, "share")
    found = phrase.message(f"{phrase.listed([3, 4, 6, 3])} of {phrase.span([96, 768])}, {share} in {name}.")
    assert message(found) == "3, 4, 6 and 3 of 96 to 768, 50 % in a{b}."
    assert "a{b}" in found.values.values()


def test_the_same_value_is_kept_once() -> None:
    phrase = Phrase()
    assert phrase.put(64) == phrase.put(64) != phrase.put(64, "count")
    assert phrase.put(1) != phrase.put(True)


def test_words_agree_with_numbers() -> None:
    assert (plural(1, "layer"), plural(2, "layer"), plural(2, "box", "boxes")) == ("layer", "layers", "boxes")
    words = ("8", "80", "11", "12", "18", "MLP", "encoder", "layer")
    assert {word for word in words if article(word) == "a"} == {"12", "layer"}
    assert joined(["a"]) == "a"
    assert joined(["a", "b", "c"]) == "a, b and c"
    assert (one_value([2, 2]), one_value([1, 2])) == (2, None)
    phrase = Phrase()
    assert where_words(phrase, 3, 3) == ""
    assert message(phrase.message(where_words(phrase, 1, 3))) == " in 1 layer"
