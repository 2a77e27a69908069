from __future__ import annotations

import pytest

from modelreport.trace.nodes import CallRecord, Node


def test_a_new_operation_has_no_cost_yet():
    node = Node("conv2d", 3)
    assert (node.name, node.call, node.flops, node.macs, node.exact) == ("conv2d", 3, None, None, True)


def test_records_take_no_other_attributes():
    with pytest.raises(AttributeError):
        CallRecord("", "Net", -1, 0, 0).extra = 1
