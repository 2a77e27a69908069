"""Devices, literals and readings."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from modelreport.meta import on_meta


@pytest.mark.parametrize(
    "move",
    [
        lambda x: x.cuda(),
        lambda x: x.to("cuda"),
        lambda x: x.to(torch.device("cuda", 1)),
        lambda x: x.to(device="cpu"),
        lambda x: x.cpu(),
        lambda x: x.to(torch.zeros(1)),
        lambda x: x.pin_memory(),
        lambda x: x.type("torch.cuda.FloatTensor"),
        lambda x: x.type(torch.FloatTensor),
    ],
)
def test_tensors_stay_on_meta(move):
    with on_meta():
        made = move(torch.ones(2))
    assert made.is_meta
    assert made.dtype == torch.float32


def test_conversions_beside_a_device_happen():
    with on_meta():
        assert torch.ones(2).to("cuda", torch.float16).dtype == torch.float16
        assert torch.ones(2).type(torch.cuda.HalfTensor).dtype == torch.float16


@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.tensor([1, 2]),
        lambda: torch.tensor([1, 2], device="cuda"),
        lambda: torch.as_tensor(np.array([1, 2])),
        lambda: torch.from_numpy(np.array([1, 2])),
        lambda: torch.zeros(1, dtype=torch.int64).new_tensor([1, 2]),
        lambda: torch.tensor([torch.tensor(1), 2]),
    ],
)
def test_literals_are_known(make):
    with on_meta() as shadows:
        made = make()
        assert made.is_meta
        assert made.tolist() == [1, 2]
    assert shadows.guess_calls == 0


def test_lists_as_indices_keep_their_values():
    with on_meta() as shadows:
        x = torch.arange(12).reshape(3, 4)
        assert x[:, [3, 0]].tolist() == [[3, 0], [7, 4], [11, 8]]
        assert x[[True, False, True]].shape == (2, 4)
        assert 11 in x[:, np.array([3])]
    assert shadows.guess_calls == 0


def test_known_values_are_shown_and_unknown_ones_are_not_invented_for_it():
    with on_meta() as shadows:
        assert f"{torch.tensor(2.5):.2f}" == "2.50"
        assert "meta" in f"{torch.empty(2)}"
    assert shadows.guess_calls == 0


def test_numbers_are_read_off_twins():
    with on_meta():
        x = torch.arange(4)
        assert (int(x[2]), float(x[3]), list(range(x[1]))) == (2, 3.0, [0])
        assert np.asarray(x).sum() == 6
        assert x.numpy().tolist() == [0, 1, 2, 3]
