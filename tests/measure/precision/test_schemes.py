from __future__ import annotations

import pytest

from modelreport.measure.precision.schemes import PLANS

BY_ID = {plan.id: plan for plan in PLANS}


@pytest.mark.parametrize(
    ("scheme", "size"),
    [
        ("fp16", 2 * 4096 * 4096),
        ("int8_tensor", 4096 * 4096 + 4),
        ("int8_channel", 4096 * 4096 + 4096 * 4),
        ("int4_128", 4096 * 4096 // 2 + 4096 * 32 * 2),
        ("nf4_64", 4096 * 4096 // 2 + 4096 * 64 * 4),
        ("mxfp4", 4096 * 4096 // 2 + 4096 * 128),
    ],
)
def test_the_size_counts_scales(scheme: str, size: int) -> None:
    assert BY_ID[scheme].size_bytes(4096 * 4096, 4096) == size


@pytest.mark.parametrize(
    ("scheme", "bits"), [("int4_128", 4.125), ("int4_128_zero", 4.1875), ("nf4_64", 4.5), ("mxfp4", 4.25)]
)
def test_bits_for_each_weight_are_those_that_are_quoted(scheme: str, bits: float) -> None:
    """NF4: 4.5 bits without double quantisation (QLoRA, section 3); MXFP4: 4.25 (OCP MX 1.0)."""
    assert BY_ID[scheme].size_bytes(1 << 20, 1 << 10) * 8 / (1 << 20) == bits


def test_a_short_row_has_a_scale_of_its_own() -> None:
    assert BY_ID["int4_128"].size_bytes(64 * 27, 64) == 64 * 27 // 2 + 64 * 2


def test_ids_and_titles_are_unique() -> None:
    assert len(BY_ID) == len({plan.title for plan in PLANS}) == len(PLANS)
