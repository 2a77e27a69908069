"""The page's style sheets as those of a fragment: they hold inside its shadow root and nowhere else.

What the page says of its root, a fragment says of its host element; what it asks of the window, of its own width; and
the rules for the sheets of paper are left to the page around it.
"""

from __future__ import annotations

import re
from typing import Final

RESET: Final = ":host,.page{all:initial}"
"""Before all others: what the page around says of every element, and so of the host, is not inherited."""
_PAGE: Final = re.compile(r"@page\b[^{]*\{(?:[^{}]|\{[^{}]*\})*\}")
_ROOT: Final = re.compile(r"(?<![\w-]):root(?P<tests>(?:\[[^\]]*\]|:not\([^)]*\))*)")
_HTML: Final = re.compile(r"(?<![\w.#:-])html(?P<tests>(?:\[[^\]]*\]|:not\([^)]*\))*)(?=[\s,{>])")
_BODY: Final = re.compile(r"(?<![\w.#:-])body(?=[\s,{>])")
_SCRIPTED: Final = re.compile(r"(?<![\w(-])\.js(?![\w-])")
_WIDTH: Final = re.compile(r"@media\s*(?=\((?:max|min)-width)")
_SCHEME: Final = re.compile(r"color-scheme:\s*light dark\s*(?=[;}])")


def scoped(style: str) -> str:
    """The same rules for what is inside a shadow root whose host is the container that widths are measured by."""
    style = _PAGE.sub("", style)
    style = _ROOT.sub(_host, style)
    style = _HTML.sub(_host, style)
    style = _BODY.sub(".page", style)
    style = _SCRIPTED.sub(":host(.js)", style)
    style = _WIDTH.sub("@container ", style)
    return _SCHEME.sub("color-scheme:inherit", style)


def _host(found: re.Match[str]) -> str:
    return f":host({found['tests']})" if found["tests"] else ":host"
