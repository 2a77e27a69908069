from modelreport.render.paper.drawings import BLANK, as_images, replaced
from modelreport.render.paper.fonts import STACK

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="30" font-family="inherit">'
    "<title>Weights &lt;of&gt; 卷</title><desc>Two bars.</desc><text>卷</text></svg>"
)


def test_a_drawing_becomes_an_image_with_its_words_and_size():
    page, drawings = as_images(f"<p>a</p>{SVG}<p>b</p>")
    assert page.startswith('<p>a</p><img class="vector" alt="Weights &lt;of&gt; 卷 Two bars." width="40" height="30" ')
    assert page.endswith(' src="drawing:1" /><p>b</p>')
    assert f'font-family="{STACK}"' in drawings["drawing:1"]


def test_a_drawing_may_hold_others_and_words_for_its_marks():
    inner = SVG.replace(
        "<desc>", '<rect><title>one bar</title></rect><svg font-family="serif"><text>in</text></svg><desc>'
    )
    page, drawings = as_images(f"{inner}<p>between</p>{SVG}")
    assert page.count("<img ") == len(drawings) == 2
    assert "<svg" not in page
    assert "<p>between</p>" in page
    assert 'alt="Weights &lt;of&gt; 卷"' in page
    assert f'<svg font-family="{STACK}"><text>in</text></svg>' in drawings["drawing:1"]


def test_a_page_without_drawings_stays_as_it_is():
    assert as_images("<p>plain</p>") == ("<p>plain</p>", {})


def test_the_code_of_a_character_beside_arabic_keeps_its_order():
    page = replaced("<body><p>مشفر_🚀</p></body>", "🚀")
    assert "_\u200e‹1F680›\u200e</p>" in page


def test_missing_characters_are_codes_in_text_and_boxes_in_drawings():
    page = replaced(f"<head><title>卷</title></head><body><p>卷积</p>{SVG}", "卷")
    assert "<title>卷</title></head>" in page
    assert "<p>‹5377›积</p>" in page
    assert f"<text>{BLANK}</text>" in page
    assert BLANK in as_images(page)[1]["drawing:1"]
