"""Colours of charts: tokens with one value for light and one for dark, the same words as in the page's style sheet.

Painters for the page write ``var(--token)``, so that a chart follows the theme; print and stand-alone figures take the
concrete colours. The ramp of heat maps is ColorBrewer's PuOr, safe for colour blindness; on dark ground it is as dark
in its middle, so that what stands out is what is bright.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from modelreport.facts import Family
from modelreport.render.folders import own_colors
from modelreport.render.language import mark

_BASE_LIGHT: Final = {
    "bg": "#ffffff", "surface": "#f6f8fa", "line": "#d5dbe3", "ink": "#1c232d", "muted": "#55606e",
    "accent": "#1f5fbf", "ok": "#1a7f4b", "warn": "#8a5a00", "bad": "#b3261e",
}  # fmt: skip
_BASE_DARK: Final = {
    "bg": "#0f1318", "surface": "#171d25", "line": "#2c3644", "ink": "#e4e9ef", "muted": "#9aa7b6",
    "accent": "#7fb0ff", "ok": "#4fce8f", "warn": "#f0b84b", "bad": "#ff8f86",
}  # fmt: skip
_HUES: Final[dict[str, str]] = {
    "conv": "#2f6fcb", "linear": "#6a51c4", "recurrent": "#a8478f", "attention": "#c2334d", "norm": "#0f8a7e",
    "activation": "#b97a00", "pool": "#3f7f9e", "embedding": "#3c8a3c", "shape": "#6f7b88", "arithmetic": "#94673f",
    "io": "#3a424e", "module": "#8fa3bb", "other": "#7d8894",
}  # fmt: skip
_IO_DARK: Final = "#8794a3"

RAMP: Final = (
    "#7f3b08", "#b35806", "#e08214", "#fdb863", "#fee0b6", "#f7f7f7",
    "#d8daeb", "#b2abd2", "#8073ac", "#542788", "#2d004b",
)  # fmt: skip
_RAMP_DARK: Final = (
    "#fee0b6", "#fdb863", "#e08214", "#a9540d", "#5f3514", "#232a34",
    "#38305a", "#574490", "#8073ac", "#b2abd2", "#e3e0f2",
)  # fmt: skip
STEPS: Final = 20
"""Steps of the diverging ramp of heat maps, from ``ramp-0`` for the lowest level to ``ramp-20`` for the highest."""

FAMILY_WORDS: Final[dict[Family, str]] = {
    "conv": mark("convolution"), "linear": mark("linear"), "recurrent": mark("recurrent"),
    "attention": mark("attention"),
    "norm": mark("norm"), "activation": mark("activation"), "pool": mark("pooling"),
    "embedding": mark("embedding"), "shape": mark("shape"),
    "arithmetic": mark("arithmetic"), "io": mark("input and output"), "module": mark("module"), "other": mark("other"),
}  # fmt: skip
"""Families in words, for axes and legends."""


def mix(first: str, second: str, share: float) -> str:
    """``share`` of the first colour over the second, in sRGB as a style sheet's ``color-mix(in srgb, …)`` does it."""
    parts = (round(int(first[i : i + 2], 16) * share + int(second[i : i + 2], 16) * (1 - share)) for i in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _ramp(colours: tuple[str, ...]) -> dict[str, str]:
    """The tokens of a ramp: the colours, and those between two."""
    every = STEPS // (len(colours) - 1)
    places = ((i // every, i % every / every) for i in range(STEPS + 1))
    return {f"ramp-{i}": mix(colours[min(below + 1, len(colours) - 1)], colours[below], share)
            for i, (below, share) in enumerate(places)}  # fmt: skip


class _Theme(Mapping[str, str]):
    """Colours of one theme: ours, and the caller's own in place of some of them."""

    def __init__(self, base: Mapping[str, str], tint: float, *, dark: bool) -> None:
        self._hues = _HUES | ({"io": _IO_DARK} if dark else {})
        self._base = dict(base) | self._hues | _ramp(_RAMP_DARK if dark else RAMP)
        self._tint = tint
        self._dark = dark
        self._names = (*self._base, *(f"{name}-tint" for name in (*self._hues, "accent")))

    def __getitem__(self, name: str) -> str:
        own = own_colors(dark=self._dark)
        if name in self._base or name in own:
            return own.get(name) or self._base[name]
        hue, dash, _ = name.rpartition("-tint")
        if not dash or name not in self._names:
            raise KeyError(name)
        return mix(self[hue], self["bg"], self._tint / 2 if hue == "module" else self._tint)

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


LIGHT: Final[Mapping[str, str]] = _Theme(_BASE_LIGHT, 0.22, dark=False)
DARK: Final[Mapping[str, str]] = _Theme(_BASE_DARK, 0.34, dark=True)
"""Every token: the base ones, each operation family, and ``<family>-tint`` for fills under text; that of modules is a
ground for the tints of what is inside them."""


def ramp(level: float) -> str:
    """The ramp's token at a level of 0–1: in steps, so that equal colours can be drawn together."""
    return f"ramp-{min(max(round(level * STEPS), 0), STEPS)}"
