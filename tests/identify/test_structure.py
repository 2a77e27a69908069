from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import onnx
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from modelreport.checkpoint import Checkpoint, LazyTensor
from modelreport.facts import ModuleFact, Skipped, Structure
from modelreport.identify import describe, identify
from modelreport.identify.construct import build_known
from modelreport.identify.libraries import load_library
from modelreport.load import open_checkpoint
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint, make_pickled

NOTHING = Skipped(stage="identify", reason="not asked")


def described(checkpoint: Checkpoint) -> Structure:
    structure = describe(checkpoint, identify(checkpoint, Options()))
    check(structure)
    return structure


def check(structure: Structure) -> None:
    """What holds for every structure."""
    root = structure.modules[0]
    assert (root.path, root.parent) == ("", -1)
    assert root.parameters == structure.parameters == sum(
        t.count for t in structure.tensors if t.role == "parameter" and not t.tied_to
    )  # fmt: skip
    assert root.buffers == structure.buffers
    assert root.size_bytes == structure.size_bytes == sum(d.size_bytes for d in structure.dtypes)
    assert sum(d.count for d in structure.dtypes) == structure.parameters + structure.buffers
    paths = {m.path for m in structure.modules}
    for i, module in enumerate(structure.modules[1:], 1):
        assert 0 <= module.parent < i
        assert module.own_parameters <= module.parameters <= structure.parameters
        assert module.signature
    assert all(t.module in paths for t in structure.tensors)


def by_path(structure: Structure) -> dict[str, ModuleFact]:
    return {m.path: m for m in structure.modules}


def pickled(module: nn.Module) -> Checkpoint:
    return make_pickled(module)


def bare(module: nn.Module) -> Checkpoint:
    return make_checkpoint(module.state_dict())


def live(module: nn.Module) -> Checkpoint:
    return make_checkpoint(make_pickled(module).tensors, live=module, content="object")


# 25,557,032: https://pytorch.org/vision/stable/models/generated/torchvision.models.resnet50.html (num_params)
@pytest.mark.parametrize(("make", "origin"), [(pickled, "pickle"), (bare, "identified"), (live, "live")])
def test_resnet50_has_the_published_number_of_parameters(make: Callable[[nn.Module], Checkpoint], origin: str) -> None:
    found = described(make(build_known("torchvision", "resnet50")))
    assert found.origin == origin
    assert (found.parameters, found.parameter_tensors, found.buffer_tensors) == (25_557_032, 161, 159)
    assert len(found.modules) == 151
    assert found.size_bytes == 4 * (25_557_032 + 53_120) + 8 * 53
    assert [(d.dtype, d.tensors, d.count) for d in found.dtypes] == [("float32", 267, 25_610_152), ("int64", 53, 53)]
    modules = by_path(found)
    assert [m.path for m in found.modules[:6]] == ["", "conv1", "bn1", "relu", "maxpool", "layer1"]
    assert modules["fc"].own_parameters == 2_049_000
    assert modules["layer4"].parameters == 14_964_736
    assert ("bias", "False") in [(a.name, a.value) for a in modules["conv1"].attributes]
    assert modules["layer3.2"].signature == modules["layer3.5"].signature != modules["layer3.0"].signature
    assert modules[""].name == "resnet50"


def test_names_alone_give_the_same_tensors_and_a_guessed_tree() -> None:
    found = describe(make_checkpoint(build_known("torchvision", "resnet50").state_dict(), "net.pth"), NOTHING)
    check(found)
    assert found.origin == "names"
    assert (found.parameters, found.parameter_tensors, found.buffer_tensors) == (25_557_032, 161, 159)
    modules = by_path(found)
    assert (modules["conv1"].type, modules["bn1"].type, modules["fc"].type) == ("Conv2d", "BatchNorm2d", "Linear")
    assert modules["layer1"].type == "Sequential"
    assert modules[""].name == "net"
    assert modules["layer3.2"].signature == modules["layer3.5"].signature


def test_the_tree_follows_the_identified_module_and_the_counts_the_file() -> None:
    tensors = {f"net.{n}": t for n, t in build_known("torchvision", "resnet18", num_classes=10).state_dict().items()}
    found = described(make_checkpoint(tensors))
    assert found.tensors[0].name == "net.conv1.weight"
    assert found.tensors[0].module == "conv1"
    assert by_path(found)["fc"].parameters == 5130
    assert found.trainable is None


def test_a_tied_output_layer_that_the_file_lacks_has_its_parameters_and_counts_once() -> None:
    transformers = load_library("transformers")
    config = {
        "model_type": "gpt2",
        "architectures": ["GPT2LMHeadModel"],
        "n_embd": 8,
        "n_layer": 1,
        "n_head": 2,
        "vocab_size": 30,
    }
    made = transformers.GPT2LMHeadModel(
        transformers.GPT2Config(**{k: v for k, v in config.items() if k[0] in "nv"}, bos_token_id=0, eos_token_id=0)
    )
    tensors = {n: t for n, t in made.state_dict().items() if n != "lm_head.weight"}
    found = described(make_checkpoint(tensors, config=config, content="folder"))
    modules = by_path(found)
    assert modules["lm_head"].own_parameters == 240
    assert modules["transformer"].parameters == found.parameters == sum(p.numel() for p in made.parameters())


def test_tied_tensors_count_once_wherever_they_are_seen() -> None:
    class Tied(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.embed = nn.Embedding(10, 4)
            self.head = nn.Linear(4, 10, bias=False)
            self.head.weight = self.embed.weight

    for make in (live, pickled, bare):
        found = describe(make(Tied()), NOTHING)
        check(found)
        assert found.parameters == 40
        assert found.parameter_tensors == 1
        assert found.size_bytes == 160
        assert [(t.name, t.tied_to, t.stored_bytes) for t in found.tensors] == [
            ("embed.weight", "", 160), ("head.weight", "embed.weight", 0),
        ]  # fmt: skip
        assert by_path(found)["head"].parameters == by_path(found)["embed"].parameters == 40


def test_tied_parameters_of_a_live_module_on_meta_are_tied() -> None:
    with torch.device("meta"):
        one, two = nn.Linear(3, 3), nn.Linear(3, 3)
    two.weight = one.weight
    module = nn.Sequential(one, two)
    tensors = [LazyTensor(n, "float32", tuple(t.shape), None, role="parameter") for n, t in module.state_dict().items()]
    found = describe(make_checkpoint(tensors, live=module), NOTHING)
    check(found)
    assert found.parameters == 15
    assert found.tensors[2].tied_to == "0.weight"


def test_a_shared_module_is_noted_and_counted_once() -> None:
    inner = nn.Linear(3, 3)
    for make in (live, pickled):
        found = describe(make(nn.Sequential(inner, nn.ReLU(), inner)), NOTHING)
        check(found)
        assert [(m.path, m.shared_with, m.parameters) for m in found.modules] == [
            ("", "", 12), ("0", "", 12), ("1", "", 0), ("2", "0", 12),
        ]  # fmt: skip


def test_trainable_parameters_are_known_from_a_module_and_unknown_from_a_state_dict() -> None:
    net = nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))
    net[0].requires_grad_(False)
    assert described(pickled(net)).trainable == 10
    assert described(bare(net)).trainable is None


def test_views_expanded_and_strided_tensors_are_told() -> None:
    base = torch.zeros(4, 4)
    found = describe(make_checkpoint({"a": base[:2], "b": base.t()[:2], "c": torch.zeros(1, 4).expand(5, 4)}), NOTHING)
    a, b, c = found.tensors
    assert (a.contiguous, b.contiguous, c.contiguous) == (True, False, False)
    assert (b.overlaps, c.expanded, c.stored_bytes, c.size_bytes) == ("a", True, 16, 80)


def test_unexpected_tensors_go_to_the_nearest_module() -> None:
    found = described(
        make_checkpoint({**build_known("torchvision", "resnet18").state_dict(), "loss.weight": torch.zeros(7)})
    )
    assert found.origin == "identified"
    assert found.tensors[-1].module == ""
    assert found.parameters == 11_689_512 + 7


def test_an_onnx_graph_has_the_modules_of_its_scopes(tmp_path: Path) -> None:
    weight = onnx.helper.make_tensor("layer1.0.conv.weight", 1, (2, 1, 3, 3), [0.0] * 18)
    node = onnx.helper.make_node(
        "Conv", ["x", "layer1.0.conv.weight"], ["y"], name="/layer1/layer1.0/conv/Conv", kernel_shape=[3, 3]
    )
    value = onnx.helper.make_tensor_value_info
    graph = onnx.helper.make_graph([node], "g", [value("x", 1, (1, 1, 4, 4))], [value("y", 1, (1, 2, 2, 2))], [weight])
    onnx.save(onnx.helper.make_model(graph), tmp_path / "net.onnx")
    with open_checkpoint(tmp_path / "net.onnx", Options()) as checkpoint:
        found = described(checkpoint)
    assert (found.origin, found.parameters) == ("graph", 18)
    assert [(m.path, m.type, m.parameters) for m in found.modules] == [
        ("", "Module", 18), ("layer1", "Sequential", 18), ("layer1.0", "Module", 18), ("layer1.0.conv", "Conv", 18),
    ]  # fmt: skip
    assert found.modules[0].name == "net"


def test_published_files_are_described(minilm: Path, silero: Path, resemblyzer: Path, rapidocr: Path) -> None:
    expected: dict[Path, tuple[str, int]] = {
        minilm: ("identified", 22_713_216),
        silero / "silero_vad_16k.safetensors": ("names", 309_633),
        silero / "silero_vad_16k_op15.onnx": ("graph", 309_633),
        resemblyzer: ("names", 1_423_618),
        rapidocr / "ch_ppocr_mobile_v2.0_cls_infer.onnx": ("graph", 129_356),
    }
    for path, (origin, parameters) in expected.items():
        with open_checkpoint(path, Options()) as checkpoint:
            found = described(checkpoint)
        assert (found.origin, found.parameters) == (origin, parameters), path
    kinds = {m.path: m.type for m in found.modules}
    assert "Conv" in kinds.values()


names = st.lists(
    st.sampled_from(["a", "b", "0", "1", "", "weight", "running_mean", "..", "</script>"]), min_size=1, max_size=5
)


@settings(max_examples=60)
@given(
    st.dictionaries(names.map(".".join), st.lists(st.integers(0, 4), max_size=5).map(tuple), min_size=1, max_size=12)
)
def test_any_names_and_shapes_are_described(shapes: dict[str, tuple[int, ...]]) -> None:
    tensors: list[Any] = [LazyTensor(n, "float32", s, None) for n, s in shapes.items()]
    found = describe(make_checkpoint(tensors), NOTHING)
    check(found)
    assert [t.name for t in found.tensors] == list(shapes)


@pytest.mark.parametrize("part", ["a_", "train_acc", "h", "norm_1", ".a", "_emb", "1", "on", "\u202e"])
def test_a_name_of_a_megabyte_is_described_at_once(part: str) -> None:
    name = part * (1_000_000 // len(part))
    tensors = [LazyTensor(f"{name}{end}", "float32", (3,), None) for end in ("!", ".weight", ".weight!")]
    whole = dict(build_known("torchvision", "resnet18").state_dict())
    found = described(make_checkpoint([*tensors, *make_checkpoint(whole).tensors]))
    assert found.parameters == 9 + 11_689_512


def test_an_empty_checkpoint_has_a_root() -> None:
    found = describe(make_checkpoint({}), NOTHING)
    assert (len(found.modules), found.parameters, found.size_bytes, found.dtypes) == (1, 0, 0, ())
