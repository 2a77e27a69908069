"""Bold text of a font that has one weight."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pikepdf
import weasyprint

from modelreport.render.paper.bold import embolden
from modelreport.render.paper.fonts import STACK, prepare

BOLD = {"Subtype": "/Type0", "BaseFont": b"/BBBBBB+Report-CJK-Bold"}
PLAIN = {"Subtype": "/Type0", "BaseFont": b"/AAAAAA+Report-CJK"}
SANS = {"Subtype": "/Type0", "BaseFont": b"/CCCCCC+Report-Sans-Bold"}


def page(*lines: object, fonts: tuple[dict[str, object], ...] = (PLAIN, BOLD, SANS)) -> list[object]:
    """The lines of a page after its bold text was drawn so."""
    stream = SimpleNamespace(stream=list(lines))
    embolden(SimpleNamespace(objects=[*fonts, stream]))
    return stream.stream


def test_bold_text_is_drawn_with_a_line_of_its_own_colour() -> None:
    assert page(b"1 0 0 rg", b"BT", b"/BBBBBB 10 Tf", b"[<01>] TJ", b"ET") == [
        b"1 0 0 rg", b"BT", b"/BBBBBB 10 Tf", b"1 0 0 RG", b"0.350 w", b"1 j", b"2 Tr", b"[<01>] TJ",
        b"0 Tr", b"1 w", b"0 j", b"ET",
    ]  # fmt: skip


def test_text_behind_it_and_lines_are_drawn_as_before() -> None:
    done = page(
        b"0 0 1 RG",
        b"3 w",
        b"1 j",
        b"0 g",
        b"BT",
        b"/BBBBBB 10 Tf",
        b"[<01>] TJ",
        b"/CCCCCC 10 Tf",
        b"[<02>] TJ",
        b"ET",
    )
    behind = done[done.index(b"[<01>] TJ") + 1 : done.index(b"[<02>] TJ")]
    assert behind == [b"0 Tr", b"3 w", b"1 j", b"0 0 1 RG", b"/CCCCCC 10 Tf"]
    assert done[-1] == b"ET"


def test_what_was_set_inside_a_saved_state_does_not_outlive_it() -> None:
    done = page(b"0 g", b"q", b"1 g", b"Q", b"Q", b"BT", b"/BBBBBB 8 Tf", b"ET")
    assert b"0 G" in done
    assert b"1 G" not in done


def test_text_in_other_fonts_and_of_no_plain_colour_stays_as_it_is() -> None:
    other = (b"0 g", {"MCID": 0}, b"BT", b"/CCCCCC 10 Tf", b"[<01>] TJ", b"/AAAAAA 9 Tf", b"ET")
    assert page(*other) == list(other)
    patterned = (b"0 g", b"/p1 scn", b"BT", b"/BBBBBB 10 Tf", b"ET")
    assert page(*patterned) == list(patterned)
    assert page(b"BT", b"/BBBBBB 10 Tf", fonts=(PLAIN, SANS)) == [b"BT", b"/BBBBBB 10 Tf"]


def test_a_heading_in_chinese_is_bold_with_the_regular_font_of_the_extra() -> None:
    markup = f'<html lang="zh-CN"><body style="font: 20px {STACK}"><p>正文</p><p><b>标题 title</b></p></body></html>'
    fonts = prepare(weasyprint, markup, "zh-CN")
    data = weasyprint.HTML(string=markup).write_pdf(
        font_config=fonts.config, stylesheets=list(fonts.styles), finisher=lambda _document, pdf: embolden(pdf)
    )
    with pikepdf.open(io.BytesIO(data)) as document:
        drawn = [(str(op), *map(str, given)) for given, op in pikepdf.parse_content_stream(document.pages[0])]
    modes = [each[1] for each in drawn if each[0] == "Tr"]
    assert modes == ["2", "0"], "the heading, and neither the text before it nor the Latin letters in it"
