"""State dicts for ``identify.py``: names and shapes of known networks in the ways in which files hold them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from modelreport.identify.adapt import head_names, stem_name
from modelreport.identify.construct import build_known
from modelreport.identify.fitting import module_shapes
from modelreport.identify.index import Architecture
from modelreport.identify.probing import DEPTH, classes_of, model_types, saved_shapes

Shapes = dict[str, tuple[int, ...]]
KEPT = 0.6
"""Share of the tensors in a file that is cut short."""


@dataclass(frozen=True)
class Case:
    """One state dict."""

    library: str
    kind: str
    model: str
    shapes: Shapes
    truth: str
    """As an identification names it; empty where none is right."""


def prefixed(shapes: Shapes, prefix: str) -> Shapes:
    """The same under a prefix."""
    return {prefix + n: s for n, s in shapes.items()}


def cut(shapes: Shapes) -> Shapes:
    """The first part of the tensors, cut inside a layer: a cut between two leaves a whole network of fewer layers."""
    names = list(shapes)
    end = int(KEPT * len(names))
    while end > 1 and layer_of(names[end - 1]) != layer_of(names[end]):
        end -= 1
    return {n: shapes[n] for n in names[:end]}


def layer_of(name: str) -> str:
    """The name up to its last number; the name itself without one."""
    parts = name.split(".")
    last = max((i for i, part in enumerate(parts) if part.isdigit()), default=len(parts) - 1)
    return ".".join(parts[: last + 1])


def cases_of_sizes(library: str, name: str, generator: random.Random) -> Iterator[Case]:
    """An architecture of torchvision or timm."""
    truth = f"{library} {name}"
    try:
        module = build_known(library, name)
    except Exception:  # one that this installation cannot build
        return
    plain = module_shapes(module)

    def case(kind: str, shapes: Shapes, right: str = truth) -> Case:
        return Case(library, kind, name, shapes, right)

    yield case("as published", plain)
    prefix = generator.choice(("module.", "_orig_mod.module.", "model.net."))
    yield case("under a prefix", prefixed(plain, prefix) | {"loss.weight": (10,)})
    if (tensors := options(library, name, num_classes=10)) and tensors != plain:
        yield case("head of 10 classes", tensors)
    head = head_names(Architecture(library, name, "", 0), module)
    if head and len(head) < len(plain) // 2:
        yield case("without the head", {n: s for n, s in plain.items() if n not in head})
    stem = stem_name(module)
    shape = plain.get(stem, ())
    grey = options(library, name, in_chans=1) if library == "timm" else {**plain, stem: (shape[0], 1, *shape[2:])}
    if len(shape) == 4 and shape[1] == 3 and grey:
        yield case("stem of 1 channel", grey)
    if len(plain) > 40:
        yield case("first 60 % of the tensors", cut(plain), "")
    other = {f"b.{n}.extra": s for n, s in plain.items()}
    yield case("inside a larger network", prefixed(plain, "a.") | other, "")


def options(library: str, name: str, **given: Any) -> Shapes:
    """Shapes of the architecture built with options; empty when it does not take them."""
    try:
        return module_shapes(build_known(library, name, **given))
    except Exception:
        return {}


def transformers_classes(count: int, generator: random.Random) -> Iterator[tuple[str, type[Any]]]:
    """One random class of each of ``count`` random model types of transformers that can be built."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    types = list(model_types())
    generator.shuffle(types)
    for model_type in types:
        if count <= 0:
            return
        try:
            config = CONFIG_MAPPING[model_type]()
            base = MODEL_MAPPING[type(config)]
            base = base[0] if isinstance(base, (list, tuple)) else base
            kinds = classes_of(base, config)
        except Exception:
            continue
        yield model_type, generator.choice(kinds)
        count -= 1


def resized(model_type: str, **given: Any) -> Any:
    """The default configuration with fewer layers and another vocabulary, where it has these."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    made = CONFIG_MAPPING[model_type]
    default = made()
    sizes = {n: max(v // 2, 1) for n, v in vars(default).items() if type(v) is int and DEPTH.search(n)}
    if type(getattr(default, "vocab_size", None)) is int:
        sizes["vocab_size"] = default.vocab_size + 64
    if type(getattr(default, "intermediate_size", None)) is int:
        sizes["intermediate_size"] = default.intermediate_size * 2
    try:
        return made(**sizes, **given)
    except Exception:
        return made(**given)


def cases_of_transformers(model_type: str, kind: type[Any], generator: random.Random) -> Iterator[Case]:
    """A class of transformers with its default configuration, and with another depth and width."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    truth = f"transformers {kind.__name__}"

    def case(what: str, shapes: Shapes, right: str = truth) -> Case:
        return Case("transformers", what, kind.__name__, shapes, right)

    try:
        own, old, _ = saved_shapes(kind, CONFIG_MAPPING[model_type]())
    except Exception:  # a class that its default configuration does not build
        return
    plain = old or own
    if not plain:
        return
    yield case("as published", plain)
    if old:
        yield case("names of today's library", own)
    yield case("under a prefix", prefixed(plain, generator.choice(("module.", "_orig_mod.", "net.module."))))
    for what, given in (("another depth and width", {}), ("head of 10 classes", {"num_labels": 10})):
        try:
            changed, files, _ = saved_shapes(kind, resized(model_type, **given))
        except Exception:
            continue
        if not given or "Classification" in kind.__name__:
            yield case(what, files or changed)
    if len(plain) > 40:
        yield case("first 60 % of the tensors", cut(plain), "")


class _Block(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.MultiheadAttention(width, 4)
        self.first, self.second = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)
        self.norms = nn.ModuleList([nn.LayerNorm(width), nn.LayerNorm(width)])


def own_networks(generator: random.Random) -> Iterator[Case]:
    """Networks of no library: right is that none is named."""
    for number in range(12):
        width, depth = generator.choice((32, 64, 96, 128, 768)), generator.randint(2, 12)
        with torch.device("meta"):
            convolutions = nn.Sequential(
                *(nn.Sequential(nn.Conv2d(width, width, 3), nn.BatchNorm2d(width)) for _ in range(depth))
            )
            linear = nn.Sequential(*(nn.Linear(width, width) for _ in range(depth)))
            blocks = nn.ModuleDict(
                {"embed": nn.Embedding(1000, width), "layers": nn.ModuleList(_Block(width) for _ in range(depth))}
            )
            encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(width, 4), depth)
        for what, module in (("CNN", convolutions), ("MLP", linear), ("blocks", blocks), ("encoder", encoder)):
            yield Case("none", f"an own {what}", f"{what} {number}", module_shapes(module), "")
