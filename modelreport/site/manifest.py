"""What a catalogue on disk remembers of itself: to leave alone what did not change, to take away what went."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from modelreport.errors import OutputError
from modelreport.site.card import Card

CATALOGUE: Final = "catalogue.json"
CACHE: Final = ".catalogue-cache.json"
_SCHEMA: Final = 1


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A model of the catalogue."""

    card: Card
    report: str = ""
    """Key of the facts of its report, see ``fingerprint.report_key``."""
    written: str = ""
    """Key of its page, see ``fingerprint.page_key``."""


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """``catalogue.json``: the catalogue as data, for programs and for the next run."""

    schema: int = _SCHEMA
    title: str = ""
    models: tuple[Entry, ...] = ()


def read_manifest(output: Path) -> Manifest:
    """The manifest of the catalogue in a folder; an empty one where there is none or it is of another kind.

    ``OutputError`` where the folder holds a page that is no catalogue of ours: it would be written over.
    """
    try:
        known = msgspec.json.decode((output / CATALOGUE).read_bytes(), type=Manifest)
    except FileNotFoundError:
        if (output / "index.html").exists():
            raise OutputError(
                f"{output}: holds an index.html that is not of a catalogue of models.", "Name another folder with -o."
            ) from None
        return Manifest()
    except (OSError, msgspec.MsgspecError):
        return Manifest()
    return known if known.schema == _SCHEMA else Manifest()


def read_cache(output: Path) -> dict[str, str]:
    """Hashes of files as the last run knew them; none where that is lost."""
    try:
        return msgspec.json.decode((output / CACHE).read_bytes(), type=dict[str, str])
    except (OSError, msgspec.MsgspecError):
        return {}


def encode(value: Manifest | dict[str, str]) -> bytes:
    """As JSON, the same for the same."""
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1)
