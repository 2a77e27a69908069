"""The template environment: escaping by default, undefined names are errors, numbers by ``render/format.py``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, ChoiceLoader, Environment, FileSystemLoader, PrefixLoader, StrictUndefined
from markupsafe import Markup

from modelreport.render import format as text
from modelreport.render.charts.legend import keys, scale_of_heat, swatch
from modelreport.render.charts.svg import svg
from modelreport.render.excerpt import excerpt, leading
from modelreport.render.folders import template_folders
from modelreport.render.language import _, gap, tell

FILTERS = {
    "count": text.count,
    "exact": text.exact,
    "macs": text.macs,
    "flops": text.flops,
    "bytes_binary": text.bytes_binary,
    "bytes_decimal": text.bytes_decimal,
    "number": text.number,
    "share": text.share,
    "seconds": text.seconds,
    "rate": text.rate,
    "shape": text.shape,
    "date": text.date,
    "name": text.name,
    "code": text.code,
    "dtype": text.dtype,
    "digest": text.digest,
    "message": text.message,
    "parts": text.parts,
    "plural": text.plural,
    "tell": tell,
    "severity_icon": text.severity_icon,
    "svg": svg,
    "keys": keys,
    "swatch": swatch,
    "scale_of_heat": scale_of_heat,
    "excerpt": excerpt,
    "leading": leading,
}
"""Filters of every template: the functions of ``render/format.py`` under their own names, a chart's drawing, the first
rows of a table."""


def show(value: Any) -> Any:
    """What a template may print: markup as it is, text with everything invisible shown (``render.format.code``).

    The last line of defence, applied to every expression: a name that missed its ``name`` filter is still harmless.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return text.code(value)
    return value


def environment() -> Environment:
    """The environment of all HTML templates, the caller's own among them."""
    return _environment(template_folders())


def loader_of(folders: tuple[Path, ...]) -> BaseLoader:
    """Templates from the first folder that has them; ``modelreport/<name>`` is always ours, to be built upon."""
    return ChoiceLoader([FileSystemLoader(folders), PrefixLoader({"modelreport": FileSystemLoader(folders[-1])})])


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    made = Environment(
        loader=loader_of(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=show,
        keep_trailing_newline=False,
    )
    made.filters.update(FILTERS)
    made.globals.update({"_": _, "gap": gap})
    return made
