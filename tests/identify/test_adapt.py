from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from modelreport.identify.adapt import head_names, verify
from modelreport.identify.construct import build_known
from modelreport.identify.fitting import Shape, module_shapes
from modelreport.identify.index import Architecture


def architecture(library: str, name: str) -> Architecture:
    return Architecture(library, name, "", 0)


def shapes_of(library: str, name: str, **options: object) -> dict[str, Shape]:
    return module_shapes(build_known(library, name, **options))


@pytest.mark.parametrize(
    ("library", "name", "options", "changed"),
    [
        ("torchvision", "resnet18", {"num_classes": 10}, ("fc.weight", "fc.bias")),
        ("torchvision", "vgg11", {"num_classes": 7}, ("classifier.6.weight", "classifier.6.bias")),
        ("torchvision", "squeezenet1_1", {"num_classes": 7}, ("classifier.1.weight", "classifier.1.bias")),
        ("timm", "resnet18", {"num_classes": 3}, ("fc.weight", "fc.bias")),
        ("timm", "volo_d1_224", {"in_chans": 1}, ("patch_embed.conv.0.weight",)),
        ("timm", "vit_tiny_patch16_224", {"in_chans": 1}, ("patch_embed.proj.weight",)),
        ("timm", "vit_tiny_patch16_224", {"img_size": 256}, ("pos_embed",)),
        ("torchvision", "vit_b_32", {"image_size": 256}, ("encoder.pos_embedding",)),
        (
            "timm", "convnext_atto", {"num_classes": 5, "in_chans": 4},
            ("stem.0.weight", "head.fc.weight", "head.fc.bias"),
        ),
        ("torchvision", "fcn_resnet50", {"num_classes": 5}, ("classifier.4.weight", "classifier.4.bias")),
    ],
)  # fmt: skip
def test_a_changed_head_stem_or_size_is_built_as_the_file_has_it(
    library: str, name: str, options: dict[str, int], changed: tuple[str, ...]
) -> None:
    shapes = shapes_of(library, name, **options)
    found = verify(architecture(library, name), shapes)
    assert found is not None
    assert found.published.changed == changed
    assert found.adapted.exact
    assert module_shapes(found.module) == shapes
    assert all(f"{k}={v}" in found.notes[0] for k, v in options.items())


@pytest.mark.parametrize("name", ["fasterrcnn_resnet50_fpn", "retinanet_resnet50_fpn_v2"])
def test_boxes_and_anchors_are_multiples_of_the_classes(name: str) -> None:
    found = verify(architecture("torchvision", name), shapes_of("torchvision", name, num_classes=5))
    assert found is not None
    assert "num_classes=5" in found.notes[0]


def test_auxiliary_heads_are_switched_as_in_the_file() -> None:
    found = verify(architecture("torchvision", "fcn_resnet50"), shapes_of("torchvision", "fcn_resnet50", aux_loss=True))
    assert found is not None
    assert found.adapted.exact
    found = verify(architecture("torchvision", "googlenet"), shapes_of("torchvision", "googlenet", aux_logits=False))
    assert found is not None
    assert found.adapted.exact


def test_a_first_convolution_for_other_images_is_put_in() -> None:
    shapes = {**shapes_of("torchvision", "resnet18"), "conv1.weight": (64, 1, 7, 7)}
    found = verify(architecture("torchvision", "resnet18"), shapes)
    assert found is not None
    assert found.module.conv1.in_channels == 1
    assert found.module.conv1.stride == (2, 2)
    small = verify(architecture("torchvision", "resnet18"), {**shapes, "conv1.weight": (64, 3, 3, 3)})
    assert small is not None
    assert "is assumed" in small.notes[0]
    assert small.module(torch.empty(1, 3, 32, 32, device="meta")).shape == (1, 1000)


def test_a_file_without_a_head_ends_with_the_features() -> None:
    shapes = {n: s for n, s in shapes_of("torchvision", "resnet18").items() if not n.startswith("fc.")}
    found = verify(architecture("torchvision", "resnet18"), shapes)
    assert found is not None
    assert found.published.missing == ("fc.weight", "fc.bias")
    assert found.module(torch.empty(1, 3, 64, 64, device="meta")).shape == (1, 512)
    bare = verify(
        architecture("timm", "vit_tiny_patch16_224"), shapes_of("timm", "vit_tiny_patch16_224", num_classes=0)
    )
    assert bare is not None
    assert "num_classes=0" in bare.notes[0]


def test_a_head_on_what_is_published_without_one_is_built() -> None:
    shapes = shapes_of("timm", "vit_pe_spatial_tiny_patch16_512", num_classes=10)
    found = verify(
        architecture("timm", "vit_pe_spatial_tiny_patch16_512"), {f"net.{n}": s for n, s in shapes.items()}, "net."
    )
    assert found is not None
    assert found.adapted.exact
    assert found.published.unexpected == ("net.head.weight", "net.head.bias")


def test_a_head_of_ones_own_is_said_and_left_out() -> None:
    shapes = {n.replace("fc.", "fc.1."): s for n, s in shapes_of("torchvision", "resnet18").items()}
    found = verify(architecture("torchvision", "resnet18"), {**shapes, "fc.4.weight": (10, 1000)})
    assert found is not None
    assert found.published.unexpected == ("fc.1.weight", "fc.1.bias", "fc.4.weight")
    assert "another head at fc" in found.notes[0]


Change = Callable[[dict[str, Shape]], dict[str, Shape]]


@pytest.mark.parametrize(
    "change",
    [
        lambda s: {n: v for n, v in s.items() if not n.startswith("layer4")},
        lambda s: {**s, "decoder.weight": (3, 3)},
        lambda s: {**s, "layer1.0.conv1.weight": (64, 64, 5, 5)},
        lambda s: {n: v for n, v in s.items() if n != "layer1.0.bn1.weight"},
        lambda s: {"fc.weight": s["fc.weight"]},
        lambda _: {},
        lambda s: {**s, "conv1.weight": (32, 3, 7, 7)},
        lambda s: {**s, "fc.weight": (10, 999)},
    ],
    ids=["truncated", "more", "kernel", "norm", "head only", "empty", "width", "features"],
)
def test_a_difference_anywhere_else_is_no_fit(change: Change) -> None:
    assert verify(architecture("torchvision", "resnet18"), change(shapes_of("torchvision", "resnet18"))) is None


def test_state_of_the_training_framework_does_not_disturb() -> None:
    shapes = {f"model.{n}": s for n, s in shapes_of("torchvision", "resnet18").items()}
    found = verify(architecture("torchvision", "resnet18"), {**shapes, "criterion.weight": (10,)}, "model.")
    assert found is not None
    assert found.adapted.renamed["conv1.weight"] == "model.conv1.weight"


def test_what_does_not_build_is_no_fit() -> None:
    assert verify(architecture("timm", "no_such_model"), {"a": (1,)}) is None
    assert verify(architecture("no_such_library", "resnet18"), {"a": (1,)}) is None


def test_the_head_is_what_follows_the_number_of_classes() -> None:
    module = build_known("torchvision", "vgg11")
    assert head_names(architecture("torchvision", "vgg11"), module) == {"classifier.6.weight", "classifier.6.bias"}


def test_losses_and_metrics_of_a_training_module_lie_beside_the_network() -> None:
    own = shapes_of("torchvision", "resnet18", num_classes=10)
    shapes = {f"model.{n}": s for n, s in own.items()} | {"weights.of_classes": (10,), "val_f1.tp": (10,)}
    found = verify(architecture("torchvision", "resnet18"), shapes, "model.")
    assert found is not None
    assert found.published.unexpected == ("weights.of_classes", "val_f1.tp")
    assert found.notes[-1] == "2 tensors lie outside model. and not in the pass: weights.of_classes, val_f1.tp."


@pytest.mark.parametrize(
    "others",
    [{f"neck.{i}": (2,) for i in range(20)}, {"neck.weight": (2000, 2000)}, {"model.neck": (2,)}],
    ids=["many", "large", "inside"],
)
def test_a_network_of_which_the_architecture_is_a_part_is_not_that_architecture(others: dict[str, Shape]) -> None:
    shapes = {f"model.{n}": s for n, s in shapes_of("torchvision", "resnet18").items()} | others
    assert verify(architecture("torchvision", "resnet18"), shapes, "model.") is None


def test_only_the_last_layer_of_a_head_may_be_left_out() -> None:
    shapes = shapes_of("timm", "convformer_s18")
    head = head_names(architecture("timm", "convformer_s18"), build_known("timm", "convformer_s18"))
    found = verify(architecture("timm", "convformer_s18"), {n: s for n, s in shapes.items() if n not in head})
    assert found is not None
    assert set(found.published.missing) == head
    assert "The file has no head" in found.notes[0]


def test_a_new_head_is_told_with_its_classes() -> None:
    found = verify(architecture("torchvision", "resnet18"), shapes_of("torchvision", "resnet18", num_classes=10))
    assert found is not None
    assert "a head of 10 classes in the place of the published one" in found.notes[0]


def test_a_factory_without_a_number_of_classes_has_no_head() -> None:
    assert head_names(architecture("torchvision", "raft_small"), build_known("torchvision", "raft_small")) == set()
