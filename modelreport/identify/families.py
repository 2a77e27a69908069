"""Families of transformers models: their names without numbers, and how their shapes follow from a configuration.

A second compressed file beside this one (``families.bin``), made by the same command as the index of architectures and
looked up without any library. It holds, zlib-compressed: length of the header (uint32), header (JSON: versions, names
of the families, sizes of the records, counts of the arrays), sorted hashes of names without numbers (uint32), for each
the place of its list of families (uint32), ends of the lists (uint32), their members (uint16), and one JSON record for
each family, of which only the wanted ones are read.
"""

from __future__ import annotations

import functools
import json
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from modelreport.identify.index import item_hash
from modelreport.identify.postings import Postings, postings_of
from modelreport.identify.relations import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATH = Path(__file__).with_name("families.bin")


class Family(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One model type of transformers. Places are indices into ``keys``."""

    type: str
    module: str
    """Dotted path of the source file with its classes."""
    prefix: str = ""
    """``base_model_prefix``: taken off the names where they have it."""
    values: dict[str, int] = {}
    """Numbers of the default configuration by dotted path, elements of lists by their index."""
    keys: list[list[Any]] = []
    """Name with ``#`` for numbers, and an expression for each dimension."""
    counts: list[list[Any]] = []
    """Path, locator, and a, b, c: the numbers behind the locator are a / b × value + c."""
    flags: list[list[Any]] = []
    """Path, value other than the default, places of the names it adds, and of those it removes."""
    shape_flags: list[list[Any]] = []
    """Path and value of switches that change shapes only."""
    optional: list[int] = []
    """Places of tied names, which files leave out."""
    classes: list[list[Any]] = []
    """Name, whether its names carry the prefix, whether they are those of files, places."""


@dataclass(frozen=True)
class Families:
    """The index in memory."""

    versions: Mapping[str, str]
    names: tuple[str, ...]
    """Model types."""
    postings: Postings
    records: bytes
    bounds: tuple[int, ...]

    def family(self, number: int) -> Family:
        """One family's record."""
        return msgspec.json.decode(self.records[self.bounds[number] : self.bounds[number + 1]], type=Family)

    def score(self, patterns: Iterable[str]) -> NDArray[np.int64]:
        """For each family, how many of the names without numbers it has."""
        return self.postings.score((item_hash(p, ()) for p in patterns), len(self.names))


def encode(versions: Mapping[str, str], families: Sequence[Family]) -> bytes:
    """The file for these families, the same bytes for the same input."""
    made = postings_of({item_hash(fold(key), ()) for key, _ in family.keys} for family in families)
    records = [msgspec.json.encode(f) for f in families]
    header = json.dumps(
        {
            "versions": dict(sorted(versions.items())), "names": [f.type for f in families],
            "sizes": [len(r) for r in records], "hashes": made.hashes.size, "lists": made.ends.size,
            "members": made.members.size,
        },
        separators=(",", ":"),
    ).encode()  # fmt: skip
    arrays = [*(a.astype("<u4") for a in (made.hashes, made.lists, made.ends)), made.members.astype("<u2")]
    body = b"".join([a.tobytes() for a in arrays] + records)
    return zlib.compress(struct.pack("<I", len(header)) + header + body, 9)


def decode(data: bytes) -> Families:
    """The index that ``encode`` wrote."""
    import numpy as np

    raw = zlib.decompress(data)
    (length,) = struct.unpack_from("<I", raw)
    header: dict[str, Any] = json.loads(raw[4 : 4 + length])
    at = 4 + length
    arrays: list[NDArray[Any]] = []
    for count, dtype in (
        (header["hashes"], "<u4"), (header["hashes"], "<u4"), (header["lists"], "<u4"), (header["members"], "<u2"),
    ):  # fmt: skip
        arrays.append(np.frombuffer(raw, dtype, count, at))
        at += arrays[-1].nbytes
    bounds = [0]
    for size in header["sizes"]:
        bounds.append(bounds[-1] + size)
    return Families(
        header["versions"], tuple(header["names"]), Postings(*arrays), raw[at:], tuple(bounds)
    )  # fmt: skip


@functools.cache
def load_families() -> Families:
    """The index shipped with the package."""
    return decode(PATH.read_bytes())
