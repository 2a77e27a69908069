from __future__ import annotations

import torch

from modelreport.trace.flops.free import VIEWS, ZERO_COST
from modelreport.trace.flops.registry import ARITHMETIC, ELEMENTS, MATRIX


def test_nothing_is_both_free_and_counted():
    assert not ZERO_COST & {*ARITHMETIC, *ELEMENTS, *MATRIX}


def test_free_operators_exist():
    known = {name for name in ZERO_COST if hasattr(torch.ops.aten, name) or hasattr(torch.ops.prim, name)}
    assert ZERO_COST - known <= {"_pad_packed_sequence", "_pack_padded_sequence", "cuda", "channel_shuffle"}


def test_views_move_nothing_and_so_cost_nothing():
    assert VIEWS <= ZERO_COST
