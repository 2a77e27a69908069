from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from tests.identify.patterns.networks import TOKENS, parts_of


@pytest.mark.parametrize("kind", [nn.LSTM, nn.GRU, nn.RNN])
@pytest.mark.parametrize("both", [True, False])
def test_layers_widths_and_directions_come_from_the_weights(kind: type[nn.RNNBase], both: bool) -> None:
    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.layer = kind(32, 24, 2, batch_first=True, bidirectional=both)

        def forward(self, x: Tensor) -> Tensor:
            return self.layer(x)[0]

    (found,) = parts_of(Net(), TOKENS).recurrent
    assert (found.width, found.hidden, found.layers, found.directions) == (32, 24, 2, 2 if both else 1)


class Scan(nn.Module):
    """A state that decays by stored rates; ``stored=False`` takes them from the data."""

    def __init__(self, stored: bool) -> None:
        super().__init__()
        self.step, self.rates = nn.Linear(32, 32), nn.Linear(32, 32)
        self.log = nn.Parameter(torch.zeros(32, 16)) if stored else None

    def forward(self, x: Tensor) -> Tensor:
        step = nn.functional.softplus(self.step(x))
        rates = -torch.exp(self.rates(x)[0, :1].T.expand(32, 16) if self.log is None else self.log)
        decay = torch.exp(step[..., None] * rates)
        state = decay[:, 0] * x[:, 0, :, None]
        for place in range(1, 4):
            state = decay[:, place] * state + x[:, place, :, None]
        return state.sum(-1)


def test_a_state_that_decays_by_stored_rates_is_a_state_space() -> None:
    (found,) = parts_of(Scan(stored=True), TOKENS).state_spaces
    assert (found.channels, found.state, found.heads) == (32, 16, None)


def test_a_decay_from_data_alone_is_none() -> None:
    assert parts_of(Scan(stored=False), TOKENS).state_spaces == []
