"""The installed libraries whose architectures may run: torchvision, timm, transformers, imported on demand.

A checkpoint may only choose among classes that these libraries define, by their exact dotted path.
"""

from __future__ import annotations

import enum
import importlib
import importlib.metadata
import importlib.util
import re
import sys
from types import ModuleType
from typing import Any

from modelreport.meta import without_warnings

MODULES: dict[str, re.Pattern[str]] = {
    "torch": re.compile(r"torch\.nn\.modules\.\w+"),
    "torchvision": re.compile(r"torchvision\.(models|ops)(\.\w+)*"),
    "timm": re.compile(r"timm\.(models|layers)(\.\w+)*"),
    "diffusers": re.compile(r"diffusers\.models(\.\w+)*"),
    "transformers": re.compile(r"transformers\.(models(\.\w+)+|activations|pytorch_utils|modeling_\w+)"),
}
"""Namespaces of each library in which classes of models live. Nothing outside them is ever imported for a file."""

INSTALL = {
    "torchvision": "pip install torchvision",
    "timm": "pip install timm",
    "transformers": "pip install transformers",
    "diffusers": "pip install diffusers",
}

_SCHEMAS = {
    "nms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "qnms": "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor",
    "roi_align": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio, bool aligned) -> Tensor",
    "roi_pool": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width) "
    "-> (Tensor, Tensor)",
    "ps_roi_align": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width, "
    "int sampling_ratio) -> (Tensor, Tensor)",
    "ps_roi_pool": "(Tensor input, Tensor rois, float spatial_scale, SymInt pooled_height, SymInt pooled_width) "
    "-> (Tensor, Tensor)",
    "deform_conv2d": "(Tensor input, Tensor weight, Tensor offset, Tensor mask, Tensor bias, SymInt stride_h, "
    "SymInt stride_w, SymInt pad_h, SymInt pad_w, SymInt dil_h, SymInt dil_w, SymInt groups, SymInt offset_groups, "
    "bool use_mask) -> Tensor",
}
"""Schemas of torchvision's compiled operators, as in its ``csrc/ops/*.cpp``."""


def load_library(name: str) -> ModuleType | None:
    """The library of ``MODULES`` with this name, imported; ``None`` when it is not installed or does not import."""
    if name not in MODULES or (name not in sys.modules and importlib.util.find_spec(name) is None):
        return None
    try:
        with without_warnings():
            if name in {
                "timm",
                "transformers",
                "diffusers",
            }:  # they import torchvision when it is installed, and fail where that does
                load_library("torchvision")
            return _import_torchvision() if name == "torchvision" else importlib.import_module(name)
    except Exception:
        return None


def _import_torchvision() -> ModuleType:
    """torchvision, also when its compiled operators do not load (a build for another torch).

    Its import then stops at ``operator torchvision::nms does not exist``: the missing schema is defined without a
    kernel, which is enough to build every model and to run those that do not call the operator.
    """
    for _ in range(len(_SCHEMAS) + 1):
        try:
            return importlib.import_module("torchvision")
        except RuntimeError as error:
            missing = re.search(r"operator torchvision::(\w+) does not exist", str(error))
            if missing is None or missing[1] not in _SCHEMAS:
                raise
            import torch

            torch.library.define(f"torchvision::{missing[1]}", _SCHEMAS[missing[1]])
            for loaded in [n for n in sys.modules if n == "torchvision" or n.startswith("torchvision.")]:
                del sys.modules[loaded]  # half-imported modules would be taken as whole by the next attempt
    raise ImportError("torchvision")


def library_version(name: str) -> str:
    """Version of an installed distribution, empty when there is none."""
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def library_of(path: str) -> str:
    """Name of the library in whose model namespaces a dotted class path lies, empty for every other path."""
    module = path.rpartition(".")[0]
    return next((name for name, allowed in MODULES.items() if allowed.fullmatch(module)), "")


def _find(path: str, kind: type) -> type[Any] | None:
    library = library_of(path)
    module_name, _, name = path.rpartition(".")
    if not library or "__" in path or load_library_or_torch(library) is None:
        return None
    try:
        with without_warnings():
            if module_name not in sys.modules and importlib.util.find_spec(module_name) is None:
                return None
            module = importlib.import_module(module_name)
    except Exception:
        return None
    found = vars(module).get(name)
    if not isinstance(found, type) or not issubclass(found, kind):
        return None
    # A class that moved inside its library is fine, one that the library only imports from elsewhere is not.
    return found if library_of(f"{found.__module__}.{found.__qualname__}") == library else None


def load_library_or_torch(name: str) -> ModuleType | None:
    """As ``load_library``; torch itself is always there."""
    return importlib.import_module("torch") if name == "torch" else load_library(name)


def find_module_class(path: str) -> type[Any] | None:
    """The ``nn.Module`` subclass that an installed library defines at exactly this dotted path, else ``None``.

    Functions, modules, re-exports of other packages and everything outside the library's model namespaces are ``None``.
    """
    from torch import nn

    return _find(path, nn.Module)


def find_enum_class(path: str) -> type[enum.Enum] | None:
    """The enumeration that an installed library defines at this dotted path, else ``None``."""
    return _find(path, enum.Enum)


def find_config_class(path: str) -> type[Any] | None:
    """The configuration class that transformers defines at this dotted path, else ``None``."""
    if library_of(path) != "transformers" or (transformers := load_library("transformers")) is None:
        return None
    base: type = (
        transformers.PreTrainedConfig if hasattr(transformers, "PreTrainedConfig") else transformers.PretrainedConfig
    )
    return _find(path, base)
