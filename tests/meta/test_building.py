"""Building models without data."""

from __future__ import annotations

import threading

import pytest
import torch
from torch import nn

from modelreport.meta import on_meta


class Old(nn.Module):
    """As models were written before ``torch.empty``."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.Tensor(4, 4))
        nn.init.xavier_uniform_(self.weight)
        self.sizes = [int(n) for n in torch.linspace(1, 4, 4).round().int().tolist()]
        self.register_buffer("index", torch.arange(4).flip(0))


def test_everything_is_on_meta():
    with on_meta():
        module = nn.Sequential(
            Old(), nn.Linear(4, 4), nn.BatchNorm1d(4), nn.LSTM(4, 4), nn.Embedding(4, 4, padding_idx=0)
        )
    assert all(t.is_meta for t in module.state_dict().values())
    assert module[0].sizes == [1, 2, 3, 4]


def test_buffers_are_remembered():
    with on_meta() as shadows:
        module = Old()
    assert shadows.twin(module.index).value.tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("name", ["regnet_y_400mf", "efficientnet_b0", "swin_v2_t", "inception_v3"])
def test_models_of_torchvision_are_built_with_the_right_shapes(torchvision, name):
    settings = {"init_weights": False} if name == "inception_v3" else {}
    with on_meta():
        module = torchvision.models.get_model(name, weights=None, **settings)
    meta = torchvision.models.get_model_weights(name).DEFAULT.meta
    assert sum(p.numel() for p in module.parameters()) == meta["num_params"]
    assert all(t.is_meta for t in module.state_dict().values())


def test_a_gigantic_model_takes_no_memory():
    with on_meta():
        module = nn.Linear(1 << 20, 1 << 20)
    assert module.weight.numel() == 1 << 40


def test_outside_everything_is_as_before():
    with on_meta():
        pass
    assert nn.Linear(2, 2).weight.device.type == "cpu"
    with pytest.raises(ZeroDivisionError), on_meta():
        raise ZeroDivisionError
    assert torch.zeros(1).device.type == "cpu"
    assert nn.Linear(2, 2).weight.device.type == "cpu"


def test_other_threads_build_for_real_meanwhile():
    made = []
    with on_meta():
        thread = threading.Thread(target=lambda: made.append(nn.Linear(2, 2)))
        thread.start()
        thread.join()
    assert made[0].weight.device.type == "cpu"


def test_building_leaves_the_random_state_alone():
    before = torch.random.get_rng_state()
    with on_meta():
        nn.Linear(8, 8)
        torch.rand(4)
    assert torch.equal(before, torch.random.get_rng_state())
