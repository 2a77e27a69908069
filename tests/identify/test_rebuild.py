from __future__ import annotations

import enum
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import LazyTensor, ModuleNode, Opaque
from modelreport.identify.libraries import load_library
from modelreport.identify.rebuild import DEEPEST, RebuildError, functions, rebuild
from tests.identify.checkpoints import make_tree

LINEAR, SEQUENTIAL = "torch.nn.modules.linear.Linear", "torch.nn.modules.container.Sequential"


def leaf(**attributes: Any) -> ModuleNode:
    node = ModuleNode(LINEAR, {"in_features": 3, "out_features": 4, **attributes})
    node.parameters = {"weight": LazyTensor("weight", "float32", (4, 3), None), "bias": None}
    return node


def torchvision(name: str) -> nn.Module:
    return load_library("torchvision").models.get_model(name, weights=None)


def timm(name: str) -> nn.Module:
    return load_library("timm").create_model(name)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: torchvision("resnet18"), (1, 3, 64, 64)),
        (lambda: torchvision("swin_t"), (1, 3, 64, 64)),
        (lambda: torchvision("vit_b_32"), (1, 3, 224, 224)),
        (lambda: timm("vit_tiny_patch16_224"), (1, 3, 224, 224)),
        (lambda: timm("convnext_atto"), (1, 3, 64, 64)),
        (lambda: nn.Sequential(nn.Linear(3, 4), nn.LSTM(4, 5)), (2, 6, 3)),
        (lambda: nn.TransformerEncoderLayer(8, 2, activation="gelu"), (4, 1, 8)),
        (lambda: nn.Sequential(nn.Conv1d(3, 4, 3), nn.Upsample(scale_factor=2), nn.ReLU()), (1, 3, 9)),
    ],
    ids=["resnet18", "swin_t", "vit_b_32", "timm vit", "convnext", "lstm", "transformer", "sequential"],
)
def test_a_rebuilt_tree_computes_what_the_original_does(make: Callable[[], nn.Module], shape: tuple[int, ...]) -> None:
    torch.manual_seed(0)
    original = make().eval()
    copy = rebuild(make_tree(original)[0])
    assert all(p.is_meta for p in copy.parameters())
    assert [n for n, _ in copy.named_modules()] == [n for n, _ in original.named_modules()]
    assert {n: p.shape for n, p in copy.state_dict().items()} == {n: p.shape for n, p in original.state_dict().items()}
    copy = copy.to_empty(device="cpu")
    copy.load_state_dict(original.state_dict())
    for name, buffer in original.named_buffers():
        copy.get_buffer(name).copy_(buffer)
    x = torch.randn(shape)
    with torch.no_grad():
        one, two = copy(x), original(x)
    torch.testing.assert_close(one[0] if isinstance(one, tuple) else one, two[0] if isinstance(two, tuple) else two)


def test_configurations_and_activations_of_transformers_come_back() -> None:
    transformers = load_library("transformers")
    config = transformers.BertConfig(
        hidden_size=16, num_hidden_layers=1, num_attention_heads=2, intermediate_size=20, vocab_size=30
    )
    original = transformers.BertModel(config).eval()
    copy = rebuild(make_tree(original)[0])
    assert copy.config.hidden_size == 16
    assert copy.embeddings.word_embeddings.weight.shape == (30, 16)
    assert copy.encoder.layer[0].intermediate.intermediate_act_fn(torch.zeros(1)) == 0


def test_shared_modules_and_tied_parameters_stay_shared() -> None:
    inner = nn.Linear(3, 3)
    other = nn.Linear(3, 3)
    other.weight = inner.weight
    copy = rebuild(make_tree(nn.Sequential(inner, inner, other))[0])
    assert copy[0] is copy[1]
    assert copy[2].weight is copy[0].weight
    assert copy[2] is not copy[0]


@pytest.mark.parametrize(
    "path",
    ["os.system", "builtins.eval", "torchvision.models.resnet.os", "torchvision.models.resnet.resnet50", "__main__.Net",
     "torch.hub.load", "subprocess.Popen"],
)  # fmt: skip
def test_a_class_that_is_no_module_of_a_library_is_named_and_not_touched(path: str) -> None:
    root = ModuleNode(SEQUENTIAL, children={"0": leaf(), "1": ModuleNode(path, {"args": ("touch /tmp/x",)})})
    with pytest.raises(RebuildError) as caught:
        rebuild(root)
    assert caught.value.class_path == path


@pytest.mark.parametrize(
    "name",
    ["forward", "__class__", "__call__", "__setstate__", "__dict__", "_call_impl", "_parameters", "_modules",
     "_buffers", "eval", "train", "state_dict", "_forward_pre_hooks", "extra_repr", "__getattr__"],
)  # fmt: skip
def test_attributes_cannot_replace_code_or_bookkeeping(name: str) -> None:
    copy = rebuild(leaf(**{name: "evil"}))
    assert type(copy) is nn.Linear
    assert copy(torch.empty(2, 3, device="meta")).shape == (2, 4)
    assert "evil" not in vars(copy).values()


def test_values_that_stand_for_calls_are_left_out() -> None:
    calls = {
        "a": Opaque("os.system", ("touch /tmp/x",)),
        "b": Opaque("builtins.eval", ("1/0",)),
        "c": Opaque("torchvision.models.resnet.resnet50", ()),
        "d": [Opaque("os.getcwd")],
        "e": {"k": Opaque("posix.system", ("x",))},
        "f": Opaque("torch.hub.load", ("x", "y")),
        "g": Opaque("torch.load", ("x",)),
        "h": Opaque("transformers.models.bert.modeling_bert.BertModel", (), {"a": 1}),
        "i": Opaque("builtins.set", (["x", ["y"]],)),
        "j": Opaque("builtins.getattr", (Opaque("os"), "getcwd")),
        "k": Opaque("builtins.getattr", (Opaque("timm.layers.format.Format"), "__subclasses__")),
    }
    copy = rebuild(leaf(**calls))
    assert not set(calls) & set(vars(copy))


def test_known_values_come_back_as_what_they_stood_for() -> None:
    values = {
        "a": Opaque("torch._C._nn.gelu"),
        "b": Opaque("torch.float16"),
        "c": Opaque("torch.Tensor", ("float32", (2, 3))),
        "d": Opaque("timm.layers.format.Format", ("NLC",)),
        "e": Opaque("builtins.set", ("x", "y")),
        "f": Opaque("torch.Size", ((1, 2),)),
        "g": {"k": (1, [2.5, None, "s"])},
        "h": Opaque("builtins.getattr", (Opaque("timm.layers.format.Format"), "NLC")),
    }
    copy = rebuild(leaf(**values))
    assert copy.h is copy.d
    assert copy.a is torch.nn.functional.gelu
    assert copy.b is torch.float16
    assert (copy.c.shape, copy.c.is_meta) == ((2, 3), True)
    assert copy.d.value == "NLC"
    assert copy.e == {"x", "y"}
    assert copy.f == torch.Size((1, 2))
    assert copy.g == {"k": (1, [2.5, None, "s"])}


def test_cycles_deep_trees_and_impossible_tensors_are_refused() -> None:
    cycle = ModuleNode(SEQUENTIAL)
    cycle.children["0"] = cycle
    with pytest.raises(RebuildError, match="contains itself"):
        rebuild(cycle)
    root = node = ModuleNode(SEQUENTIAL)
    for _ in range(DEEPEST + 10_000):
        child = ModuleNode(SEQUENTIAL)
        node.children["0"] = child
        node = child
    with pytest.raises(RebuildError, match="nested deeper"):
        rebuild(root)
    huge = leaf()
    huge.parameters["weight"] = LazyTensor("weight", "float32", (1 << 40, 1 << 40), None)
    with pytest.raises(RebuildError, match="impossible"):
        rebuild(huge)


def test_a_tree_that_shares_modules_in_a_lattice_is_walked_once() -> None:
    node = leaf()
    for _ in range(100):  # 2 ** 100 paths
        node = ModuleNode(SEQUENTIAL, children={"0": node, "1": node})
    assert len(list(rebuild(node).modules())) == 101


def test_quantised_parameters_and_strange_names_do_no_harm() -> None:
    node = leaf()
    node.parameters["forward"] = LazyTensor("x", "int8", (2,), None)
    node.children["a.b"] = leaf()
    node.children["__class__"] = leaf()
    copy = rebuild(node)
    assert copy(torch.empty(1, 3, device="meta")).shape == (1, 4)


def test_only_activations_are_known_functions() -> None:
    assert functions()["torch.nn.functional.relu"] is torch.nn.functional.relu
    assert all(name.startswith(("torch.nn.functional.", "torch.", "torch._C.")) for name in functions())
    assert not {n.rpartition(".")[2] for n in functions()} & {"load", "save", "system", "compile", "set_default_device"}


class Shade(enum.Enum):
    LIGHT = "light"
    DARK = "dark"


class Settings:
    def __init__(self) -> None:
        self.width = 3
        self.shade = Shade.DARK

    def __setstate__(self, state: object) -> None:
        raise AssertionError("no method of the file's objects is called")


class Own(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.settings = Settings()
        self.layer = nn.Linear(3, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x) if self.settings.shade is Shade.DARK else x


def test_classes_of_the_user_are_rebuilt_with_their_plain_objects() -> None:
    node = ModuleNode(
        "__main__.Own",
        {"settings": Opaque("__main__.Settings", (), {"width": 3, "shade": Opaque("__main__.Shade", ("dark",))}),
         "forward": 3},
        children={"layer": make_tree(nn.Linear(3, 2))[0]},
    )  # fmt: skip
    with pytest.raises(RebuildError):
        rebuild(node)
    found = {"__main__.Own": Own, "__main__.Settings": Settings, "__main__.Shade": Shade}
    module = rebuild(node, found.get)
    assert isinstance(module, Own)
    assert module.settings.shade is Shade.DARK
    assert module(torch.empty(4, 3, device="meta")).shape == (4, 2)
    with pytest.raises(RebuildError):
        rebuild(node, lambda path: print)
