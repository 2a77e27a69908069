"""Which tensors are repeats of each other."""

from __future__ import annotations

import time
from collections import defaultdict

import pytest
import torch

from modelreport.identify.libraries import load_library
from modelreport.measure.roles import Shape, places


def roles(tensors: dict[str, Shape]) -> dict[str, list[str]]:
    """Names by role."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for name, place in places(tensors.items()).items():
        found[place.role].append(name)
    return dict(found)


def block(path: str, width: int = 8) -> dict[str, Shape]:
    return {
        f"{path}.attn.q.weight": (width, width),
        f"{path}.attn.k.weight": (width, width),
        f"{path}.norm.weight": (width,),
        f"{path}.mlp.0.weight": (4 * width, width),
        f"{path}.mlp.2.weight": (width, 4 * width),
    }


def merged(*parts: dict[str, Shape]) -> dict[str, Shape]:
    return {name: shape for part in parts for name, shape in part.items()}


def test_blocks_are_one_part_at_several_depths_and_their_own_layers_are_not() -> None:
    found = roles(merged(*(block(f"blocks.{i}") for i in range(3))))
    assert set(found) == {name.replace("blocks.0", "blocks.#") for name in block("blocks.0")}
    assert found["blocks.#.mlp.2.weight"] == [f"blocks.{i}.mlp.2.weight" for i in range(3)]


def test_encoder_and_decoder_are_not_mixed() -> None:
    found = roles(merged(*(block(f"{side}.layers.{i}") for side in ("encoder", "decoder") for i in range(2))))
    assert {role.split(".")[0] for role in found} == {"encoder", "decoder"}
    assert all(len(names) == 2 for names in found.values())


def test_experts_share_the_depth_of_their_layer() -> None:
    shapes = {f"layers.{i}.mlp.experts.{e}.w1.weight": (8, 8) for i in range(3) for e in range(4)}
    shapes |= {f"layers.{i}.mlp.experts.{e}.w2.weight": (8, 4) for i in range(3) for e in range(4)}
    shapes |= {f"layers.{i}.attn.weight": (8, 8) for i in range(3)}
    found = places(shapes.items())
    place = found["layers.2.mlp.experts.3.w1.weight"]
    assert (place.role, place.indices, place.depth) == ("layers.#.mlp.experts.#.w1.weight", (2, 3), (2,))


def test_a_plain_stack_of_equal_layers_is_repeated_and_a_short_one_is_not() -> None:
    deep = {f"net.{2 * i}.weight": (16, 16) for i in range(7)} | {"net.20.weight": (10, 16)}
    assert roles(deep) == {"net.#.weight": [f"net.{2 * i}.weight" for i in range(7)]}
    assert roles({f"net.{2 * i}.weight": (16, 16) for i in range(4)}) == {}


def test_first_and_second_convolution_of_a_block_stay_apart() -> None:
    shapes = {f"layer{s}.{i}.conv{c}.weight": (8 * s, 8 * s, 3, 3) for s in (1, 2) for i in (0, 1) for c in (1, 2)}
    shapes["layer2.0.conv1.weight"] = (16, 8, 3, 3)
    shapes["layer2.0.downsample.0.weight"] = (16, 8, 1, 1)
    found = roles(shapes)
    assert found["layer#.#.conv1.weight"] == [f"layer{s}.{i}.conv1.weight" for s in (1, 2) for i in (0, 1)]
    assert set(found) == {"layer#.#.conv1.weight", "layer#.#.conv2.weight", "layer#.#.downsample.0.weight"}


def test_kinds_of_convolution_under_one_name_are_told_apart() -> None:
    shapes = {f"blocks.{i}.conv.weight": (8, 1, k, k) for i, k in enumerate((3, 5, 3, 5))}
    shapes |= {f"blocks.{i}.{n}.weight": (8, 8) for i in range(4) for n in ("a", "b")}
    found = roles(shapes)
    assert found["blocks.#.conv.weight (3×3, depthwise)"] == ["blocks.0.conv.weight", "blocks.2.conv.weight"]


def test_self_and_cross_attention_are_two_things() -> None:
    shapes = {f"blocks.{i}.attn{a}.{n}.weight": (8, 8) for i in range(3) for a in (1, 2) for n in ("q", "k")}
    assert "blocks.#.attn1.q.weight" in roles(shapes)


def test_numbered_parts_of_a_block_are_not_mixed_whatever_they_hold() -> None:
    shapes: dict[str, Shape] = {}
    for i in range(4):  # expansion, depthwise, projection: three convolutions with their norms, by number only
        for j, shape in enumerate([(24 + 8 * i, 4 + i, 1, 1), (24 + 8 * i, 1, 3, 3), (5 + i, 24 + 8 * i, 1, 1)]):
            shapes[f"features.{i}.block.{j}.0.weight"] = shape
            shapes[f"features.{i}.block.{j}.1.weight"] = shape[:1]
    assert {len(names) for names in roles(shapes).values()} == {4}
    assert "features.#.block.1.0.weight" in roles(shapes)


def test_parallel_branches_are_not_depths() -> None:
    shapes = {f"mixed.branch{b}.{i}.conv.weight": (8, 8 * b, 3, 3) for b in range(1, 5) for i in (0, 1)}
    assert set(roles(shapes)) == {f"mixed.branch{b}.#.conv.weight" for b in range(1, 5)}


def test_what_lies_between_stages_is_a_series_of_its_own() -> None:
    shapes: dict[str, Shape] = {}
    for s in range(4):
        for i in range(3):
            shapes |= {
                f"features.{2 * s + 1}.{i}.conv.weight": (8 << s, 8, 3, 3),
                f"features.{2 * s + 1}.{i}.scale": (8,),
            }
        shapes |= {f"features.{2 * s}.0.weight": (8 << s,), f"features.{2 * s}.1.weight": (16 << s, 8 << s, 2, 2)}
    found = roles(shapes)
    assert len(found["features.#.#.conv.weight"]) == 12
    assert all(not name.startswith("features.2.") for name in found["features.#.#.conv.weight"])


@pytest.mark.parametrize(
    "name", ["", ".", "..", "0", "0.0", "a." * 5000 + "0", "9" * 400, "x" * 1_000_000, "\ud800.3.\x00"]
)
def test_any_name_is_a_name(name: str) -> None:
    assert isinstance(places([(name, (2, 2)), (name + ".1.w", (2, 2)), ("b.0.c.w", ()), ("b.1.c.w", ())]), dict)


def test_endless_kinds_of_siblings_cost_little() -> None:
    started = time.process_time()
    places([(f"x.{i}.part{i}.deep.w", (2, 2)) for i in range(20_000)])
    assert time.process_time() - started < 40


@pytest.mark.parametrize(
    ("library", "model", "role", "count"),
    [
        ("torchvision", "resnet50", "layer#.#.conv2.weight", 16),
        ("torchvision", "swin_t", "features.#.#.attn.qkv.weight", 12),
        ("torchvision", "vit_b_16", "encoder.layers.encoder_layer_#.mlp.3.weight", 12),
        ("torchvision", "densenet121", "features.denseblock#.denselayer#.conv2.weight", 58),
        ("torchvision", "convnext_tiny", "features.#.#.block.3.weight", 18),
        ("torchvision", "efficientnet_b0", "features.#.#.block.3.0.weight", 14),
        ("timm", "convnext_tiny", "stages.#.blocks.#.mlp.fc1.weight", 18),
    ],
)
def test_known_architectures_have_the_roles_that_their_papers_name(
    library: str, model: str, role: str, count: int
) -> None:
    module = load_library(library)
    with torch.device("meta"):
        if library == "timm":
            made = module.create_model(model)
        else:
            from torchvision import models

            made = getattr(models, model)(weights=None)
    found = roles({name: tuple(p.shape) for name, p in made.named_parameters()})
    assert len(found[role]) == count
