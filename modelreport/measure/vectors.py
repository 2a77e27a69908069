"""Vector instructions for compiled code: sums of fixed order that the compiler would otherwise take one step at a time.

Parts of ``compiled``: whoever changes them removes what numba has kept of that file, for its cache does not look here.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from llvmlite import ir  # type: ignore[import-untyped]
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from modelreport.measure.lanes import BLOCK_LANES, ROW_LANES


def _vector(builder: Any, array: Any, index: Any, kind: Any, lanes: int) -> Any:
    """Load ``lanes`` elements of an array from element ``index × lanes`` on."""
    vector = ir.VectorType(kind, lanes)
    data = builder.bitcast(array.data, kind.as_pointer())
    place = builder.gep(data, [builder.mul(index, ir.Constant(ir.IntType(64), lanes))])
    align = 4 if kind == ir.FloatType() else kind.width // 8
    return builder.load(builder.bitcast(place, vector.as_pointer()), align=align)


def _spread(builder: Any, value: Any, vector: Any) -> Any:
    """A vector that has one value in all its places."""
    nothing, place = ir.Constant(vector, ir.Undefined), ir.IntType(32)
    first = builder.insert_element(nothing, value, ir.Constant(place, 0))
    return builder.shuffle_vector(first, nothing, ir.Constant(ir.VectorType(place, vector.count), [0] * vector.count))


def _count(builder: Any, array: Any, index: Any, kind: Any, lanes: int, tables: Any) -> None:
    """Count the elements of a group by their leading 16 bits, rounded half away from zero, or by all they have.

    In two tables by turns, so that equal neighbours do not wait for each other. Beside the sums this costs little:
    they keep the arithmetic busy, counting the loads and stores.
    """
    word = ir.IntType(64)
    data = builder.bitcast(array.data, kind.as_pointer())
    second = builder.extract_value(tables.shape, 1)
    for lane in range(lanes):
        place = builder.add(builder.mul(index, ir.Constant(word, lanes)), ir.Constant(word, lane))
        bits = builder.load(builder.gep(data, [place]), align=kind.width // 8)
        if kind.width == 32:
            bits = builder.lshr(builder.add(bits, ir.Constant(kind, 0x8000)), ir.Constant(kind, 16))
        key = builder.zext(bits, word)
        cell = builder.gep(tables.data, [builder.add(key, second) if lane % 2 else key])
        builder.store(builder.add(builder.load(cell), ir.Constant(ir.IntType(32), 1)), cell)


def _lane_loop(builder: Any, groups: Any, sums: Any, lanes: int, terms: Callable[[Any], list[Any]]) -> None:
    """Add the terms of each group of ``lanes`` elements to the rows of ``sums``, lane by lane, in order.

    Written as vector instructions: the compiler may not reorder float sums, so it would take one step at a time.
    """
    wide = ir.VectorType(ir.DoubleType(), lanes)
    count = 5 if lanes == BLOCK_LANES else 1
    places = [
        builder.bitcast(builder.gep(sums.data, [ir.Constant(ir.IntType(64), row * lanes)]), wide.as_pointer())
        for row in range(count)
    ]
    held = [cgutils.alloca_once_value(builder, builder.load(place, align=8)) for place in places]
    with cgutils.for_range(builder, groups) as loop:
        for place, term in zip(held, terms(loop.index), strict=True):
            builder.store(builder.fadd(builder.load(place), term), place)
    for place, slot in zip(places, held, strict=True):
        builder.store(builder.load(slot), place, align=8)


def _square(builder: Any, magnitude: Any, shift: Any, factor: Any) -> Any:
    """The squares of narrow floats, from the bits of their magnitudes."""
    placed = builder.bitcast(builder.shl(magnitude, shift), ir.VectorType(ir.FloatType(), ROW_LANES))
    x = builder.fpext(builder.fmul(placed, factor), ir.VectorType(ir.DoubleType(), ROW_LANES))
    return builder.fmul(x, x)


class _Segment:
    """Beside the squares of a part of a row: its largest magnitude, and the sum of its words times keys."""

    def __init__(self, builder: Any, width: int, words: Any, keys: Any) -> None:
        self._builder = builder
        self._words, self._keys = words, keys
        self._lanes = ROW_LANES * width // 64
        """Words of a group."""
        most, sums = (ir.VectorType(ir.IntType(n), count) for n, count in ((width, ROW_LANES), (64, self._lanes)))
        self._most = cgutils.alloca_once_value(builder, ir.Constant(most, [0] * ROW_LANES))
        self._sums = cgutils.alloca_once_value(builder, ir.Constant(sums, [0] * self._lanes))

    def add(self, index: Any, magnitude: Any) -> None:
        """The group at ``index``, with the bits of its magnitudes."""
        builder = self._builder
        most = builder.load(self._most)
        builder.store(builder.select(builder.icmp_unsigned(">", magnitude, most), magnitude, most), self._most)
        word, key = (_vector(builder, array, index, ir.IntType(64), self._lanes) for array in (self._words, self._keys))
        mixed = word
        for places in (13, 37):  # as ``compiled._mixed``
            up, down = (ir.Constant(word.type, [n] * self._lanes) for n in (places, 64 - places))
            mixed = builder.xor(mixed, builder.or_(builder.shl(word, up), builder.lshr(word, down)))
        builder.store(builder.add(builder.load(self._sums), builder.mul(mixed, key)), self._sums)

    def end(self, largest: Any) -> Any:
        """Raise ``largest`` of one element to the largest magnitude; returns the sum."""
        builder, kind = self._builder, ir.IntType(32)
        most, sums, top = builder.load(self._most), builder.load(self._sums), builder.load(largest.data)
        total = ir.Constant(ir.IntType(64), 0)
        for lane in range(self._lanes):
            total = builder.add(total, builder.extract_element(sums, ir.Constant(kind, lane)))
        for lane in range(ROW_LANES):
            one = builder.extract_element(most, ir.Constant(kind, lane))
            one = one if one.type == kind else builder.zext(one, kind)
            top = builder.select(builder.icmp_unsigned(">", one, top), one, top)
        builder.store(top, largest.data)
        return total


@intrinsic  # type: ignore[untyped-decorator]
def row_of_singles(_: Any, numbers: Any, words: Any, keys: Any, groups: Any, sums: Any, largest: Any) -> Any:
    """Σx² by lane into ``sums``, shape ``(1, ROW_LANES)``, for finite float32 x.

    Returns Σ key · mixed word over the same bytes as ``words``, at most as many as there are ``keys``, and raises
    ``largest``, one uint32, to the largest magnitude's bits.
    """
    del groups  # numba gives its type

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, words, keys, sums, largest = (
            context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 1, 2, 4, 5)
        )
        wide, bits = (ir.VectorType(kind, ROW_LANES) for kind in (ir.DoubleType(), ir.IntType(32)))
        unsigned = ir.Constant(bits, [0x7FFFFFFF] * ROW_LANES)
        segment = _Segment(builder, 32, words, keys)

        def terms(index: Any) -> list[Any]:
            single = _vector(builder, array, index, ir.FloatType(), ROW_LANES)
            segment.add(index, builder.and_(builder.bitcast(single, bits), unsigned))
            x = builder.fpext(single, wide)
            return [builder.fmul(x, x)]

        _lane_loop(builder, arguments[3], sums, ROW_LANES, terms)
        return segment.end(largest)

    return types.uint64(numbers, words, keys, types.int64, sums, largest), generate


@intrinsic  # type: ignore[untyped-decorator]
def row_of_patterns(
    _: Any, patterns: Any, words: Any, keys: Any, groups: Any, mask: Any, shift: Any, factor: Any, sums: Any,
    tables: Any, largest: Any,
) -> Any:  # fmt: skip
    """As ``row_of_singles`` for narrow floats that are finite, and counts as ``pattern_square_lanes`` does."""
    del groups, mask, shift, factor  # numba gives their types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, words, keys, sums, tables, largest = (
            context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 1, 2, 7, 8, 9)
        )
        kind = ir.IntType(signature.args[0].dtype.bitwidth)
        bits, single = ir.VectorType(ir.IntType(32), ROW_LANES), ir.VectorType(ir.FloatType(), ROW_LANES)
        mask = _spread(builder, builder.trunc(arguments[4], kind), ir.VectorType(kind, ROW_LANES))
        shift, factor = _spread(builder, arguments[5], bits), _spread(builder, arguments[6], single)
        segment = _Segment(builder, kind.width, words, keys)

        def terms(index: Any) -> list[Any]:
            _count(builder, array, index, kind, ROW_LANES, tables)
            magnitude = builder.and_(_vector(builder, array, index, kind, ROW_LANES), mask)
            segment.add(index, magnitude)
            return [_square(builder, builder.zext(magnitude, bits), shift, factor)]

        _lane_loop(builder, arguments[3], sums, ROW_LANES, terms)
        return segment.end(largest)

    kinds = types.int64, types.uint32, types.uint32, types.float32
    return types.uint64(patterns, words, keys, *kinds, sums, tables, largest), generate


@intrinsic  # type: ignore[untyped-decorator]
def power_lanes(_: Any, numbers: Any, groups: Any, shift: Any, sums: Any, tables: Any) -> Any:
    """Σd, Σd², Σd³, Σd⁴ and Σ|x| by lane into ``sums``, shape ``(5, BLOCK_LANES)``, for float32 x and d = x − shift.

    Counts the numbers by their leading bits into ``tables``, shape ``(2, 65536)``, on the way.
    """
    del shift  # numba gives its type

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, sums, tables = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 3, 4))
        wide = ir.VectorType(ir.DoubleType(), BLOCK_LANES)
        whole = ir.VectorType(ir.IntType(64), BLOCK_LANES)
        unsigned = ir.Constant(whole, [2**63 - 1] * BLOCK_LANES)
        middle = _spread(builder, arguments[2], wide)

        def terms(index: Any) -> list[Any]:
            _count(builder, array, index, ir.IntType(32), BLOCK_LANES, tables)
            x = builder.fpext(_vector(builder, array, index, ir.FloatType(), BLOCK_LANES), wide)
            magnitude = builder.bitcast(builder.and_(builder.bitcast(x, whole), unsigned), wide)
            d = builder.fsub(x, middle)
            square = builder.fmul(d, d)
            return [d, square, builder.fmul(square, d), builder.fmul(square, square), magnitude]

        _lane_loop(builder, arguments[1], sums, BLOCK_LANES, terms)
        return context.get_dummy_value()

    return types.void(numbers, groups, types.float64, sums, tables), generate


@intrinsic  # type: ignore[untyped-decorator]
def square_lanes(_: Any, numbers: Any, groups: Any, sums: Any) -> Any:
    """Σx² by lane into ``sums``, shape ``(1, ROW_LANES)``, for float32 x."""

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, sums = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 2))
        wide = ir.VectorType(ir.DoubleType(), ROW_LANES)

        def terms(index: Any) -> list[Any]:
            x = builder.fpext(_vector(builder, array, index, ir.FloatType(), ROW_LANES), wide)
            return [builder.fmul(x, x)]

        _lane_loop(builder, arguments[1], sums, ROW_LANES, terms)
        return context.get_dummy_value()

    return types.void(numbers, groups, sums), generate


@intrinsic  # type: ignore[untyped-decorator]
def pattern_square_lanes(
    _: Any, patterns: Any, groups: Any, mask: Any, shift: Any, factor: Any, sums: Any, tables: Any
) -> Any:
    """Σx² by lane for narrow floats: a pattern's magnitude bits, shifted to their place in a float32, times ``factor``.

    The factor makes up for the difference of exponent biases; the product is exact, also for subnormal numbers. Counts
    the patterns into ``tables``, shape ``(2, patterns)``, on the way.
    """
    del mask, shift, factor  # numba gives their types

    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        array, sums, tables = (context.make_array(signature.args[i])(context, builder, arguments[i]) for i in (0, 5, 6))
        kind = ir.IntType(signature.args[0].dtype.bitwidth)
        bits, single = ir.VectorType(ir.IntType(32), ROW_LANES), ir.VectorType(ir.FloatType(), ROW_LANES)
        mask, shift, factor = (_spread(builder, arguments[i], v) for i, v in ((2, bits), (3, bits), (4, single)))

        def terms(index: Any) -> list[Any]:
            _count(builder, array, index, kind, ROW_LANES, tables)
            pattern = builder.zext(_vector(builder, array, index, kind, ROW_LANES), bits)
            return [_square(builder, builder.and_(pattern, mask), shift, factor)]

        _lane_loop(builder, arguments[1], sums, ROW_LANES, terms)
        return context.get_dummy_value()

    return types.void(patterns, groups, types.uint32, types.uint32, types.float32, sums, tables), generate
