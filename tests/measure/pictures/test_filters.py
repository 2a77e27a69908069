from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from modelreport.facts import ModuleFact, Picture
from modelreport.measure.pictures.filters import as_images, filter_pictures, first_layers
from tests.measure.tensors import make_tensor
from tests.measure.units.tables import make_module, make_structure


def pictures_of(arrays: dict[str, NDArray[Any]], modules: list[ModuleFact]) -> list[Picture]:
    tensors = {name: make_tensor(array, name=name) for name, array in arrays.items()}
    return list(filter_pictures(make_structure(arrays, modules), tensors))


def conv(path: str = "stem", kind: str = "Conv2d", **attributes: str) -> ModuleFact:
    return make_module(path, kind, **attributes)


def random(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).normal(size=shape).astype(np.float32)


def names(shapes: dict[str, tuple[int, ...]], modules: list[ModuleFact]) -> list[str]:
    return [fact.name for fact, _ in first_layers(make_structure({n: np.empty(s) for n, s in shapes.items()}, modules))]


def test_the_convolution_over_colours_is_shown_and_the_others_are_not() -> None:
    shapes = {"stem.weight": (64, 3, 7, 7), "next.weight": (64, 64, 3, 3), "out.weight": (3, 64, 3, 3)}
    assert names(shapes, [conv("stem"), conv("next"), conv("out")]) == ["stem.weight"]


@pytest.mark.parametrize(
    ("shape", "kind", "attributes", "want"),
    [
        ((16, 1, 3, 3), "Conv2d", {"groups": "1"}, True),
        ((16, 1, 3, 3), "Conv2d", {}, True),
        ((16, 1, 3, 3), "Conv", {"group": "16"}, False),
        ((16, 3, 1, 1), "Conv2d", {}, False),
        ((3, 16, 4, 4), "ConvTranspose2d", {}, False),
        ((16, 3, 4, 4), "Linear", {}, False),
        ((16, 3, 9), "Conv1d", {}, False),
        ((16, 3, 5, 7, 7), "Conv3d", {}, True),
    ],
)
def test_the_type_and_shape_decide(shape: tuple[int, ...], kind: str, attributes: dict[str, str], want: bool) -> None:
    assert bool(names({"stem.weight": shape}, [conv("stem", kind, **attributes)])) is want


def test_quantised_filters_are_not_drawn() -> None:
    structure = make_structure({"stem.weight": np.empty((64, 3, 7, 7))}, [conv()], weight={"dtype": "int8"})
    assert list(first_layers(structure)) == []


def test_of_several_kernels_over_one_channel_none_is_taken_for_the_first_on_a_guess() -> None:
    shapes = {"a.weight": (16, 1, 3, 3), "b.weight": (32, 1, 3, 3)}
    assert names(shapes, [conv("a"), conv("b")]) == []
    assert names(shapes, [conv("a", groups="16"), conv("b", groups="1")]) == ["b.weight"]


def test_a_colour_filter_is_normalised_and_turned_so_that_channels_come_last() -> None:
    weight = np.zeros((2, 3, 3, 3), np.float32)
    weight[0, 0] = 1.0  # red
    weight[1, 2, 1, 1] = -4.0
    (found,) = pictures_of({"stem.weight": weight}, [conv()])
    red = np.frombuffer(found.tiles[0], np.uint8).reshape(3, 3, 3)
    assert (red[..., 0] == 255).all()
    assert (red[..., 1:] == 128).all()
    blue = np.frombuffer(found.tiles[1], np.uint8).reshape(3, 3, 3)
    assert blue[1, 1].tolist() == [128, 128, 1]
    assert (found.channels, found.width, found.height, found.total) == (3, 3, 3, 2)


def test_many_filters_are_thinned_evenly_and_large_ones_more() -> None:
    (found,) = pictures_of({"stem.weight": random(96, 3, 7, 7)}, [conv()])
    assert len(found.tiles) == 64
    assert found.indices[:4] == (0, 1, 3, 4)
    assert found.total == 96
    large = pictures_of({"stem.weight": random(64, 3, 32, 32)}, [conv()])[0]
    assert len(large.tiles) == 16


def test_noise_and_smooth_filters_are_told_apart() -> None:
    noise = pictures_of({"stem.weight": random(64, 3, 7, 7)}, [conv()])[0]
    assert noise.neighbours is not None and noise.apart is not None  # noqa: PT018
    assert abs(noise.neighbours) < 5 * noise.apart
    waves = np.sin(np.arange(7)[None, :] * np.linspace(0.3, 0.8, 64)[:, None])
    smooth = np.broadcast_to(waves[:, None, :, None], (64, 3, 7, 7)).astype(np.float32)
    found = pictures_of({"stem.weight": smooth}, [conv()])[0]
    assert found.neighbours is not None
    assert found.neighbours > 0.7


def test_patches_have_principal_components_that_hold_the_share_that_svd_says() -> None:
    low = random(100, 5) @ random(5, 3 * 8 * 8) + 0.01 * random(100, 3 * 8 * 8)
    weight = low.reshape(100, 3, 8, 8).astype(np.float32)
    filters, components = pictures_of({"stem.weight": weight}, [conv()])
    assert filters.kind == "filters"
    assert len(components.tiles) == 28
    flat = np.moveaxis(weight, 1, -1).reshape(100, -1).astype(np.float64)
    values = np.linalg.svd(flat - flat.mean(axis=0), compute_uv=False) ** 2
    assert components.explained == pytest.approx(values[:28].sum() / values.sum(), rel=1e-9)
    assert components.apart is not None
    assert 28 / 99 < components.apart < components.explained  # 99 dimensions are left of 100 centred filters
    first = np.linalg.svd(flat - flat.mean(axis=0))[2][0]
    shown = np.frombuffer(components.tiles[0], np.uint8).astype(float) - 128
    assert abs(np.corrcoef(shown, first)[0, 1]) > 0.999
    assert shown[np.abs(shown).argmax()] > 0


def test_values_that_are_not_finite_leave_components_out_and_the_filters_in() -> None:
    weight = random(64, 3, 8, 8)
    weight[3, 1, 2, 2] = np.nan
    assert [each.kind for each in pictures_of({"stem.weight": weight}, [conv()])] == ["filters"]


@pytest.mark.parametrize("value", [0.0, 0.5, np.nan])
def test_filters_without_any_structure_are_no_picture(value: float) -> None:
    weight = np.full((64, 3, 8, 8), value, np.float32)
    assert not list(pictures_of({"stem.weight": weight}, [conv()]))


def test_of_a_kernel_over_time_the_middle_frame_is_shown() -> None:
    weight = random(4, 3, 5, 7, 7)
    rows = weight.reshape(4, -1).astype(np.float64)
    assert np.array_equal(as_images(rows, weight.shape), np.moveaxis(weight[:, :, 2], 1, -1).astype(np.float64))


def test_the_components_of_noise_hold_what_noise_holds() -> None:
    found = pictures_of({"stem.weight": random(200, 3, 8, 8)}, [conv()])[1]
    assert found.explained is not None
    assert found.explained == pytest.approx(found.apart, rel=0.05)
