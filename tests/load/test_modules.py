"""Pickled modules as trees."""

from __future__ import annotations

import warnings
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import ModuleNode
from modelreport.load.modules import unwrap
from tests.load.files import names, opened, same, saved, written
from tests.load.hostile import call, name, stream, zipped


class Net(nn.Module):
    """A class of the author, with everything that a module may hold."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, (3, 5), stride=2, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.head = nn.Linear(4, 4, bias=False)
        self.tied = nn.Linear(4, 4, bias=False)
        self.tied.weight = self.head.weight
        self.again = self.norm
        self.nothing: nn.Module | None = None
        self.register_module("empty", None)
        self.register_buffer("table", torch.arange(4), persistent=False)
        self.stem.weight.requires_grad = False
        self.options = {"depth": 3, "sizes": [1, 2]}


@pytest.mark.parametrize("zip_", [True, False])
@pytest.mark.parametrize("protocol", [2, 4])
def test_a_module_is_found_whole(zip_: bool, protocol: int, tmp_path: Path) -> None:
    net = Net()
    path = saved(tmp_path, net, _use_new_zipfile_serialization=zip_, pickle_protocol=protocol)
    with opened(path) as checkpoint:
        tree = checkpoint.tree
        assert tree is not None
        assert checkpoint.source.content == "module"
        assert tree.type_path == f"{__name__}.Net"
        assert [path for path, _, seen in tree.walk() if not seen] == [n for n, _ in net.named_modules()]
        assert [path for path, _, seen in tree.walk() if seen] == ["again"]
        assert tree.children["norm"] is tree.children["again"]
        assert tree.children["empty"] is None
        stem = tree.children["stem"]
        assert stem is not None
        assert (stem.type_path, stem.attributes["kernel_size"]) == ("torch.nn.modules.conv.Conv2d", (3, 5))
        assert tree.attributes["options"] == {"depth": 3, "sizes": [1, 2]}
        reference = dict(net.named_parameters(remove_duplicate=False)) | dict(net.named_buffers())
        assert {t.name for t in checkpoint.tensors} == {n for n in reference if not n.startswith("again.")}
        for lazy in checkpoint.tensors:
            assert same(lazy, reference[lazy.name])
        found = {t.name: t for t in checkpoint.tensors}
        assert (found["stem.weight"].trainable, found["stem.bias"].trainable) == (False, True)
        assert (found["stem.weight"].role, found["norm.running_mean"].role) == ("parameter", "buffer")
        assert found["head.weight"].view_key == found["tied.weight"].view_key
        assert "not saved" in found["table"].note


@pytest.mark.parametrize("kind", ["resnet18", "vit_b_32", "mobilenet_v3_small"])
def test_every_attribute_of_a_published_model_is_the_same(kind: str, tmp_path: Path, torchvision: ModuleType) -> None:
    model = getattr(torchvision.models, kind)()
    with opened(saved(tmp_path, model)) as checkpoint:
        assert checkpoint.tree is not None
        compared = 0
        for path, node, _ in checkpoint.tree.walk():
            module = model.get_submodule(path)
            for key, value in vars(module).items():
                if isinstance(value, (bool, int, float, str, tuple)) and not key.startswith("_"):
                    assert node.attributes[key] == value, (path, key)
                    compared += 1
        assert compared > 100
        reference = dict(model.named_parameters()) | dict(model.named_buffers())
        assert set(names(checkpoint)) == set(reference)
        assert all(same(lazy, reference[lazy.name]) for lazy in checkpoint.tensors)


def test_wrappers_are_taken_off(tmp_path: Path) -> None:
    with opened(saved(tmp_path, nn.DataParallel(nn.Linear(2, 3)))) as checkpoint:
        assert checkpoint.source.stripped_prefix == "module."
        assert names(checkpoint) == ["weight", "bias"]
        assert checkpoint.tree is not None
        assert checkpoint.tree.type_path == "torch.nn.modules.linear.Linear"


def test_a_wrapper_of_itself_ends() -> None:
    node = ModuleNode("torch.nn.parallel.data_parallel.DataParallel")
    node.children["module"] = node
    assert unwrap(node) == (node, "")


def test_hooks_are_named(tmp_path: Path) -> None:
    module = nn.Linear(1, 1)
    module.register_forward_hook(_hook)
    with opened(saved(tmp_path, module)) as checkpoint:
        assert checkpoint.tree is not None
        assert "_forward_hooks" in checkpoint.tree.hooks


def _hook(*_: Any) -> None:
    """A hook that can be pickled by its name."""


def module(children: bytes, *, memo: int = 0) -> bytes:
    """Operations of a bare module whose children are set by ``children``."""
    made = call(name("net", "Net"))
    state = b"}(" + b"X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}" + children + b"ub"
    return bytes(made) + b"r" + memo.to_bytes(4, "little") + state


def test_cycles_and_depth_are_no_danger(tmp_path: Path) -> None:
    cyclic = b"\x80\x02" + module(b"X\1\0\0\0aj\0\0\0\0s") + b"."
    with opened(written(tmp_path, zipped(cyclic))) as checkpoint:
        assert checkpoint.tree is not None
        assert checkpoint.tree.children["a"] is checkpoint.tree
    depth = 5000
    head = (
        b"\x80\x02"
        + (bytes(call(name("net", "Net"))) + b"}(X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}X\1\0\0\0a") * depth
    )
    with opened(written(tmp_path, zipped(head + b"N" + b"sub" * depth + b"."))) as checkpoint:
        assert checkpoint.tree is not None
        assert sum(1 for _ in checkpoint.tree.walk()) == 501
        assert any("The module tree is cut" in note for note in checkpoint.source.notes)


def test_a_module_without_tensors_is_still_a_tree(tmp_path: Path) -> None:
    with opened(saved(tmp_path, nn.Sequential(nn.ReLU(), nn.Flatten()))) as checkpoint:
        assert checkpoint.tree is not None
        assert list(checkpoint.tree.children) == ["0", "1"]
        assert checkpoint.tensors == ()


def test_classes_that_do_not_exist_are_only_names(tmp_path: Path) -> None:
    data = stream(call(name("no.such.package", "Thing")), 2)[:-1]
    state = b"}(X\x0b\0\0\0_parameters}X\x08\0\0\0_modules}X\x05\0\0\0widthK\x07ub."
    with opened(written(tmp_path, zipped(data + state))) as checkpoint:
        assert checkpoint.tree is not None
        assert (checkpoint.tree.type_path, checkpoint.tree.attributes) == ("no.such.package.Thing", {"width": 7})


def test_weights_that_a_quantised_layer_packs_are_its_parameters(tmp_path: Path) -> None:
    """``torch.ao`` keeps weight and bias in a compiled object, an attribute and no parameter of the module."""
    net = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 2, bias=False))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quantised = torch.ao.quantization.quantize_dynamic(net, {nn.Linear}, dtype=torch.qint8)
        path = saved(tmp_path, quantised)
    with opened(path) as checkpoint:
        found = {t.name: (t.dtype, t.shape, t.role) for t in checkpoint.tensors}
    assert found == {
        "0._packed_params._packed_params.0": ("qint8", (5, 6), "parameter"),
        "0._packed_params._packed_params.1": ("float32", (5,), "parameter"),
        "2._packed_params._packed_params.0": ("qint8", (2, 5), "parameter"),
    }
