"""From records to facts."""

from __future__ import annotations

from torch import nn

from modelreport.checkpoint import Model
from modelreport.facts import Identification, Trace
from modelreport.options import Options
from modelreport.trace import trace
from tests.trace.models import Residual, complete_trace_of, spec, vision


def test_totals_are_sums_of_operations_and_of_the_root_call():
    found = vision("resnet18")
    assert found.flops == sum(o.flops or 0 for o in found.operations) == found.calls[0].flops
    assert found.macs == sum(o.macs or 0 for o in found.operations) == found.calls[0].macs
    assert [o.id for o in found.operations] == list(range(len(found.operations)))


def test_names_are_those_of_the_file():
    module = nn.Sequential(Residual(), nn.Linear(4, 4))
    module[1].spare = nn.Parameter(module[1].bias.detach())
    identification = Identification(name="m", library="", how="keys and shapes")
    model = Model(identification, module.to("meta"), {"0.fc.weight": "encoder.w", "1.spare": "spare"})
    found = trace(model, Options(inputs=(spec(1, 4),)))
    assert isinstance(found, Trace)
    assert found.operations[0].parameters == ("encoder.w", "0.fc.bias")
    assert found.untouched == ("spare",)


def test_untouched_parameters_come_in_the_order_of_the_model():
    class Spare(nn.Module):
        def __init__(self):
            super().__init__()
            for name in "zebra", "ape", "cat":
                self.register_parameter(name, nn.Parameter(nn.Linear(2, 2).weight.detach()))

        def forward(self, x):
            return x

    assert complete_trace_of(Spare(), spec(1, 2)).untouched == ("zebra", "ape", "cat")


def test_the_same_model_gives_the_same_facts():
    assert vision("resnet18") == vision("resnet18")
