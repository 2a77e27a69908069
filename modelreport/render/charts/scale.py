"""Where an axis has its ticks and what they say; how wide a text is."""

from __future__ import annotations

import math
import re
import unicodedata
from dataclasses import dataclass
from typing import Final

from modelreport.render import format as text
from modelreport.render.charts.spec import Unit

_STEPS: Final = (1.0, 2.0, 5.0, 10.0)
_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E")
_NARROW: Final = frozenset("iljtfrI.,:;'|!()[]{} ·-")
_WIDE: Final = frozenset("mwMWQO@%&ABCDGHKNRUVXYZ→…×")


@dataclass(frozen=True)
class Tick:
    """One tick: its value on the axis and its text."""

    value: float
    label: str


def ticks(low: float, high: float, unit: Unit, wanted: int = 5, *, log: bool = False) -> list[Tick]:
    """At most about ``wanted`` round values between ``low`` and ``high``, ascending; their unit is for the title.

    They are those that Plotly chooses, written as it writes them. Bytes are round in binary units, counts never fall
    between integers, decades are used when ``log``, with 2 and 5 between them where there are few.
    """
    if log:
        return _decades(low, high, unit, wanted)
    factor, suffix = unit_of(max(abs(low), abs(high)), unit)
    values = _round_values(low / factor, high / factor, wanted, whole=unit == "count" and factor == 1)
    power = suffix if suffix.startswith("e") else ""
    return [Tick(value * factor, _plain(value, _digits(values)) + (power if value else "")) for value in values]


def _plain(value: float, digits: int) -> str:
    """A number without zeros behind its last digit, with a real minus."""
    words = f"{value:,.{digits}f}"
    return (words.rstrip("0").rstrip(".") if digits else words).replace("-", "−")


def _round_values(low: float, high: float, wanted: int, *, whole: bool) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten, by Heckbert's nice numbers (Graphics Gems, 1990)."""
    width = high - low
    if not (width > 0 and math.isfinite(width)) or width / max(abs(low), abs(high)) < 1e-12:
        return [low]
    rough = width / max(wanted, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * s for s in _STEPS if width / (power * s) <= wanted or s == _STEPS[-1])
    if whole:
        step = max(1.0, math.ceil(step))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [round(i * step, 12 - math.floor(math.log10(step))) + 0.0 for i in range(first, last + 1)]


def _decades(low: float, high: float, unit: Unit, wanted: int) -> list[Tick]:
    first, last = math.ceil(math.log10(low) - 1e-9), math.floor(math.log10(high) + 1e-9)
    if math.log10(high) - math.log10(low) <= 2:  # decades alone would be too few
        powers = range(first - 1, last + 1)
        between = [
            f * 10.0**p for p in powers for f in (1, 2, 5) if low * (1 - 1e-9) <= f * 10.0**p <= high * (1 + 1e-9)
        ]
        if len(between) > 1:
            return [Tick(value, _round_label(value, unit)) for value in between]
    if last < first:
        return [Tick(low, label(low, unit)), Tick(high, label(high, unit))]
    every = max(1, math.ceil((last - first + 1) / max(wanted, 1)))
    return [Tick(10.0**power, _round_label(10.0**power, unit)) for power in range(first, last + 1, every)]


def _round_label(value: float, unit: Unit) -> str:
    """A round value as Plotly writes it: ``10k``; below one as it is."""
    if value < 1:
        return f"{value:.12f}".rstrip("0")
    return re.sub(r"\.0+(?=\s|$)", "", label(value, unit)).replace(" ", "")


def unit_of(size: float, unit: Unit) -> tuple[float, str]:
    """What the values are divided by, and the text after them."""
    if unit == "share":
        return 0.01, " %"
    if unit == "number" and not 1e-3 <= size < 1e5 and size > 0:
        power = max(math.floor(math.log10(size)), -300)
        return 10.0**power, f"e{power}"
    base = 1024.0 if unit == "bytes" else 1000.0
    step = 0
    while size >= base ** (step + 1) * (1 if unit == "bytes" or step else 10) and step < len(_DECIMAL) - 1:
        step += 1
    if unit == "bytes":
        return base**step, f" {_BINARY[step]}"
    word = {"flops": "FLOP", "macs": "MAC"}.get(unit, "")
    if unit == "number" or not (word or step):
        return 1.0, ""
    return base**step, f" {_DECIMAL[step]}{word}"


def _digits(values: list[float]) -> int:
    """Decimals that all values need, at most 6."""
    return next((d for d in range(7) if all(abs(round(v, d) - v) <= 1e-9 * max(abs(v), 1e-3) for v in values)), 6)


def label(value: float, unit: Unit) -> str:
    """One value of an axis as text."""
    if unit == "share":
        return text.share(value)
    if unit == "number":
        return text.number(value)
    whole = round(value)
    writers = {"bytes": text.bytes_binary, "flops": text.flops, "macs": text.macs, "count": text.count}
    return writers[unit](whole)


def width(words: str, size: float) -> float:
    """Return an upper estimate of the width of a text in a sans-serif as wide as DejaVu, in the unit of ``size``."""
    ems = 0.0
    for char in words:
        if char in _NARROW:
            ems += 0.38
        elif char in _WIDE:
            ems += 0.8 if char not in "mwMW@%…" else 1.0
        elif unicodedata.combining(char):
            continue
        elif unicodedata.east_asian_width(char) in "WF":
            ems += 1.05
        else:
            ems += 0.62
    return ems * size


def fit(words: str, size: float, room: float) -> str:
    """``words``, or their tail after ``…`` when they are wider than ``room``: the end of a dotted path tells more."""
    room += 0.01  # a margin taken from this very width must not lose it to rounding
    if width(words, size) <= room:
        return words
    kept = words
    while kept and width("…" + kept, size) > room:
        kept = kept[max(1, len(kept) // 16) :]
    return "…" + kept.lstrip("." if kept else "")
