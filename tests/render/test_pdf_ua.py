"""PDF/UA-1 (ISO 14289-1): an independent validator, and our own reading of the Matterhorn Protocol."""

import io

import page
import pikepdf
import pytest

from tests.render.conftest import PRINTED
from tests.render.matterhorn import elements, failures, kids


@pytest.fixture
def written(printed):
    return printed.documents


@pytest.fixture
def document(written):
    with pikepdf.open(io.BytesIO(written["small"])) as opened:
        yield opened


@pytest.mark.parametrize("name", PRINTED)
def test_an_independent_validator_finds_no_failure(written, name):
    found = page.validate_pdf_bytes(written[name], profile="ua1")
    assert [(failure.rule_id, failure.message) for failure in found.failures] == []
    assert found.is_compliant
    assert found.rules.total > 100


@pytest.mark.parametrize("name", PRINTED)
def test_what_the_protocol_can_check_by_program_holds(written, name):
    with pikepdf.open(io.BytesIO(written[name])) as opened:
        assert failures(opened) == []


def no_alternative(document):
    del next(each for each in elements(document) if str(each.S) == "/Figure")["/Alt"]


def no_scope(document):
    del next(each for each in elements(document) if str(each.S) == "/TH").A["/Scope"]


def a_skipped_level(document):
    next(each for each in elements(document) if str(each.S) == "/H2").S = pikepdf.Name.H4


def a_row_in_a_section(document):
    next(each for each in elements(document) if str(each.S) == "/P").S = pikepdf.Name.TR


def an_unknown_tag(document):
    next(each for each in elements(document) if str(each.S) == "/P").S = pikepdf.Name.Paragraph


def a_link_without_words(document):
    del next(each for each in document.pages if "/Annots" in each).Annots[0]["/Contents"]


def a_link_outside_the_tree(document):
    parent = next(each for each in elements(document) if str(each.S) == "/Link").P
    parent.K = pikepdf.Array([each for each in kids(parent) if str(each.S) != "/Link"])


def untagged_content(document):
    first = document.pages[0]
    first.Contents = document.make_stream(b"0 0 10 10 re f\n" + first.Contents.read_bytes())


def no_language(document):
    del document.Root["/Lang"]


def no_title(document):
    del document.Root.ViewerPreferences["/DisplayDocTitle"]


def a_font_left_out(document):
    del next(e for e in document.objects if isinstance(e, pikepdf.Dictionary) and "/FontFile2" in e)["/FontFile2"]


def a_font_without_meaning(document):
    del next(e for e in document.objects if isinstance(e, pikepdf.Dictionary) and "/ToUnicode" in e)["/ToUnicode"]


def a_figure_off_the_page(document):
    next(each for each in elements(document) if str(each.S) == "/Figure").A.BBox = pikepdf.Array([0, -50, 10, 20])


def a_lost_header(document):
    document.Root.StructTreeRoot.IDTree.Names = pikepdf.Array([])


FAULTS = (
    no_alternative, no_scope, a_skipped_level, a_row_in_a_section, an_unknown_tag, a_link_without_words,
    a_link_outside_the_tree, untagged_content, no_language, no_title, a_font_left_out, a_font_without_meaning,
    a_figure_off_the_page, a_lost_header,
)  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
def test_the_checklist_notices(document, fault):
    fault(document)
    assert failures(document)
