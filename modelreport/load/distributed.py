"""Weights of a model repository in a distributed form, as trainers leave them beside ``config.json``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modelreport.load import dcp, shards, zero
from modelreport.load.format import REPOSITORY

if TYPE_CHECKING:
    from modelreport.load.format import Format

FORMATS: tuple[Format, ...] = (dcp.FORMAT, zero.FORMAT, shards.FORMAT)


def find_distributed(names: tuple[str, ...]) -> Format | None:
    """The format of the distributed weights among the entries of a folder, if it holds any."""
    bare = tuple(name for name in names if name not in REPOSITORY)
    return next((format_ for format_ in FORMATS if format_.recognises(b"", bare)), None)
