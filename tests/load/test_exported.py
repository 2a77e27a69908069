"""A live exported program."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from modelreport.load import open_object
from modelreport.load.exported import is_exported
from modelreport.options import Options

pytestmark = pytest.mark.filterwarnings("ignore")


def test_weights_roles_and_graph_are_those_of_the_program():
    module = nn.Sequential(nn.Linear(4, 4), nn.BatchNorm1d(4)).eval()
    program = torch.export.export(module, (torch.zeros(2, 4),))
    assert is_exported(program)
    assert not is_exported(module)
    with open_object(program, Options()) as checkpoint:
        roles = {t.name: t.role for t in checkpoint.tensors}
        assert roles["0.weight"] == "parameter"
        assert roles["1.running_mean"] == "buffer"
        assert checkpoint.source.format_title == "live exported program"
        assert checkpoint.program is not None
        targets = [n["target"] for n in checkpoint.program.model["graph_module"]["graph"]["nodes"]]
        assert targets[0] == "torch.ops.aten.linear.default"
        assert (checkpoint.tensors[0].array() == module[0].weight.detach().numpy()).all()


def test_constants_come_with_their_values():
    class Adds(nn.Linear):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return super().forward(x) + torch.tensor([1.0, 2.0])

    with open_object(torch.export.export(Adds(2, 2), (torch.zeros(2),)), Options()) as checkpoint:
        assert checkpoint.program is not None
        assert [t.array().tolist() for t in checkpoint.program.constants.values()] == [[1.0, 2.0]]
