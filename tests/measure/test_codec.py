from __future__ import annotations

import ml_dtypes
import numpy as np
import pytest

from modelreport.facts import DTYPE_BITS
from modelreport.measure.codec import PACKED, codec, unpack


@pytest.mark.parametrize("dtype", [d for d, bits in DTYPE_BITS.items() if bits])
def test_every_dtype_with_values_has_a_codec(dtype: str) -> None:
    reader = codec(dtype)
    assert reader.element_bits == DTYPE_BITS[dtype]
    assert reader.per_element == (DTYPE_BITS[dtype] // PACKED[dtype][1] if dtype in PACKED else 1)
    if reader.values is not None and reader.order is not None:
        assert reader.values.shape == (2**reader.bits,)
        assert (np.diff(reader.values[reader.order]) >= 0).all()
        assert len(reader.order) == np.isfinite(reader.values).sum()


@pytest.mark.parametrize("dtype", ["string", "unknown", "float128"])
def test_what_is_not_a_number_is_refused_with_the_dtype_named(dtype: str) -> None:
    with pytest.raises(ValueError, match=dtype):
        codec(dtype)


def test_patterns_have_the_values_of_their_dtype() -> None:
    table = {name: codec(name).values for name in ("float16", "bfloat16", "int8", "uint8", "int4", "float4_e2m1fn")}
    assert all(values is not None for values in table.values())
    assert table["float16"][0x3C00] == table["bfloat16"][0x3F80] == 1.0
    assert (table["int8"][0xFF], table["uint8"][0xFF], table["int4"][0xF]) == (-1, 255, -1)
    assert list(table["float4_e2m1fn"][:8]) == [0, 0.5, 1, 1.5, 2, 3, 4, 6]


def test_the_smallest_normal_is_known_for_floats_and_zero_for_integers() -> None:
    assert codec("bfloat16").smallest_normal == float(ml_dtypes.finfo(ml_dtypes.bfloat16).smallest_normal)
    assert codec("float32").smallest_normal == 2.0**-126
    assert codec("int64").smallest_normal == codec("int4").smallest_normal == 0.0


def test_six_bit_numbers_lie_in_groups_of_three_bytes() -> None:
    packed = np.array([0b10_000001, 0b0011_0000, 0b000100_00], np.uint8)
    assert unpack(packed, 6).tolist() == [1, 2, 3, 4]
