"""The coverage ledger of a pass."""

from __future__ import annotations

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from modelreport.facts import KernelTotal, Uncounted
from modelreport.trace.ledger import Ledger, uncounted_of
from tests.trace.models import Function, Net, complete_trace_of, spec, vision


def test_lines_come_by_cost_and_the_unknown_before_the_free():
    ledger = Ledger()
    for name, kind, flops in [
        ("a.view", "free", 0), ("a.mm", "matrix", 60), ("a.mm", "matrix", 40), ("a.odd", "none", None),
        ("a.relu", "arithmetic", 7), ("a.add", "arithmetic", 0),
    ]:  # fmt: skip
        ledger.add(name, kind, flops)
    assert ledger.totals() == (
        KernelTotal(kernel="a.mm", calls=2, flops=100, formula="matrix"),
        KernelTotal(kernel="a.relu", calls=1, flops=7, formula="arithmetic"),
        KernelTotal(kernel="a.odd", calls=1, flops=None, formula="none"),
        KernelTotal(kernel="a.add", calls=1, flops=0, formula="free"),
        KernelTotal(kernel="a.view", calls=1, flops=0, formula="free"),
    )
    assert uncounted_of(ledger.totals()) == (Uncounted(kernel="a.odd", calls=1),)


def test_calls_that_could_not_be_counted_have_a_line_of_their_own():
    ledger = Ledger()
    ledger.add("a.pool", "arithmetic", 5)
    ledger.add("a.pool", "arithmetic", None)
    assert [(line.calls, line.flops, line.formula) for line in ledger.totals()] == [
        (1, 5, "arithmetic"),
        (1, None, "none"),
    ]


def test_the_ledger_adds_up_to_the_totals():
    found = vision("resnet18")
    assert sum(line.flops or 0 for line in found.ledger) == found.flops
    lines = {line.kernel: line for line in found.ledger}
    assert lines["aten.convolution"].calls == 20
    assert lines["aten.convolution"].formula == "matrix"
    assert lines["aten.relu_"].flops == sum(o.flops or 0 for o in found.operations if o.name.startswith("relu"))
    assert {line.formula for line in found.ledger} == {"matrix", "arithmetic", "free"}


def test_matrix_flops_of_the_ledger_without_biases_are_those_of_torchs_counter():
    module = Net()
    found = complete_trace_of(module, spec(1, 3, 32, 32))
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        module.to("meta")(torch.empty(1, 3, 32, 32, device="meta"))
    matrix = sum(line.flops for line in found.ledger if line.formula == "matrix")
    assert 2 * found.macs == counter.get_total_flops()
    assert matrix == counter.get_total_flops() + 8 * 32 * 32 + 10


def test_a_recurrent_layer_by_rule_is_one_line():
    found = complete_trace_of(nn.Sequential(nn.LSTM(4, 3)), spec(5, 1, 4))
    (line,) = [line for line in found.ledger if line.formula == "matrix"]
    assert (line.kernel, line.calls, line.flops) == ("aten.lstm", 1, found.flops)


def test_a_formula_that_meets_odd_arguments_leaves_the_call_uncounted(monkeypatch):
    from modelreport.trace.flops.cost import cost_of
    from modelreport.trace.flops.registry import ARITHMETIC

    def broken(*_, **__):
        raise TypeError

    monkeypatch.setitem(ARITHMETIC, "gelu", broken)
    cost_of.cache_clear()
    try:
        found = complete_trace_of(Function(torch.nn.functional.gelu), spec(4))
    finally:
        cost_of.cache_clear()
    assert found.uncounted == (Uncounted(kernel="aten.gelu", calls=1),)
    assert found.operations[0].flops is None
