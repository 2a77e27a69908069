"""The inner loops as machine code: the same facts as the numpy code, to the last bit, many times as fast.

Importing this costs a third of a second, and compiling (once a machine: the result is kept in numba's cache) some
seconds: only large checkpoints come here. Functions that call each other are in this one file, because numba's cache
looks at the file of the called function alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, int32, int64, njit, uint32, uint64

from modelreport.measure.lanes import BLOCK_LANES, ROW_LANES, RUN
from modelreport.measure.moments import PLACES
from modelreport.measure.vectors import pattern_square_lanes, power_lanes, square_lanes

_INFINITY = 0x7F800000
_NORMAL = 0x00800000
_MAGNITUDE = 0x7FFFFFFF
_SIGN = 0x80000000

_CODE, _FIRST, _ALIKE, _ZERO, _FILLED = range(5)
"""Places in the state of a row: hash so far, first element, whether all are equal and zero, how many there were."""

CONSTANT, ZERO = 1, 2
"""What a row is like."""


def _jit(function: Callable[..., Any]) -> Any:
    """Machine code of a function that runs without the interpreter lock; kept on disk where a place for it is found."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # the package lies where nothing can be written, and so does the home directory
        return njit(nogil=True)(function)


@_jit
def _folded(lanes: Any) -> Any:
    half = lanes.size // 2
    while half:
        for i in range(half):
            lanes[i] += lanes[i + half]
        half //= 2
    return lanes[0]


@_jit
def _code(code: Any, words: Any, keys: Any, step: Any) -> Any:
    """Hash of a row's words after those that gave ``code``, as ``rows._hashed``."""
    for start in range(0, words.size, keys.size):
        part = words[start : start + keys.size]
        total = uint64(0)
        for j in range(part.size):
            word = uint64(part[j])
            rotated = (word << uint64(13)) | (word >> uint64(51))
            again = (word << uint64(37)) | (word >> uint64(27))
            total += (word ^ rotated ^ again) * keys[j]
        code = code * step + total
    return code


@_jit
def _extremes(bits: Any) -> Any:
    """Extremes of the bits as unsigned and as signed integers; as such positive numbers ascend, negative descend."""
    least, most = uint32(0xFFFFFFFF), uint32(0)
    low, high = int32(0x7FFFFFFF), int32(-0x80000000)
    for i in range(bits.size):
        unsigned, signed = bits[i], int32(bits[i])
        least, most = min(least, unsigned), max(most, unsigned)
        low, high = min(low, signed), max(high, signed)
    return least, most, low, high


@_jit
def _has_small(least: Any, low: Any) -> Any:
    """Whether there are zeros or subnormals.

    The positive number of least magnitude comes first as an unsigned integer, the negative one as a signed.
    """
    return least < uint32(_NORMAL) or uint32(low) - uint32(_SIGN) < uint32(_NORMAL)


@_jit
def _has_special(most: Any, high: Any) -> Any:
    """Whether there are infinities or NaN."""
    return high >= int32(_INFINITY) or (most & uint32(_MAGNITUDE) >= uint32(_INFINITY) and most >= uint32(_SIGN))


@_jit
def _finite(bits: Any, kept: Any, special: Any) -> Any:
    """Copy the finite numbers, count the others; returns how many are finite."""
    count = 0
    for i in range(bits.size):
        magnitude = bits[i] & uint32(_MAGNITUDE)
        if magnitude < uint32(_INFINITY):
            kept[count] = bits[i]
            count += 1
        elif magnitude > uint32(_INFINITY):
            special[0] += 1
        else:
            special[1 if bits[i] == magnitude else 2] += 1
    return count


@_jit
def _count_small(bits: Any, special: Any) -> None:
    """Count zeros and subnormals."""
    zeros, small = 0, 0
    for i in range(bits.size):
        magnitude = bits[i] & uint32(_MAGNITUDE)
        zeros += magnitude == uint32(0)
        small += magnitude < uint32(_NORMAL)
    special[3] += zeros
    special[4] += small - zeros


@_jit
def _middle(values: Any) -> Any:
    """As ``moments._middle``."""
    nine = np.empty(9)
    for i in range(9):
        value, place = float64(values[PLACES[i] % values.size]), i
        while place > 0 and nine[place - 1] > value:
            nine[place] = nine[place - 1]
            place -= 1
        nine[place] = value
    return nine[4] if abs(nine[4]) > 4 * (nine[6] - nine[2]) else 0.0


@_jit
def _power_sums(values: Any, bits: Any, tables: Any, out: Any) -> None:
    """The shift and the five sums of ``moments.block_sums``; counts by leading 16 bits, rounded half away from zero."""
    shift = _middle(values)
    lanes, total = np.zeros((5, BLOCK_LANES)), np.zeros((5, BLOCK_LANES))
    for start in range(0, values.size, RUN):
        run = values[start : start + RUN]
        lanes[:] = 0
        groups = run.size // BLOCK_LANES
        power_lanes(run, groups, shift, lanes, tables)
        for lane in range(run.size - groups * BLOCK_LANES):
            tables[0, (bits[start + groups * BLOCK_LANES + lane] + uint32(0x8000)) >> uint32(16)] += uint32(1)
            x = float64(run[groups * BLOCK_LANES + lane])
            d = x - shift
            square = d * d
            lanes[0, lane] += d
            lanes[1, lane] += square
            lanes[2, lane] += square * d
            lanes[3, lane] += square * square
            lanes[4, lane] += abs(x)
        total += lanes
    out[0] = shift
    for i in range(5):
        out[1 + i] = _folded(total[i])


@_jit
def _row_of_singles(values: Any, bits: Any, kept: Any, lanes: Any) -> Any:
    """Add the squares of a row, or a part of one, to ``lanes``.

    Returns its largest finite magnitude as bits, and whether it is all zero. ``kept`` takes a copy in which zero stands
    for what is not finite.
    """
    largest = uint32(0)
    for i in range(bits.size):
        largest = max(largest, bits[i] & uint32(_MAGNITUDE))
    zero = largest == uint32(0)
    if largest >= uint32(_INFINITY):
        largest = uint32(0)
        for i in range(bits.size):
            kept[i] = bits[i] if bits[i] & uint32(_MAGNITUDE) < uint32(_INFINITY) else uint32(0)
            largest = max(largest, kept[i] & uint32(_MAGNITUDE))
        values = kept.view(np.float32)[: bits.size]
    groups = values.size // ROW_LANES
    square_lanes(values, groups, lanes)
    for lane in range(values.size - groups * ROW_LANES):
        x = float64(values[groups * ROW_LANES + lane])
        lanes[0, lane] += x * x
    return largest, zero


@_jit
def _alike(bits: Any, first: Any) -> Any:
    """Whether every element has the bits of ``first``; most rows differ at their beginning."""
    if bits[bits.size // 2] != first:  # most rows
        return False
    for start in range(0, bits.size, 64):
        differs = first ^ first
        for element in bits[start : start + 64]:
            differs |= element ^ first
        if differs:
            return False
    return True


@_jit
def _block_of_singles(values: Any, bits: Any, tables: Any, sums: Any, extremes: Any, special: Any, kept: Any) -> None:
    """Counts, sums and extremes of a block; ``kept`` takes the finite numbers where others are among them."""
    least, most, low, high = _extremes(bits)
    if _has_special(most, high):
        count = _finite(bits, kept, special)
        bits, values = kept[:count], kept.view(np.float32)[:count]
        least, most, low, high = _extremes(bits)
    sums[0] = bits.size
    if bits.size:
        extremes[0] = most if most >= uint32(_SIGN) else least
        extremes[1] = uint32(high) if high >= int32(0) else least
        if _has_small(least, low):
            _count_small(bits, special)
        _power_sums(values, bits, tables, sums[1:])


@_jit
def _doublings(words: int, elements: int) -> int:
    """How often the number of words must be doubled for that of the elements: 0 where each is one."""
    times = 0
    while words << times < elements:
        times += 1
    return times


@_jit
def _begin(row: Any, lanes: Any, first: Any) -> None:
    row[_CODE], row[_FIRST], row[_ALIKE], row[_ZERO] = 0, first, 1, 1
    for i in range(ROW_LANES):
        lanes[0, i] = 0.0
    lanes[1, 0] = 0.0


@_jit
def _note(row: Any, lanes: Any, part: Any, words: Any, keys: Any, step: Any, largest: Any, zero: Any) -> None:
    """What a part of a row adds to its state."""
    lanes[1, 0] = max(lanes[1, 0], largest)
    row[_CODE] = _code(row[_CODE], words, keys, step)
    row[_ALIKE] &= uint64(_alike(part, part.dtype.type(row[_FIRST])))
    row[_ZERO] &= uint64(zero)
    row[_FILLED] += uint64(part.size)


@_jit
def _end(row: Any, lanes: Any, nan: Any, at: int, largest: Any, energy: Any, code: Any, like: Any) -> None:
    """Write down a row that is complete; ``nan`` says whether its first element is none."""
    largest[at], energy[at], code[at] = lanes[1, 0], _folded(lanes[0]), row[_CODE]
    like[at] = ZERO if row[_ZERO] else CONSTANT if row[_ALIKE] and not nan else 0
    row[_FILLED] = 0


@_jit
def singles(
    values: Any, bits: Any, words: Any, size: int, unit: int, tables: Any, sums: Any, extremes: Any, special: Any,
    row: Any, lanes: Any, largest: Any, energy: Any, code: Any, like: Any, keys: Any, step: Any,
) -> int:  # fmt: skip
    """One span of float32 numbers, block by block; returns how many rows ended in it.

    ``values``, ``bits`` and ``words`` are the same memory; rows have ``size`` elements (0: there are none), blocks
    ``unit``. Out, for each block: ``sums`` (finite count, shift, five sums) and ``extremes`` (bits of the lowest and
    the highest number); for each row that ends: ``largest``, ``energy``, ``code`` and ``like``. ``row`` and ``lanes``
    hold a row that goes on in the next span.
    """
    kept = np.empty(unit, np.uint32)
    pattern = np.empty(1, np.uint32)
    number = pattern.view(np.float32)
    pairs = _doublings(words.size, bits.size)
    ended = 0
    for block in range(sums.shape[0]):
        place, stop = block * unit, min(block * unit + unit, bits.size)
        _block_of_singles(values[place:stop], bits[place:stop], tables, sums[block], extremes[block], special, kept)
        while size and place < stop:
            end = min(place + size - int64(row[_FILLED]), stop)
            part, mine = bits[place:end], words[place >> pairs : end >> pairs]
            if row[_FILLED] == 0:
                _begin(row, lanes, part[0])
            top, zero = _row_of_singles(values[place:end], part, kept, lanes)
            pattern[0] = top
            _note(row, lanes, part, mine, keys, step, float64(number[0]), zero)
            place = end
            if int64(row[_FILLED]) == size:
                nan = row[_FIRST] & uint64(_MAGNITUDE) > uint64(_INFINITY)
                _end(row, lanes, nan, ended, largest, energy, code, like)
                ended += 1
    return ended


@_jit
def _count_patterns(patterns: Any, tables: Any) -> None:
    even, odd = tables[0], tables[1]
    fours = patterns.size // 4
    for i in range(fours):
        four = patterns[4 * i : 4 * i + 4]
        even[four[0]] += uint32(1)
        odd[four[1]] += uint32(1)
        even[four[2]] += uint32(1)
        odd[four[3]] += uint32(1)
    for pattern in patterns[4 * fours :]:
        even[pattern] += uint32(1)


@_jit
def _row_of_patterns(patterns: Any, values: Any, form: Any, factor: Any, lanes: Any, tables: Any) -> Any:
    """As ``_row_of_singles``, with the largest finite magnitude as a number; counts the patterns.

    ``values`` has the magnitude of each pattern, negative where it is not finite. ``form`` is the mask of a pattern's
    magnitude bits, their shift to a float32 and the pattern of the largest finite number; all zero for dtypes that
    are not narrow floats of the usual form.
    """
    mask, largest, zero = uint32(form[0]), 0.0, True
    top = uint32(0)
    for i in range(patterns.size):
        top = max(top, uint32(patterns[i]) & mask)
    if mask and top <= uint32(form[2]):
        groups = patterns.size // ROW_LANES
        pattern_square_lanes(patterns, groups, mask, uint32(form[1]), factor, lanes, tables)
        for lane in range(patterns.size - groups * ROW_LANES):
            pattern = patterns[groups * ROW_LANES + lane]
            tables[0, pattern] += uint32(1)
            x = values[pattern]
            lanes[0, lane] += x * x
        return values[top], top == uint32(0)
    _count_patterns(patterns, tables)
    for i in range(patterns.size):
        x = values[patterns[i]]
        zero = zero and x == 0
        x = max(x, 0.0)
        largest = max(largest, x)
        lanes[0, i % ROW_LANES] += x * x
    return largest, zero


@_jit
def patterns(
    elements: Any, words: Any, size: int, unit: int, tables: Any, values: Any, nan: Any, form: Any, factor: Any,
    row: Any, lanes: Any, largest: Any, energy: Any, code: Any, like: Any, keys: Any, step: Any,
) -> int:  # fmt: skip
    """One span of bit patterns of at most 16 bits: as ``singles``, with nothing but counts for each block.

    ``nan`` says of each pattern whether it is no number; ``values``, ``form`` and ``factor`` as for
    ``_row_of_patterns``.
    """
    pairs = _doublings(words.size, elements.size)
    ended = 0
    for begin in range(0, elements.size, unit):
        place, stop = begin, min(begin + unit, elements.size)
        if not size:
            _count_patterns(elements[place:stop], tables)
        while size and place < stop:
            end = min(place + size - int64(row[_FILLED]), stop)
            part = elements[place:end]
            mine = words[place >> pairs : end >> pairs]
            if row[_FILLED] == 0:
                _begin(row, lanes, part[0])
            top, zero = _row_of_patterns(part, values, form, factor, lanes, tables)
            _note(row, lanes, part, mine, keys, step, top, zero)
            place = end
            if int64(row[_FILLED]) == size:
                _end(row, lanes, nan[row[_FIRST]], ended, largest, energy, code, like)
                ended += 1
    return ended
