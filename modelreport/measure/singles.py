"""What compiled code finds in one block of float32 numbers: counts, sums of powers and extremes.

Parts of ``compiled``: whoever changes them removes what numba has kept of that file, for its cache does not look here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import float64, int32, njit, uint32

from modelreport.measure.lanes import BLOCK_LANES, RUN
from modelreport.measure.moments import PLACES
from modelreport.measure.vectors import power_lanes

INFINITY = 0x7F800000
NORMAL = 0x00800000
MAGNITUDE = 0x7FFFFFFF
SIGN = 0x80000000
"""Of the bits of a float32."""


def machine_code(function: Callable[..., Any]) -> Any:
    """Machine code of a function that runs without the interpreter lock; kept on disk where a place for it is found."""
    try:
        return njit(nogil=True, cache=True)(function)
    except RuntimeError:  # the package lies where nothing can be written, and so does the home directory
        return njit(nogil=True)(function)


@machine_code
def folded(lanes: Any) -> Any:
    """The sum over lanes, of which there is a power of two; they are overwritten."""
    half = lanes.size // 2
    while half:
        for i in range(half):
            lanes[i] += lanes[i + half]
        half //= 2
    return lanes[0]


@machine_code
def extremes_of(bits: Any) -> Any:
    """Extremes of the bits as unsigned and as signed integers; as such positive numbers ascend, negative descend."""
    least, most = uint32(0xFFFFFFFF), uint32(0)
    low, high = int32(0x7FFFFFFF), int32(-0x80000000)
    for i in range(bits.size):
        unsigned, signed = bits[i], int32(bits[i])
        least, most = min(least, unsigned), max(most, unsigned)
        low, high = min(low, signed), max(high, signed)
    return least, most, low, high


@machine_code
def has_small(least: Any, low: Any) -> Any:
    """Whether there are zeros or subnormals.

    The positive number of least magnitude comes first as an unsigned integer, the negative one as a signed.
    """
    return least < uint32(NORMAL) or uint32(low) - uint32(SIGN) < uint32(NORMAL)


@machine_code
def has_special(most: Any, high: Any) -> Any:
    """Whether there are infinities or NaN."""
    return high >= int32(INFINITY) or (most & uint32(MAGNITUDE) >= uint32(INFINITY) and most >= uint32(SIGN))


@machine_code
def _finite(bits: Any, kept: Any, special: Any) -> Any:
    """Copy the finite numbers, count the others; returns how many are finite."""
    count = 0
    for i in range(bits.size):
        magnitude = bits[i] & uint32(MAGNITUDE)
        if magnitude < uint32(INFINITY):
            kept[count] = bits[i]
            count += 1
        elif magnitude > uint32(INFINITY):
            special[0] += 1
        else:
            special[1 if bits[i] == magnitude else 2] += 1
    return count


@machine_code
def _count_small(bits: Any, special: Any) -> None:
    """Count zeros and subnormals."""
    zeros, small = 0, 0
    for i in range(bits.size):
        magnitude = bits[i] & uint32(MAGNITUDE)
        zeros += magnitude == uint32(0)
        small += magnitude < uint32(NORMAL)
    special[3] += zeros
    special[4] += small - zeros


@machine_code
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


@machine_code
def power_sums(values: Any, bits: Any, tables: Any, out: Any) -> None:
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
        out[1 + i] = folded(total[i])


@machine_code
def block_of_singles(values: Any, bits: Any, tables: Any, sums: Any, extremes: Any, special: Any, kept: Any) -> Any:
    """Counts, sums and extremes of a block; ``kept`` takes the finite numbers where others are among them.

    Returns whether all are finite.
    """
    least, most, low, high = extremes_of(bits)
    clean = not has_special(most, high)
    if not clean:
        count = _finite(bits, kept, special)
        bits, values = kept[:count], kept.view(np.float32)[:count]
        least, most, low, high = extremes_of(bits)
    sums[0] = bits.size
    if bits.size:
        extremes[0] = most if most >= uint32(SIGN) else least
        extremes[1] = uint32(high) if high >= int32(0) else least
        if has_small(least, low):
            _count_small(bits, special)
        power_sums(values, bits, tables, sums[1:])
    return clean
