import math
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import Message
from modelreport.render import format as text


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0, "0"), (9_408, "9,408"), (25_557_032, "25.56 M"), (138_357_544, "138.4 M"), (999_960, "1.00 M"),
     (10_000, "10.00 k"), (-25_557_032, "-25.56 M"), (10**400, "1.00e400")],
)  # fmt: skip
def test_count_reads_at_a_glance(value, shown):
    assert text.count(value) == shown


@pytest.mark.parametrize(
    ("value", "shown"), [(None, "–"), (25_557_032, "25,557,032"), (10**40, "1.00e40"), (-1234, "-1,234")]
)
def test_exact_shows_every_digit(value, shown):
    assert text.exact(value) == shown


def test_macs_and_flops_name_what_they_are():
    assert text.macs(4_089_184_256) == "4.09 GMAC"
    assert text.flops(8_178_368_512) == "8.18 GFLOP"
    assert text.macs(640) == "640 MAC"
    assert text.flops(None) == "–"


def test_memory_is_binary_and_files_are_decimal():
    assert text.bytes_binary(102_228_128) == "97.5 MiB"
    assert text.bytes_decimal(102_542_935) == "103 MB"
    assert text.bytes_binary(512) == "512 B"
    assert text.bytes_binary(1_020 * 1024 * 1024) == "0.996 GiB"


@pytest.mark.parametrize(
    ("value", "shown"),
    [(None, "–"), (0.0, "0"), (-0.0, "0"), (0.0123, "0.0123"), (1.2e-4, "1.2e-4"), (1.234e-7, "1.23e-7"),
     (0.5, "0.500"), (1.0, "1"), (12.34, "12.3"), (999.96, "1,000"), (123456.0, "123,456"), (1.5e9, "1.5e9"),
     (-0.25, "-0.250"), (float("nan"), "NaN"), (float("inf"), "∞"), (0.000999999, "0.00100")],
)  # fmt: skip
def test_number_has_three_significant_digits(value, shown):
    assert text.number(value) == shown


@given(st.floats(-1e300, 1e300))
def test_number_is_within_half_a_percent(value):
    assert math.isclose(float(text.number(value).replace(",", "")), value, rel_tol=5.1e-3, abs_tol=0)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0 %"),
        (1.0, "100 %"),
        (0.623, "62.3 %"),
        (0.5, "50 %"),
        (1e-9, "<0.1 %"),
        (0.99999, ">99.9 %"),
        (None, "–"),
    ],
)
def test_share_is_never_rounded_to_nothing_or_everything(value, shown):
    assert text.share(value) == shown


def test_shape_uses_the_field_sign_and_marks_the_unknown():
    assert text.shape((256, 64, 1, 1)) == "256×64×1×1"
    assert text.shape(()) == "scalar"
    assert text.shape((-1, 3)) == "?×3"
    assert text.shape((1,) * 50).endswith("(50 dimensions)")


def test_date_is_in_utc_and_other_text_stays_a_name():
    assert text.date("2026-11-21T11:21:00+02:00") == "2026-11-21 09:21 UTC"
    assert text.date("2026-11-21T09:21:00Z") == "2026-11-21 09:21 UTC"
    assert text.date("no\u202edate") == "no\\u202edate"


@pytest.mark.parametrize(
    ("name", "shown"),
    [("layer1.0.conv1", "layer1.0.conv1"), ("a\u202eb", "a\\u202eb"), ("a\nb\tc\x00", "a\\nb\\tc\\x00"),
     ("\ud800", "\\ud800"), ("a\u200bb", "a\\u200bb"), ("Größe 层", "Größe 层"), ("אבג", "אבג"),
     ("\U000e0041", "\\U000e0041"), ("a\u00a0b", "a\\xa0b")],
)  # fmt: skip
def test_name_shows_what_is_hidden(name, shown):
    assert text.name(name) == shown


def test_a_long_name_keeps_head_and_tail_and_says_its_length():
    shown = text.name("head" + "x" * 1_000_000 + "tail")
    assert shown.startswith("head")
    assert "tail (1,000,008 characters)" in shown
    assert len(shown) < 250


def test_piled_up_marks_are_told_not_drawn():
    assert text.name("Z" + "\u0301" * 40) == "Z\u0301\u0301\u0301\\u0301×37"


@given(st.text(st.characters(codec=None), max_size=400))
def test_a_name_is_always_one_visible_encodable_line(name):
    shown = text.name(name)
    shown.encode("utf-8")
    assert not {unicodedata.category(c) for c in shown} & {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    assert len(shown) <= 10 * text.NAME_LIMIT + 40


def test_code_keeps_its_lines():
    assert text.code("a\n\tb\u202e") == "a\n    b\\u202e"
    assert text.code("x" * 10, 4).endswith("… (10 characters in all)")


def test_message_writes_each_value_in_its_unit():
    fact = Message(
        text="{a_bytes} {b_file_bytes} {c_share} {d_flops} {e_macs} {f_count} {g} {h} {i} {j}",
        values={"a_bytes": 1024, "b_file_bytes": 1000, "c_share": 0.5, "d_flops": 2000, "e_macs": 1000,
                "f_count": 25_557_032, "g": 0.0123, "h": 1234, "i": None, "j": "a\u202eb"},
    )  # fmt: skip
    assert text.message(fact) == "1.00 KiB 1.00 kB 50 % 2.00 kFLOP 1.00 kMAC 25.56 M 0.0123 1,234 – a\\u202eb"


def test_message_values_are_not_read_as_templates():
    fact = Message(text="{a} {b.__class__} {missing}", values={"a": "{b} {0}", "b": "x"})
    assert text.message(fact) == "{b} {0} {b.__class__} –"


def test_parts_tell_names_from_words():
    fact = Message(text="{n_count} of {name}.", values={"n_count": 2, "name": "fc"})
    assert text.parts(fact) == [("2", False), (" of ", False), ("fc", True), (".", False)]


def test_an_empty_name_is_told_in_a_message():
    assert text.message(Message(text="It is {name}.", values={"name": ""})) == "It is (no name)."


def test_severity_is_an_icon_and_a_word():
    assert (text.severity_icon("warning"), text.severity_word("warning")) == ("▲", "Warning")
    assert (text.severity_icon("error", "clean"), text.severity_word("error", "clean")) == ("✓", "Passed")
    assert text.severity_word("note", "not_checked") == "Not checked"
    assert (text.severity_icon("note", "not_applicable"), text.severity_word("note", "not_applicable")) == (
        "–", "Does not apply",
    )  # fmt: skip


def test_plural_and_digest():
    assert text.plural(1, "tensor") == "1 tensor"
    assert text.plural(1234, "class", "classes") == "1,234 classes"
    assert text.digest("9f2c41d7" + "0" * 52 + "e41b") == "9f2c41d7…e41b"
    assert text.digest(None) == "–"


def test_a_brief_name_keeps_head_and_tail_and_nothing_more():
    assert text.brief("short", 10) == "short"
    assert text.brief("a" * 50 + "b" * 50, 10) == "aaaaa…bbbbb"
    assert "\\u202e" in text.brief("a\u202eb", 10)
