"""Numbers, names and sentences as text: the only place where a fact becomes something to read.

Every function returns plain text for people, never markup: templates and painters escape it themselves. Unknown values
(``None``) read ``–``. Text from a checkpoint goes through ``name``: it is data, and may be long, invisible or hostile.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from itertools import groupby
from typing import Final

from modelreport.facts import FindingState, Message, Severity
from modelreport.render.language import _, mark, tell
from modelreport.render.language import plural as in_words

UNKNOWN: Final = "–"
NAME_LIMIT: Final = 200
"""Characters of a name that are shown before it is cut."""

_DECIMAL: Final = ("", "k", "M", "G", "T", "P", "E")
_BINARY: Final = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB")
_FILE: Final = ("B", "kB", "MB", "GB", "TB", "PB", "EB")
_PLACEHOLDER: Final = re.compile(r"\{([A-Za-z_][A-Za-z0-9_]*)\}")
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})

SEVERITY_ICONS: Final[dict[str, str]] = {"error": "✖", "warning": "▲", "note": "●"}
SEVERITY_WORDS: Final[dict[str, str]] = {"error": mark("Error"), "warning": mark("Warning"), "note": mark("Note")}
STATE_ICONS: Final[dict[str, str]] = {"clean": "✓", "not_applicable": "–", "not_checked": "○"}
STATE_WORDS: Final[dict[str, str]] = {
    "clean": mark("Passed"), "not_applicable": mark("Does not apply"), "not_checked": mark("Not checked"),
}  # fmt: skip
VERDICT_ICONS: Final[dict[str, str]] = {"ok": "✓", "warning": "▲", "error": "✖"}
VERDICT_WORDS: Final[dict[str, str]] = {"ok": mark("Good"), "warning": mark("Check"), "error": mark("Problem")}


# --- numbers --------------------------------------------------------------------------------------------------------


def count(value: int | None) -> str:
    """A count at a glance: ``9,408`` exactly below ten thousand, then ``25.56 M``: up to two decimals, four digits."""
    if value is None:
        return UNKNOWN
    if abs(value) < 10_000:
        return f"{value:,}"
    return _scaled(value, 1000, _DECIMAL, _four_digits).rstrip()


def exact(value: int | None) -> str:
    """Every digit with thousands separated: ``25,557,032``; beyond 30 digits ``1.23e45``."""
    if value is None:
        return UNKNOWN
    return f"{value:,}" if abs(value) < 10**30 else _scientific(value)


def macs(value: int | None) -> str:
    """Multiply-adds: ``4.09 GMAC``."""
    return _operations(value, "MAC")


def flops(value: int | None) -> str:
    """Floating-point operations, a multiply-add being two: ``8.18 GFLOP``."""
    return _operations(value, "FLOP")


def bytes_binary(value: int | None) -> str:
    """Bytes in memory: ``97.5 MiB``."""
    return UNKNOWN if value is None else _scaled(value, 1024, _BINARY, _three_digits)


def bytes_decimal(value: int | None) -> str:
    """Bytes of a file, as file managers and shops count them: ``102 MB``."""
    return UNKNOWN if value is None else _scaled(value, 1000, _FILE, _three_digits)


def number(value: float | None) -> str:
    """A measured number to three significant digits: ``0.0123``, ``1.2e-4`` below 1e-3, whole numbers as they are."""
    if value is None:
        return UNKNOWN
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else ("∞" if value > 0 else "-∞")
    if value == 0:
        return "0"
    size = abs(value)
    if size < 0.9995e-3 or size >= 999_999.5:
        mantissa, power = f"{value:.2e}".split("e")
        return f"{mantissa.rstrip('0').rstrip('.')}e{int(power)}"
    if size >= 999.5 or value == int(value):
        return f"{round(value):,}"
    return f"{value:#.3g}".rstrip(".")


def seconds(value: float | None) -> str:
    """A time: ``9.64 ms``, ``412 µs``; ``85 s`` and more in whole seconds."""
    if value is None:
        return UNKNOWN
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if value >= 0.9995 * size:
            return f"{value / size:#.3g}".rstrip(".") + f" {unit}" if value < 999.5 else f"{round(value):,} s"
    return f"{value / 1e-9:.3g} ns"


def rate(value: float | None, unit: str) -> str:
    """So many a second: ``312 TFLOP/s``, ``2.04 TB/s`` for the unit ``FLOP`` or ``B``."""
    return UNKNOWN if value is None else f"{_scaled(round(value), 1000, _DECIMAL, _three_digits)}{unit}/s"


def share(value: float | None) -> str:
    """A share of 0–1 in percent: ``62.3 %``; never rounded to nothing (``<0.1 %``) or to everything (``>99.9 %``)."""
    if value is None:
        return UNKNOWN
    percent = value * 100
    if 0 < percent < 0.05:
        return "<0.1 %"
    if 99.95 <= percent < 100:
        return ">99.9 %"
    return f"{percent:.1f}".removesuffix(".0") + " %"


def shape(sizes: tuple[int, ...]) -> str:
    """``256×64×1×1``; ``scalar`` for no dimension, ``?`` for an unknown one; long ranks are cut."""
    if not sizes:
        return _("scalar")
    shown = [("?" if size < 0 else str(size) if size < 10**19 else _scientific(size)) for size in sizes[:12]]
    known = "×".join(shown)
    return _("{sizes}×… ({count} dimensions)", sizes=known, count=len(sizes)) if len(sizes) > 12 else known


def date(iso: str) -> str:
    """``2026-11-21 09:21 UTC`` from an ISO 8601 time; other text as a name."""
    try:
        moment = datetime.fromisoformat(iso)
    except ValueError:
        return name(iso)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _operations(value: int | None, unit: str) -> str:
    if value is None:
        return UNKNOWN
    if abs(value) < 1000:
        return f"{value} {unit}"
    return _scaled(value, 1000, _DECIMAL, _four_digits) + unit


@lru_cache(maxsize=1 << 14)  # layers are alike
def _scaled(value: int, base: int, units: tuple[str, ...], digits: Callable[[float], str]) -> str:
    """``value`` in the largest unit that keeps it at one or more, rolled over before it shows four whole digits."""
    for power, unit in enumerate(units):
        if abs(value) < 9995 * base**power // 10:
            scaled = value / base**power
            return f"{value} {unit}" if power == 0 else f"{digits(scaled)} {unit}"
    return f"{_scientific(value)} {units[0]}"


def _three_digits(value: float) -> str:
    return f"{value:#.3g}".rstrip(".")


def _four_digits(value: float) -> str:
    return f"{value:.1f}" if abs(value) >= 99.995 else f"{value:.2f}"


def _scientific(value: int) -> str:
    """Mantissa and exponent of an integer too large for a float."""
    power = math.log10(abs(value))
    exponent = math.floor(power)
    return f"{'-' if value < 0 else ''}{10 ** (power - exponent):.2f}e{exponent}"


# --- text -----------------------------------------------------------------------------------------------------------


def name(text: str, limit: int = NAME_LIMIT) -> str:
    r"""Text from a checkpoint, safe to look at: one line, nothing invisible, at most about ``limit`` characters.

    Control, bidirectional, zero-width, private and unassigned characters, lone surrogates and odd spaces are shown as
    Python escapes (``\u202e``, many of the same as ``\u202e×20``), and so is the fourth combining mark in a row. A
    longer text keeps its head and tail and says its length. Right-to-left letters stay: the markup isolates them.
    """
    if len(text) <= limit:
        return _visible(text)
    tail = limit // 4
    head, end = _visible(text[: limit - tail]), _visible(text[-tail:])
    return _("{head}…{tail} ({count} characters)", head=head, tail=end, count=f"{len(text):,}")


def brief(text: str, limit: int) -> str:
    """A name cut to about ``limit`` characters, without its length: for a line that goes on after it."""
    tail = limit // 2
    return _visible(text) if len(text) <= limit else f"{_visible(text[: limit - tail])}…{_visible(text[-tail:])}"


def code(text: str, limit: int = 200_000) -> str:
    """Source text of several lines, each made visible as ``name`` does it; cut after ``limit`` characters."""
    lines = [_visible(line.replace("\t", "    ")) for line in text[:limit].split("\n")]
    if len(text) > limit:
        lines.append(_("… ({count} characters in all)", count=f"{len(text):,}"))
    return "\n".join(lines)


def dtype(text: str) -> str:
    """A dtype as torch calls it, ``float32``."""
    return name(text, 40)


def digest(sha256: str | None) -> str:
    """Head and tail of a hex digest, ``9f2c41d7…e41b``."""
    if sha256 is None:
        return UNKNOWN
    return name(sha256) if len(sha256) <= 16 else f"{name(sha256[:8])}…{name(sha256[-4:])}"


def message(fact: Message) -> str:
    """The sentence with its values filled in; the end of a value's name is its unit (see ``facts.Message``).

    ``…_file_bytes`` are decimal, other ``…_bytes`` binary. A placeholder without a value reads ``–``.
    """
    return "".join(part for part, _is_name in parts(fact))


def parts(fact: Message) -> list[tuple[str, bool]]:
    """The pieces of ``message`` in order, and whether each is a name: text from the checkpoint, to be set as code."""
    found: list[tuple[str, bool]] = []
    sentence, end = tell(fact.text), 0
    for place in _PLACEHOLDER.finditer(sentence):
        found.append((sentence[end : place.start()], False))
        value = fact.values.get(place[1])
        a_name = isinstance(value, str) and not place[1].endswith("reason")
        told = tell(value) if isinstance(value, str) and " " in value else value
        found.append((_value(place[1], told), a_name and told == value))
        end = place.end()
    found.append((sentence[end:], False))
    return [part for part in found if part[0]]


def plural(value: int, one: str, many: str = "") -> str:
    """``1 tensor``, ``1,234 tensors``."""
    return in_words(value, exact(value), one, many or f"{one}s")


def severity_word(severity: Severity, state: FindingState = "found") -> str:
    """``Error``, ``Warning``, ``Note``; where nothing was found ``Passed``, ``Does not apply`` or ``Not checked``."""
    return _(SEVERITY_WORDS[severity] if state == "found" else STATE_WORDS[state])


def severity_icon(severity: Severity, state: FindingState = "found") -> str:
    """The sign that goes with ``severity_word``, so that colour is never alone."""
    return SEVERITY_ICONS[severity] if state == "found" else STATE_ICONS[state]


def _value(key: str, value: str | float | None) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, str):
        return name(value) or _("(no name)")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key.endswith("_share"):
        return share(value)
    if isinstance(value, float):
        return number(value)
    for ending, write in _UNITS:
        if key.endswith(ending):
            return write(value)
    return exact(value)


def _glance(value: int) -> str:
    return exact(value) if abs(value) < 10**6 else count(value)


_UNITS: Final = (
    ("_file_bytes", bytes_decimal),
    ("_bytes", bytes_binary),
    ("_flops", flops),
    ("_macs", macs),
    ("_count", _glance),
)


def _visible(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    out, marks = [], 0
    for char, run in groupby(text):
        times = sum(1 for _ in run)
        category = unicodedata.category(char)
        shown = min(times, max(3 - marks, 0)) if category in {"Mn", "Me"} else times
        marks = marks + times if category in {"Mn", "Me"} else 0
        if category in _HIDDEN or (category == "Zs" and char != " "):
            shown = 0
        out.append(char * shown + _escaped_run(char, times - shown))
    return "".join(out)


def _escaped_run(char: str, times: int) -> str:
    """The same escape once, and how often it stands there, when it would be written many times."""
    return _escape(char) * times if times <= 3 else f"{_escape(char)}×{times}"


def _escape(char: str) -> str:
    point = ord(char)
    if point < 0x100:
        return {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(char, f"\\x{point:02x}")
    return f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"
