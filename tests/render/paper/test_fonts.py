import logging
import sys
from pathlib import Path

import pytest
import weasyprint
from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen

from modelreport.render.folders import templates_folder
from modelreport.render.paper import fonts

RARE = "\U0002cea1\U0002ebe0"
"""The last of CJK extensions E and F: in no font that is common."""


def small_font(path, characters):
    """A font in which every one of these characters is a square."""
    pen = TTGlyphPen(None)
    pen.moveTo((100, 0))
    for corner in ((900, 0), (900, 800), (100, 800)):
        pen.lineTo(corner)
    pen.closePath()
    names = [f"u{ord(char):X}" for char in characters]
    order = [".notdef", *names]
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(char): name for char, name in zip(characters, names, strict=True)})
    glyph = pen.glyph()
    builder.setupGlyf(dict.fromkeys(order, glyph))
    builder.setupHorizontalMetrics(dict.fromkeys(order, (1000, 100)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": "Squares", "styleName": "Regular"})
    builder.setupOS2(sTypoAscender=880, usWinAscent=880, usWinDescent=120)
    builder.setupPost()
    builder.save(path)


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package with a font for two characters that nothing else has."""
    folder = tmp_path / "squares_cjk"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    small_font(folder / "Squares.ttf", RARE)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(fonts, "PACKAGES", ("squares_cjk",))
    yield folder
    sys.modules.pop("squares_cjk", None)


@pytest.fixture
def no_package(monkeypatch):
    monkeypatch.setattr(fonts, "PACKAGES", ("there_is_no_such_package",))


def test_every_shipped_font_is_there_with_its_licence():
    folder = templates_folder() / "fonts"
    for _family, _weight, name in fonts.SHIPPED:
        assert (folder / name).stat().st_size < 300_000
    assert "SIL OPEN FONT LICENSE" in (folder / "OFL.txt").read_text()
    assert "Bitstream Vera is a trademark" in (folder / "DejaVu-LICENSE").read_text()
    assert {path.name for path in folder.glob("*.ttf")} == {name for _f, _w, name in fonts.SHIPPED}


def test_everything_that_templates_and_signs_use_is_in_the_shipped_fonts():
    used = "".join(path.read_text() for path in Path(templates_folder()).rglob("print/**/*.html"))
    assert fonts.unusual(used + "✓✖▲●○×→−≤≥≈∞√Σσµ²⁻¹₁₀…–’“”›‹·▼▯αβγε" + "אבערيل") == ""


def test_unusual_characters_are_those_the_shipped_fonts_lack():
    assert fonts.unusual("plain 卷积\u200b\n卷") == "卷积"


def test_a_script_is_named():
    assert fonts.script("卷か한") == "CJK"
    assert fonts.script("ไ") == "Thai"
    assert fonts.script("👩🚀") == "emoji"
    assert fonts.script("\U000323b0") == ""


def test_the_font_of_an_installed_package_is_used(package):
    assert fonts.extra_font() == package / "Squares.ttf"
    found = fonts.prepare(weasyprint, f"<p>{RARE}</p>", "en")
    assert found.missing == ""


def test_without_it_the_characters_are_missing(no_package):
    assert fonts.extra_font() is None
    found = fonts.prepare(weasyprint, f"<p>a{RARE}</p>", "en")
    assert found.missing == "".join(sorted(RARE))


def test_finding_out_leaves_the_log_as_it_was(no_package, caplog):
    logger = logging.getLogger("weasyprint")
    before = logger.handlers[:], logger.propagate, logger.level
    with caplog.at_level(logging.WARNING):
        fonts.prepare(weasyprint, f"<p>{RARE}</p>", "en")
    assert (logger.handlers, logger.propagate, logger.level) == before
    assert caplog.records == []


def test_only_fonts_are_opened():
    known = templates_folder() / "fonts" / "DejaVuSans.ttf"
    fetcher = fonts._files(weasyprint, [known])
    assert fetcher.fetch(known.as_uri()).read(4) == b"\0\1\0\0"
    with pytest.raises(ValueError, match="not a font"):
        fetcher.fetch("file:///etc/passwd")
