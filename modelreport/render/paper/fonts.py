"""The fonts of the PDF: those in ``templates/fonts``, so that it looks the same everywhere, then what else is there.

Characters that they lack (Chinese, Japanese, Korean, …) come from the package of the extra ``cjk`` or from the fonts of
the system. What nothing has is found out before the document is written, so that the document can say so.
"""

from __future__ import annotations

import logging
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from markupsafe import escape

from modelreport.render.folders import templates_folder

SHIPPED: Final = (
    ("Report Sans", 400, "NotoSans-Regular.ttf"),
    ("Report Sans", 700, "NotoSans-Bold.ttf"),
    ("Report Mono", 400, "DejaVuSansMono.ttf"),
    ("Report Signs", 400, "DejaVuSans.ttf"),
)
"""Family, weight and file of each font in ``templates/fonts``; the last has signs, arrows and right-to-left scripts."""
PACKAGES: Final = ("noto_cjk_sans_otc",)
"""Packages with fonts for what the shipped ones lack, the first that is installed is used: the extra ``cjk``."""
EXTRA: Final = "Report CJK"
STACK: Final = f"Report Sans,Report Signs,{EXTRA},sans-serif"
"""Families in the order they are asked for a character; a drawing wants them without blanks and quotes."""
_EMOJI: Final = 0x1F000
"""From here on signs are pictures."""
_NOTDEF: Final = ".notdef glyph rendered"


@dataclass(frozen=True)
class Fonts:
    """What WeasyPrint is given, and what it will not be able to write."""

    config: Any
    """Its font configuration."""
    styles: tuple[Any, ...]
    """Style sheets that name the font files."""
    missing: str
    """Characters that no font has, sorted."""


def prepare(weasyprint: ModuleType, page: str, lang: str) -> Fonts:
    """The fonts for a page of markup in a language."""
    from weasyprint.text.fonts import FontConfiguration

    config = FontConfiguration()
    folder = templates_folder() / "fonts"
    faces = [(family, weight, folder / name) for family, weight, name in SHIPPED]
    strange = unusual(page)
    extra = extra_font() if strange else None
    if extra:
        faces.append((EXTRA, 400, extra))
    style = "".join(
        f'@font-face {{ font-family: "{family}"; font-weight: {weight}; src: url({path.as_uri()}) }}'
        for family, weight, path in faces
    )
    styles = (weasyprint.CSS(string=style, font_config=config, url_fetcher=_files(weasyprint, [f[2] for f in faces])),)
    missing = _missing(weasyprint, config, styles, strange, lang) if strange else ""
    return Fonts(config, styles, missing)


def unusual(page: str) -> str:
    """The characters of a page that the shipped fonts lack, sorted; invisible ones apart."""
    known = _shipped_characters()
    return "".join(
        sorted(char for char in set(page) if ord(char) not in known and unicodedata.category(char)[0] not in "CZ")
    )


def extra_font() -> Path | None:
    """The file of the first installed package with fonts for more scripts."""
    for name in PACKAGES:
        found = find_spec(name)
        for place in (found.submodule_search_locations or ()) if found else ():
            files = sorted(path for path in Path(place).rglob("*") if path.suffix in {".ttc", ".otf", ".ttf"})
            if files:
                return files[0]
    return None


def script(characters: str) -> str:
    """What kind of characters these are, for a sentence: ``CJK``, ``Thai``, ``emoji``, …."""
    names = [unicodedata.name(char, "").split(" ")[0] for char in characters]
    east = {"CJK", "HIRAGANA", "KATAKANA", "HANGUL", "IDEOGRAPHIC", "FULLWIDTH", "BOPOMOFO", "KANGXI"}
    emoji = [unicodedata.category(char) == "So" and ord(char) >= _EMOJI for char in characters]
    kinds = dict.fromkeys(
        "emoji" if sign else "CJK" if name in east else name.title()
        for name, sign in zip(names, emoji, strict=True)
        if name
    )
    return ", ".join(list(kinds)[:3])


@cache
def _shipped_characters() -> frozenset[int]:
    from fontTools.ttLib import TTFont

    found: set[int] = set()
    for _family, _weight, name in SHIPPED:
        with TTFont(templates_folder() / "fonts" / name, lazy=True) as font:
            found.update(font.getBestCmap())
    return frozenset(found)


def _files(weasyprint: ModuleType, files: Iterable[Path]) -> Any:
    """A fetcher that opens these files and nothing else."""
    known = {path.as_uri() for path in files}

    class Fetcher(weasyprint.URLFetcher):  # type: ignore[misc, name-defined]
        def fetch(self, url: str, headers: Any = None) -> Any:
            if url not in known:
                raise ValueError(f"not a font of the report: {url}")
            return super().fetch(url, headers)

    return Fetcher(allowed_protocols=("file",))


class _Collector(logging.Handler):
    """Keeps the characters that WeasyPrint reports as missing."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_NOTDEF) and isinstance(record.args, tuple) and record.args:
            self.found.add(str(record.args[0]))


def quiet(record: logging.LogRecord) -> bool:
    """A filter of WeasyPrint's log: missing characters are reported by us, once."""
    return not str(record.msg).startswith(_NOTDEF)


def _missing(weasyprint: ModuleType, config: Any, styles: tuple[Any, ...], strange: str, lang: str) -> str:
    """Which of the characters no font has: a page of nothing else is written, and thrown away."""
    logger, collector = logging.getLogger("weasyprint"), _Collector()
    spread = " ".join(str(escape(char)) for char in strange)
    page = f'<html lang="{lang}"><body style="font: 9px {STACK}"><p>{spread}</p></body></html>'
    before = logger.handlers[:], logger.propagate, logger.level
    logger.handlers, logger.propagate = [collector], False
    logger.setLevel(logging.WARNING)
    try:
        fetcher = weasyprint.URLFetcher(allowed_protocols=("data",))
        weasyprint.HTML(string=page, url_fetcher=fetcher).write_pdf(font_config=config, stylesheets=list(styles))
    finally:
        logger.handlers, logger.propagate = before[:2]
        logger.setLevel(before[2])
    return "".join(sorted(collector.found & set(strange)))
