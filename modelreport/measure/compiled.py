"""The inner loops as machine code: the same facts as the numpy code, to the last bit, many times as fast.

Importing this costs a third of a second, and compiling (once a machine: the result is kept in numba's cache) some
seconds: only large checkpoints come here. Its parts are in ``singles`` and ``vectors``. numba's cache looks at the file
of the called function alone: whoever changes those two removes what it has kept of this one.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import float64, int64, uint32, uint64

from modelreport.measure.lanes import ROW_LANES
from modelreport.measure.singles import INFINITY, MAGNITUDE, block_of_singles, folded, machine_code
from modelreport.measure.vectors import pattern_square_lanes, row_of_patterns, row_of_singles, square_lanes

_CODE, _FIRST, _ALIKE, _ZERO, _FILLED = range(5)
"""Places in the state of a row: hash so far, first element, whether all are equal and zero, how many there were."""

CONSTANT, ZERO = 1, 2
"""What a row is like."""


@machine_code
def _mixed(element: Any) -> Any:
    """A word with its bits mixed, as ``rows._words``."""
    word = uint64(element)
    rotated = (word << uint64(13)) | (word >> uint64(51))
    again = (word << uint64(37)) | (word >> uint64(27))
    return word ^ rotated ^ again


@machine_code
def _code(code: Any, words: Any, keys: Any, step: Any) -> Any:
    """Hash of a row's words after those that gave ``code``, as ``rows._hashed``."""
    for start in range(0, words.size, keys.size):
        part = words[start : start + keys.size]
        total = uint64(0)
        for j in range(part.size):
            total += _mixed(part[j]) * keys[j]
        code = code * step + total
    return code


@machine_code
def _row_of_singles(values: Any, bits: Any, kept: Any, lanes: Any) -> Any:
    """Add the squares of a row, or a part of one, to ``lanes``.

    Returns its largest finite magnitude as bits, and whether it is all zero. ``kept`` takes a copy in which zero stands
    for what is not finite.
    """
    largest = uint32(0)
    for i in range(bits.size):
        largest = max(largest, bits[i] & uint32(MAGNITUDE))
    zero = largest == uint32(0)
    if largest >= uint32(INFINITY):
        largest = uint32(0)
        for i in range(bits.size):
            kept[i] = bits[i] if bits[i] & uint32(MAGNITUDE) < uint32(INFINITY) else uint32(0)
            largest = max(largest, kept[i] & uint32(MAGNITUDE))
        values = kept.view(np.float32)[: bits.size]
    groups = values.size // ROW_LANES
    square_lanes(values, groups, lanes)
    for lane in range(values.size - groups * ROW_LANES):
        x = float64(values[groups * ROW_LANES + lane])
        lanes[0, lane] += x * x
    return largest, zero


@machine_code
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


@machine_code
def _clean_row_of_singles(values: Any, words: Any, keys: Any, step: Any, code: Any, lanes: Any, top: Any) -> Any:
    """Squares and largest magnitude of finite numbers, a row or a part of one, and their code after ``code``.

    ``words`` are the same memory as ``values``, of 8 bytes each; ``top`` takes the bits of the largest magnitude.
    """
    for start in range(0, words.size, keys.size):
        part, mine = values[2 * start : 2 * (start + keys.size)], words[start : start + keys.size]
        groups = part.size // ROW_LANES
        total = row_of_singles(part, mine, keys, groups, lanes, top)
        for lane in range(part.size - groups * ROW_LANES):
            x = float64(part[groups * ROW_LANES + lane])
            lanes[0, lane] += x * x
        rest = part[groups * ROW_LANES :].view(np.uint32)
        for i in range(rest.size):
            top[0] = max(top[0], rest[i] & uint32(MAGNITUDE))
        for i in range(groups * ROW_LANES // 2, mine.size):
            total += _mixed(mine[i]) * keys[i]
        code = code * step + total
    return code


@machine_code
def _doublings(words: int, elements: int) -> int:
    """How often the number of words must be doubled for that of the elements: 0 where each is one."""
    times = 0
    while words << times < elements:
        times += 1
    return times


@machine_code
def _begin(row: Any, lanes: Any, first: Any) -> None:
    row[_CODE], row[_FIRST], row[_ALIKE], row[_ZERO] = 0, first, 1, 1
    for i in range(ROW_LANES):
        lanes[0, i] = 0.0
    lanes[1, 0] = 0.0


@machine_code
def _note(row: Any, lanes: Any, part: Any, code: Any, largest: Any, zero: Any) -> None:
    """What a part of a row adds to its state."""
    lanes[1, 0] = max(lanes[1, 0], largest)
    row[_CODE] = code
    row[_ALIKE] &= uint64(_alike(part, part.dtype.type(row[_FIRST])))
    row[_ZERO] &= uint64(zero)
    row[_FILLED] += uint64(part.size)


@machine_code
def _end(row: Any, lanes: Any, nan: Any, at: int, largest: Any, energy: Any, code: Any, like: Any) -> None:
    """Write down a row that is complete; ``nan`` says whether its first element is none."""
    largest[at], energy[at], code[at] = lanes[1, 0], folded(lanes[0]), row[_CODE]
    like[at] = ZERO if row[_ZERO] else CONSTANT if row[_ALIKE] and not nan else 0
    row[_FILLED] = 0


@machine_code
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
        clean = block_of_singles(
            values[place:stop], bits[place:stop], tables, sums[block], extremes[block], special, kept
        )
        while size and place < stop:
            end = min(place + size - int64(row[_FILLED]), stop)
            part, mine = bits[place:end], words[place >> pairs : end >> pairs]
            if row[_FILLED] == 0:
                _begin(row, lanes, part[0])
            if clean and words.itemsize == 8:
                pattern[0] = 0
                reached = _clean_row_of_singles(values[place:end], mine, keys, step, row[_CODE], lanes, pattern)
                zero = pattern[0] == 0
            else:
                pattern[0], zero = _row_of_singles(values[place:end], part, kept, lanes)
                reached = _code(row[_CODE], mine, keys, step)
            _note(row, lanes, part, reached, float64(number[0]), zero)
            place = end
            if int64(row[_FILLED]) == size:
                nan = row[_FIRST] & uint64(MAGNITUDE) > uint64(INFINITY)
                _end(row, lanes, nan, ended, largest, energy, code, like)
                ended += 1
    return ended


@machine_code
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


@machine_code
def _row_of_patterns(patterns: Any, values: Any, form: Any, factor: Any, lanes: Any, tables: Any) -> Any:
    """As ``_row_of_singles``, with the largest finite magnitude as a number; counts the patterns.

    ``values`` has the magnitude of each pattern, negative where it is not finite. ``form`` is the mask of a pattern's
    magnitude bits, their shift to a float32 and the pattern of the largest finite number; all zero for dtypes that
    are not narrow floats of the usual form.
    """
    mask, top = uint32(form[0]), uint32(0)
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
    return _row_by_table(patterns, values, lanes)


@machine_code
def _row_by_table(patterns: Any, values: Any, lanes: Any) -> Any:
    """As ``_row_of_patterns``, number by number, and counts nothing."""
    largest, zero = 0.0, True
    for i in range(patterns.size):
        x = values[patterns[i]]
        zero = zero and x == 0
        x = max(x, 0.0)
        largest = max(largest, x)
        lanes[0, i % ROW_LANES] += x * x
    return largest, zero


@machine_code
def _usual_row(
    patterns: Any, words: Any, keys: Any, step: Any, code: Any, values: Any, form: Any, factor: Any, lanes: Any,
    tables: Any, top: Any,
) -> Any:  # fmt: skip
    """As ``_clean_row_of_singles`` for narrow floats of the usual form; counts the patterns."""
    mask, per = uint32(form[0]), patterns.size // words.size
    for start in range(0, words.size, keys.size):
        part, mine = patterns[per * start : per * (start + keys.size)], words[start : start + keys.size]
        groups = part.size // ROW_LANES
        total = row_of_patterns(part, mine, keys, groups, mask, uint32(form[1]), factor, lanes, tables, top)
        for lane in range(part.size - groups * ROW_LANES):
            pattern = part[groups * ROW_LANES + lane]
            tables[0, pattern] += uint32(1)
            top[0] = max(top[0], uint32(pattern) & mask)
            x = values[pattern]
            lanes[0, lane] += x * x
        for i in range(groups * ROW_LANES // per, mine.size):
            total += _mixed(mine[i]) * keys[i]
        code = code * step + total
    return code


@machine_code
def patterns(
    elements: Any, words: Any, size: int, unit: int, tables: Any, values: Any, nan: Any, form: Any, factor: Any,
    row: Any, lanes: Any, largest: Any, energy: Any, code: Any, like: Any, keys: Any, step: Any,
) -> int:  # fmt: skip
    """One span of bit patterns of at most 16 bits: as ``singles``, with nothing but counts for each block.

    ``nan`` says of each pattern whether it is no number; ``values``, ``form`` and ``factor`` as for
    ``_row_of_patterns``.
    """
    pairs = _doublings(words.size, elements.size)
    usual = words.itemsize == 8 and form[0] != 0
    pattern, before = np.empty(1, np.uint32), np.empty(ROW_LANES)
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
            if usual:
                pattern[0] = 0
                before[:] = lanes[0]
                reached = _usual_row(part, mine, keys, step, row[_CODE], values, form, factor, lanes, tables, pattern)
                top, zero = values[pattern[0]], pattern[0] == 0
                if pattern[0] > form[2]:
                    lanes[0] = before
                    top, zero = _row_by_table(part, values, lanes)
            else:
                top, zero = _row_of_patterns(part, values, form, factor, lanes, tables)
                reached = _code(row[_CODE], mine, keys, step)
            _note(row, lanes, part, reached, top, zero)
            place = end
            if int64(row[_FILLED]) == size:
                _end(row, lanes, nan[row[_FIRST]], ended, largest, energy, code, like)
                ended += 1
    return ended
