from __future__ import annotations

from torch import nn

from modelreport.facts import Item
from modelreport.identify.attributes import LONGEST, attributes_of, structural


def names(items: tuple[Item, ...]) -> list[str]:
    return [item.name for item in items]


def test_a_convolution_shows_its_geometry_in_the_order_of_its_class() -> None:
    layer = nn.Conv2d(3, 8, 3, stride=2, padding=1, groups=1, bias=False)
    found = attributes_of("Conv2d", vars(layer), ())
    assert names(found) == [
        "in_channels", "out_channels", "kernel_size", "stride", "padding", "dilation", "groups", "bias",
    ]  # fmt: skip
    assert {i.name: i.value for i in found}["kernel_size"] == "(3, 3)"
    assert found[-1].value == "False"


def test_the_bias_is_told_by_the_parameters() -> None:
    layer = nn.Linear(3, 4)
    assert attributes_of("Linear", vars(layer), ("weight", "bias"))[-1] == Item(name="bias", value="True")


def test_usual_values_are_left_out_and_unusual_ones_shown() -> None:
    assert "padding_mode" not in names(attributes_of("Conv1d", vars(nn.Conv1d(1, 1, 3)), ()))
    assert "padding_mode" in names(attributes_of("Conv1d", vars(nn.Conv1d(1, 1, 3, padding_mode="circular")), ()))


def test_an_unknown_class_shows_its_plain_public_attributes() -> None:
    found = attributes_of(
        "Block", {"width": 4, "_private": 1, "training": True, "f": print, "scale": 0.5, "empty": None}
    )
    assert [(i.name, i.value) for i in found] == [("width", "4"), ("scale", "0.5")]


def test_values_of_any_size_become_short_text() -> None:
    found = attributes_of("Block", {"a": "x" * 10_000, "b": 10**5000, "c": (1, "y" * 5000), "d": [[[[[[1]]]]]]})
    assert names(found) == ["a", "b", "c"]
    assert all(len(i.value) <= LONGEST for i in found)


def test_rates_and_places_are_not_structure() -> None:
    one = (Item(name="p", value="0.1"), Item(name="layer_idx", value="3"), Item(name="width", value="4"))
    assert structural("Block", one) == (("width", "4"),)
    assert structural("Upsample", (Item(name="mode", value="nearest"),)) == (("mode", "nearest"),)
