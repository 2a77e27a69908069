"""The order in which dummy inputs are tried: configuration, names of arguments, layers and usual sizes."""

from __future__ import annotations

import contextlib
import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from modelreport.trace.dummies import Candidate, Dummy, dummies_in, each
from modelreport.trace.inputs import configured, from_settings
from modelreport.trace.inputs.condition import condition_of, setting
from modelreport.trace.layers import SEQUENCE, first_layers, forms_of, is_embedding, vocabulary
from modelreport.trace.signature import forward_signature

if TYPE_CHECKING:
    from modelreport.facts import Identification

MOST_NOISE, MOST_VALUES = 1 << 31, 1 << 24
"""Elements of a dummy without and with values."""
MOST_OF_OTHERS = 6
"""Forms tried of a layer that is not the first."""
MOST_COLOURS = 4
"""Channels of an image, in lists and pairs of which are tried."""
TEXTS = frozenset({"ids", "tokens", "token", "text", "texts", "caption", "captions", "src", "tgt", "words", "sentence"})
INDICES = frozenset({"idx", "index", "indices", "labels", "user", "item", "users", "items"})
IMAGES = frozenset({"image", "images", "img", "imgs", "pixel", "pixels", "picture"})
SOUNDS = frozenset({"audio", "wav", "wave", "waveform", "signal", "speech"})
LENGTH_NAMES = frozenset({"lengths", "length", "lens", "seqlens"})
TIMES = frozenset({"t", "timestep", "timesteps", "time", "sigma", "step"})


def candidates(module: Any, identification: Identification | None = None) -> Iterator[Candidate]:
    """All dummy inputs worth trying, the likeliest first, floating-point ones of the dtype of the weights."""
    dtype = weight_dtype(module)

    def cast(dummy: Dummy) -> Dummy:
        return replace(dummy, dtype=dtype) if dummy.fill == "noise" else dummy

    for candidate in _of_any_dtype(module, identification):
        if all(is_reasonable(dummy) for dummy in candidate.dummies):
            spare = {
                name: each(value, cast)
                for name, value in candidate.spare.items()
                if all(is_reasonable(dummy) for dummy in dummies_in(value))
            }
            yield replace(candidate.changed(cast, ""), spare=spare)


def is_reasonable(dummy: Dummy) -> bool:
    """Whether a tensor of this shape can be made: sizes may come from a damaged or hostile configuration."""
    if any(not isinstance(n, int) or n < 0 for n in dummy.shape):
        return False
    return math.prod(dummy.shape) <= (MOST_NOISE if dummy.fill == "noise" else MOST_VALUES)


def _while_it_lasts(source: Iterator[Candidate]) -> Iterator[Candidate]:
    """What can be made of a configuration; its values may be anything."""
    with contextlib.suppress(ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        yield from source


def _of_any_dtype(module: Any, identification: Identification | None) -> Iterator[Candidate]:
    parameters = forward_parameters(module)
    needed = [p for p in parameters if p.default is p.empty]
    yield from _while_it_lasts(configured(module, parameters))
    yield from from_settings(module, identification)
    yield from from_steps(module, needed)
    yield from from_names(module, needed)
    yield from from_layers(module, needed)
    if not needed:
        yield Candidate("forward takes no arguments")


def forward_parameters(module: Any) -> list[inspect.Parameter]:
    """Named parameters of ``forward``; empty when the signature cannot be read."""
    found = forward_signature(module)
    return [p for p in found if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]


def weight_dtype(module: Any) -> str:
    """Dtype of the first floating-point parameter of two dimensions or more; eight-bit ones need wider input."""
    for parameter in module.parameters():
        if parameter.is_floating_point() and parameter.dim() > 1 and parameter.element_size() > 1:
            return str(parameter.dtype).removeprefix("torch.")
    return "float32"


def from_steps(module: Any, needed: list[inspect.Parameter]) -> Iterator[Candidate]:
    """An image or a sound beside a step of time, as denoising networks take them.

    Linear layers that embed the step often stand first in such a network; its main input is what a convolution reads.
    """
    if not any(_words(p.name) & TIMES for p in needed[1:]) or _words(needed[0].name) & TIMES:
        return
    layer = next((found for _, found in first_layers(module) if "Conv" in type(found).__name__), None)
    weight: Any = getattr(layer, "weight", None)
    channels = getattr(layer, "in_channels", 0)
    if not channels or not hasattr(weight, "dim"):
        return
    ranks, size = weight.dim() - 2, setting(module, "sample_size")
    sides = tuple(size) if isinstance(size, (list, tuple)) else (size,) * ranks
    forms = list(forms_of(layer))[:MOST_OF_OTHERS]
    if len(sides) == ranks and all(isinstance(n, int) and n > 0 for n in sides):
        forms.insert(0, Dummy((1, channels, *sides)))
    for dummy in forms:
        rest = [_beside(p.name, dummy, module) for p in needed[1:]]
        shown = ", ".join(f"{p.name} {d}" for p, d in zip(needed, [dummy, *rest], strict=True))
        yield fill([dummy, *rest], needed, f"a step of time beside what a convolution reads: {shown}")


def _words(name: str) -> set[str]:
    return set(re.split(r"[_\d]+", name.lower()))


def _beside(name: str, dummy: Dummy, module: Any) -> Dummy:
    return condition_of(name, module) or beside(name, dummy)


def from_names(module: Any, needed: list[inspect.Parameter]) -> Iterator[Candidate]:
    """Several arguments, of which at least one says by its name what it is."""
    if len(needed) < 2:
        return
    layers = [layer for _, layer in first_layers(module)]
    guesses = [guess_by_name(p.name, module, layers) for p in needed]
    known = [g for g in guesses if g is not None]
    if known:
        shown = ", ".join(f"{p.name} {g}" for p, g in zip(needed, guesses, strict=True) if g is not None)
        primary = next((d for layer in layers for d in forms_of(layer)), known[0])
        yield fill(
            [g or _beside(p.name, primary, module) for p, g in zip(needed, guesses, strict=True)],
            needed,
            f"by name: {shown}",
        )


def guess_by_name(name: str, module: Any, layers: list[Any]) -> Dummy | None:
    """What an argument is by its name, where the module has a layer for it."""
    words = _words(name)
    has_ids = any(is_embedding(m) for m in module.modules())
    if has_ids and words & TEXTS and "mask" not in words:
        return Dummy((1, SEQUENCE), "ids", "int64", vocabulary(module))
    if has_ids and words & INDICES:
        return Dummy((1,), "ids", "int64", vocabulary(module))
    forms = [d for layer in layers for d in forms_of(layer) if d.fill == "noise"]
    if words & IMAGES:
        return next((d for d in forms if len(d.shape) == 4), None)
    if words & SOUNDS:
        return next((d for d in forms if len(d.shape) == 3), Dummy((1, 16000)))
    return None


def beside(name: str, dummy: Dummy) -> Dummy:
    """A further argument next to a main one: masks, lengths and time steps by name, otherwise one of the same shape."""
    words = _words(name)
    if "mask" in words or "masks" in words:
        return Dummy(dummy.shape[:2], "ones", "int64")
    if words & LENGTH_NAMES:
        length = dummy.shape[-2] if len(dummy.shape) > 2 else dummy.shape[-1]
        return Dummy((1,), "literal", "int64", literal=(length,))
    if words & TIMES:
        return Dummy(dummy.shape[:1], "ones", "float32" if words & {"sigma", "time"} else "int64")
    return dummy


def fill(dummies: list[Dummy], needed: list[inspect.Parameter], origin: str) -> Candidate:
    """A candidate that gives each needed parameter its dummy, by position where it may."""
    pairs = list(zip(needed, dummies, strict=True))
    args = tuple(d for p, d in pairs if p.kind is not p.KEYWORD_ONLY)
    return Candidate(origin, args, {p.name: d for p, d in pairs if p.kind is p.KEYWORD_ONLY})


def from_layers(module: Any, needed: list[inspect.Parameter]) -> Iterator[Candidate]:
    """Inputs whose shape the first layer with weights accepts, then those of the first layers of other kinds."""
    layers = first_layers(module)
    if not layers:
        yield from (Candidate("no layer says what it takes", (Dummy(s),)) for s in ((1, 3, 224, 224), (1, 16), (1,)))
    for number, (path, layer) in enumerate(layers):
        which = "the first layer" if number == 0 else "a layer"
        where = f"{which}, {path or 'the module itself'}, is {type(layer).__name__}"
        forms = list(forms_of(layer))[: None if number == 0 else MOST_OF_OTHERS]
        for dummy in forms:
            origin = f"{where}; {dummy} was tried"
            if len(needed) < 2:
                yield (
                    Candidate(origin, (), {needed[0].name: dummy})
                    if _by_keyword(needed)
                    else Candidate(origin, (dummy,))
                )
            else:
                yield fill([dummy, *(_beside(p.name, dummy, module) for p in needed[1:])], needed, origin)
        images = [d for d in forms if d.fill == "noise" and len(d.shape) == 4 and d.shape[1] <= MOST_COLOURS]
        yield from _lists_and_pairs(images, where)


def _by_keyword(needed: list[inspect.Parameter]) -> bool:
    return len(needed) == 1 and needed[0].kind is inspect.Parameter.KEYWORD_ONLY


def _lists_and_pairs(images: list[Dummy], where: str) -> Iterator[Candidate]:
    """Images as detection and optical flow take them."""
    for dummy in images[:2]:
        alone = Dummy(dummy.shape[1:], listed=True)
        yield Candidate(f"{where}; a list of images {alone} was tried", (alone,))
    if images:
        wide = Dummy((1, images[0].shape[1], 520, 960))
        yield Candidate(f"{where}; two images {wide} were tried", (wide, wide))
