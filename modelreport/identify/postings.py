"""Which of many sets have an item: sorted hashes, each with the list of the sets that it is in."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Postings:
    """The lists of all hashes; equal lists are kept once."""

    hashes: NDArray[np.uint32]
    """Sorted, each once."""
    lists: NDArray[np.uint32]
    """For each hash the number of its list."""
    ends: NDArray[np.uint32]
    """One past the last member of each list."""
    members: NDArray[np.uint16]
    """Numbers of sets, list after list."""

    def score(self, wanted: Iterable[int], count: int) -> NDArray[np.int64]:
        """For each of ``count`` sets, how many of the hashes it has."""
        import numpy as np

        asked = np.unique(np.array(list(wanted), np.uint32))
        at = np.searchsorted(self.hashes, asked)
        at = at[at < self.hashes.size]
        asked = asked[: at.size]  # sorted: what is past the end is at the end
        hits = self.lists[at[self.hashes[at] == asked]]
        starts = np.concatenate(([0], self.ends))
        found = [self.members[starts[i] : starts[i + 1]] for i in hits.tolist()]
        return np.bincount(np.concatenate(found) if found else np.empty(0, np.uint16), minlength=count)


def postings_of(sets: Iterable[Iterable[int]]) -> Postings:
    """The lists of sets of hashes, the same for the same sets."""
    import numpy as np

    where: dict[int, list[int]] = {}
    for number, items in enumerate(sets):
        for item in set(items):
            where.setdefault(item, []).append(number)
    hashes = np.array(sorted(where), np.uint32)
    lists: dict[tuple[int, ...], int] = {}
    which = np.array([lists.setdefault(tuple(where[h]), len(lists)) for h in hashes.tolist()], np.uint32)
    ends = np.cumsum([len(row) for row in lists], dtype=np.uint32)
    return Postings(hashes, which, ends, np.array([i for row in lists for i in row], np.uint16))
