from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Model, ModuleNode, Opaque
from modelreport.facts import Skipped
from modelreport.identify import describe, identification, identify
from modelreport.identify.construct import build_known
from modelreport.identify.libraries import load_library
from modelreport.load import open_checkpoint, open_object
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint, make_pickled


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(3, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.layer(x)


def identified(checkpoint: Any, **options: Any) -> Model:
    model = identify(checkpoint, Options(**options))
    assert isinstance(model, Model), model
    return model


def skipped(checkpoint: Any, **options: Any) -> Skipped:
    found = identify(checkpoint, Options(**options))
    assert isinstance(found, Skipped), found
    return found


def test_a_live_module_is_itself() -> None:
    net = Net()
    model = identified(make_checkpoint(net.state_dict(), live=net, content="object"))
    assert model.module is net
    facts = model.identification
    assert (facts.name, facts.how, facts.matched, facts.total) == ("Net", "live", 2, 2)
    assert facts.class_path == f"{Net.__module__}.Net"


def wrap_compiled(module: nn.Module) -> nn.Module:
    return torch.compile(module)


@pytest.mark.filterwarnings("ignore:.*script_method:DeprecationWarning")  # torch's own, while it compiles
@pytest.mark.parametrize("wrap", [nn.DataParallel, torch.optim.swa_utils.AveragedModel, wrap_compiled])
def test_a_live_wrapper_is_what_it_wraps(wrap: Callable[[nn.Module], nn.Module]) -> None:
    checkpoint = open_object(wrap(load_library("torchvision").models.resnet18()), Options())
    model = identified(checkpoint)
    facts = model.identification
    assert (facts.name, facts.library, facts.how) == ("resnet18", "torchvision", "live")
    structure = describe(checkpoint, model)
    assert {t.module for t in structure.tensors if t.role == "parameter"} <= {m.path for m in structure.modules}
    assert [m.path for m in structure.modules[:2]] == ["", "conv1"]
    assert structure.modules[1].parameters == 9408


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "make",
    [
        lambda: torch.jit.script(nn.Sequential(nn.Linear(3, 4), nn.ReLU())),
        lambda: torch.jit.trace(nn.Sequential(nn.Linear(3, 4), nn.ReLU()), torch.zeros(1, 3)),
        lambda: torch.fx.symbolic_trace(nn.Sequential(nn.Linear(3, 4), nn.ReLU())),
    ],
    ids=["script", "trace", "fx"],
)
def test_live_modules_of_every_making_are_described(make: Callable[[], nn.Module]) -> None:
    checkpoint = open_object(make(), Options())
    model = identified(checkpoint)
    structure = describe(checkpoint, model)
    assert model.identification.name == "Sequential"
    assert structure.parameters == 16
    assert [(m.path, m.type) for m in structure.modules[:2]] == [("", "Sequential"), ("0", "Linear")]


def test_the_users_code_comes_before_everything_else() -> None:
    checkpoint = make_pickled(load_library("torchvision").models.resnet18())
    assert identified(checkpoint, model="torchvision.models:resnet18").identification.how == "factory"


def test_a_pickled_resnet50_is_the_installed_class_with_the_name_of_the_library() -> None:
    model = identified(make_pickled(build_known("torchvision", "resnet50")))
    facts = model.identification
    assert (facts.name, facts.library, facts.how) == ("resnet50", "torchvision", "pickled class")
    assert (facts.matched, facts.total, facts.changed) == (320, 320, ())
    assert type(model.module) is load_library("torchvision").models.resnet.ResNet
    assert "no code in the file was run" in facts.notes[0]


def test_a_pickled_network_with_another_head_has_its_name_and_the_change() -> None:
    facts = identified(make_pickled(build_known("torchvision", "resnet18", num_classes=10))).identification
    assert (facts.name, facts.changed, facts.matched, facts.total) == ("resnet18", ("fc.weight", "fc.bias"), 120, 122)


def test_a_pickled_network_that_no_name_fits_goes_by_its_class() -> None:
    resnet = load_library("torchvision").models.resnet
    facts = identified(make_pickled(resnet.ResNet(resnet.BasicBlock, [1, 1, 1, 1]))).identification
    assert (facts.name, facts.how) == ("ResNet", "pickled class")


def test_trees_of_standard_layers_run_too() -> None:
    model = identified(make_pickled(nn.Sequential(nn.Linear(3, 4), nn.ReLU())))
    assert (model.identification.how, model.identification.library) == ("standard layers", "torch")
    assert model.module(torch.empty(2, 3, device="meta")).shape == (2, 4)


def test_a_container_without_a_forward_cannot_run() -> None:
    assert "no forward of its own" in skipped(make_pickled(nn.ModuleList([nn.Linear(3, 4)]))).reason


def test_the_authors_class_is_named_with_the_option_that_helps() -> None:
    found = skipped(make_pickled(Net()))
    assert f"{Net.__module__}.Net" in found.reason
    assert found.hint == "Name the code that builds the model: --model your_module:Net"


def test_a_class_of_ones_own_with_known_tensors_is_a_suggestion_and_no_answer() -> None:
    checkpoint = make_pickled(build_known("timm", "convnext_atto"))
    assert checkpoint.tree is not None
    checkpoint.tree.type_path = "__main__.ConvNeXt"
    found = skipped(checkpoint)
    assert "__main__.ConvNeXt" in found.reason
    assert "timm convnext_atto" in found.reason


def test_a_class_of_a_library_that_is_not_installed_names_the_install(monkeypatch: Any) -> None:
    monkeypatch.setattr(identification, "load_library", lambda _: None)
    checkpoint = make_pickled(Net())
    assert checkpoint.tree is not None
    checkpoint.tree.type_path = "timm.models.no_such_file.Net"
    found = skipped(checkpoint)
    assert "timm is not installed" in found.reason
    assert found.hint == "pip install timm"


def test_torchscript_is_not_run() -> None:
    found = skipped(make_checkpoint({"a": torch.ones(2)}, content="script"))
    assert found.reason == "TorchScript holds its own code, which is shown and not run."
    assert found.hint == "Name the code that builds the model: --model your_module:your_factory"


@pytest.mark.parametrize(
    ("library", "name", "target"),
    [
        ("torchvision", "resnet18", "torchvision.models:resnet18"),
        ("torchvision", "fcn_resnet50", "torchvision.models.segmentation:fcn_resnet50"),
        ("timm", "convnext_atto", "timm.models:convnext_atto"),
    ],
)
def test_torchscript_of_a_known_network_says_how_to_see_its_pass(library: str, name: str, target: str) -> None:
    checkpoint = make_checkpoint(dict(build_known(library, name).state_dict()), content="script")
    found = skipped(checkpoint)
    assert found.reason.endswith(f"Its tensors have the names and shapes of {library} {name}.")
    assert found.hint.endswith(f"--model {target}")
    assert identified(checkpoint, model=target).identification.missing == ()


def test_a_config_that_builds_nothing_leaves_names_and_shapes() -> None:
    tensors = dict(build_known("timm", "convnext_atto").state_dict())
    assert (
        identified(make_checkpoint(tensors, config={"model_type": "unheard-of"})).identification.name == "convnext_atto"
    )
    assert "unheard-of" in skipped(make_checkpoint({"a": torch.empty(1)}, config={"model_type": "unheard-of"})).reason


def test_a_bare_state_dict_is_told_by_names_and_shapes() -> None:
    tensors = dict(build_known("torchvision", "resnet18").state_dict())
    assert identified(make_checkpoint(tensors)).identification.how == "keys and shapes"


@pytest.mark.parametrize(
    "tree",
    [
        ModuleNode("os.system", {"args": ("touch canary",)}),
        ModuleNode("torchvision.models.resnet.os"),
        ModuleNode("torchvision.models.resnet.resnet50"),
        ModuleNode("torch.nn.modules.container.Sequential", {"forward": Opaque("os.system", ("touch canary",))}),
        ModuleNode("torch.nn.modules.container.Sequential", {"__class__": Opaque("os.system", ("touch canary",))}),
        ModuleNode("torch.nn.modules.container.Sequential", children={"0": ModuleNode("builtins.exec")}),
        ModuleNode("torchvision.models.resnet.ResNet", {"_forward_impl": Opaque("os.system", ("touch canary",))}),
        ModuleNode(""),
    ],
    ids=lambda t: f"{t.type_path} {list(t.attributes)}",
)
def test_hostile_trees_never_call_anything(tree: ModuleNode, tmp_path: Path, monkeypatch: Any) -> None:
    called: list[Any] = []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("os.system", called.append)
    found = identify(make_checkpoint({}, tree=tree, content="module"), Options())
    if isinstance(found, Model):
        with pytest.raises(Exception):  # noqa: B017 - whatever an empty network raises, never what the file says
            found.module.relu(found.module(torch.empty(1, 3, device="meta")))
    assert not called
    assert not list(tmp_path.iterdir())


Make = Callable[[], nn.Module]


@pytest.mark.parametrize(
    ("make", "name", "how"),
    [
        (lambda: load_library("torchvision").models.resnet18(num_classes=4), "resnet18", "pickled class"),
        (lambda: load_library("timm").create_model("vit_tiny_patch16_224"), "vit_tiny_patch16_224", "pickled class"),
        (lambda: nn.DataParallel(nn.Sequential(nn.Linear(3, 4), nn.GRU(4, 5))), "Sequential", "standard layers"),
    ],
    ids=["torchvision", "timm", "wrapped"],
)
def test_files_that_torch_saved_are_identified(make: Make, name: str, how: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    torch.save(make(), tmp_path / "model.pth")
    with open_checkpoint(tmp_path / "model.pth", Options()) as checkpoint:
        facts = identified(checkpoint).identification
    assert (facts.name, facts.how) == (name, how)
    assert not (facts.missing)
    assert not (facts.unexpected)


def test_a_pickled_transformer_runs_with_its_own_configuration(tmp_path: Path) -> None:
    transformers = load_library("transformers")
    config = transformers.GPT2Config(
        n_embd=8, n_layer=1, n_head=2, vocab_size=30, n_positions=16, bos_token_id=0, eos_token_id=0
    )
    torch.save(transformers.GPT2LMHeadModel(config), tmp_path / "model.pth")
    with open_checkpoint(tmp_path / "model.pth", Options()) as checkpoint:
        model = identified(checkpoint)
    assert model.identification.name == "GPT2LMHeadModel"
    assert model.module.lm_head.weight is model.module.transformer.wte.weight
    assert model.module.config.n_head == 2


def test_the_published_sentence_encoder_is_identified_by_its_config(minilm: Path) -> None:
    with open_checkpoint(minilm, Options()) as checkpoint:
        facts = identified(checkpoint).identification
    assert (facts.name, facts.matched, facts.total) == ("BertModel", 103, 103)


def test_importing_the_room_imports_no_framework() -> None:
    code = (
        "import sys, modelreport.identify;"
        "print([m for m in ('torch', 'onnx', 'timm', 'torchvision') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


TINY_BERT = {
    "model_type": "bert", "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
    "intermediate_size": 20, "vocab_size": 30, "max_position_embeddings": 12,
}  # fmt: skip


def bert_tensors() -> dict[str, torch.Tensor]:
    transformers = load_library("transformers")
    with torch.device("meta"):
        return dict(transformers.BertModel(transformers.BertConfig(**TINY_BERT)).state_dict())


def test_a_config_beside_the_file_identifies_it_and_is_named() -> None:
    model = identified(make_checkpoint(bert_tensors(), config=TINY_BERT))
    assert (model.identification.name, model.identification.how) == ("BertModel", "config")
    assert model.identification.notes[0] == "Identified by config.json, which lies beside the file."
    assert model.module is not None


def test_a_config_of_another_model_beside_the_file_does_not_count() -> None:
    tensors = dict(build_known("torchvision", "resnet18").state_dict())
    assert identified(make_checkpoint(tensors, config=TINY_BERT)).identification.name == "resnet18"
    tensors = {"embeddings.LayerNorm.weight": torch.ones(16), **{f"odd.{i}": torch.ones(2) for i in range(9)}}
    assert "No known architecture" in skipped(make_checkpoint(tensors, config=TINY_BERT)).reason
    reason = skipped(make_checkpoint({"odd": torch.ones(2)}, config=TINY_BERT)).reason
    assert reason == "None of the tensors fits BertModel, which config.json names. It lies beside the file."


def test_a_class_of_torch_that_is_not_rebuilt_is_not_said_to_be_missing() -> None:
    root = ModuleNode("torch.nn.modules.container.Sequential")
    root.children["0"] = ModuleNode("torch.ao.nn.quantized.modules.linear.LinearPackedParams")
    reason = skipped(make_checkpoint([], tree=root, content="module")).reason
    assert "LinearPackedParams, which cannot be rebuilt from plain data" in reason


@pytest.mark.parametrize(
    ("dtype", "precision"), [(torch.float16, "float16"), (torch.bfloat16, "bfloat16"), (torch.float32, "")]
)
def test_the_half_precision_of_the_file_is_handed_on(dtype: torch.dtype, precision: str) -> None:
    tensors = dict(build_known("torchvision", "resnet18").to(dtype).state_dict())
    model = identified(make_checkpoint(tensors))
    assert model.precision == precision
    assert next(model.module.parameters()).dtype == torch.float32
