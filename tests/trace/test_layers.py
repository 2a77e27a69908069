from __future__ import annotations

import pytest
import torch
from torch import nn

from modelreport.trace.layers import first_layers, forms_of, vocabulary
from tests.trace.models import Net


def shapes(layer) -> list[tuple[int, ...]]:
    return [d.shape for d in forms_of(layer)]


def test_the_first_layer_of_each_kind_is_found_in_order():
    module = nn.Sequential(nn.ReLU(), nn.Embedding(10, 4), nn.Linear(4, 4), nn.Linear(4, 2), nn.LayerNorm(2))
    assert [path for path, _ in first_layers(module)] == ["1", "2", "4"]


def test_layers_written_by_hand_are_told_by_their_weight():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.weight = nn.Parameter(Net().conv.weight.detach())

    ((_, layer),) = first_layers(Own())
    assert shapes(layer)[0] == (1, 3, 224, 224)


def test_usual_sizes_come_first():
    assert shapes(nn.Conv2d(3, 8, 3))[:2] == [(1, 3, 224, 224), (1, 3, 256, 256)]
    assert shapes(nn.Conv1d(4, 8, 3))[0] == (1, 4, 1024)
    assert shapes(nn.Conv3d(3, 8, 3))[0] == (1, 3, 16, 112, 112)
    assert shapes(nn.LSTM(40, 8, batch_first=True))[0] == (1, 16, 40)
    assert shapes(nn.LSTM(40, 8))[0] == (16, 1, 40)
    assert shapes(nn.MultiheadAttention(12, 3))[0] == (16, 1, 12)
    assert shapes(nn.ConvTranspose2d(100, 8, 4))[:2] == [(1, 100, 1, 1), (1, 100, 4, 4)]
    assert shapes(nn.ConvTranspose2d(3, 8, 4))[0] == (1, 3, 224, 224)
    assert shapes(nn.Embedding(100, 8))[0] == (1, 16)
    assert shapes(nn.LayerNorm(12)) == [(1, 12), (1, 16, 12)]


def test_a_linear_layer_may_be_behind_a_flattening_or_a_patch():
    assert (1, 1, 28, 28) in shapes(nn.Linear(784, 10))
    assert (1, 3, 32, 32) in shapes(nn.Linear(3072, 10))
    assert (1, 3, 224, 224) in shapes(nn.Linear(768, 192))


def test_the_vocabulary_fits_every_embedding():
    assert vocabulary(nn.ModuleList([nn.Embedding(30, 2), nn.Embedding(7, 2)])) == 7
    assert vocabulary(nn.ReLU()) == 1000


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("layer", "last"), [(nn.Linear(6, 4), 6), (nn.LSTM(7, 4), 7)])
def test_quantised_layers_tell_their_input_too(layer: nn.Module, last: int):
    module = torch.ao.quantization.quantize_dynamic(nn.Sequential(layer), {nn.Linear, nn.LSTM})
    ((_, first),) = first_layers(module)
    assert next(forms_of(first)).shape[-1] == last
