from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

from modelreport.checkpoint import Model
from modelreport.facts import Item, Skipped, TrainingState
from modelreport.identify import known
from modelreport.identify.construct import build_known
from modelreport.identify.index import load_index
from modelreport.identify.known import hints_of, identify_known, ranked, task_of
from modelreport.load import open_checkpoint
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint


def state(library: str, name: str, prefix: str = "", **options: Any) -> dict[str, torch.Tensor]:
    return {prefix + n: t for n, t in build_known(library, name, **options).state_dict().items()}


def identified(tensors: Mapping[str, torch.Tensor], name: str = "model.pth", **fields: Any) -> Model:
    model = identify_known(make_checkpoint(tensors, name, **fields))
    assert isinstance(model, Model), model
    return model


def test_a_bare_resnet50_is_told_with_all_that_fit_equally() -> None:
    facts = identified(state("torchvision", "resnet50")).identification
    assert (facts.name, facts.library, facts.how) == ("resnet50", "torchvision", "keys and shapes")
    assert (facts.matched, facts.total) == (320, 320)
    assert "timm resnet50" in facts.equal
    assert facts.class_path == "torchvision.models.resnet.ResNet"
    assert facts.task == "image classifier"
    assert not (facts.changed)
    assert not (facts.missing)
    assert not (facts.unexpected)
    assert facts.library_version


def test_a_model_with_a_twin_in_no_library_stands_alone() -> None:
    facts = identified(state("timm", "convnext_atto")).identification
    assert (facts.name, facts.equal, facts.notes) == ("convnext_atto", (), ())


def test_a_prefix_is_told_in_the_renaming() -> None:
    model = identified(state("torchvision", "resnet18", "net.backbone."))
    assert model.identification.matched == 122
    assert model.renamed["conv1.weight"] == "net.backbone.conv1.weight"


def test_a_fine_tuned_head_is_named_as_changed() -> None:
    model = identified(state("torchvision", "resnet18", num_classes=10))
    assert model.identification.changed == ("fc.weight", "fc.bias")
    assert (model.identification.matched, model.identification.total) == (120, 122)
    assert model.module.fc.out_features == 10


def test_the_name_of_the_file_decides_between_equals() -> None:
    tensors = state("torchvision", "resnet50")
    assert identified(tensors, "resnetaa50_best.pth").identification.name == "resnetaa50"
    assert identified(tensors, "resnet50-11ad3fa6.pth").identification.library == "torchvision"
    training = TrainingState(items=(Item(name="args.arch", value="resnetblur50"),))
    assert identified(tensors, "best.pth", training=training).identification.name == "resnetblur50"


def test_an_unknown_network_is_never_called_by_a_known_name() -> None:
    found = identify_known(make_checkpoint({"encoder.weight": torch.empty(3, 5), "encoder.bias": torch.empty(3)}))
    assert isinstance(found, Skipped)
    assert "No known architecture" in found.reason
    assert "--model" in found.hint


def test_real_weights_of_a_transformer_are_told_without_their_config(minilm: Path) -> None:
    with open_checkpoint(minilm / "model.safetensors", Options()) as checkpoint:
        found = identify_known(checkpoint)
    assert isinstance(found, Model)
    facts = found.identification
    assert (facts.name, facts.library, facts.matched, facts.total) == ("BertModel", "transformers", 103, 103)
    config = found.module.config  # as in the config.json beside it
    assert (config.hidden_size, config.num_hidden_layers, config.intermediate_size) == (384, 6, 1536)
    assert any("Assumed" in note and "num_attention_heads" in note for note in facts.notes)


def test_a_truncated_file_is_near_to_something_and_not_it() -> None:
    tensors = {n: t for n, t in state("torchvision", "resnet34").items() if not n.startswith("layer4")}
    found = identify_known(make_checkpoint(tensors))
    assert isinstance(found, Skipped)
    assert "The nearest is resnet34 of torchvision: 147 of the 182" in found.reason
    assert "%" in found.reason
    assert "100 %" not in found.reason


def test_a_network_around_a_known_one_is_not_the_known_one() -> None:
    tensors = state("torchvision", "resnet18", "backbone.")
    tensors |= {f"decoder.{i}.weight": torch.empty(i + 1, 3) for i in range(20)}
    assert isinstance(identify_known(make_checkpoint(tensors)), Skipped)


def test_an_empty_file_is_no_network() -> None:
    found = identify_known(make_checkpoint({}))
    assert isinstance(found, Skipped)
    assert "no tensors" in found.reason


def test_a_tensor_that_fits_by_chance_names_no_architecture() -> None:
    tensors = {f"layers.{i}.w": torch.empty(3) for i in range(99)} | {"norm.weight": torch.empty(64)}
    assert load_index().nearest({n: tuple(t.shape) for n, t in tensors.items()})
    found = identify_known(make_checkpoint(tensors))
    assert isinstance(found, Skipped)
    assert found.reason == "No known architecture has tensors of these names and shapes."


def test_without_its_library_it_is_told_all_the_same_with_the_install_that_helps(monkeypatch: Any) -> None:
    tensors = state("timm", "convnext_atto")
    monkeypatch.setattr(known, "load_library", lambda _: None)
    found = identified(tensors)
    assert (found.identification.name, found.identification.library) == ("convnext_atto", "timm")
    assert found.identification.matched == found.identification.total
    assert "not installed" in found.identification.notes[0]
    assert found.module is None
    assert found.absent is not None
    assert found.absent.stage == "trace"
    assert "pip install timm" in found.absent.hint


def test_without_its_library_another_head_is_not_taken_for_an_identification(monkeypatch: Any) -> None:
    tensors = state("timm", "convnext_atto", num_classes=10)
    monkeypatch.setattr(known, "load_library", lambda _: None)
    found = identify_known(make_checkpoint(tensors))
    assert isinstance(found, Skipped)
    assert "nearest is convnext_atto" in found.reason
    assert "not installed" in found.reason
    assert found.hint == "pip install timm"


def test_what_differs_between_versions_is_another_candidate_or_none(monkeypatch: Any) -> None:
    tensors = state("torchvision", "resnet50")
    monkeypatch.setattr(known, "verify", lambda *_: None)
    assert isinstance(identify_known(make_checkpoint(tensors)), Skipped)


def test_hints_are_the_file_name_and_what_training_wrote() -> None:
    training = TrainingState(items=(Item(name="args.model", value="vit"), Item(name="lr", value="0.1")))
    metadata = (Item(name="architecture", value="swin"), Item(name="model_dir", value="x"))
    assert hints_of(make_checkpoint({}, "a.pth", training=training, metadata=metadata)).split("\n") == [
        "a.pth",
        "swin",
        "vit",
    ]


def test_groups_have_one_similarity_each_and_fall() -> None:
    shapes = {n: tuple(t.shape) for n, t in state("torchvision", "resnet50").items()}
    groups = ranked(load_index().nearest(shapes), "")
    assert [len({c.similarity for c in g}) for g in groups] == [1] * len(groups)
    assert groups[0][0].architecture.library == "torchvision"
    assert groups[0][0].similarity > groups[1][0].similarity


@pytest.mark.parametrize(
    ("path", "task"),
    [
        ("torchvision.models.segmentation.fcn.FCN", "semantic segmentation"),
        ("torchvision.models.video.resnet.VideoResNet", "video classifier"),
        ("timm.models.resnet.ResNet", "image classifier"),
        ("my.Net", ""),
    ],
)
def test_the_task_is_that_of_the_namespace(path: str, task: str) -> None:
    assert task_of(path) == task


def test_many_hostile_names_are_looked_up_in_linear_time() -> None:
    tensors = {f"{'a.' * 50}{i}": torch.empty(1) for i in range(20_000)}
    checkpoint = make_checkpoint(tensors)
    start = time.process_time()
    assert isinstance(identify_known(checkpoint), Skipped)
    assert time.process_time() - start < 40
