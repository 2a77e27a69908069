"""Architectures built without weights: the constructor runs, its parameters are meta tensors and cost nothing."""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator
from typing import Any

from modelreport.identify.libraries import load_library
from modelreport.meta import on_meta, quiet

MOST_MODULES = 100_000
"""Modules that one constructor may make: the largest published networks have about 60,000."""


@contextlib.contextmanager
def bounded(most: int = MOST_MODULES) -> Iterator[None]:
    """Stops a constructor that makes more modules than any network has: its sizes may come from a hostile file."""
    from torch.nn.modules.module import register_module_module_registration_hook

    left = most

    def count(_parent: Any, _name: str, _child: Any) -> None:
        nonlocal left
        left -= 1
        if left < 0:
            raise ValueError(f"more than {most} modules")

    hook = register_module_module_registration_hook(count)
    try:
        yield
    finally:
        hook.remove()


def error_line(error: BaseException) -> str:
    """A foreign exception as the end of a sentence, in one line."""
    text = " ".join(str(error).split())[:300].rstrip(".")
    return f"{type(error).__name__}: {text}." if text else f"{type(error).__name__}."


def build(constructor: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What ``constructor`` returns when it is called on the meta device; a module comes in eval mode.

    Raises what the constructor raises, and ``ValueError`` when it makes too many modules.
    """
    import torch

    with quiet(), bounded(), on_meta(), torch.no_grad():
        module = constructor(*arguments, **options)
    return module.eval() if isinstance(module, torch.nn.Module) else module


def build_known(library: str, name: str, **options: Any) -> Any:
    """The architecture ``name`` of torchvision or timm as an ``nn.Module`` in eval mode on the meta device.

    ``options`` are those of the library's own factory, such as ``num_classes``. Raises what the factory raises, and
    ``ImportError`` when the library is not installed.
    """
    package = load_library(library)
    if package is None:
        raise ImportError(library)
    if library == "timm":
        return _build_timm(package.create_model, name, **options)
    factory = package.models.get_model_builder(name)
    if "weights_backbone" in inspect.signature(factory).parameters:
        options = {"weights_backbone": None, **options}
    return build(factory, weights=None, **options)


def _build_timm(create: Callable[..., Any], name: str, **options: Any) -> Any:
    """A timm model; its pruned ones exchange the storages of parameters, which only plain meta tensors allow."""
    import torch

    try:
        return build(create, name, pretrained=False, **options)
    except RuntimeError:
        with quiet(), bounded(), torch.device("meta"), torch.no_grad():
            return create(name, pretrained=False, **options).eval()
