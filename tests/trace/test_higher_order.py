"""Operators that take functions."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from tests.trace.models import complete_trace_of, names_of, operation, spec

pytestmark = pytest.mark.filterwarnings("ignore")


class Uses(nn.Module):
    def __init__(self, forward: Any) -> None:
        super().__init__()
        self.fc, self.other = nn.Linear(4, 4), nn.Linear(4, 4)
        self._forward = forward

    def forward(self, x: torch.Tensor) -> Any:
        return self._forward(self, x)


@pytest.mark.parametrize(("value", "touched"), [(True, "fc"), (False, "other")])
def test_cond_takes_the_branch_of_a_known_predicate(value: bool, touched: str):
    found = complete_trace_of(Uses(lambda m, x: torch.cond(torch.tensor(value), m.fc, m.other, (x,))), spec(2, 4))
    assert found.method == "meta"
    assert [c.path for c in found.calls] == ["", touched]
    assert "linear" in names_of(found)


def test_cond_over_unknown_values_is_settled_by_a_real_run():
    found = complete_trace_of(Uses(lambda m, x: torch.cond(x.square().sum() > 0, m.fc, m.other, (x,))), spec(2, 4))
    assert found.method == "cpu"
    assert [c.path for c in found.calls] == ["", "fc"]


def test_a_loop_runs_as_often_as_its_condition_holds_and_not_for_ever():
    from torch._higher_order_ops.while_loop import while_loop

    from modelreport.trace import higher_order

    def loop(bound: int) -> Any:
        return Uses(
            lambda m, x: while_loop(lambda i, _: i < bound, lambda i, y: (i + 1, m.fc(y)), (torch.tensor(0), x))[1]
        )

    assert complete_trace_of(loop(7), spec(2, 4)).macs == 7 * 32
    assert higher_order.MOST_ROUNDS >= 1000


def test_flexible_attention_is_one_operation_over_the_full_square():
    """Two products of 128 · 128 · 16 for each of 2 · 8 heads; grouped keys count by the heads of the queries."""
    from torch.nn.attention.flex_attention import flex_attention

    found = complete_trace_of(Uses(lambda _, x: flex_attention(x, x, x)), spec(2, 8, 128, 16))
    attention = operation(found, "flex_attention")
    assert attention.macs == 2 * 8 * 128 * 128 * 32
    assert attention.outputs[0].shape == (2, 8, 128, 16)
    grouped = complete_trace_of(
        Uses(lambda _, x: flex_attention(x, x[:, :2], x[:, :2], enable_gqa=True)), spec(2, 8, 128, 16)
    )
    assert operation(grouped, "flex_attention").macs == attention.macs


def test_an_operator_without_a_rule_is_one_uncounted_operation():
    from torch._higher_order_ops.associative_scan import associative_scan

    found = complete_trace_of(
        Uses(lambda m, x: associative_scan(lambda a, b: a + b, m.fc(x), 0, combine_mode="generic")), spec(4, 4)
    )
    assert found.outputs[0].shape == (4, 4)
