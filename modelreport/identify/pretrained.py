"""Classes of transformers: built for a configuration, and compared with a file as the library itself would."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from modelreport.identify.construct import build
from modelreport.identify.conversions import Conversions, conversions_of
from modelreport.identify.fitting import Fit, Shape, compare


def build_pretrained(kind: type[Any], config: Any) -> Any:
    """The class for a configuration on the meta device, tied parameters tied. Raises what the class raises."""
    return build(_tied, kind, config)


def _tied(kind: type[Any], config: Any) -> Any:
    module = kind(config)
    module.tie_weights()
    return module


def compare_pretrained(
    module: Any, config: Any, shapes: Mapping[str, Shape], conversions: Conversions | None = None
) -> Fit:
    """How a file fits the module, its names converted as the library does; ``conversions`` where they are known."""
    return compare(
        module, shapes, prefixes=prefixes_of(module), ignore=_ignored(module, config),
        conversions=conversions or conversions_of(module, shapes),
    )  # fmt: skip


def prefixes_of(module: Any) -> tuple[str, ...]:
    """The base model's prefix: files of a base model lack it, files of a model with a head have it."""
    prefix = getattr(module, "base_model_prefix", "")
    return (f"{prefix}.",) if prefix else ()


def _ignored(module: Any, config: Any) -> list[re.Pattern[str]]:
    """Names that the library itself does not miss, and those it ties to others on loading."""
    names: list[str] = []
    for attribute in ("_keys_to_ignore_on_load_unexpected", "_keys_to_ignore_on_load_missing"):
        names.extend(getattr(module, attribute, None) or ())
    if getattr(config, "tie_word_embeddings", True):
        names.extend(getattr(module, "_tied_weights_keys", None) or ())
    patterns = []
    for name in names:
        try:
            patterns.append(re.compile(name))
        except re.error:
            continue
    return patterns
