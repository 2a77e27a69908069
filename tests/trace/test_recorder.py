"""Operations, data flow and bytes as they are written down."""

from __future__ import annotations

import itertools
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.nn import functional

from modelreport.trace import recorder as recorder_file
from tests.trace.models import Net, Residual, complete_trace_of, names_of, operation, outcome_of, spec, trace_of, vision


@pytest.mark.parametrize("name", ["resnet18", "densenet121", "mobilenet_v3_small", "squeezenet1_0"])
def test_edges_equal_those_of_a_symbolic_trace(torchvision, name):
    """An independent way to the same graph: ``torch.fx`` follows proxies, here tensors are followed."""
    module = torchvision.models.get_model(name, weights=None).eval()
    graph = torch.fx.symbolic_trace(module).graph
    nodes = [n for n in graph.nodes if n.op not in ("placeholder", "output", "get_attr")]
    number = {node: i for i, node in enumerate(nodes)}
    expected = {
        (number[source], i) for i, node in enumerate(nodes) for source in node.all_input_nodes if source in number
    }
    found = vision(name)
    assert len(found.operations) == len(nodes)
    assert {(source, o.id) for o in found.operations for source in o.sources} == expected


def test_the_input_is_a_source_of_its_readers():
    found = complete_trace_of(Residual(), spec(1, 4))
    assert [o.reads_input for o in found.operations] == [(0,), (), (0,)]
    assert [o.sources for o in found.operations] == [(), (0,), (1,)]


def test_operations_name_the_parameters_they_read():
    found = complete_trace_of(Net(), spec(1, 3, 32, 32))
    assert operation(found, "conv2d").parameters == ("conv.weight", "conv.bias")
    assert operation(found, "conv2d").inputs == (spec(1, 3, 32, 32),)


def test_bytes_are_those_of_tensors_read_and_written():
    found = complete_trace_of(nn.Linear(4, 8), spec(2, 4))
    linear = operation(found, "linear")
    assert linear.read_bytes == 4 * (2 * 4 + 8 * 4 + 8)
    assert linear.written_bytes == 4 * 2 * 8


def test_views_move_no_bytes():
    class View(nn.Module):
        def forward(self, x):
            return x.view(4, 2).transpose(0, 1).unsqueeze(0)

    found = complete_trace_of(View(), spec(2, 4))
    assert [(o.read_bytes, o.written_bytes, o.flops) for o in found.operations] == [(0, 0, 0)] * 3


def test_calls_nest_and_cover_their_operations():
    found = complete_trace_of(nn.Sequential(Residual(), nn.Sequential(Residual(), nn.ReLU())), spec(1, 4))
    assert [c.path for c in found.calls] == ["", "0", "0.fc", "1", "1.0", "1.0.fc", "1.1"]
    assert [c.parent for c in found.calls] == [-1, 0, 1, 0, 3, 4, 3]
    assert (found.calls[0].first, found.calls[0].last) == (0, len(found.operations))
    for call in found.calls:
        assert call.flops == sum(o.flops or 0 for o in found.operations[call.first : call.last])
    assert all(found.calls[o.call].first <= o.id < found.calls[o.call].last for o in found.operations)


def test_a_call_knows_shapes_of_what_goes_in_and_out():
    found = complete_trace_of(Net(), spec(1, 3, 32, 32))
    call = next(c for c in found.calls if c.path == "conv")
    assert call.inputs == (spec(1, 3, 32, 32),)
    assert call.outputs == (spec(1, 8, 32, 32),)


def test_conversions_that_change_nothing_are_no_operations():
    class Convert(nn.Module):
        def forward(self, x):
            return x.float().contiguous().to("cpu").to(x.dtype).half()

    found = complete_trace_of(Convert(), spec(2))
    assert names_of(found) == ["half"]


def test_transposed_properties_are_operations_and_data_is_the_same_tensor():
    class Properties(nn.Module):
        def forward(self, x):
            y = x.relu()
            return y.data.mT + 1

    found = complete_trace_of(Properties(), spec(2, 3))
    assert names_of(found) == ["relu", "mT", "add"]
    assert [o.sources for o in found.operations] == [(), (0,), (1,)]


def test_views_of_parameters_count_as_reading_them():
    class Views(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(torch.zeros(4, 4))

        def forward(self, x):
            return functional.linear(x, self.weight.data) + functional.linear(x, self.weight.detach().t())

    assert complete_trace_of(Views(), spec(1, 4)).untouched == ()


def test_a_buffer_written_in_the_pass_orders_its_readers():
    class Cache(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("cache", torch.zeros(8, 4))

        def forward(self, x):
            self.cache[:1] = x * 2
            return self.cache.sum()

    found = complete_trace_of(Cache(), spec(1, 4))
    assert names_of(found) == ["mul", "setitem", "sum"]
    assert operation(found, "sum").sources == (1,)
    assert operation(found, "sum").parameters == ("cache",)


def test_an_endless_pass_is_stopped_and_kept(monkeypatch):
    class Endless(nn.Module):
        def forward(self, x):
            while True:
                try:
                    x = x + 1
                except Exception:
                    continue

    monkeypatch.setattr(recorder_file, "MOST_OPERATIONS", 500)
    found = trace_of(Endless(), spec(1, 4))
    assert len(found.operations) == 500
    assert not found.complete
    assert "stopped after 500 operations" in found.error


def test_a_pass_is_stopped_for_what_it_computes_not_for_what_it_waits(monkeypatch):
    """On a busy machine hours may go by: the report is the same."""
    expected = complete_trace_of(Residual(), spec(1, 4))
    hours = itertools.count(step=3600.0)
    monkeypatch.setattr(recorder_file, "time", SimpleNamespace(monotonic=hours.__next__, thread_time=lambda: 0.0))
    assert complete_trace_of(Residual(), spec(1, 4)) == expected
    monkeypatch.setattr(recorder_file, "time", SimpleNamespace(thread_time=hours.__next__))
    assert "stopped after 300 seconds" in outcome_of(Residual(), spec(1, 4)).reason


def test_interrupting_leaves_torch_as_it_was():
    class Interrupted(nn.Module):
        def forward(self, x):
            raise KeyboardInterrupt

    before = nn.Module.__call__
    with pytest.raises(KeyboardInterrupt):
        trace_of(Interrupted(), spec(1, 4))
    assert nn.Module.__call__ is before
    assert torch.zeros(1).device.type == "cpu"


def test_equal_specs_are_one_object():
    found = complete_trace_of(Residual(), spec(1, 4))
    assert found.operations[0].outputs[0] is found.operations[1].inputs[0]
