"""Options and the little language of ``--input``."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.errors import OptionsError
from modelreport.facts import TensorSpec
from modelreport.options import (
    Options,
    RenderOptions,
    Target,
    check_choice,
    no_progress,
    parse_input,
    parse_size,
    parse_target,
    render_options,
)


@pytest.mark.parametrize(
    ("text", "shape", "dtype", "name"),
    [
        ("1,3,224,224", (1, 3, 224, 224), "float32", ""),
        ("1x3x224x224", (1, 3, 224, 224), "float32", ""),
        ("1×3×8", (1, 3, 8), "float32", ""),
        ("[1, 3]", (1, 3), "float32", ""),
        ("int64[1,128]", (1, 128), "int64", ""),
        ("input_ids:int64[1,128]", (1, 128), "int64", "input_ids"),
        ("input_ids=long[1,128]", (1, 128), "int64", "input_ids"),
        ("x: 1,2", (1, 2), "float32", "x"),
        ("bfloat16[2]", (2,), "bfloat16", ""),
        ("bool[4,4]", (4, 4), "bool", ""),
        ("scale:float32[]", (), "float32", "scale"),
    ],
)
def test_an_input_is_name_dtype_and_shape(text: str, shape: tuple[int, ...], dtype: str, name: str) -> None:
    assert parse_input(text) == TensorSpec(shape=shape, dtype=dtype, name=name)


@pytest.mark.parametrize(
    "text", ["", "a", "1,,2", "1,-2", "x:", "quux[1]", "1,2]", "[1", "1.5", "9999999999,1", "int64"]
)
def test_anything_else_is_an_options_error_with_an_example(text: str) -> None:
    with pytest.raises(OptionsError) as caught:
        parse_input(text)
    assert "--input 1,3,224,224" in caught.value.hint


@given(st.text(max_size=40))
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        assert isinstance(parse_input(text), TensorSpec)
    except OptionsError as error:
        message = error.message
    else:
        return
    assert message.startswith("--input")


def test_progress_of_library_calls_is_silent_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    Options().progress("measure", 1, 2)
    assert Options().progress is no_progress
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(
    ("text", "place", "name", "positional", "keywords"),
    [
        ("a.b:make", "a.b", "make", (), ()),
        ("a:B.C", "a", "B.C", (), ()),
        ("Net", "", "Net", (), ()),
        ("Net(3)", "", "Net", (3,), ()),
        ("dir/nets.py:UNet(3, depth=4, norm='bn')", "dir/nets.py", "UNet", (3,), (("depth", 4), ("norm", "bn"))),
        ("C:\\x\\nets.py:UNet(a={'k:1': [1, -2.5, None]})", "C:\\x\\nets.py", "UNet", (),
         (("a", {"k:1": [1, -2.5, None]}),)),
        ("m:f(text='a:b(c)', flag=True)", "m", "f", (), (("text", "a:b(c)"), ("flag", True))),
        (" m:f ( ) ", "m", "f", (), ()),
        ("m:größe(é=1)", "m", "größe", (), (("é", 1),)),
    ],
)  # fmt: skip
def test_a_target_is_place_name_and_literal_arguments(
    text: str, place: str, name: str, positional: tuple[object, ...], keywords: tuple[tuple[str, object], ...]
) -> None:
    assert parse_target(text) == Target(text, place, name, positional, keywords)


@pytest.mark.parametrize(
    "text",
    ["", ":", "m:", ":f",
     "m:f(", "m:f(x)", "m:f(1 +)", "m:f(__import__('os'))", "m:f(*[1])", "m:f(**{})", "m:f(a=b.c)",
     "m:f(1)(2)", "m:f() or g()", "m:1f", "m:f(a=[x for x in (1,)])", "m:f(f'{1}')",
     "m:f(" + "(" * 5000 + ")" * 5000 + ")"],
)  # fmt: skip
def test_anything_else_is_no_target(text: str) -> None:
    with pytest.raises(OptionsError) as caught:
        parse_target(text)
    assert caught.value.hint


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.tuples(c, c)))
def test_every_literal_comes_through(value: object) -> None:
    assert parse_target(f"m:f(1, x={value!r})").keywords == (("x", value),)


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_an_options_error(text: str) -> None:
    try:
        found = parse_target(text)
    except OptionsError:
        return
    assert found.name in text


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("5MB", 5_000_000), ("5 mb", 5_000_000), ("800kB", 800_000), ("1.5MiB", 1_572_864), ("2Ki", 2048), ("7", 7),
        ("1TB", 10**12), ("0", 0), ("0 MB", 0), ("0.4B", 1),
    ],
)  # fmt: skip
def test_a_size_is_a_number_and_a_unit(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "MB", "-5MB", "5,5MB", "1e6", "5 M B", "5Mbit", "big", "5."])
def test_anything_else_is_no_size(text: str) -> None:
    with pytest.raises(OptionsError, match="not a size"):
        parse_size(text)


@pytest.mark.parametrize("given", ["names,paths", " paths, names ", ("names", "paths"), {"paths", "names"}])
def test_what_is_hidden_is_given_as_words_or_as_a_list(given: object) -> None:
    assert RenderOptions(redact=given).redact == {"names", "paths"}  # type: ignore[arg-type]
    assert render_options(redact="names").redact == {"names"}


@pytest.mark.parametrize("given", [{"redact": "name"}, {"redact": {"everything"}}, {"paper": "a3"}, {"assets": "both"}])
def test_the_library_refuses_what_the_command_refuses(given: dict[str, object]) -> None:
    with pytest.raises(OptionsError, match="not a choice"):
        RenderOptions(**given)  # type: ignore[arg-type]


def test_a_choice_that_was_probably_meant_is_named() -> None:
    with pytest.raises(OptionsError) as caught:
        check_choice("--paper", "Leter", ("a4", "letter"))
    assert caught.value.hint == "Did you mean --paper letter?"
