from __future__ import annotations

from modelreport.identify.nearest import floor_percent, nearest_known, several_of
from tests.identify.libraries import shapes_of_known

Shapes = dict[str, tuple[int, ...]]


def test_a_truncated_network_is_like_its_own_architecture_and_not_wholly() -> None:
    plain = {n: s for n, s in shapes_of_known("torchvision", "resnet34").items() if not n.startswith("layer4")}
    found = nearest_known(plain)
    assert len(found) == 3
    assert (found[0].name, found[0].library) == ("resnet34", "torchvision")
    counted = [n for n in plain if not n.endswith("num_batches_tracked")]
    assert found[0].matched == len(counted)
    assert found[0].total > found[0].matched
    likeness = [n.matched / n.total for n in found]
    assert likeness == sorted(likeness, reverse=True)


def test_half_of_a_transformer_counts_what_is_missing() -> None:
    layer = {"up_proj.weight": (64, 16), "gate_proj.weight": (64, 16), "down_proj.weight": (16, 64)}
    plain: Shapes = {"embed_tokens.weight": (99, 16)}
    plain |= {f"layers.{i}.mlp.{n}": s for i in range(4) for n, s in layer.items()}
    found = nearest_known(plain)[0]
    assert found.library == "transformers"
    assert found.matched == 13
    assert found.total >= 13 + 4 * 4  # four projections of the attention in each layer


def test_nothing_is_like_what_has_no_known_name() -> None:
    assert nearest_known({"my.own.tensor": (3, 5, 7)}) == ()
    assert nearest_known({}) == ()


def test_percent_is_never_rounded_to_everything() -> None:
    assert floor_percent(999, 1000) == 99
    assert floor_percent(1000, 1000) == 100
    assert floor_percent(0, 0) == 0


def test_two_networks_in_one_file_are_told_apart() -> None:
    one, two = shapes_of_known("torchvision", "resnet18"), shapes_of_known("timm", "convnext_atto")
    both = {f"student.{n}": s for n, s in one.items()} | {f"teacher.{n}": s for n, s in two.items()}
    assert several_of(both) == [("student.", "torchvision resnet18"), ("teacher.", "timm convnext_atto")]
    assert several_of(one) == []
