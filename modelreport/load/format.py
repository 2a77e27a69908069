"""What a file format is to the front door of this room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelreport.checkpoint import Checkpoint
    from modelreport.options import Options
    from modelreport.remote import Location

REPOSITORY = frozenset({"config.json", "modules.json", "model_index.json", "adapter_config.json"})
"""Files that make a folder a model repository: ``load.huggingface`` reads it, whatever else lies in it."""


@dataclass(frozen=True, kw_only=True)
class Format:
    """One format: how it is recognised and how it is read. Listed in ``load.FORMATS``."""

    id: str
    """Stable short name, such as ``torch-zip``; the value of ``Source.format``."""
    title: str
    """Name for people; the value of ``Source.format_title``."""
    suffixes: tuple[str, ...]
    """Usual file endings, for help texts only: content decides, never the ending."""
    summary: str
    """One line for ``modelreport formats``."""
    recognises: Callable[[bytes, tuple[str, ...]], bool]
    """``recognises(head, names)``: ``head`` is the first 4,096 bytes (empty for a folder), ``names`` the members of a
    zip or the entries of a folder (empty otherwise). At most one format recognises any given pair."""
    read: Callable[[Location, Options], Checkpoint]
    """Reads the path; raises ``LoadError``."""
