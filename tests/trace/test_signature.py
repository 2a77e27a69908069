"""What a forward says it takes."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from torch import nn

from modelreport.trace.signature import forward_signature


class Takes(nn.Module):
    def forward(self, x, *rest, scale=1, **more):
        return x


def test_all_parameters_are_told_in_order() -> None:
    found = forward_signature(Takes())
    assert [p.name for p in found] == ["x", "rest", "scale", "more"]
    assert found[-1].kind is inspect.Parameter.VAR_KEYWORD


def test_a_forward_that_cannot_be_read_takes_nothing_known() -> None:
    assert forward_signature(SimpleNamespace(forward=3)) == ()
