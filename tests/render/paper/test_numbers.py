import weasyprint
from weasyprint.formatting_structure.boxes import LineBox, TextBox

from modelreport.render.paper.numbers import HELD, number_pages

STYLE = f"""
@page {{ size: 300px 200px; margin: 20px }}
body {{ margin: 0; font: 10px/1.4 sans-serif }}
h1 {{ break-before: page }}
.at::after {{ content: " (p. " "{HELD}" ")" }}
.far::after {{ content: "{HELD}"; float: right }}
.badge {{ position: absolute; right: 0; bottom: 0 }}
.badge::after {{ content: "p. {HELD}" }}
"""


def _numbered(body: str) -> list:
    document = weasyprint.HTML(string=f"<style>{STYLE}</style><body>{body}").render()
    before = [{id(box): box.position_x for box in _texts(page)} for page in document.pages]
    number_pages(document)
    return [(page, before[i]) for i, page in enumerate(document.pages)]


def _texts(page: object) -> list:
    return [box for box in page._page_box.descendants(placeholders=True) if isinstance(box, TextBox)]


def _lines(page: object) -> list[str]:
    boxes = page._page_box.descendants(placeholders=True)
    return ["".join(each.text for each in _inside(box)) for box in boxes if isinstance(box, LineBox)]


def _inside(line: object) -> list:
    return [box for box in line.descendants() if isinstance(box, TextBox)]


def test_a_reference_tells_the_page_that_it_leads_to():
    chapters = "".join(f"<h1 id='c{i}'>{i}</h1>" for i in range(10))
    (page, _before), *_rest = _numbered(
        f"<p>See <a class=at href='#c1'>this</a>, or <a class=at href='#c9'>that</a>.</p>{chapters}"
    )
    assert _lines(page)[0] == "See this (p. 3), or that (p. 11)."


def test_what_follows_a_narrower_number_moves_up_to_it():
    (page, before), *_rest = _numbered("<p><a class=at href='#c'>a</a>, and <b>more</b></p><h1 id='c'>c</h1>")
    texts = _texts(page)
    number = next(box for box in texts if "p. 2" in box.text)
    after = [box for box in texts if box.position_x > number.position_x]
    assert [box.text for box in after] == [", and ", "more"]
    moved = {round(before[id(box)] - box.position_x, 3) for box in after}
    assert len(moved) == 1
    assert moved.pop() > 3
    assert round(number.position_x + number.width, 3) == round(after[0].position_x, 3)


def test_a_number_at_the_right_margin_stays_there():
    (page, _before), *_rest = _numbered("<p><a class=far href='#c'>a</a></p><h1 id='c'>c</h1>")
    number = next(box for box in _texts(page) if box.text == "2")
    assert round(number.position_x + number.width) == 280


def test_a_number_in_a_frame_stands_in_its_middle():
    (page, before), *_rest = _numbered("<a class=badge href='#c'></a><p>x</p><h1 id='c'>c</h1>")
    number = next(box for box in _texts(page) if box.text == "p. 2")
    left, right = number.position_x - before[id(number)], 280 - number.position_x - number.width
    assert left > 1
    assert abs(left - right) < 0.01


def test_a_reference_to_nowhere_says_no_number():
    (page, _before), *_rest = _numbered("<p><a class=at href='#nowhere'>this</a></p>")
    assert _lines(page)[0] == "this (p. –)"
