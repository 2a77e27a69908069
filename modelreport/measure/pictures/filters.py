"""Filters of the convolution that sees the image, and their principal components."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from modelreport.checkpoint import LazyTensor
from modelreport.facts import ModuleFact, Picture, Structure, TensorFact
from modelreport.measure.pictures.tiles import TILES_BYTES, neighbours, own_scale, steady
from modelreport.measure.units.reading import chosen_rows, evenly, plan_of

MOST_TILES = 64
MOST_LAYERS = 3
_COMPONENTS = 28
"""As many as figure 7 of *An Image is Worth 16×16 Words* (Dosovitskiy et al. 2021) shows."""

_PATCH = 8
"""Side of a kernel from which filters are patches of the image rather than edges and colours."""

_SMALLEST, _LARGEST = 3, 64
_MOST_VALUES = 1 << 22
_MOST_DIMENSIONS = 1024


def first_layers(structure: Structure) -> Iterator[tuple[TensorFact, str]]:
    """Weights of convolutions over an image of three channels or one, and why they are taken for that.

    A kernel over one channel may be that of a depthwise convolution, one for each channel of a hidden layer: it counts
    where its module says that it has one group, or where it is the only one of its kind.
    """
    modules = {module.path: module for module in structure.modules}
    colour = [fact for fact in structure.tensors if _over(fact, modules.get(fact.module), 3)]
    yield from ((fact, "It is a convolution over three channels.") for fact in colour[:MOST_LAYERS])
    if colour:
        return
    single = [fact for fact in structure.tensors if _over(fact, modules.get(fact.module), 1)]
    for fact in single:
        groups = _groups(modules[fact.module])
        if groups == "1":
            yield fact, "It is a convolution over one channel that is not split into groups."
            return
        if not groups and len(single) == 1:
            yield fact, "It is the only convolution of the model over one channel."


def _over(fact: TensorFact, module: ModuleFact | None, channels: int) -> bool:
    """Whether a tensor is the weight of a convolution over images of so many channels."""
    if module is None or fact.role != "parameter" or fact.tied_to or not module.type.startswith("Conv"):
        return False
    if not fact.dtype.startswith(("float", "bfloat")):  # whole numbers stand for others: their zero is not known here
        return False
    if module.type.startswith("ConvTranspose") or len(fact.shape) not in (4, 5) or fact.shape[1] != channels:
        return False
    high, wide = fact.shape[-2:]
    fits = _SMALLEST <= high <= _LARGEST and _SMALLEST <= wide <= _LARGEST and fact.count <= _MOST_VALUES
    return fits and fact.shape[0] > 1 and (channels == 3 or _groups(module) in ("", "1"))


def _groups(module: ModuleFact) -> str:
    return next((item.value for item in module.attributes if item.name in ("groups", "group")), "")


def filter_pictures(structure: Structure, tensors: Mapping[str, LazyTensor]) -> Iterator[Picture]:
    """Tiles of the filters of each first layer, and of their components where they are patches."""
    for number, (fact, why) in enumerate(first_layers(structure)):
        tensor = tensors.get(fact.name)
        plan = plan_of(tensor) if tensor is not None else None
        if plan is None:
            continue
        side = fact.shape[-2] * fact.shape[-1] * fact.shape[1]
        indices = evenly(plan.rows, min(MOST_TILES, TILES_BYTES // side))
        images = as_images(chosen_rows(plan, indices), fact.shape)
        finite = images[np.isfinite(images)]
        if not finite.size or finite.min() == finite.max():
            continue  # nothing to see
        yield _filters(f"filters-{number}", fact, why, images, indices)
        if min(fact.shape[-2:]) >= _PATCH and plan.rows >= 2 * _COMPONENTS and side <= _MOST_DIMENSIONS:
            rows = as_images(chosen_rows(plan, range(plan.rows)), fact.shape)
            made = _components(f"components-{number}", fact, why, rows)
            if made is not None:
                yield made


def as_images(rows: NDArray[np.float64], shape: Sequence[int]) -> NDArray[np.float64]:
    """Rows of a weight as ``(filters, height, width, channels)``; of a kernel over time the middle frame."""
    whole = rows.reshape(len(rows), *shape[1:])
    if len(shape) == 5:
        whole = whole[:, :, shape[2] // 2]
    return np.asarray(np.moveaxis(whole, 1, -1))


def _filters(name: str, fact: TensorFact, why: str, images: NDArray[np.float64], indices: Sequence[int]) -> Picture:
    alike = neighbours(images)
    middle = "Of the kernel over time the middle frame is shown."
    return Picture(
        id=name,
        kind="filters",
        tensor=fact.name,
        width=fact.shape[-1],
        height=fact.shape[-2],
        channels=3 if fact.shape[1] == 3 else 1,
        tiles=tuple(own_scale(image).tobytes() for image in images),
        indices=tuple(indices),
        total=fact.shape[0],
        recognised=why,
        neighbours=alike[0] if alike else None,
        apart=alike[1] if alike else None,
        notes=(middle,) if len(fact.shape) == 5 else (),
    )


def _components(name: str, fact: TensorFact, why: str, images: NDArray[np.float64]) -> Picture | None:
    """The first principal components of all filters, as tiles; ``None`` without spread."""
    flat = images.reshape(len(images), -1)
    if not np.isfinite(flat).all():
        return None
    centred = flat - flat.mean(axis=0)
    values, vectors = np.linalg.eigh(centred.T @ centred)
    noise = np.random.default_rng(flat.shape).normal(size=flat.shape)
    chance = np.linalg.svd(noise - noise.mean(axis=0), compute_uv=False) ** 2
    shown = min(_COMPONENTS, TILES_BYTES // 2 // flat.shape[1])
    top = vectors[:, ::-1][:, :shown].T
    total = float(values.sum())
    if total <= 0:
        return None
    turned = top * np.sign(top[np.arange(shown), np.abs(top).argmax(axis=1)])[:, None]  # a sign means nothing: fix it
    return Picture(
        id=name,
        kind="components",
        tensor=fact.name,
        width=fact.shape[-1],
        height=fact.shape[-2],
        channels=3 if fact.shape[1] == 3 else 1,
        tiles=tuple(own_scale(each.reshape(images.shape[1:])).tobytes() for each in turned),
        indices=tuple(range(shown)),
        total=flat.shape[1],
        recognised=why,
        apart=steady(float(chance[:shown].sum() / chance.sum())),
        explained=steady(float(values[::-1][:shown].sum()) / total),
    )
