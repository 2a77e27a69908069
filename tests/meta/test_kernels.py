"""Operators whose result depends on values."""

from __future__ import annotations

import pytest
import torch

from modelreport.meta import on_meta
from modelreport.meta.kernels import kind_of


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda x: x.nonzero(), (5, 1)),
        (lambda x: x[x > 2], (3,)),
        (lambda x: torch.unique(x // 2), (3,)),
        (lambda x: x.masked_select(x > 4), (1,)),
        (torch.bincount, (6,)),
        (lambda x: x.repeat_interleave(x), (15,)),
        (lambda x: torch.where(x > 3)[0], (2,)),
        (lambda x: torch.unique_consecutive(x.clamp(max=1)), (2,)),
    ],
)
def test_shapes_come_from_known_values(make, shape):
    with on_meta() as shadows:
        made = make(torch.arange(6))
    assert made.is_meta
    assert made.shape == shape
    assert shadows.guess_calls == 0


def test_comparisons_of_known_tensors_are_answered():
    with on_meta() as shadows:
        assert torch.equal(torch.arange(3), torch.tensor([0, 1, 2]))
        assert not torch.allclose(torch.zeros(2), torch.ones(2))
    assert shadows.guess_calls == 0


def test_a_value_that_asks_for_a_monstrous_tensor_is_refused():
    with on_meta(), pytest.raises(ValueError, match="elements would be made"):
        torch.ones(1).repeat_interleave(torch.tensor([10**12]))
    with on_meta(), pytest.raises(ValueError, match="elements would be made"):
        torch.bincount(torch.tensor([10**12]))


def test_histograms_have_their_shape_without_values_and_their_values_with_them():
    with on_meta() as shadows:
        known = torch.histc(torch.arange(6), bins=3, min=0, max=5)
        assert torch.histc(torch.empty(9), bins=4).shape == (4,)
    assert shadows.twin(known).value.tolist() == [2, 2, 2]
    assert shadows.guess_calls == 0


def test_grouped_products_take_any_dtype():
    with on_meta():
        offsets = torch.tensor([1, 3], dtype=torch.int32)
        made = torch._grouped_mm(torch.empty(3, 5), torch.empty(2, 5, 7), offs=offsets)
    assert made.shape == (3, 7)


def test_suppression_of_boxes_keeps_them_all_and_says_so():
    from tests.trace.models import define_torchvision_operators

    define_torchvision_operators()
    with on_meta() as shadows:
        kept = torch.ops.torchvision.nms(torch.empty(20, 4), torch.empty(20), 0.5)
    assert kept.shape == (20,)
    assert shadows.guesses == {"nms": 1}


def test_kinds_tell_random_mutating_and_factory_operators():
    aten = torch.ops.aten
    assert kind_of(aten.uniform_.default).random
    assert kind_of(aten.add_.Tensor).mutates
    assert kind_of(aten.zeros.default).has_device
    assert not kind_of(aten.add.Tensor).random


def test_sizes_written_into_empty_memory_one_by_one_are_known():
    with on_meta() as shadows:
        sizes = torch.empty((2, 2), dtype=torch.long)
        sizes[0, 0], sizes[0, 1], sizes[1, 0], sizes[1, 1] = 4, 5, 2, 3
        total = int((sizes[:, 0] * sizes[:, 1]).sum())
        assert shadows.twin(torch.empty(4)) is None, "weights are never known"
    assert total == 26
    assert shadows.guess_calls == 0
