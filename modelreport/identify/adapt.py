"""A known architecture with the head, the stem and the input size that a file has."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelreport.identify.construct import build_known
from modelreport.identify.fitting import Fit, Shape, compare, module_shapes
from modelreport.identify.index import Architecture

_LOSS = re.compile(r"(^|\.)(loss|loss_fn|criterion|metrics?|train_\w*acc\w*|val_\w*acc\w*)(\.|$)")
"""State that training frameworks save beside the network."""

_BESIDE = 0.05
"""Most of the tensors, and of their elements, that may lie outside the network in a training module."""
_OTHER = 7
"""A number of classes that no published architecture has."""


@dataclass(frozen=True)
class Verified:
    """An architecture that was built and fits, but for its head or stem."""

    architecture: Architecture
    module: Any
    published: Fit
    """Against the architecture as the library builds it."""
    adapted: Fit
    """Against ``module``, built with the file's number of classes and channels."""
    notes: tuple[str, ...] = ()


def verify(architecture: Architecture, shapes: Mapping[str, Shape], prefix: str = "") -> Verified | None:
    """Build the architecture and compare: ``None`` unless only its head, its stem or computed buffers differ."""
    prefixes = (prefix,) if prefix else ()
    try:
        module = build_known(architecture.library, architecture.name)
        published = compare(module, shapes, prefixes=prefixes)
        if published.exact:
            return Verified(architecture, module, published, published)
        return _adapt(architecture, module, published, shapes, prefixes)
    except Exception:  # whatever the library's constructor raises: this candidate is none
        return None


def _adapt(
    architecture: Architecture, module: Any, published: Fit, shapes: Mapping[str, Shape], prefixes: Sequence[str]
) -> Verified | None:
    """The architecture with the number of classes, channels, image size and auxiliary heads that the file has."""
    head = head_names(architecture, module)
    options = _options_from(architecture, module, published, head, shapes, prefixes)
    found = _built_with(options, architecture, module, published, shapes, prefixes, head)
    if found is None and options.get("num_classes") == 0:  # only the last layer of a head of several is not there
        del options["num_classes"]
        found = _built_with(options, architecture, module, published, shapes, prefixes, head)
    return found


def _built_with(
    options: Mapping[str, Any],
    architecture: Architecture,
    module: Any,
    published: Fit,
    shapes: Mapping[str, Shape],
    prefixes: Sequence[str],
    head: set[str],
) -> Verified | None:
    """The architecture with these options, its stem and head as the file has them; ``None`` when more differs."""
    adapted = build_known(architecture.library, architecture.name, **options) if options else module
    fit = compare(adapted, shapes, prefixes=prefixes)
    notes = [_options_note(options)] if options else []
    stem = stem_name(adapted)
    if stem in fit.changed:
        notes.append(_change_stem(adapted, stem, fit.file_shapes[stem]))
        fit = compare(adapted, shapes, prefixes=prefixes)
    if fit.missing and set(fit.missing) <= head:
        owners = sorted({n.rpartition(".")[0] for n in fit.missing})
        notes.append(_drop_head(adapted, owners, fit.unexpected))
        fit = compare(adapted, shapes, prefixes=prefixes)
        allowed = tuple(f"{o}." for o in owners)
    else:
        allowed = ()
    left = [
        n
        for n in fit.unexpected
        if not _LOSS.search(n[:200]) and not _without(n, prefixes).startswith(allowed or ("\0",))
    ]
    if beside := _beside(left, shapes, prefixes):
        notes.append(beside)
        left = []
    if fit.changed or fit.missing or left or not fit.matched:
        return None
    return Verified(architecture, adapted, published, fit, tuple(notes))


def _options_note(options: Mapping[str, Any]) -> str:
    """What was read off the file, as a sentence."""
    given = ", ".join(f"{k}={v}" for k, v in options.items())
    classes = options.get("num_classes")
    told = "" if not classes else f": a head of {classes} classes in the place of the published one"
    return f"Built with {given}, as the file has it{told}."


def _beside(left: Sequence[str], shapes: Mapping[str, Shape], prefixes: Sequence[str]) -> str:
    """A note on the few tensors that lie outside the attribute which holds the architecture; empty if there are more.

    A training module keeps losses, metrics and small heads of its own beside the network that it trains.
    """
    outside = [n for n in left if not n.startswith(tuple(prefixes))] if prefixes else []
    count = sum(math.prod(shapes[n]) for n in outside)
    few = len(outside) <= _BESIDE * len(shapes) and count <= _BESIDE * sum(map(math.prod, shapes.values()))
    if not outside or len(outside) < len(left) or not few:
        return ""
    names = ", ".join(n[:100] for n in outside[:3]) + (" …" if len(outside) > 3 else "")
    tensors = "1 tensor lies" if len(outside) == 1 else f"{len(outside)} tensors lie"
    return f"{tensors} outside {prefixes[0]} and not in the pass: {names}."


def _without(name: str, prefixes: Sequence[str]) -> str:
    return next((name[len(p) :] for p in prefixes if name.startswith(p)), name)


def head_names(architecture: Architecture, module: Any) -> set[str]:
    """Names of the tensors whose shape follows the number of classes; none where the factory takes no such number."""
    try:
        other = build_known(architecture.library, architecture.name, num_classes=_OTHER).state_dict()
    except TypeError:
        return set()
    own = module.state_dict()
    return {n for n, v in own.items() if n not in other or other[n].shape != v.shape}


def stem_name(module: Any) -> str:
    """Name of the weight of the first convolution, empty when there is none."""
    from torch import nn

    kinds = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
    return next((f"{path}.weight" for path, part in module.named_modules() if isinstance(part, kinds)), "")


def _options_from(
    architecture: Architecture,
    module: Any,
    fit: Fit,
    head: set[str],
    shapes: Mapping[str, Shape],
    prefixes: Sequence[str],
) -> dict[str, Any]:
    """Options of the library's factory with which it builds what the file has, as far as they can be read off."""
    options: dict[str, Any] = {}
    own = module_shapes(module)
    changed_head = [n for n in fit.changed if n in head]
    if changed_head:
        options["num_classes"] = _classes(architecture, [(n, fit.file_shapes[n]) for n in changed_head])
    elif not head and (more := [n for n in fit.unexpected if not _LOSS.search(n[:200])]):
        # published without a head, the file has one
        options["num_classes"] = _classes(architecture, [(_without(n, prefixes), shapes[n]) for n in more])
    elif head and head <= set(fit.missing) and architecture.library == "timm" and not _replaced(fit, head):
        options["num_classes"] = 0
    if architecture.library == "torchvision":
        if any(".aux" in f".{n}" for n in fit.unexpected):
            options["aux_loss"] = True
        if any(n.lower().startswith("aux") for n in fit.missing):
            options["aux_logits"] = False
    stem = stem_name(module)
    if stem in fit.changed and architecture.library == "timm":
        was, now = own[stem], fit.file_shapes[stem]
        if was[0] == now[0] and was[2:] == now[2:]:
            options["in_chans"] = now[1]
    position = next((n for n in fit.changed if re.search(r"pos_embed(ding)?$", n)), "")
    if position and (size := _image_size(own[position], fit.file_shapes[position], own.get(stem, ()))):
        options["img_size" if architecture.library == "timm" else "image_size"] = size
    return options


def _replaced(fit: Fit, head: set[str]) -> bool:
    owners = tuple({n.rpartition(".")[0] + "." for n in head})
    return any(n.startswith(owners) for n in fit.unexpected)


def _classes(architecture: Architecture, head: Sequence[tuple[str, Shape]]) -> int:
    """The number of classes that gives the head's tensors the shapes they have in the file.

    Their first dimension is the number of classes, or a multiple of it (boxes, anchors) that a build with another
    number shows: each size that follows is tried.
    """
    other = build_known(architecture.library, architecture.name, num_classes=_OTHER).state_dict()
    several = {n: max(int(other[n].shape[0]) // _OTHER, 1) for n, shape in head if n in other and shape}
    sizes = sorted({shape[0] // several.get(n, 1) for n, shape in head if shape})
    for size in sizes[:4]:
        built = build_known(architecture.library, architecture.name, num_classes=size).state_dict()
        if all(n in built and tuple(built[n].shape) == shape for n, shape in head):
            return size
    return sizes[0] if sizes else 0


def _image_size(was: Shape, now: Shape, stem: Shape) -> int:
    """Side of the square image for which a position embedding ``(1, tokens, width)`` has its tokens; 0 if none."""
    if len(was) != 3 or len(now) != 3 or was[2] != now[2] or len(stem) != 4:
        return 0
    for extra in range(6):  # class, distillation and register tokens
        old, new = was[1] - extra, now[1] - extra
        if old > 0 and new > 0 and math.isqrt(old) ** 2 == old and math.isqrt(new) ** 2 == new:
            return math.isqrt(new) * stem[-1]
    return 0


def _change_stem(module: Any, stem: str, shape: Shape) -> str:
    """Give the first convolution the shape it has in the file; returns what is known and what is not."""
    import torch
    from torch import nn

    path = stem.rpartition(".")[0]
    old = module.get_submodule(path)
    if not isinstance(old, (nn.Conv2d, nn.Conv3d)) or len(shape) != old.weight.dim() or shape[0] != old.out_channels:
        return ""
    kernel = shape[2:]
    same = kernel == tuple(old.kernel_size)
    stride = old.stride if same else tuple(1 if k <= 3 else s for k, s in zip(kernel, old.stride, strict=True))
    with torch.device("meta"):
        kind: Any = type(old)
        new = kind(
            shape[1] * old.groups, shape[0], kernel, stride=stride,
            padding=old.padding if same else tuple(k // 2 for k in kernel), groups=old.groups,
            bias=old.bias is not None,
        )  # fmt: skip
    parent, _, name = path.rpartition(".")
    setattr(module.get_submodule(parent), name, new)
    if same:
        return f"The first convolution takes {shape[1]} channels."
    return (
        f"The first convolution has a kernel of {' × '.join(map(str, kernel))}; its stride is not in the file, "
        f"{' × '.join(map(str, stride))} is assumed, so sizes and costs after it may be wrong."
    )


def _drop_head(module: Any, owners: Sequence[str], unexpected: Sequence[str]) -> str:
    """Replace the layers of the head, which the file lacks, by the identity."""
    from torch import nn

    for owner in owners:
        parent, _, name = owner.rpartition(".")
        setattr(module.get_submodule(parent), name, nn.Identity())
    names = ", ".join(owners)
    if any(u.startswith(tuple(f"{o}." for o in owners)) or f".{o}." in u for o in owners for u in unexpected):
        return (
            f"The file has another head at {names}; what it computes is not in the file, so it is left out of the pass."
        )
    return f"The file has no head ({names}): the pass ends with the features before it."
