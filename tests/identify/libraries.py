"""Names, shapes and values of the libraries' own models, as files would hold them."""

from __future__ import annotations

from typing import Any

import torch

from modelreport.identify.build_index import describe_architecture
from modelreport.identify.construct import build
from modelreport.identify.fitting import Shape, module_shapes
from modelreport.identify.libraries import load_library


def shapes_of_known(library: str, name: str) -> dict[str, Shape]:
    """Of an architecture of torchvision or timm."""
    return dict(describe_architecture(library, name)[3])


def shapes_of_class(name: str, **options: Any) -> dict[str, Shape]:
    """Of a class of transformers with these settings."""
    kind = getattr(load_library("transformers"), name)
    with torch.device("meta"):
        return module_shapes(kind(kind.config_class(**options)))


def state(class_name: str, config: dict[str, Any]) -> dict[str, torch.Tensor]:
    """The state dict on meta of a class of transformers for a ``config.json``."""
    transformers = load_library("transformers")
    made = transformers.AutoConfig.for_model(**{k: v for k, v in config.items() if k != "architectures"})
    return dict(build(getattr(transformers, class_name), made).state_dict())
