"""A script without what only people read: remarks, indentation, blank lines. Line ends stay, and so does the meaning.

The scanner knows strings, template literals with code in them, and regular expressions, so that nothing in those is
taken for a remark. Names are left alone: renaming them needs a compiler, and packing makes up for most of it.
"""

from __future__ import annotations

import re
from typing import Final

_PLAIN: Final = re.compile(r"""[^/'"`{}\n]+""")
_STRING: Final = re.compile(r"""'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*\"""", re.DOTALL)
_TEMPLATE: Final = re.compile(r"(?:\\.|\$(?!\{)|[^`\\$])*", re.DOTALL)
_REMARK: Final = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_EXPRESSION: Final = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
_BEFORE_VALUE: Final = re.compile(
    r"(?:^|[(,=:\[!&|?{};+\-*%~^<>\n]|\b(?:return|typeof|case|in|of|void|delete|do|else))$"
)
"""What stands before a slash that begins a regular expression; after anything else it divides."""
_SPACE: Final = re.compile(r"\s*")
_KEPT_LINE: Final = "\ue000"
"""Stands for the line ends of template literals, which are text."""


def lean(script: str) -> str:
    """The script, shorter. ``ValueError`` for one whose strings or remarks do not end."""
    kept: list[str] = []
    depths: list[int] = []  # of open braces inside each template literal's ${…}
    at, script = 0, script + "\n"
    while at < len(script):
        at = _step(script, at, kept, depths)
    if depths:
        raise ValueError("the code in a template literal does not end")
    lines = "".join(kept).split("\n")
    return "\n".join(line for line in lines if line.strip()).replace(_KEPT_LINE, "\n")


def _step(script: str, at: int, kept: list[str], depths: list[int]) -> int:
    """Take one piece of the script; where the next begins."""
    char = script[at]
    if char == "`" or (char == "}" and depths and not depths[-1]):
        if char == "}":
            depths.pop()
        return _template(script, at, kept, depths)
    if char in "{}":
        if depths:
            depths[-1] += 1 if char == "{" else -1
        kept.append(char)
        return at + 1
    if char == "\n":
        _end_line(kept)
        return _take(_SPACE, script, at, [])
    if char in "'\"":
        return _take(_STRING, script, at, kept)
    if char == "/":
        return _slash(script, at, kept)
    return _take(_PLAIN, script, at, kept)


def _end_line(kept: list[str]) -> None:
    if kept:
        kept[-1] = kept[-1].rstrip(" \t")
    kept.append("\n")


def _take(pattern: re.Pattern[str], script: str, at: int, kept: list[str]) -> int:
    found = pattern.match(script, at)
    if found is None:
        raise ValueError(f"not understood: {script[at : at + 60]!r}")
    kept.append(found[0])
    return found.end()


def _slash(script: str, at: int, kept: list[str]) -> int:
    """A remark, which goes; a regular expression; or a division."""
    remark = _REMARK.match(script, at)
    if remark:
        return remark.end()
    if _BEFORE_VALUE.search("".join(kept[-6:]).rstrip(" ")[-12:]):
        return _take(_EXPRESSION, script, at, kept)
    kept.append("/")
    return at + 1


def _template(script: str, at: int, kept: list[str], depths: list[int]) -> int:
    """The text of a template literal up to its end, or to code in it."""
    found = _TEMPLATE.match(script, at + 1)
    end = found.end() if found else len(script)
    if end >= len(script):
        raise ValueError(f"a template literal does not end: {script[at : at + 60]!r}")
    text = script[at:end].replace("\n", _KEPT_LINE)
    inner = script.startswith("${", end)
    kept.append(text + ("${" if inner else "`"))
    if inner:
        depths.append(0)
    return end + (2 if inner else 1)
