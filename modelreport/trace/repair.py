"""What an error says about the input it would have wanted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from modelreport.trace.dummies import Candidate, Dummy

WHY = "its size comes from an error message"
MOST_SIDE, MOST_LENGTH = 2048, 1_000_000


def repaired(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """Candidates that the error message suggests, none like the one that failed."""
    if not candidate.dummies:
        return
    for rule in _RULES:
        for found in rule(message, candidate):
            if found.key != candidate.key:
                yield found


def resized(candidate: Candidate, height: int, width: int | None = None) -> Candidate:
    """Images of another size."""

    def change(dummy: Dummy) -> Dummy:
        if dummy.fill != "noise" or len(dummy.shape) < 4:
            return dummy
        return replace(dummy, shape=(*dummy.shape[:-2], height, width or height))

    return candidate.changed(change, WHY)


def _reshaped(candidate: Candidate, change: Callable[[tuple[int, ...]], tuple[int, ...]]) -> Candidate:
    def one(dummy: Dummy) -> Dummy:
        return replace(dummy, shape=change(dummy.shape)) if dummy.fill == "noise" and len(dummy.shape) > 2 else dummy

    return candidate.changed(one, WHY)


def _channels(message: str, candidate: Candidate) -> Iterator[Candidate]:
    match = re.search(r"to have (\d+) channels, but got (\d+) channels", message)
    if match and 0 < int(match[1]) <= MOST_SIDE:
        wanted = int(match[1])
        yield _reshaped(candidate, lambda shape: (shape[0], wanted, *shape[2:]))


def _image_size(message: str, candidate: Candidate) -> Iterator[Candidate]:
    match = re.search(r"\((\d+)\*?(\d+)?\) doesn't match model \((\d+)\*?(\d+)?\)", message)
    if match and all(4 <= int(n or match[3]) <= MOST_SIDE for n in match.group(3, 4)):
        yield resized(candidate, int(match[3]), int(match[4] or match[3]))
    match = re.search(
        r"(?:input|image)(?: image)? ?(?:height|size|width)"
        r".*?(?:doesn't match|expected|got).*?\(?(\d+)[\*x, ]*(\d+)?\)?",
        message,
        re.IGNORECASE,
    )
    if match and all(4 <= int(n or match[1]) <= MOST_SIDE for n in match.group(1, 2)):
        yield resized(candidate, int(match[1]), int(match[2] or match[1]))
    match = re.search(r"Expected (\d+) but got (\d+)", message)
    if match and 4 <= int(match[1]) <= MOST_SIDE:
        yield resized(candidate, int(match[1]))


def _dtype(message: str, candidate: Candidate) -> Iterator[Candidate]:
    wants_ids = re.search(r"[Ee]xpected.*(Long|Int)|indices to be|must be.*Long", message)
    if wants_ids:
        yield candidate.changed(
            lambda d: Dummy(d.shape[:2], "ids", "int64") if d.fill == "noise" else d, "it has to be whole numbers"
        )
    match = re.search(
        r"(?:mat1 and mat2 must have the same dtype|expected m1 and m2).*?(Half|BFloat16|Double)", message
    )
    match = match or re.search(r"should be the same.*?(Half|BFloat16|Double)", message)
    names = {"Half": "float16", "BFloat16": "bfloat16", "Double": "float64"}
    if match:
        yield candidate.changed(
            lambda d: replace(d, dtype=names[match[1]]) if d.fill == "noise" else d, f"in {names[match[1]]}"
        )


def _product(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``mat1 and mat2 shapes cannot be multiplied (1x400 and 784x10)``: the flattened size is too small by 784/400."""
    match = re.search(
        r"cannot be multiplied \(\d+x(\d+) and (\d+)x\d+\)|reduction dim, but got \[\d+, (\d+)\] X \[(\d+), \d+\]",
        message,
    )
    if not match:
        return
    have, want = (int(n) for n in match.groups() if n is not None)
    dummy = candidate.dummies[0]
    if not have or dummy.fill != "noise":
        return
    if len(dummy.shape) == 4:
        side = dummy.shape[-1] * math.sqrt(want / have)
        sizes = [round(side), round(side / 8) * 8, round(side / 32) * 32, *((28, 32) if side < 48 else ())]
        yield from (resized(candidate, s) for s in dict.fromkeys(sizes) if 4 <= s <= MOST_SIDE)
    elif len(dummy.shape) == 3:
        length = round(dummy.shape[-1] * want / have)
        if 1 <= length <= MOST_LENGTH:
            yield _reshaped(candidate, lambda shape: (*shape[:-1], length))
    elif len(dummy.shape) == 2 and 1 <= want <= MOST_LENGTH:
        yield candidate.changed(lambda d: replace(d, shape=(1, want)) if d is dummy else d, WHY)


def _broadcast(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """A learned position embedding of another length than the input gives."""
    match = re.search(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", message)
    match = match or re.search(r"Attempting to broadcast.*\[(\d+)\].*\[(\d+)\]", message)
    if not match:
        return
    have, want = int(match[1]), int(match[2])
    dummy = candidate.dummies[0]
    if not 1 <= want <= MOST_LENGTH:
        return
    if dummy.fill == "ids":
        yield candidate.changed(lambda d: replace(d, shape=(1, want)) if d.fill == "ids" else d, WHY)
    elif len(dummy.shape) >= 4:
        side = dummy.shape[-1]
        sizes = [
            round(side * math.sqrt((want - extra) / (have - extra))) for extra in (0, 1, 2) if min(have, want) > extra
        ]
        sizes.append(round(side * want / max(have, 1)))
        yield from (resized(candidate, s) for s in dict.fromkeys(sizes) if 4 <= s <= MOST_SIDE)
    elif have:
        length = round(dummy.shape[-1] * want / have)
        if 1 <= length <= MOST_LENGTH:
            yield _reshaped(candidate, lambda shape: (*shape[:-1], length))


def _ranks(message: str, candidate: Candidate) -> Iterator[Candidate]:
    if re.search(r"expected 5\)|expected.*5D", message, re.IGNORECASE):
        yield _reshaped(candidate, lambda shape: (1, 8, *shape[1:]) if len(shape) == 4 else shape)
    match = re.search(r"mel input features to be of length (\d+)", message)
    if match and 1 <= int(match[1]) <= MOST_LENGTH:
        length = int(match[1])
        yield _reshaped(candidate, lambda shape: (*shape[:-1], length))


def _placeholders(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``tokens: 576, features 2928``: the text needs as many image placeholders as the image gives features."""
    match = re.search(r"tokens: (\d+),? features:? (\d+)", message)
    if not match:
        return
    count = int(match[2])
    if not 0 < count <= 1 << 16:
        return

    def change(dummy: Dummy) -> Dummy:
        if dummy.marked is None:
            return dummy
        return replace(dummy, shape=(1, count + 32), marked=(dummy.marked[0], count))

    yield candidate.changed(change, "the number of image placeholders comes from an error message")


_RULES: tuple[Callable[[str, Candidate], Iterator[Candidate]], ...] = (
    _channels, _image_size, _dtype, _product, _broadcast, _ranks, _placeholders,
)  # fmt: skip
