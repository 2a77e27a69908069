import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.facts import Item, Message, Skipped, TensorSpec
from modelreport.render import marked
from modelreport.render.excerpt import Excerpt
from modelreport.render.table import Cell, Column, Row


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("a*b_c`d", "a\\*b\\_c\\`d"),
        ("<b>&amp;", "\\<b\\>\\&amp;"),
        ("# title", "\\# title"),
        ("1. item", "1\\. item"),
        ("1.01 MB", "1.01 MB"),
        ("- item", "\\- item"),
        ("-0.5", "-0.5"),
        ("---", "\\---"),
        ("[x](y) ![z](w)", "\\[x\\](y) !\\[z\\](w)"),
        ("http://x.org @user #12", "http\\://x.org @<!-- -->user #<!-- -->12"),
        (" a \n b ", " a b "),
        ("", ""),
    ],
)
def test_escape_keeps_the_text_and_drops_the_markup(words, shown):
    assert marked.escape(words) == shown


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("fc.weight", "`fc.weight`"),
        ("a`b", "``a`b``"),
        ("`", "`` ` ``"),
        ("a``b`c", "```a``b`c```"),
        ("", "*(empty)*"),
        (" ", "*(blank)*"),
        ("a\nb", "`a\\nb`"),
    ],
)
def test_a_code_span_cannot_be_ended_from_inside(name, shown):
    assert marked.code_span(name) == shown


@pytest.mark.parametrize(
    ("name", "shown"), [("a|b", "`a\\|b`"), ("a\\|b", "`a\\x5c\\|b`"), ("a\\\\|b", "`a\\x5c\\x5c\\|b`")]
)
def test_a_pipe_does_not_end_a_cell(name, shown):
    assert marked.cell(name, code=True) == shown


@given(st.text("`| \\ab", max_size=12))
def test_any_name_stays_in_its_span_and_in_its_cell(name):
    shown = marked.cell(name, code=True)
    if not name.strip():
        return
    fence = re.match("`+", shown)[0]
    assert shown.endswith(fence)
    inside = shown[len(fence) : -len(fence)]
    assert len(fence) not in {len(run) for run in re.findall("`+", inside)}
    assert all(re.search(r"(?<!\\)(\\\\)*\\$", inside[:i]) for i, char in enumerate(inside) if char == "|")


def test_a_sentence_sets_names_as_code():
    fact = Message(text="{n_count} of {name} <b>", values={"n_count": 2, "name": "a|b"})
    assert marked.sentence(fact) == "2 of `a\\|b` \\<b\\>"


def test_what_was_skipped_is_quoted_with_its_hint():
    shown = marked.skipped(Skipped(stage="trace", reason="No *class*.", hint="modelreport build x"), "No pass")
    assert shown.splitlines() == ["> **No pass.** No \\*class\\*.", ">", "> What would help: `modelreport build x`"]


def test_lists_are_cut_and_say_so():
    assert marked.names([f"n{i}" for i in range(7)], 2) == "`n0`, `n1` and 5 more"
    shown = marked.items([Item(name=f"k{i}", value="v|w") for i in range(3)], 2)
    assert shown.splitlines()[2] == "| k0 | `v\\|w` |"
    assert shown.endswith("1 more in the HTML and JSON reports.")
    assert marked.items([]) == ""


def test_specs_show_names_shapes_and_dtypes():
    shown = marked.specs([TensorSpec(shape=(1, 3), dtype="float32", name="x"), TensorSpec(shape=(), dtype="int64")])
    assert shown == "`x` 1×3 float32, scalar int64"


def test_a_grid_is_a_github_table():
    columns = (Column("name", "Name", "name"), Column("n", "N", "number"))
    rows = (Row("r", (Cell("a|b"), Cell("1")), 1, note="×3"), Row("s", (Cell(""), Cell("2"))))
    shown = marked.grid(Excerpt(columns, rows, "2 of 9.", "Things", tree=True)).splitlines()
    assert shown[:2] == ["| Name | N |", "| --- | --: |"]
    assert shown[2] == "| &nbsp;&nbsp;`a\\|b` ×3 | 1 |"
    assert shown[-1] == "2 of 9."
    assert marked.grid(Excerpt(columns, (), "", "Things", tree=False)) == ""
