"""The models of torchvision, timm and transformers: their names, and how each is built."""

from __future__ import annotations

import importlib
import inspect
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from benchmarks.sweep.shrink import completed, shrunk
from modelreport.identify.construct import build, build_known
from modelreport.identify.libraries import load_library

LIBRARIES = ("torchvision", "timm", "transformers")
HELD_OUT_SEED = 1729
"""Of this draw is the third of the transformers types that rules were never fitted to."""


def held_out(names: list[str]) -> set[str]:
    """A random third of the names, always the same: never looked at while rules were written."""
    return set(random.Random(HELD_OUT_SEED).sample(sorted(names), len(names) // 3))


@dataclass
class Recipe:
    """How to build one model; to be called on the meta device or for real."""

    build: Callable[[], Any]
    how: str
    """Which variant this is: *default*, *two layers* …"""
    library: str = ""
    """Library whose architecture of this name it is, where the package itself knows how to build it without weights."""
    name: str = ""

    def on_meta(self) -> Any:
        """The model without weights, in eval mode."""
        return build_known(self.library, self.name) if self.library else build(self.build)


def load(library: str) -> Any:
    """The library with what its models share imported; ``SystemExit`` when it is not installed."""
    package = load_library(library)
    if package is None:
        raise SystemExit(f"{library} is not installed.")
    if library == "transformers":
        for part in ("modeling_utils", "masking_utils", "modeling_outputs", "models.auto.modeling_auto", "generation"):
            importlib.import_module(f"transformers.{part}")
    return package


def names_of(library: str, every: bool = False) -> list[str]:
    """All models that the sweep is about; of timm one for each of its modules unless ``every`` is wanted."""
    package = load(library)
    if library == "torchvision":
        return torchvision_names(package)
    if library == "timm":
        return package.list_models() if every else timm_names(package)
    return sorted(package.CONFIG_MAPPING.keys())


def torchvision_names(package: Any) -> list[str]:
    """Classification, segmentation and video models, quantised ones by their unquantised name."""
    models = package.models
    found = models.list_models(models) + models.list_models(models.segmentation) + models.list_models(models.video)
    return sorted(set(found))


def timm_names(package: Any) -> list[str]:
    """Of each module of architectures the model with the shortest name: its plainest."""
    return sorted(
        min(package.list_models(module=module), key=lambda n: (len(n), n)) for module in package.list_modules()
    )


def recipes_of(library: str, name: str) -> list[Recipe]:
    """Ways to build a model, the preferred first. Raises where there are none."""
    package = load(library)
    if library == "torchvision":
        factory = package.models.get_model_builder(name)
        options = {"weights_backbone": None} if "weights_backbone" in inspect.signature(factory).parameters else {}
        return [Recipe(lambda: factory(weights=None, **options), "default", library, name)]
    if library == "timm":
        return [Recipe(lambda: package.create_model(name, pretrained=False), "default", library, name)]
    kind = transformers_class(package, name)
    configured = package.CONFIG_MAPPING[name]
    return [
        Recipe(lambda: kind(completed(shrunk(configured()))), f"{kind.__name__}, two layers, open settings filled in"),
        Recipe(lambda: kind(shrunk(configured())), f"{kind.__name__}, two layers"),
        Recipe(lambda: kind(configured()), kind.__name__),
    ]


def transformers_class(package: Any, name: str) -> type[Any]:
    """The base model of a type, or the first with a head, or a part of another model; ``LookupError`` without any."""
    auto = package.models.auto.modeling_auto
    config = package.CONFIG_MAPPING[name]
    for mapping in [
        "MODEL_MAPPING",
        *sorted(m for m in dir(auto) if m.startswith("MODEL_FOR") and m.endswith("MAPPING")),
    ]:
        names = getattr(auto, f"{mapping}_NAMES", {}).get(name)
        if names:
            names = names if isinstance(names, (tuple, list)) else (names,)
            found = next((k for n in names if (k := getattr(package, n, None)) is not None), None)
            if found is not None and _runs(found):
                return found
    where = importlib.import_module(config.__module__.replace("configuration_", "modeling_"))
    parts = [k for k in vars(where).values() if _is_model_of(k, config, package, where.__name__)]
    if not parts:
        raise LookupError("no class with a forward pass is built from this configuration alone")
    return min(parts, key=lambda k: (not k.__name__.endswith("Model"), len(k.__name__)))


def _runs(kind: type[Any]) -> bool:
    """Whether the class has a forward pass, not only a way to generate."""
    return getattr(kind.forward, "__name__", "") != "_forward_unimplemented"


def _is_model_of(kind: Any, config: type, package: Any, module: str) -> bool:
    return (
        isinstance(kind, type)
        and issubclass(kind, package.PreTrainedModel)
        and kind.__module__ == module
        and kind.config_class is config
        and "PreTrained" not in kind.__name__
        and _runs(kind)
    )
