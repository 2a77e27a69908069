"""Which class of transformers a configuration means: the one it names, else the one whose head the file has."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from modelreport.identify.fitting import Fit, Shape
from modelreport.identify.libraries import library_of

MOST_CLASSES = 16
"""Classes with a head that are built for one configuration."""
_FIRST = ("MASKED_LM", "CAUSAL_LM", "SEQUENCE_CLASSIFICATION", "TOKEN_CLASSIFICATION", "IMAGE_CLASSIFICATION",
          "QUESTION_ANSWERING", "SEQ_TO_SEQ", "CTC", "AUDIO_CLASSIFICATION", "PRETRAINING")  # fmt: skip
_ADAPTIVE = re.compile(r"(^|\.)(classifier|score|head|out_proj|dense|classification_head|logits|projector)(\.|$)")
"""Places at which the number of labels shows."""


class Built(NamedTuple):
    """A class, the module that it builds and how the file fits that."""

    kind: type[Any]
    module: Any
    config: Any
    fit: Fit
    notes: tuple[str, ...] = ()


Build = Callable[[type[Any], Any], Built]
"""Builds a class for a configuration and compares it with the file."""


def best_class(transformers: Any, config: Any, raw: Mapping[str, Any], build: Build) -> Built:
    """The class for a configuration, built: the one it names, else the base model or the head that fits the file best.

    A number of labels that the configuration does not state is taken from the file.
    """
    named = named_class(transformers, raw)
    if named is not None:
        return _with_labels(build(named, config), raw, build)
    base = build(_base_class(config), config)
    best = base
    for kind in _classes_with_head(transformers, config) if base.fit.distance else ():
        try:
            other = _with_labels(build(kind, config), raw, build)
        except Exception:  # noqa: S112 - this head cannot be built for the configuration: it is none
            continue
        if other.fit.distance < best.fit.distance:
            best = other
        if not best.fit.distance:
            break
    if best is base:
        note = f"config.json names no class that transformers has; the base model {base.kind.__name__} is used."
    else:
        note = f"config.json names no class; of those for its model_type, {best.kind.__name__} has the file's tensors."
    return best._replace(notes=(note, *best.notes))


def named_class(transformers: Any, raw: Mapping[str, Any]) -> type[Any] | None:
    """The class that ``architectures`` names, if the library itself defines it."""
    named = raw.get("architectures")
    for name in named if isinstance(named, list) else []:
        found = getattr(transformers, name, None) if isinstance(name, str) and name.isidentifier() else None
        if (
            isinstance(found, type)
            and issubclass(found, transformers.PreTrainedModel)
            and library_of(f"{found.__module__}.{found.__name__}") == "transformers"
        ):
            return found
    return None


def _base_class(config: Any) -> type[Any]:
    from transformers.models.auto.modeling_auto import MODEL_MAPPING

    found: Any = MODEL_MAPPING[type(config)]
    kind: type[Any] = found[0] if isinstance(found, (list, tuple)) else found
    return kind


def _classes_with_head(transformers: Any, config: Any) -> Iterator[type[Any]]:
    """Classes with a head for a type of configuration, the usual ones first, each once."""
    from transformers.models.auto import modeling_auto

    names = [n for n in vars(modeling_auto) if n.startswith("MODEL_FOR_") and n.endswith("_MAPPING")]
    usual = _FIRST if not getattr(config, "is_decoder", False) else ("CAUSAL_LM", *_FIRST)
    names.sort(key=lambda n: next((i for i, part in enumerate(usual) if part in n), len(usual)))
    seen: set[type[Any]] = set()
    for name in names:
        try:
            found: Any = getattr(modeling_auto, name)[type(config)]
        except (KeyError, ImportError, AttributeError):
            continue
        for kind in found if isinstance(found, (list, tuple)) else [found]:
            if kind in seen or not issubclass(kind, transformers.PreTrainedModel) or len(seen) >= MOST_CLASSES:
                continue
            seen.add(kind)
            yield kind


def _with_labels(built: Built, raw: Mapping[str, Any], build: Build) -> Built:
    """Built again with the number of labels in the file, where the configuration states none and only that differs."""
    if "num_labels" in raw or "id2label" in raw or not built.fit.changed:
        return built
    labels = {_labels(name, built) for name in built.fit.changed}
    number = labels.pop() if len(labels) == 1 else None
    if number is None:
        return built
    config = copy.deepcopy(built.config)
    config.num_labels = number
    again = build(built.kind, config)
    if again.fit.distance >= built.fit.distance:
        return built
    return again._replace(notes=(f"Built with num_labels={number}, as the file has it.",))


def _labels(name: str, built: Built) -> int | None:
    """The number of labels by one changed tensor; ``None`` where its change is of another kind."""
    shape: Shape = built.fit.file_shapes.get(name, ())
    own = tuple(built.module.state_dict()[name].shape)
    differs = [i for i, (a, b) in enumerate(zip(own, shape, strict=False)) if a != b]
    here = own[0] if own else 0
    fits = len(own) == len(shape) and differs == [0] and here == getattr(built.config, "num_labels", None)
    return shape[0] if fits and _ADAPTIVE.search(name) else None
