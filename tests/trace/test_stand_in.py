"""Stand-ins on meta."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from modelreport.meta import Shadows
from modelreport.trace.stand_in import is_on_meta, stand_in
from tests.trace.models import Net


def test_a_copy_shares_nothing_and_has_no_weights():
    module = Net().train()
    with stand_in(module, Shadows(), keep=True) as copied:
        assert copied is not module
        assert is_on_meta(copied)
        assert not copied.training
        assert module.training
    assert not module.conv.weight.is_meta


def test_ties_stay_tied_and_gradients_stay_as_they_are():
    module = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    module[1].weight = module[0].weight
    module[0].bias.requires_grad_(False)
    with stand_in(module, Shadows(), keep=True) as copied:
        assert copied[1].weight is copied[0].weight
        assert not copied[0].bias.requires_grad


def test_small_buffers_keep_their_values_and_the_originals_are_safe():
    module = nn.BatchNorm1d(4)
    shadows = Shadows()
    with stand_in(module, shadows, keep=True) as copied:
        shadows.twin(copied.running_var).value.add_(1)
    assert torch.equal(module.running_var, torch.ones(4))


def test_tensors_in_plain_attributes_become_meta_too():
    module = nn.Linear(2, 2)
    module.table = {"a": torch.arange(3.0)}
    shadows = Shadows()
    with stand_in(module, shadows, keep=True) as copied:
        assert copied.table["a"].is_meta
        assert shadows.twin(copied.table["a"]).value.tolist() == [0, 1, 2]


def test_what_cannot_be_copied_is_exchanged_and_put_back_even_after_an_error():
    module = Net().train()
    module.lock = threading.Lock()
    module.eval_only = 1
    before = [(name, id(p)) for name, p in module.named_parameters()]

    def work():
        with stand_in(module, Shadows(), keep=True) as same:
            assert same is module
            assert is_on_meta(module)
            module.eval_only = 2
            module.new = 3
            raise RuntimeError("inside")

    with pytest.raises(RuntimeError, match="inside"):
        work()
    assert [(name, id(p)) for name, p in module.named_parameters()] == before
    assert module.eval_only == 1
    assert not hasattr(module, "new")
    assert module.conv.training


def test_a_module_on_meta_that_nobody_keeps_runs_itself():
    module = Net().to("meta").train()
    with stand_in(module, Shadows(), keep=False) as same:
        assert same is module
        assert not module.training
