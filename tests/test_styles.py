"""Style sheets and what they style agree: no rule without its class, no class that nothing styles or looks for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TEMPLATES = Path(__file__).parents[1] / "templates"
RENDER = Path(__file__).parents[1] / "modelreport"
SCREEN = ("tokens", "layout", "components", "tables", "charts", "map", "print", "embed")
FOREIGN = frozenset({"hovertext", "js-plotly-plot", "plotly", "main-svg"})
"""Classes that Plotly gives."""


def style(name: str) -> str:
    return re.sub(r"/\*.*?\*/|\"[^\"]*\"", "", (TEMPLATES / "css" / f"{name}.css").read_text(), flags=re.DOTALL)


@cache
def ruled() -> dict[str, str]:
    """From each class with a rule to its sheet."""
    found = {}
    for name in SCREEN:
        for selector in re.findall(r"([^{}]+)\{", style(name)):
            if not selector.strip().startswith(("@", "from", "to")):
                found |= dict.fromkeys(re.findall(r"\.([a-zA-Z][\w-]*)", selector), name)
    return found


@cache
def sources() -> str:
    """All that makes markup: templates, scripts, the rooms."""
    files = [*TEMPLATES.rglob("*.html"), *(TEMPLATES / "js").glob("*.js"), *RENDER.rglob("*.py")]
    return "\n".join(path.read_text(encoding="utf-8") for path in files)


def classes() -> Iterator[tuple[str, str]]:
    """Classes that templates of the page and scripts give, with the file."""
    pages = [
        p for p in TEMPLATES.rglob("*.html") if p.relative_to(TEMPLATES).parts[0] not in ("print", "print.html", "site")
    ]
    for path in pages:
        text = re.sub(r"\{[%#].*?[%#]\}|\{\{.*?\}\}", "§", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        for value in re.findall(r'class="?([^">]*)', text):
            yield from ((word, path.name) for word in value.split() if "§" not in word)
    for path in (TEMPLATES / "js").glob("*.js"):
        for value in re.findall(r"(?:\bclass: |className = )'([^']*)'", path.read_text(encoding="utf-8")):
            yield from ((word, path.name) for word in value.split())


def test_every_rule_has_something_that_it_styles() -> None:
    words = set(re.findall(r"[\w-]+", sources()))
    begun = tuple(re.findall(r"([a-z][\w-]+-)(?:\$?\{)", sources()))
    counted = re.compile(r"(d|n-|c-)\d+")
    idle = {
        name: sheet
        for name, sheet in ruled().items()
        if name not in words and not name.startswith(begun) and not counted.fullmatch(name) and name not in FOREIGN
    }
    assert idle == {}


def quoted() -> str:
    """What stands between quotes in scripts, rooms and browser tests."""
    tests = (path.read_text(encoding="utf-8") for path in Path(__file__).parent.rglob("browser/*.py"))
    return "\n".join(re.findall(r"'[^'\n]*'|`[^`]*`|\"[^\"\n]*\"", "\n".join((sources(), *tests))))


def test_every_class_has_a_rule_or_is_looked_for() -> None:
    looked_for = set(re.findall(r"\.([a-zA-Z][\w-]*)", quoted()))
    bare = {name: path for name, path in classes() if name not in ruled() and name not in looked_for}
    assert bare == {}


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    """Of WCAG 2.2, 1 to 21."""
    high, low = sorted((luminance(first), luminance(second)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("dark", [False, True])
def test_text_is_read_on_everything_that_it_stands_on(dark: bool) -> None:
    """Also where axe cannot tell: on bars in cells, marked rows and tints."""
    from modelreport.render.charts.palette import DARK, LIGHT, mix

    palette = DARK if dark else LIGHT
    marked = mix(palette["accent"], palette["bg"], 0.14)
    for ground in (palette["bg"], palette["surface"]):
        for token in ("ink", "muted", "accent", "ok", "warn", "bad"):
            assert contrast(palette[token], ground) >= 4.5, (token, ground)
    for ground in (marked, *(colour for name, colour in palette.items() if name.endswith("-tint"))):
        assert contrast(palette["ink"], ground) >= 4.5, ground
    for token in ("muted", "accent"):
        assert contrast(palette[token], marked) >= 4.5, token
