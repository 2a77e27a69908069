"""What an error says about the input it would have wanted."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from modelreport.trace.blame import NAMES, Names
from modelreport.trace.dummies import Candidate, Dummy

WHY = "its size comes from an error message"
MOST_SIDE, MOST_LENGTH, MOST_BOOKS = 2048, 1_000_000, 64
MOST_ASKED, STEPS = 5, 128


def repaired(error: BaseException | str, candidate: Candidate) -> Iterator[Candidate]:
    """Candidates that the error suggests by its message and its names, none like the one that failed."""
    if not candidate.dummies:
        return
    names = getattr(error, NAMES, Names((), ()))
    message = " ".join([str(error), *(names.absent if "None" in str(error) else ())])
    yield from _of_rank(str(error), candidate, names.line)
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
        yield from _in_proportion(candidate, *(int(n) for n in match.groups() if n is not None))
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


def _among(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``Number of patches 49 not found … amongst possible values [1225, 4900]``: images of so many more patches."""
    match = re.search(r"patches (\d+) not found .{0,60}values .{0,12}\[(\d+)", message)
    if match and int(match[1]) > 0:
        times = math.sqrt(int(match[2]) / int(match[1]))
        sides = [d.shape[-1] for d in candidate.dummies if d.fill == "noise" and len(d.shape) > 3]
        if sides and 4 <= round(sides[0] * times) <= MOST_SIDE:
            yield resized(candidate, round(sides[0] * times))


def _in_proportion(candidate: Candidate, *sizes: int) -> Iterator[Candidate]:
    """``(1792*448) doesn't match model (896*448)``: the model puts images together before it looks at their size."""
    images = [d.shape for d in candidate.dummies if d.fill == "noise" and len(d.shape) == 4]
    if len(sizes) == 4 and images and all(sizes):
        height, width = images[0][-2] * sizes[2] // sizes[0], images[0][-1] * sizes[3] // sizes[1]
        if min(height, width) >= 4 and max(height, width) <= MOST_SIDE:
            yield resized(candidate, height, width)


def _dtype(message: str, candidate: Candidate) -> Iterator[Candidate]:
    wants_ids = re.search(r"[Ee]xpected.*(Long|Int)|indices to be|must be.*Long", message)
    if wants_ids:
        noise = [d for d in candidate.dummies if d.fill == "noise"]
        for some in [noise] if len(noise) == 1 else [*([d] for d in noise), noise]:
            yield candidate.changed(
                lambda d, some=some: Dummy(d.shape[:2], "ids", "int64") if d in some else d,
                "it has to be whole numbers",
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


def _too_small(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``Image size 384x384 is too small``: images of twice the side."""
    sides = [d.shape[-1] for d in candidate.dummies if d.fill == "noise" and len(d.shape) > 3]
    if sides and re.search(r"size .{0,40}too small", message) and 2 * sides[0] <= MOST_SIDE:
        yield resized(candidate, 2 * sides[0])


def _vectors(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``normalized_shape=[768] … got input of size [1, 16000]``: vectors where a wave was given."""
    match = re.search(r"normalized_shape=\[(\d+)\].*input of size torch\.Size\(\[([\d, ]+)\]\)", message)
    if match and 1 <= int(match[1]) <= MOST_LENGTH:
        wanted = (1, STEPS, int(match[1]))
        given = tuple(int(n) for n in match[2].split(",") if n.strip())
        yield candidate.changed(
            lambda d: replace(d, shape=wanted) if d.fill == "noise" and d.shape == given else d, WHY
        )


def _fewer(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``index 7 is out of range``: a list of layers, one for each step, ends there."""
    match = re.search(r"index (\d+) is out of range", message)
    length = int(match[1]) + 1 if match else 0
    if 1 < length <= MOST_BOOKS:
        yield candidate.changed(
            lambda d: replace(d, shape=(d.shape[0], length)) if d.fill == "ids" and not d.marks else d, WHY
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
    if not have or not 1 <= want <= MOST_LENGTH:
        return
    yield from _widened(candidate, have, want)
    if dummy.fill != "noise":
        return
    if len(dummy.shape) == 4:
        side = dummy.shape[-1] * math.sqrt(want / have)
        sizes = [round(side), round(side / 8) * 8, round(side / 32) * 32, *((28, 32) if side < 48 else ())]
        yield from (resized(candidate, s) for s in dict.fromkeys(sizes) if 4 <= s <= MOST_SIDE)
    elif len(dummy.shape) == 3:
        length = round(dummy.shape[-1] * want / have)
        if 1 <= length <= MOST_LENGTH:
            yield _reshaped(candidate, lambda shape: (*shape[:-1], length))
    elif len(dummy.shape) == 2:
        yield candidate.changed(lambda d: replace(d, shape=(1, want)) if d is dummy else d, WHY)


def _widened(candidate: Candidate, have: int, want: int) -> Iterator[Candidate]:
    """Each of the vectors of the width that did not fit in the width that would, the last argument first."""
    wrong = [d for d in candidate.dummies if d.fill == "noise" and len(d.shape) > 1 and d.shape[-1] == have]
    for dummy in reversed(wrong if len(candidate.dummies) > 1 else []):
        yield candidate.changed(lambda d, it=dummy: replace(d, shape=(*d.shape[:-1], want)) if d is it else d, WHY)


def _multiples(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``length 16000 is not a multiple of 1920``: the next one that is."""
    match = re.search(r"(\d+)\D{1,40}(?:not |be )(?:a )?(?:multiple of|divisible by)\D{1,40}(\d+)", message)
    other = re.search(r"multiple of [^()]{0,40}\((\d+)\).{0,20}got (\d+)", message)
    if not match and not other:
        return
    have, step = (int(match[1]), int(match[2])) if match else (int(other[2]), int(other[1])) if other else (0, 0)
    want = -(-have // step) * step if step else 0
    if 0 < want <= MOST_LENGTH and want != have:
        yield candidate.changed(
            lambda d: replace(d, shape=tuple(want if n == have else n for n in d.shape)) if not d.literal else d,
            WHY,
        )


_UNLIKE = (
    re.compile(r"size of tensor a \((?P<have>\d+)\) must match the size of tensor b \((?P<want>\d+)\)"),
    re.compile(r"Attempting to broadcast.*\[(?P<have>\d+)\].*\[(?P<want>\d+)\]"),
    re.compile(r"batch2 tensor to be: \[\d+, (?P<have>\d+)\] but got: \[\d+, (?P<want>\d+)\]"),
    re.compile(r"Sizes of tensors must match.*Expected (?P<have>\d+) in dimension \d+ but got (?P<want>\d+)"),
)
_ON_META = re.compile(r"broadcast a dimension of length (\d+) at (-\d)!.*broadcastable to \[([\d, ]+)\]")


def _broadcast(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """A learned position embedding of another length than the input gives, or a vector of another width."""
    for have, want in _unlike(message):
        if not min(have, want) >= 1 or max(have, want) > MOST_LENGTH:
            continue
        if "at -1!" in message:
            yield from _in_books(candidate, have, want)
            yield from _widened(candidate, have, want)
            yield from _widened(candidate, want, have)
        yield from _lengthened(candidate, have, want)
        yield from _one_side(candidate, have, want)
        yield from _one_side(candidate, want, have)


def _one_side(candidate: Candidate, have: int, want: int) -> Iterator[Candidate]:
    """Each argument but the first that has a side of the length that did not fit, with the one that would."""
    for dummy in candidate.dummies[1:] if min(have, want) > 1 else []:
        if have in dummy.shape[1:] and not dummy.literal and not dummy.marks:
            shape = (dummy.shape[0], *(want if n == have else n for n in dummy.shape[1:]))
            yield candidate.changed(lambda d, it=dummy, new=shape: replace(d, shape=new) if d is it else d, WHY)


def _unlike(message: str) -> Iterator[tuple[int, int]]:
    """Pairs of sizes that did not fit each other: what the input gave, what the model has."""
    for pattern in _UNLIKE:
        match = pattern.search(message)
        if match:
            yield int(match["have"]), int(match["want"])
            return
    match = _ON_META.search(message)
    if match:
        sizes = [int(n) for n in match[3].split(",")]
        if len(sizes) >= -int(match[2]):
            yield sizes[int(match[2])], int(match[1])


def _in_books(candidate: Candidate, have: int, want: int) -> Iterator[Candidate]:
    """Ids of several codebooks at each step where those of one did not fit."""
    ids = [d for d in candidate.dummies if d.fill == "ids" and len(d.shape) > 1 and d.shape[-1] == have]
    if ids and 1 < want <= MOST_BOOKS and not ids[0].marks:
        lead = ids[0].shape if len(ids[0].shape) == 2 else ids[0].shape[:-1]
        yield candidate.changed(lambda d: replace(d, shape=(*lead, want)) if d is ids[0] else d, WHY)


def _lengthened(candidate: Candidate, have: int, want: int) -> Iterator[Candidate]:
    """The first dummy so much longer or larger that ``have`` becomes ``want``."""
    dummy = candidate.dummies[0]
    if dummy.fill == "ids":
        yield candidate.changed(
            lambda d: replace(d, shape=(1, want)) if d.fill in ("ids", "ones") and d.shape == dummy.shape else d, WHY
        )
    elif len(dummy.shape) >= 4:
        side = dummy.shape[-1]
        sizes = [
            round(side * math.sqrt((want - extra) / (have - extra))) for extra in (0, 1, 2) if min(have, want) > extra
        ]
        sizes.append(round(side * want / max(have, 1)))
        yield from (resized(candidate, s) for s in dict.fromkeys(sizes) if 4 <= s <= MOST_SIDE)
    else:
        length = round(dummy.shape[-1] * want / have)
        if 1 <= length <= MOST_LENGTH:
            yield _reshaped(candidate, lambda shape: (*shape[:-1], length))


def _ranks(message: str, candidate: Candidate) -> Iterator[Candidate]:
    match = re.search(r"5D tensor of shape \(\w+, (\d), ", message)
    if match:
        several = int(match[1])
        yield _reshaped(candidate, lambda shape: (1, several, *shape[1:]) if len(shape) == 4 else shape)
    if re.search(r"expected 5\)|expected 5, got|expected.*5D", message, re.IGNORECASE):
        yield _reshaped(candidate, lambda shape: (1, 8, *shape[1:]) if len(shape) == 4 else shape)
    match = re.search(r"mel input features to be of length (\d+)", message)
    if match and 1 <= int(match[1]) <= MOST_LENGTH:
        length = int(match[1])
        yield _reshaped(candidate, lambda shape: (*shape[:-1], length))


_COUNTS = re.compile(
    r"tokens: (?P<tokens>\d+),? features:? (?P<features>\d+)"
    r"|[Pp]laceholder tokens \((?P<tokens2>\d+)\)(?: and features| does not match[^(]*) \((?P<features2>\d+)\)"
)


def _of_rank(message: str, candidate: Candidate, names: tuple[str, ...]) -> Iterator[Candidate]:
    """``batch, cameras = mask.shape`` failed: the argument that the line speaks of has another number of dimensions."""
    match = re.search(r"values to unpack \(expected (\d)", message)
    fed = [n for n in names if isinstance(candidate.kwargs.get(n), Dummy)]
    if not match or not fed:
        return
    dummy, rank = candidate.kwargs[fed[0]], int(match[1])
    if dummy.literal or dummy.marks or not 1 <= rank <= 6:
        return
    shape = dummy.shape
    while len(shape) < rank:
        shape = (1, *shape)
    changed = [shape[:rank], (shape[0], *shape[len(shape) - rank + 1 :])] if len(shape) > rank else [shape]
    for new in changed:
        kwargs = {**candidate.kwargs, fed[0]: replace(dummy, shape=new)}
        yield replace(candidate, kwargs=kwargs, origin=f"{candidate.origin}; {WHY}")


def _placeholders(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``tokens: 576, features 2928``: the text needs as many placeholders as the image or sound gives features."""
    match = _COUNTS.search(message)
    if not match:
        return
    have, want = int(match["tokens"] or match["tokens2"]), int(match["features"] or match["features2"])
    width = _text_width(candidate)
    if want > have and width > 1 and want % width == 0:
        want //= width
    marks = {mark for dummy in candidate.dummies for mark in dummy.marks if mark.kind}
    said = [mark for mark in marks if mark.kind in message.lower()] or sorted(marks, key=lambda m: m.count != have)
    if not 0 < want <= 1 << 16 or not said:
        return
    old, new = said[0], replace(said[0], count=want)

    def change(dummy: Dummy) -> Dummy:
        if not dummy.marks:
            return dummy
        marks = tuple(new if mark == old else mark for mark in dummy.marks)
        return replace(dummy, shape=(*dummy.shape[:-1], 32 + sum(mark.count for mark in marks)), marks=marks)

    yield candidate.changed(change, f"the number of {old.kind} placeholders comes from an error message")


def _text_width(candidate: Candidate) -> int:
    """Size of the vectors that stand for words; some messages count their numbers rather than the vectors."""
    vectors = candidate.spare.get("inputs_embeds")
    return vectors.shape[-1] if isinstance(vectors, Dummy) else 0


def _asked_for(message: str, candidate: Candidate) -> Iterator[Candidate]:
    """``encoder_hidden_states must be given``: an argument with a default that this model cannot do without."""
    unwanted = [n for n in candidate.kwargs if re.search(rf"\b{n}\b.{{0,20}} expected to be .?None", message)]
    if unwanted:
        kwargs = {k: v for k, v in candidate.kwargs.items() if k not in unwanted}
        candidate = replace(candidate, kwargs=kwargs)
        message = f"{message} inputs_embeds"
    places = {n: found.start() for n in candidate.spare if (found := re.search(rf"\b{n}\b", message))}
    named = sorted((n for n in places if n not in candidate.kwargs), key=places.__getitem__)[:MOST_ASKED]
    named = named or _by_first_word(message, candidate)
    for names in [*([n] for n in named), *([named] if len(named) > 1 else [])]:
        yield replace(
            candidate,
            kwargs={**candidate.kwargs, **{name: candidate.spare[name] for name in names}},
            origin=f"{candidate.origin}; {' and '.join(names)} as an error asks",
        )


def _by_first_word(message: str, candidate: Candidate) -> list[str]:
    """``Input language unknown``: ``lang_ids``, an argument whose first word begins a word of the message."""
    words = re.findall(r"[a-z]{4,}", message.lower()) if "unknown" in message or "must" in message else []
    spare = [n for n in candidate.spare if n.endswith("_ids") and n not in candidate.kwargs]
    return [n for n in spare if len(n.split("_")[0]) > 3 and any(w.startswith(n.split("_")[0]) for w in words)]


_RULES: tuple[Callable[[str, Candidate], Iterator[Candidate]], ...] = (
    _channels, _image_size, _among, _too_small, _vectors, _fewer, _dtype, _product, _multiples, _broadcast, _ranks,
    _placeholders, _asked_for,
)  # fmt: skip
