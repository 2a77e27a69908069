"""The index of known architectures: which of them have a tensor of a given name and shape.

One compressed file beside this one, made by ``python -m modelreport.identify.build_index``. Looking up needs numpy
alone and takes milliseconds: every tensor is a 32-bit hash of its name and shape that leads to a list of architectures.

Layout of the file, zlib-compressed: length of the header (uint32), header (JSON: versions, architectures as
``[library, name, class path, tensors]``, counts of the arrays), then little-endian arrays: the sorted hashes as
differences (uint32, byte planes), the list that each hash leads to (uint32, byte planes), the ends of the lists
(uint32), their members (uint16).
"""

from __future__ import annotations

import functools
import hashlib
import json
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from modelreport.identify.postings import Postings, postings_of

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PATH = Path(__file__).with_name("architectures.bin")
IGNORED = re.compile(r"(^|\.)num_batches_tracked$")
"""Not in files written before torch 0.4.1: no evidence for or against."""


class Architecture(NamedTuple):
    """One architecture of a library."""

    library: str
    name: str
    class_path: str
    tensors: int

    def __str__(self) -> str:
        return f"{self.library} {self.name}"


class Candidate(NamedTuple):
    """How well one architecture fits a set of tensors."""

    architecture: Architecture
    matched: int
    """Tensors with the same name and shape."""
    total: int
    """Tensors looked up."""
    prefix: str
    """What was taken from the names to fit."""

    @property
    def similarity(self) -> float:
        """Matched tensors as a share of those in either (Jaccard index, 0 to 1)."""
        union = self.total + self.architecture.tensors - self.matched
        return self.matched / union if union else 0.0


def item_hash(name: str, shape: Iterable[int]) -> int:
    """The 32 bits that stand for one tensor."""
    text = f"{name}:{'x'.join(map(str, shape))}"
    return int.from_bytes(hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest(), "little")


@dataclass(frozen=True)
class Index:
    """The index in memory."""

    versions: Mapping[str, str]
    """Of the libraries it was made from."""
    architectures: tuple[Architecture, ...]
    postings: Postings

    def score(self, tensors: Mapping[str, tuple[int, ...]]) -> NDArray[np.int64]:
        """For each architecture, how many of the tensors it has."""
        return self.postings.score((item_hash(n, s) for n, s in tensors.items()), len(self.architectures))

    def nearest(self, tensors: Mapping[str, tuple[int, ...]], count: int = 100) -> tuple[Candidate, ...]:
        """The architectures that fit best, best first; empty when no tensor is known.

        Names are tried as they are and with up to three leading parts removed that most of them share.
        """
        best: tuple[Candidate, ...] = ()
        total = sum(1 for n in tensors if not IGNORED.search(n))
        for prefix, stripped in prefix_variants(tensors):
            matched = self.score(stripped)
            found = [
                Candidate(self.architectures[i], int(matched[i]), total, prefix) for i in matched.nonzero()[0].tolist()
            ]
            found.sort(key=lambda c: (-c.similarity, c.architecture.library != "torchvision", len(c.architecture.name)))
            if found and (not best or found[0].similarity > best[0].similarity):
                best = tuple(found[:count])
        return best


def prefix_variants(
    tensors: Mapping[str, tuple[int, ...]], share: float = 0.6
) -> Iterable[tuple[str, Mapping[str, tuple[int, ...]]]]:
    """The tensors by name, then again without the first part of the names if ``share`` of them have it in common."""
    current = {n: s for n, s in tensors.items() if not IGNORED.search(n)}
    total, prefix = len(current), ""
    for _ in range(4):
        yield prefix, current
        heads = Counter(n.split(".", 1)[0] + "." for n in current if "." in n)
        if not heads:
            return
        head, shared = heads.most_common(1)[0]
        if shared < share * total:
            return
        prefix += head
        current = {n[len(head) :]: s for n, s in current.items() if n.startswith(head)}


def encode(versions: Mapping[str, str], models: Sequence[tuple[str, str, str, Mapping[str, tuple[int, ...]]]]) -> bytes:
    """The file for ``(library, name, class path, tensors)`` of each architecture, the same bytes for the same input."""
    import numpy as np

    sets = [{item_hash(n, s) for n, s in tensors.items() if not IGNORED.search(n)} for *_, tensors in models]
    table = [[*about, len(items)] for (*about, _), items in zip(models, sets, strict=True)]
    made = postings_of(sets)
    header = json.dumps(
        {
            "versions": dict(sorted(versions.items())), "architectures": table,
            "hashes": made.hashes.size, "lists": made.ends.size, "members": made.members.size,
        },
        separators=(",", ":"),
    ).encode()  # fmt: skip
    steps = np.diff(made.hashes, prepend=np.uint32(0)).astype(np.uint32)
    body = b"".join(
        [_planes(steps), _planes(made.lists), made.ends.astype("<u4").tobytes(), made.members.astype("<u2").tobytes()]
    )
    return zlib.compress(struct.pack("<I", len(header)) + header + body, 9)


def _planes(values: NDArray[np.uint32]) -> bytes:
    return values.astype("<u4").view("u1").reshape(-1, 4).T.tobytes()


def decode(data: bytes) -> Index:
    """The index that ``encode`` wrote."""
    import numpy as np

    raw = zlib.decompress(data)
    (length,) = struct.unpack_from("<I", raw)
    header: dict[str, Any] = json.loads(raw[4 : 4 + length])
    at = 4 + length

    def take(count: int, dtype: str) -> NDArray[Any]:
        nonlocal at
        values = np.frombuffer(raw, dtype, count, at)
        at += values.nbytes
        return values

    def planes(count: int) -> NDArray[np.uint32]:
        return np.ascontiguousarray(take(count * 4, "u1").reshape(4, -1).T).view("<u4").reshape(-1)

    steps, which = planes(header["hashes"]), planes(header["hashes"])
    ends, members = take(header["lists"], "<u4"), take(header["members"], "<u2")
    hashes = np.cumsum(steps, dtype=np.uint32)
    return Index(
        header["versions"],
        tuple(Architecture(*a) for a in header["architectures"]),
        Postings(hashes, which, ends, members),
    )


@functools.cache
def load_index() -> Index:
    """The index shipped with the package."""
    return decode(PATH.read_bytes())
