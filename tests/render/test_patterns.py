"""Finished sentences recognised by what stands between their values."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from modelreport.render.patterns import Pattern, Patterns, fill, pattern, recognised, variants


def match(message: str, text: str) -> dict[str, str] | None:
    made = pattern(message, "")
    assert made
    return made.match(text)


def test_a_sentence_gives_its_values_back() -> None:
    assert match("{count} of {all} tensors hold NaN.", "3 of 12 tensors hold NaN.") == {"count": "3", "all": "12"}
    assert match("Only {name}", "Only a.b") == {"name": "a.b"}
    assert match("{name} only", "a.b only") == {"name": "a.b"}


def test_a_sentence_of_another_form_is_none() -> None:
    assert match("{count} of {all} tensors.", "3 tensors.") is None
    assert match("It has {count} parts.", "It has 3 parts") is None
    assert match("It has {count} parts.", "It had 3 parts.") is None


def test_a_value_may_hold_what_stands_behind_it() -> None:
    assert match("{what} is not in {where}.", "a is not in b.c.") == {"what": "a", "where": "b.c"}
    assert match("the end of {name}", "the end of the end of x") == {"name": "the end of x"}


def test_the_same_name_twice_is_the_same_value_twice() -> None:
    assert match("{a} is like {a}.", "x is like x.") == {"a": "x"}
    assert match("{a} is like {a}.", "x is like y.") is None


def test_a_text_of_nothing_but_values_has_no_pattern() -> None:
    assert pattern("{a}: {b}", "") is None
    assert pattern("no placeholder", "") is None


def test_words_to_choose_from_give_one_variant_each_with_the_translation_of_its_own() -> None:
    assert list(variants("{n} {n:tensor is|tensors are} {how:cut|missing}", "{n} 个张量{how:被截断|缺失}")) == [
        ("{n} tensor is cut", "{n} 个张量被截断"),
        ("{n} tensor is missing", "{n} 个张量缺失"),
        ("{n} tensors are cut", "{n} 个张量被截断"),
        ("{n} tensors are missing", "{n} 个张量缺失"),
    ]


def test_a_message_of_too_many_combinations_is_one_pattern() -> None:
    message = " ".join(f"{{n{i}:a|b}}" for i in range(8))
    assert list(variants(message, "x")) == [(" ".join(f"{{n{i}}}" for i in range(8)), "x")]


def test_the_most_fixed_pattern_wins_and_values_are_said() -> None:
    made = [pattern("{a} is of {b}", "{b} 的 {a}"), pattern("{a} of {b} tensors are gone", "{b} 个张量中 {a} 个丢失")]
    patterns = Patterns(sorted(filter(None, made), key=lambda each: -each.letters))
    assert recognised("3 of 4 tensors are gone", patterns, str.upper) == ("4 个张量中 3 个丢失", ("3", "4"), 0)
    assert recognised("x is of y", patterns, str.upper) == ("Y 的 X", ("x", "y"), 0)


def test_a_pattern_of_few_letters_swallows_no_sentence() -> None:
    made = pattern("{a} is of {b}", "{b} 的 {a}")
    assert made
    assert recognised("one thing is of another", Patterns((made,)), str) is None


def test_values_are_put_in_once() -> None:
    assert fill("{a} {b} {c}", {"a": "{b}", "b": "x"}) == "{b} x {c}"


def test_no_space_stands_between_characters_that_take_none() -> None:
    assert fill("用 {a} 时为 {b}。", {"a": "混合精度", "b": "3"}) == "用混合精度时为 3。"
    assert fill("用 {a} 时", {"a": "AdamW"}) == "用 AdamW 时"
    assert fill("the layer {a} is", {"a": "卷积 层"}) == "the layer 卷积 层 is"


def test_chinese_and_latin_stand_apart_where_a_value_brings_them_together() -> None:
    assert fill("只由{a}读取", {"a": "ReLU"}) == "只由 ReLU 读取"
    assert fill("只由{a}读取", {"a": "激活"}) == "只由激活读取"
    assert fill("分布于{a}", {"a": "{n1_value} 个线性层"}) == "分布于 {n1_value} 个线性层"
    assert fill("（{a}）。", {"a": "ReLU"}) == "（ReLU）。"
    assert list(variants("A {n:b|c}", "{n:|双向}层的{n:Transformer|网络}")) == [
        ("A b", "层的 Transformer"),
        ("A c", "双向层的网络"),
    ]


def test_values_and_texts_of_other_languages_keep_their_spaces() -> None:
    assert fill("{a}s of {b}", {"a": "层", "b": "層1"}) == "层s of 層1"
    assert fill("张量 {a}", {"a": "层1 x层 "}) == "张量层1 x层 "


WORDS = st.sampled_from(["of", "the", "layer", "ab", "a", " ", ", ", "3", "-", "."])


@given(
    st.lists(st.lists(st.lists(WORDS, max_size=4).map("".join), min_size=2, max_size=4), min_size=1, max_size=8),
    st.data(),
)
def test_looking_by_a_word_finds_every_pattern_that_fits(literals: list[list[str]], data: st.DataObject) -> None:
    every = [Pattern(tuple(each), tuple(f"v{i}" for i in range(len(each) - 1)), "x") for each in literals]
    chosen = data.draw(st.sampled_from(every))
    values = [data.draw(st.lists(WORDS, max_size=3).map("".join)) for _ in chosen.names]
    text = "".join(a + b for a, b in zip(chosen.literals, [*values, ""], strict=True))
    fitting = [each for each in every if each.match(text) is not None]
    found = [each for each in Patterns(every).for_text(text) if each.match(text) is not None]
    assert found == fitting
