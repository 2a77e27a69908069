"""Laws of growth against hand formulas and published figures."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from modelreport.facts import Law, Skipped
from modelreport.identify.libraries import load_library
from modelreport.trace.dummies import Candidate, Dummy
from modelreport.trace.usage import scaling
from modelreport.trace.usage.scaling import law, laws, polynomial, variables
from tests.trace.models import model_of, spec
from tests.trace.usage.models import language_model, running, traced, usage_of


def laws_of(found: object) -> dict[tuple[str, str], Law]:
    assert not isinstance(found, Skipped), found.reason
    return {(law.variable, law.quantity): law for law in found}  # type: ignore[attr-defined]


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=4))
@settings(deadline=None)
def test_a_polynomial_through_points_is_found_exactly(coefficients: list[int]) -> None:
    points = [
        (x, sum(c * x**power for power, c in enumerate(coefficients))) for x in (3, 5, 8, 13)[: len(coefficients)]
    ]
    assert polynomial(points) == [Fraction(c) for c in coefficients]


def test_gpt_2_is_123_5_million_for_a_token_and_18432_for_a_pair() -> None:
    """All matrices once for each token; in each of 12 layers two products of 768 for each pair of tokens."""
    model, ids = language_model("gpt2", 64)
    law = laws_of(usage_of(model, ids).scaling)["sequence", "macs"]
    assert law.coefficients == (0.0, 12 * 12 * 768**2 + 50257 * 768, 12 * 2 * 768)
    assert law.points[-1][0] == 64
    assert law.deviation_share == 0


def test_a_resnet_grows_with_the_batch_and_the_square_of_the_side() -> None:
    """torchvision publishes 1.814 G multiply-adds for ResNet-18 at 224 × 224; 512 × 1000 of them are the last layer."""
    load_library("torchvision")
    from torchvision.models import resnet18

    found = laws_of(usage_of(resnet18(), spec(1, 3, 224, 224)).scaling)
    batch, side = found["batch", "macs"], found["image side", "macs"]
    assert batch.coefficients == (0.0, batch.points[0][1])
    assert batch.coefficients[1] == pytest.approx(1.814e9, rel=1e-3)
    assert side.coefficients[0] == 512 * 1000
    assert side.coefficients[2] * 224**2 + 512_000 == batch.points[0][1]
    kept = found["batch", "kept_bytes"]
    assert kept.deviation_share < 1e-6


def test_a_vision_transformer_grows_with_the_fourth_power_of_the_side() -> None:
    """Tokens are (W / 16)² and one; attention costs two products of the width for each pair in each layer."""
    load_library("torchvision")
    load_library("timm")
    import timm

    module = timm.create_model("vit_tiny_patch16_224", depth=2, num_classes=0, class_token=False, global_pool="avg",
                               dynamic_img_size=True)  # fmt: skip
    side = laws_of(usage_of(module, spec(1, 3, 224, 224)).scaling)["image side", "macs"]
    assert side.deviation_share == 0
    assert side.coefficients[4] == pytest.approx(2 * 2 * 192 / 16**4)
    matrices = 3 * 16 * 16 * 192 + 2 * 12 * 192**2
    assert side.coefficients[2] == pytest.approx(matrices / 16**2)


def test_a_size_that_the_model_does_not_take_is_named_with_its_reason() -> None:
    class Fixed(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.head = nn.Conv2d(3, 4, 3), nn.Linear(4 * 30 * 30, 10)

        def forward(self, x):
            return self.head(self.conv(x).flatten(1))

    usage = usage_of(Fixed(), spec(1, 3, 32, 32))
    assert {law for law, _ in laws_of(usage.scaling)} == {"batch"}
    assert any(note.startswith("No law for the image side: at 64 the pass did not run") for note in usage.notes)


def test_what_lies_on_no_polynomial_is_no_law() -> None:
    class Stepped(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.table, self.head = nn.Embedding(10, 8), nn.Linear(8, 8)

        def forward(self, ids):
            used = ids.shape[1] if ids.shape[1] < 16 else 4
            return self.head(self.table(ids[:, :used]))

    usage = usage_of(Stepped(), spec(1, 16, dtype="int64", name="ids"))
    assert not [variable for variable, _ in laws_of(usage.scaling) if variable == "sequence"]
    assert any(note.startswith("No law of multiply-adds for the sequence: ") for note in usage.notes)


def test_a_law_says_what_it_is_off() -> None:
    (variable,) = (v for v in variables(Candidate("", (Dummy((1, 32), "ids", "int64"),))) if v.name == "sequence")
    found = law(variable, "macs", [(8, 80), (16, 160), (24, 240), (32, 310)])
    assert found.deviation_share == pytest.approx(10 / 310)


def test_what_can_be_changed_is_told_from_the_input() -> None:
    def names(*dummies: Dummy) -> list[str]:
        return [v.name for v in variables(Candidate("", dummies))]

    image, ids = Dummy((1, 3, 64, 64)), Dummy((1, 32), "ids", "int64")
    assert names(image) == ["batch", "image side"]
    assert names(ids, Dummy((1, 32), "ones", "int64")) == ["batch", "sequence"]
    assert names(image, ids) == ["batch"]
    assert names(Dummy((32, 1, 8))) == ["length"]
    assert names(Dummy((3, 64, 64), listed=True)) == []
    lengths = Dummy((1,), "literal", "int64", literal=(32,))
    [batch, sequence] = variables(Candidate("", (ids, lengths)))
    assert batch.at(lengths, 4).literal == (32, 32, 32, 32)
    assert sequence.at(ids, 8).shape == (1, 8)
    assert sequence.at(lengths, 8) is lengths


def test_a_long_pass_is_not_repeated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "MOST_OPERATIONS", 1)
    module = nn.Sequential(nn.Linear(4, 4), nn.ReLU())
    model = model_of(module)
    found = traced(model, spec(1, 4))
    with running(module, spec(1, 4)) as runs:
        skipped, _ = laws(runs, found, None)
    assert isinstance(skipped, Skipped)
    assert "2 operations" in skipped.reason


def test_a_small_image_is_tried_at_larger_multiples_of_32() -> None:
    def sides(side: int) -> tuple[int, ...]:
        return next(v.sizes for v in variables(Candidate("", (Dummy((1, 3, side, side)),))) if v.name == "image side")

    assert sides(64) == (96, 128, 160)
    assert sides(224) == (128, 160, 192)
    assert sides(28) == (16, 20, 24)


def test_a_network_with_32_strides_has_a_law_at_64_pixels() -> None:
    """Each of five convolutions of stride 2 halves the side: multiply-adds are proportional to the area."""
    layers = [nn.Conv2d(3 if i == 0 else 4, 4, 3, stride=2, padding=1, bias=False) for i in range(5)]
    found = laws_of(usage_of(nn.Sequential(*layers), spec(1, 3, 64, 64)).scaling)["image side", "macs"]
    assert found.deviation_share == 0
    assert found.coefficients[2] == pytest.approx(9 * 4 * (3 / 4 + sum(4 / 4**k for k in range(2, 6))))
