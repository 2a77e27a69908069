"""Things that models do and that tracers stumble over."""

from __future__ import annotations

import copy
import dataclasses
import sys
import warnings
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from modelreport.facts import Skipped
from tests.trace.models import (
    Net,
    Output,
    Residual,
    complete_trace_of,
    meta_trace_of,
    names_of,
    operation,
    outcome_of,
    spec,
    trace_of,
)

LINEAR = 2 * 4 * 4


class Wrapped(nn.Module):
    """A linear layer whose forward is given as a function of (module, x)."""

    def __init__(self, forward: Any, **parts: Any) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)
        for name, part in parts.items():
            setattr(self, name, part)
        self._forward = forward

    def forward(self, x: torch.Tensor) -> Any:
        return self._forward(self, x)


def traced(forward: Any, **parts: Any) -> Any:
    return complete_trace_of(Wrapped(forward, **parts), spec(1, 4))


def traced_on_meta(forward: Any, **parts: Any) -> Any:
    return meta_trace_of(Wrapped(forward, **parts), spec(1, 4))


def test_dict_outputs_carry_their_keys():
    found = traced(lambda m, x: {"logits": m.fc(x), "more": (x, x)})
    assert [o.name for o in found.outputs] == ["logits", "more.0", "more.1"]
    assert found.outputs[0].shape == (1, 4)


def test_dataclass_outputs_are_looked_into():
    found = traced(lambda m, x: Output(m.fc(x), (x + 1,)))
    assert [o.shape for o in found.outputs] == [(1, 4), (1, 4)]
    assert found.calls[0].outputs == found.outputs


def test_writing_in_place_orders_the_readers():
    def forward(m, x):
        y = m.fc(x)
        view = y[:, :2]
        view.add_(1)
        return y.relu()

    found = traced(forward)
    assert names_of(found) == ["linear", "getitem", "add_", "relu"]
    assert found.operations[3].sources == (2,)


def test_assignment_to_a_slice_is_an_operation_with_its_two_sources():
    def forward(m, x):
        buffer = torch.zeros(1, 4)
        buffer[:, :4] = m.fc(x)
        return buffer * 2

    found = traced(forward)
    assert names_of(found) == ["zeros", "linear", "setitem", "mul"]
    assert operation(found, "setitem").sources == (0, 1)
    assert operation(found, "mul").sources == (2,)


def test_a_module_called_three_times_has_three_calls_and_pays_three_times():
    def forward(m, x):
        return m.fc(m.fc(m.fc(x)))

    found = traced(forward)
    calls = [c for c in found.calls if c.path == "fc"]
    assert [c.number for c in calls] == [0, 1, 2]
    assert 2 * found.macs == 3 * LINEAR


def test_tied_weights_are_read_under_the_first_name_and_are_not_untouched():
    class Tied(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.head = nn.Linear(4, 10, bias=False)
            self.head.weight = self.embed.weight

        def forward(self, ids):
            return self.head(self.embed(ids))

    found = complete_trace_of(Tied())
    assert found.untouched == ()
    assert operation(found, "linear").parameters == ("embed.weight",)
    assert found.inputs[0].dtype == "int64"


def test_hooks_take_part_in_the_pass():
    module = Residual()
    module.fc.register_forward_hook(lambda m, args, out: out * 2)
    found = complete_trace_of(module, spec(1, 4))
    assert names_of(found) == ["linear", "mul", "relu", "add"]


def test_calling_forward_directly_still_counts():
    found = traced(lambda m, x: m.fc.forward(x))
    assert 2 * found.macs == LINEAR
    assert [c.path for c in found.calls] == [""]


@pytest.mark.parametrize("reentrant", [True, False])
def test_checkpointing_runs_the_block_once(reentrant: bool):
    found = traced(lambda m, x: checkpoint(m.fc, x, use_reentrant=reentrant))
    assert 2 * found.macs == LINEAR


def test_custom_autograd_functions_show_their_operators():
    class Double(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

        @staticmethod
        def backward(ctx, grad):
            return grad * 2

    found = traced(lambda m, x: Double.apply(m.fc(x)))
    assert 2 * found.macs == LINEAR
    assert found.operations[-1].sources == (0,)


def test_low_rank_adapters_are_read():
    class Adapter(nn.Module):
        def __init__(self):
            super().__init__()
            self.base, self.down, self.up = nn.Linear(8, 8), nn.Linear(8, 2, bias=False), nn.Linear(2, 8, bias=False)

        def forward(self, x):
            return self.base(x) + self.up(self.down(x)) * 0.5

    found = complete_trace_of(Adapter(), spec(1, 8))
    assert found.macs == 8 * 8 + 2 * 8 * 2
    assert found.untouched == ()


@pytest.mark.parametrize("kind", ["old", "new", "spectral"])
def test_weight_norm_touches_its_parameters(kind: str):
    layer = nn.Linear(4, 4)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        wrap = {
            "old": nn.utils.weight_norm,
            "new": nn.utils.parametrizations.weight_norm,
            "spectral": nn.utils.parametrizations.spectral_norm,
        }[kind]
        module = nn.Sequential(wrap(layer))
    found = complete_trace_of(module, spec(1, 4))
    assert found.untouched == ()
    assert 2 * operation(found, "linear").macs == LINEAR


def test_data_parallel_is_its_module():
    found = complete_trace_of(nn.DataParallel(Residual()), spec(1, 4))
    assert 2 * found.macs == LINEAR


@pytest.mark.parametrize("way", ["script", "trace"])
def test_scripted_submodules_show_aten_operators(way: str):
    class Outer(nn.Module):
        def __init__(self):
            super().__init__()
            inner = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                self.inner = torch.jit.script(inner) if way == "script" else torch.jit.trace(inner, torch.zeros(1, 4))
            self.out = nn.Linear(4, 4)

        def forward(self, x):
            return self.out(self.inner(x))

    module = Outer()
    before = {k: v.clone() for k, v in module.state_dict().items()}
    found = complete_trace_of(module, spec(1, 4))
    assert 2 * found.macs == 2 * LINEAR
    assert found.untouched == ()
    assert all(torch.equal(v, before[k]) for k, v in module.state_dict().items())


def test_a_compiled_module_is_run_as_it_was_written():
    found = complete_trace_of(torch.compile(Residual(), backend="eager"), spec(1, 4))
    assert names_of(found) == ["linear", "relu", "add"]


def test_a_compiled_submodule_is_run_as_it_was_written():
    found = traced(lambda m, x: m.inner(x), inner=torch.compile(Residual(), backend="eager"))
    assert "linear" in names_of(found)


def test_graph_modules_run():
    found = complete_trace_of(torch.fx.symbolic_trace(Residual()), spec(1, 4))
    assert 2 * found.macs == LINEAR
    assert len(found.operations) == 3


def test_hard_coded_devices_do_not_matter():
    def forward(m, x):
        mask = torch.ones(1, 4, device="cuda").to("cuda:0")
        return m.fc(x.cuda() * mask).cpu() + torch.zeros(4).cuda() + x.to(torch.device("cuda", 0), torch.float32)

    assert 2 * traced(forward).macs == LINEAR


def test_literals_and_numpy_values_can_be_read():
    def forward(m, x):
        sizes = torch.tensor([1, 4]).tolist()
        scale = float(np.asarray([2.0])[0]) + torch.from_numpy(np.ones(3)).sum().item()
        steps = int(torch.arange(4).max())
        return m.fc(x.reshape(*sizes)) * scale * steps

    found = traced(forward)
    assert found.guesses == ()
    assert all(o.exact for o in found.operations)


def test_numpy_of_an_activation_is_a_guess():
    found = traced_on_meta(lambda m, x: m.fc(x) + torch.from_numpy(x.detach().cpu().numpy()))
    assert [g.what for g in found.guesses] == ["numpy"]


def test_a_branch_on_values_is_counted_and_everything_after_it_is_inexact():
    def forward(m, x):
        y = m.fc(x)
        return m.fc(y) if y.sum() > 0 else y + 1

    found = traced_on_meta(forward)
    assert [(g.what, g.calls, g.steered) for g in found.guesses] == [("item", 1, 1)]
    assert [o.name for o in found.operations if not o.exact] == ["add"]
    assert found.notes


def test_doubt_ends_with_the_module_that_branched_and_what_reads_it():
    class Branch(nn.Module):
        def forward(self, x):
            return x + 1 if x.sum() > 0 else x - 1

    found = traced_on_meta(lambda m, x: (m.branch(x).relu(), m.fc(x)), branch=Branch())
    assert [o.name for o in found.operations if not o.exact] == ["sub", "relu"]


def test_a_loop_that_waits_for_a_value_ends():
    def forward(m, x):
        done = torch.zeros((), dtype=torch.bool)
        while not done:
            x = m.fc(x)
            done = x.sum() > 0
        return x

    found = traced_on_meta(forward)
    assert 1 < len([o for o in found.operations if o.name == "linear"]) < 100


def test_boolean_masks_of_known_values_have_exact_shapes():
    def forward(m, x):
        keep = torch.tensor([True, False, True, True])
        return m.fc(x[:, keep].new_zeros(1, 4)), x[:, keep]

    found = traced(forward)
    assert found.outputs[1].shape == (1, 3)
    assert found.guesses == ()


def test_masks_of_unknown_values_keep_everything_and_say_so():
    found = traced_on_meta(lambda m, x: m.fc(x)[x > 0])
    assert found.outputs[0].shape == (4,)
    assert found.guesses
    assert not found.operations[-1].exact


def test_routing_is_invented_and_shapes_are_whole_again_after_the_scatter():
    class Experts(nn.Module):
        def __init__(self):
            super().__init__()
            self.gate = nn.Linear(8, 4, bias=False)
            self.experts = nn.ModuleList(nn.Linear(8, 8, bias=False) for _ in range(4))
            self.last = nn.Linear(8, 8)

        def forward(self, x):
            _, chosen = self.gate(x).topk(2, dim=-1)
            out = torch.zeros_like(x)
            for index, expert in enumerate(self.experts):
                rows = (chosen == index).any(-1).nonzero().squeeze(-1)
                out.index_add_(0, rows, expert(x[rows]))
            return self.last(out)

    found = complete_trace_of(Experts(), spec(64, 8))
    expert = [o for o in found.operations if o.parameters and "experts" in o.parameters[0]]
    assert not any(o.exact for o in expert)
    assert sum(o.macs or 0 for o in expert) == 64 * 2 * 8 * 8
    assert found.operations[-1].exact
    assert found.guesses[0].what == "topk"


def test_dynamic_quantised_layers_fall_back_to_the_cpu():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(4, 4), nn.ReLU()), {nn.Linear})
    found = complete_trace_of(module, spec(1, 4))
    assert found.method == "cpu"
    assert found.notes
    assert found.uncounted == ()
    assert 2 * found.operations[0].macs == LINEAR


def test_an_exported_program_runs():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        module = torch.export.export(Residual(), (torch.zeros(1, 4),)).module()
    found = complete_trace_of(module, spec(1, 4))
    assert 2 * found.macs == LINEAR


def test_keyword_only_arguments_are_given_by_name():
    class Named(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)

        def forward(self, *, features, scale=2.0):
            return self.fc(features) * scale

    found = complete_trace_of(Named(), spec(1, 4, name="features"))
    assert found.inputs[0].name == "features"


def test_inference_mode_inside_forward_hides_nothing():
    def forward(m, x):
        with torch.inference_mode():
            return functional.linear(x, m.fc.weight)

    assert 2 * traced(forward).macs == LINEAR


def test_packed_sequences_run_through_a_recurrent_layer():
    class Packed(nn.Module):
        def __init__(self):
            super().__init__()
            self.rnn = nn.LSTM(4, 5, batch_first=True)

        def forward(self, x):
            packed = nn.utils.rnn.pack_padded_sequence(x, torch.tensor([6, 3]), batch_first=True)
            out, _ = self.rnn(packed)
            return nn.utils.rnn.pad_packed_sequence(out, batch_first=True)

    found = complete_trace_of(Packed(), spec(2, 6, 4))
    assert found.outputs[0].shape == (2, 6, 5)
    assert found.macs == (6 + 3) * (20 * 4 + 20 * 5)
    assert found.guesses == ()


def test_a_model_that_prints_its_own_shape_check_is_not_disturbed():
    def forward(m, x):
        assert f"{torch.tensor(3)}" == "3"
        assert 3 in torch.arange(4)
        return m.fc(x)

    assert traced(forward).guesses == ()


def test_errors_swallowed_by_the_model_do_not_end_the_pass():
    def forward(m, x):
        try:
            return m.fc(x[:, :3])
        except RuntimeError:
            return m.fc(x)

    found = traced(forward)
    assert found.error == ""
    assert found.operations[-1].call == 2


def test_a_forward_that_fails_half_way_keeps_what_it_saw():
    class Broken(nn.Module):
        def __init__(self):
            super().__init__()
            self.first, self.second = nn.Linear(4, 4), nn.Linear(5, 4)

        def forward(self, x):
            return self.second(self.first(x))

    found = trace_of(Broken(), spec(1, 4))
    assert not found.complete
    assert names_of(found) == ["linear"]
    assert "in second, at linear" in found.error
    assert found.error.endswith(".")
    assert found.untouched == ()


def test_a_container_without_forward_is_skipped_with_the_command_that_helps():
    found = outcome_of(nn.ModuleList([nn.Linear(4, 4)]))
    assert isinstance(found, Skipped)
    assert "no forward" in found.reason
    assert "--input 1,3,224,224" in found.hint


def test_the_live_module_comes_back_unchanged():
    module = Net().train()
    module.register_buffer("steps", torch.zeros(1))
    calls = []
    handle = module.register_forward_hook(lambda *_: calls.append(1))
    module.fc.weight.requires_grad_(False)
    state = copy.deepcopy(module.state_dict())
    attributes = dict(module.__dict__)
    identities = [id(p) for p in module.parameters()]
    complete_trace_of(module, spec(1, 3, 32, 32))
    assert [id(p) for p in module.parameters()] == identities
    assert all(torch.equal(v, state[k]) for k, v in module.state_dict().items())
    assert module.training
    assert module.conv.training
    assert not module.fc.weight.requires_grad
    assert dict(module.__dict__) == attributes
    assert calls == [1]
    handle.remove()


def test_state_that_forward_changes_stays_on_the_copy():
    class Counting(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(4, 4)
            self.register_buffer("seen", torch.zeros(1))
            self.history: list[Any] = []
            self.cache = None

        def forward(self, x):
            self.seen += 1
            self.history.append(x)
            self.cache = self.fc(x)
            return self.cache

    module = Counting()
    complete_trace_of(module, spec(1, 4))
    assert module.seen.item() == 0
    assert module.history == []
    assert module.cache is None


def test_a_module_that_cannot_be_copied_is_put_back():
    import threading

    module = Residual()
    module.lock = threading.Lock()
    identities = [id(p) for p in module.parameters()]
    complete_trace_of(module, spec(1, 4))
    assert [id(p) for p in module.parameters()] == identities
    assert not module.fc.weight.is_meta
    assert module.training


def test_facts_are_plain():
    found = traced(lambda m, x: m.fc(x))
    import msgspec

    assert msgspec.json.decode(msgspec.json.encode(found), type=type(found)) == found
    assert not dataclasses.is_dataclass(found)


def test_deeply_nested_modules_run_and_endless_ones_end_with_a_reason():
    def nested(depth: int) -> nn.Module:
        module: nn.Module = nn.Linear(4, 4)
        for _ in range(depth):
            module = nn.Sequential(module)
        return module

    before = sys.getrecursionlimit()
    assert len(complete_trace_of(nested(200), spec(1, 4)).calls) == 201
    outcome = outcome_of(Wrapped(lambda m, x: m(m.fc(x))), spec(1, 4))
    assert "RecursionError" in (outcome.reason if isinstance(outcome, Skipped) else outcome.error)
    assert sys.getrecursionlimit() == before
