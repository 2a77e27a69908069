"""Arguments that take a list of feature maps."""

from __future__ import annotations

import torch

from modelreport.trace.inputs.levels import level_forms
from tests.trace.inputs.subjects import subject


def head(features: list[torch.Tensor], names: list[str], vectors: torch.Tensor):
    raise NotImplementedError


def test_a_list_of_features_holds_maps_of_halving_sides_as_wide_as_the_vectors():
    maps, alone = level_forms("features", subject(head, hidden_size=24))
    assert [m.shape for m in maps] == [(1, 24, 32, 32), (1, 24, 16, 16), (1, 24, 8, 8)]
    assert [m.shape for m in alone] == [(1, 24, 16, 16)]


def test_other_lists_and_plain_tensors_are_no_feature_maps():
    assert level_forms("names", subject(head)) == []
    assert level_forms("vectors", subject(head)) == []
