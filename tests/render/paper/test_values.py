import msgspec
import pytest

from modelreport.options import RenderOptions
from modelreport.render.anchors import anchors
from modelreport.render.environment import environment
from modelreport.render.paper import values
from modelreport.render.pdf import _page
from modelreport.render.setting import under
from modelreport.render.weights import shown_parts
from tests.factories import make_report, skipped_report
from tests.factories_weights import rich_report


def test_a_message_becomes_a_value_of_css():
    assert values.css_text("{page} of {pages}", page="counter(page)", pages="counter(pages)") == (
        'counter(page) " of " counter(pages)'
    )
    assert values.css_text('p. {page} "x" </style>', page="n") == '"p. " n " \\"x\\" \\3c /style>"'
    assert values.css_text("no number", page="n") == '"no number"'


def test_the_paper_is_in_the_styles():
    with under(RenderOptions(paper="letter")):
        assert "size: letter" in values.page_styles()
    assert "size: A4" in values.page_styles()


class Drawing:
    """What the arranging asks a drawing of the map for."""

    def __init__(self, column: float, height: float, name: str = "", follows: str = "") -> None:
        self.column, self.height, self.id, self.follows = column, height, name, follows
        self.part = int(bool(follows))


def test_drawings_stand_beside_each_other_while_there_is_room_and_share_it():
    made = [Drawing(column, 300) for column in (310, 310, 430, 204, 672, 204, 204, 204)]
    rows = values.side_by_side(made)
    assert [[sheet.column for sheet, _wide in row] for row in rows] == [
        [310, 310], [430, 204], [672], [204, 204, 204]
    ]  # fmt: skip
    for row in rows:
        assert sum(wide for _sheet, wide in row) + values.GAP * (len(row) - 1) == pytest.approx(values.WHOLE["a4"][0])
        assert all(wide >= sheet.column for sheet, wide in row)


def test_a_drawing_moves_up_to_a_row_with_room_but_not_to_a_lower_one():
    rows = values.side_by_side([Drawing(430, 300), Drawing(672, 300), Drawing(204, 600), Drawing(204, 200)])
    assert [[sheet.column for sheet, _wide in row] for row in rows] == [[430, 204], [672], [204]]
    assert rows[0][1][0].height == 200


def test_a_row_moves_up_to_a_page_with_room():
    rows = values.side_by_side([Drawing(672, 500), Drawing(672, 700), Drawing(672, 250)])
    assert [row[0][0].height for row in rows] == [500, 250, 700]


def test_parts_of_a_drawing_stay_in_their_order():
    first, second = Drawing(672, 700, "map-2"), Drawing(300, 250, "map-3", follows="map-2")
    rows = values.side_by_side([Drawing(310, 500, "map-1"), first, second])
    assert [[sheet.id for sheet, _wide in row] for row in rows] == [["map-1"], ["map-2"], ["map-3"]]


def test_missing_characters_are_named_with_what_would_help():
    assert values.missing_words("") == ""
    told = values.missing_words("卷积")
    assert "2 of the characters" in told
    assert "CJK: U+5377 U+79EF" in told
    assert "modelreport[cjk]" in told
    assert "fonts-noto-core" in values.missing_words("ไ")
    assert "emoji: U+1F680" in values.missing_words("🚀")
    assert "fonts-noto-color-emoji" in values.missing_words("🚀")


def test_every_section_has_its_template():
    known = environment().list_templates()
    assert all(f"print/{part}.html" in known for part in values.PARTS)


def test_no_table_passes_the_rows_of_paper():
    """A row takes the layout 5 ms: 300 are 1.5 s."""
    report = rich_report(400)
    page, headings = _page(values.page_values(report), "")
    assert page.count("<tr>") <= 300
    for part in shown_parts(report, report.weights, anchors(report)):
        assert f'id="{part.anchor}"' in page
        assert part.anchor in headings.titles()
    for question in ("Is it trained?", "Is anything odd?"):
        assert question in page


def test_a_layer_table_that_is_cut_says_how_many_there_are():
    report = make_report()
    modules = report.structure.modules
    more = tuple(
        msgspec.structs.replace(modules[1], path=f"extra{i}", name=f"extra{i}", type=f"T{i}", parent=0)
        for i in range(400)
    )
    structure = msgspec.structs.replace(report.structure, modules=(*modules, *more))
    rows = values.page_values(skipped_report(structure=structure))["layer_rows"]
    assert len(rows.rows) <= values.LAYER_ROWS
    assert str(len(modules) + 400) in rows.left_out
    assert "HTML" in rows.left_out
