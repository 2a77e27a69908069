from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

from modelreport.identify.libraries import (
    find_config_class,
    find_enum_class,
    find_module_class,
    library_of,
    library_version,
    load_library,
)  # fmt: skip


def test_installed_libraries_import_and_others_are_none() -> None:
    for name in ("torchvision", "timm", "transformers"):
        assert load_library(name).__name__ == name
        assert library_version(name)
    assert load_library("os") is None
    assert library_version("no-such-package") == ""


def test_operators_that_do_not_load_are_declared_and_the_import_is_tried_again(tmp_path: Path) -> None:
    package = tmp_path / "torchvision"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from torchvision import half\nimport torch\ntorch.ops.torchvision.nms.default\n"
    )
    (package / "half.py").write_text(
        "import torch\n"
        "if not hasattr(torch.ops.torchvision, 'nms'):\n"
        "    raise RuntimeError('operator torchvision::nms does not exist')\n"
    )
    code = "from modelreport.identify.libraries import load_library; print(load_library('torchvision').__file__)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.strip() == str(package / "__init__.py")


def test_classes_of_models_are_found_by_their_exact_path() -> None:
    assert find_module_class("torch.nn.modules.linear.Linear") is nn.Linear
    assert find_module_class("torchvision.models.resnet.Bottleneck").__name__ == "Bottleneck"
    assert find_module_class("timm.models.vision_transformer.VisionTransformer").__name__ == "VisionTransformer"
    assert find_module_class("transformers.models.bert.modeling_bert.BertModel").__name__ == "BertModel"
    assert find_enum_class("timm.layers.format.Format")("NCHW").value == "NCHW"
    assert find_config_class("transformers.models.bert.configuration_bert.BertConfig").model_type == "bert"


@pytest.mark.parametrize(
    "path",
    [
        "os.system",
        "posix.system",
        "builtins.eval",
        "torchvision.models.resnet.os",
        "torchvision.models.resnet.resnet50",
        "torchvision.models.resnet.nn.Linear",
        "torchvision.models.resnet.Tensor",
        "torchvision.models.resnet.Enum",
        "torchvision.models._api.os.system",
        "torchvision.models.__init__.ResNet",
        "torchvision.models.no_such_module.ResNet",
        "torchvision.datasets.mnist.MNIST",
        "torchvision.models.resnet.",
        "torchvision.ResNet",
        "timm.models._hub.torch.load",
        "timm.utils.model_ema.ModelEma",
        "timm.models.resnet.nn",
        "transformers.models.bert.modeling_bert.os",
        "transformers.dynamic_module_utils.get_class_from_dynamic_module",
        "transformers.models.bert.configuration_bert.BertConfig",
        "torch.nn.modules.module.torch",
        "torch.nn.Linear",
        "torch.hub.load",
        "torch.jit._script.RecursiveScriptModule",
        "torchvision_models.resnet.ResNet",
        "__main__.ResNet",
        "",
        ".",
        "torchvision.models.resnet.ResNet\n",
        "torchvision.models.resnet.ResNet.__init__",
        "a" * 100_000,
    ],
)
def test_nothing_else_is_found(path: str) -> None:
    assert find_module_class(path) is None


def test_a_path_outside_the_model_namespaces_imports_nothing() -> None:
    code = (
        "import sys; from modelreport.identify.libraries import find_module_class as f;"
        "print(f('antigravity.X'), f('torchvision.datasets.mnist.MNIST'), f('this.X'));"
        "print([m for m in ('antigravity', 'this', 'torchvision') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split("\n")[:2] == ["None None None", "[]"]


def test_enums_and_configs_are_only_those_of_the_library() -> None:
    assert find_enum_class("enum.Enum") is None
    assert find_enum_class("torchvision.models.resnet.ResNet") is None
    assert find_config_class("transformers.models.bert.modeling_bert.BertModel") is None
    assert find_config_class("timm.layers.format.Format") is None


def test_a_class_path_names_its_library() -> None:
    assert library_of("torch.nn.modules.conv.Conv2d") == "torch"
    assert library_of("torchvision.models.resnet.ResNet") == "torchvision"
    assert library_of("my.torchvision.models.resnet.ResNet") == ""
