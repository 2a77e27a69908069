import re

import pytest

from modelreport.render.markdown import outcome_line, write_markdown
from tests.factories import hostile_report, make_report, skipped_report

MAKE = {"small": make_report, "skipped": skipped_report, "hostile": hostile_report}


@pytest.fixture(scope="module", params=MAKE)
def page(request):
    return write_markdown(MAKE[request.param]()).decode()


def outside_code(page):
    """The page without its code spans."""
    return re.sub(r"(?<!\\)(?<!`)(`+)(?!`).*?(?<!`)\1(?!`)", "CODE", page)


def test_key_figures_and_findings_are_there():
    page = write_markdown(make_report()).decode()
    for words in ("82.71 k", "17.22 MMAC", "35.07 MFLOP", "326 KiB", "192 KiB", "`layers.2.conv1.weight`", "▲ Warning"):
        assert words in page, words


def test_every_table_is_rectangular(page):
    tables = re.findall(r"(?:^\|.*\|$\n?)+", page, re.MULTILINE)
    assert len(tables) > 5
    for table in tables:
        cells = {len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}
        assert len(cells) == 1, table[:2000]


def test_nothing_from_the_file_becomes_markup(page):
    rest = outside_code(page)
    assert not re.search(r"(?<!\\)<(?!!-- -->)", rest)
    assert not re.search(r"(?<!\\)\]\(", rest)
    assert not re.search(r"(?<!\\)://", rest)


def test_it_is_one_clean_text(page):
    assert "\n\n\n" not in page
    assert page.endswith("\n")
    assert not re.search("[\x00-\x09\x0b-\x1f\u202a-\u202e\u2066-\u2069]", page)


def test_the_answers_on_the_weights_are_a_paragraph_of_their_own():
    assert re.search(r"\n\nWeights: [^\n]+\n\n", write_markdown(make_report()).decode())


def test_it_is_short():
    assert len(write_markdown(make_report())) < 20_000
    assert len(write_markdown(hostile_report())) < 120_000


def test_the_same_report_gives_the_same_bytes():
    assert write_markdown(hostile_report()) == write_markdown(hostile_report())


def test_what_could_not_be_made_says_why():
    page = write_markdown(skipped_report()).decode()
    assert "There is no architecture to run." in page
    assert "no values" in page
    assert "`modelreport build model.pth --model package.module:factory`" in page


def test_the_outcome_is_one_line():
    assert outcome_line(make_report()) == (
        "DigitsResNet: 82.71 k parameters, 17.22 MMAC, 1.01 MB. ✖ Problem: Runs, but 1 error needs a look. "
        "1 error, 1 warning, 1 note; 2 checks passed, 2 not applicable, 1 not made."
    )
    assert "\n" not in outcome_line(hostile_report())
    assert outcome_line(skipped_report()) == "DigitsResNet: 82.71 k parameters, 1.01 MB"
