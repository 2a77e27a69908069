"""TorchScript archives."""

from __future__ import annotations

from pathlib import Path
from typing import List  # noqa: UP035 - TorchScript knows no other

import pytest
import torch

from modelreport.load.torchscript import ScriptClass
from tests.load.files import opened, recognising, same

pytestmark = pytest.mark.filterwarnings("ignore:.*torch.jit")


class Net(torch.nn.Module):
    """Parameters, a buffer, a plain tensor attribute, constants and a list."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 4, (3, 5))
        self.norm = torch.nn.BatchNorm2d(4)
        self.sizes = torch.jit.Attribute([1, 2], List[int])  # noqa: UP006 - as above
        self.state = torch.zeros(2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.norm(self.conv(x)) + self.state.sum() + self.sizes[0]


def test_the_tree_the_weights_and_the_code_are_read(tmp_path: Path) -> None:
    scripted = torch.jit.script(Net())
    scripted.save(str(tmp_path / "net.pt"))
    reference = dict(scripted.named_parameters()) | dict(scripted.named_buffers())
    with opened(tmp_path / "net.pt") as checkpoint:
        assert (checkpoint.source.format, checkpoint.source.content) == ("torchscript", "script")
        assert {t.name for t in checkpoint.tensors} == set(reference)
        assert all(same(lazy, reference[lazy.name]) for lazy in checkpoint.tensors)
        roles = {t.name: t.role for t in checkpoint.tensors}
        assert (roles["conv.weight"], roles["norm.running_mean"]) == ("parameter", "buffer")
        assert [(t.name, t.role) for t in checkpoint.extra] == [("state", "other")]
        tree = checkpoint.tree
        assert tree is not None
        assert tree.attributes["sizes"] == [1, 2]
        conv = tree.children["conv"]
        assert conv is not None
        assert conv.type_path == "torch.nn.modules.conv.Conv2d"
        assert conv.attributes["kernel_size"] == (3, 5)
        assert any("def forward" in item.value for item in checkpoint.source.code)
        assert not checkpoint.security.executes  # type: ignore[union-attr]


def test_constants_beside_the_code_are_found(tmp_path: Path) -> None:
    table = torch.arange(5.0)
    traced = torch.jit.trace(lambda x: x + table, torch.ones(5))
    traced.save(str(tmp_path / "f.pt"))
    with opened(tmp_path / "f.pt") as checkpoint:
        lazy = next(t for t in (*checkpoint.tensors, *checkpoint.extra) if t.name.startswith("constants."))
        assert lazy.array().tolist() == [0, 1, 2, 3, 4]


def test_a_published_archive(silero: Path) -> None:
    reference = torch.jit.load(str(silero / "silero_vad.jit"))
    with opened(silero / "silero_vad.jit") as checkpoint:
        state = dict(reference.named_parameters()) | dict(reference.named_buffers())
        assert {t.name for t in checkpoint.tensors} == set(state)
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)
        assert checkpoint.tree is not None
        assert [p for p, _, seen in checkpoint.tree.walk() if not seen] == [n for n, _ in reference.named_modules()]
        assert len(checkpoint.source.code) > 20


def test_archives_are_told_by_their_code() -> None:
    assert recognising(b"PK\3\4", ("a/data.pkl", "a/code/__torch__.py", "a/constants.pkl")) == ["torchscript"]


def test_constants_are_literals_and_nothing_else() -> None:
    found = ScriptClass(
        '  __parameters__ = ["w", ]\n  size : Final[Tuple[int, int]] = (3, 3)\n  evil : Final[int] = __import__("os")\n'
    )
    assert found.roles == {"w": "parameter"}
    assert found.constants == {"size": (3, 3), "evil": '__import__("os")'}
