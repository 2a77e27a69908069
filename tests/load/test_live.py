"""Live objects."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from modelreport.checkpoint import Opaque
from modelreport.errors import LoadError
from modelreport.facts import Skipped
from modelreport.load import open_object
from modelreport.load.live import plain
from modelreport.options import Options
from tests.load.files import names, same


def make() -> nn.Module:
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 4, bias=False), nn.Linear(4, 4, bias=False))
    net[3].weight = net[2].weight
    net[0].bias.requires_grad = False
    net.register_buffer("table", torch.arange(3), persistent=False)
    return net


def test_a_module_shares_its_memory() -> None:
    net = make()
    checkpoint = open_object(net, Options())
    reference = dict(net.named_parameters(remove_duplicate=False)) | dict(net.named_buffers())
    assert set(names(checkpoint)) == set(reference)
    assert all(same(lazy, reference[lazy.name]) for lazy in checkpoint.tensors)
    found = {lazy.name: lazy for lazy in checkpoint.tensors}
    assert found["2.weight"].storage is found["3.weight"].storage
    assert (found["0.weight"].trainable, found["0.bias"].trainable) == (True, False)
    assert "not saved" in found["table"].note
    with torch.no_grad():
        net[0].weight.fill_(7)
    assert (found["0.weight"].array() == 7).all()
    assert checkpoint.live is net
    assert isinstance(checkpoint.security, Skipped)


def test_the_tree_is_that_of_the_module() -> None:
    net = make()
    tree = open_object(net, Options()).tree
    assert tree is not None
    assert [path for path, _, seen in tree.walk() if not seen] == [n for n, _ in net.named_modules()]
    assert tree.children["0"].attributes["kernel_size"] == (3, 3)  # type: ignore[union-attr]


def test_the_module_is_not_changed() -> None:
    net = make()
    before = copy.deepcopy(net.state_dict())
    open_object(net, Options())
    assert all(torch.equal(before[key], value) for key, value in net.state_dict().items())
    assert all(value.grad is None for value in net.parameters())


def test_a_mapping_may_be_a_training_checkpoint() -> None:
    net = nn.Linear(2, 2)
    value: dict[str, Any] = {
        "net": {f"module.{key}": item for key, item in net.state_dict().items()},
        "optimizer": torch.optim.SGD(net.parameters(), lr=0.5).state_dict(),
        "epoch": 3,
    }
    value["self"] = value
    source = open_object(value, Options()).source
    assert (source.kind, source.model_key, source.stripped_prefix) == ("object", "net", "module.")
    assert source.training is not None
    assert source.training.optimizer == "SGD"


@pytest.mark.filterwarnings("ignore:Sparse .* tensor support is in beta")
def test_tensors_of_every_kind() -> None:
    base = torch.arange(12.0).reshape(3, 4)
    values = {
        "view": base[:, 1:3], "expanded": base[:1].expand(5, 4), "scalar": torch.tensor(2.5), "empty": torch.ones(0, 3),
        "bfloat16": torch.ones(3, dtype=torch.bfloat16), "float8": torch.ones(3).to(torch.float8_e4m3fn),
        "conj": torch.tensor([1 + 2j]).conj().resolve_conj(), "bool": torch.tensor([True]),
    }  # fmt: skip
    odd = {
        "meta": torch.ones(2, 2, device="meta"),
        "sparse": torch.eye(3).to_sparse(),
        "array": np.arange(3, dtype=">i4"),
    }
    found = {lazy.name: lazy for lazy in open_object(values | odd, Options()).tensors}
    assert all(same(found[name], value) for name, value in values.items())
    assert (found["meta"].storage, found["meta"].shape) == (None, (2, 2))
    assert found["sparse"].array().tolist() == [1, 1, 1]
    assert found["array"].array().tolist() == [0, 1, 2]
    assert found["expanded"].is_expanded


def test_conjugate_views_give_their_values() -> None:
    checkpoint = open_object({"c": torch.tensor([1 + 2j, 3]).conj()}, Options())
    assert checkpoint.tensors[0].array().tolist() == [1 - 2j, 3]


def test_other_objects_are_refused() -> None:
    for value in (3, object(), [torch.ones(2)]):
        with pytest.raises(LoadError, match="neither a path, nor"):
            open_object(value, Options())
    with pytest.raises(LoadError, match="no tensor"):
        open_object({}, Options())


def test_attributes_are_plain() -> None:
    assert plain((1, [2, {"a": torch.Size([3])}])) == (1, [2, {"a": (3,)}])
    assert plain(torch.float16) == Opaque("torch.float16")
    assert plain(torch.nn.functional.relu) == Opaque("torch.nn.functional.relu")
    assert plain(object()) == Opaque("builtins.object")
    loop: list[Any] = []
    loop.append(loop)
    assert "…" in str(plain(loop))
