"""What the failing lines of a model's code spoke of."""

from __future__ import annotations

import torch
from torch import nn

from modelreport.trace.blame import NAMES, note_names


def caught(work) -> BaseException:
    try:
        work()
    except Exception as error:
        note_names(error)
        return error
    raise AssertionError


def test_variables_that_were_none_are_named_innermost_first():
    def inner(mask):
        return mask.shape

    def outer(picture_mask=None, unrelated=None):
        return inner(
            picture_mask,
        )

    names = getattr(caught(outer), NAMES)
    assert names.absent == ("mask", "picture_mask")
    assert names.line == ("mask",)


def test_lines_inside_torch_are_passed_over():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.embed = nn.Linear(2, 2)

        def forward(self, actions=None):
            return self.embed(actions)

    net = Net()
    names = getattr(caught(net), NAMES)
    assert names.absent == ("actions",)


def test_errors_of_other_kinds_are_left_alone():
    error = caught(lambda: {}[1])
    assert not hasattr(error, NAMES)
    assert not hasattr(caught(lambda: torch.zeros(2)[3]), NAMES)
