"""A Hugging Face folder: its ``config.json`` says which class of transformers (or model of timm) it belongs to.

Code that lies in the folder, or that the config points to, is never run.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.construct import build_known, error_line
from modelreport.identify.conversions import Conversions, conversions_of
from modelreport.identify.diffusion import identify_diffusion
from modelreport.identify.expected import expected_tensors
from modelreport.identify.fitting import Fit, Shape, compare, module_shapes
from modelreport.identify.heads import Built, best_class
from modelreport.identify.known import shapes_of, task_of
from modelreport.identify.libraries import INSTALL, library_version, load_library
from modelreport.identify.pretrained import build_pretrained, compare_pretrained, prefixes_of
from modelreport.identify.quantised import quantised_in
from modelreport.meta import quiet
from modelreport.remote import Location

_COUNTED = re.compile(r"layer|depth|block|expert|stage|head|level|group|num_|^n_")
_SIZED = re.compile(r"id$|ids$|token|size|dim|position|vocab|bucket|length|label|param")
_MOST = 10_000
"""Layers, blocks, heads or experts: above the largest published numbers by more than ten."""
_VALUES = 100_000
"""Values of a config that are looked at."""
_LIMIT = 1 << 20
"""Bytes of a small JSON file in the folder that are read."""


def identify_config(checkpoint: Checkpoint) -> Model | Skipped:
    """The architecture that ``config.json`` describes, built by the library without weights, or why it cannot be."""
    config = checkpoint.config or {}
    if absurd := absurd_size(config):
        return skipped(f"config.json gives {absurd}, which no model has, so nothing was built.")
    if isinstance(config.get("architecture"), str):
        return _timm_model(checkpoint, config)
    if isinstance(config.get("_class_name"), str) and "model_type" not in config:
        return identify_diffusion(checkpoint, config)
    if not isinstance(config.get("model_type"), str):
        return skipped("config.json does not name a model_type, so it is not one of transformers.")
    transformers = load_library("transformers")
    if transformers is None:
        return skipped(
            f"config.json describes a {config['model_type']} model of transformers, which is not installed.",
            INSTALL["transformers"],
        )
    return _transformers_model(checkpoint, config, transformers)


def _counts(key: str) -> bool:
    return bool(_COUNTED.search(key)) and not _SIZED.search(key)


def absurd_size(config: Mapping[str, Any]) -> str:
    """The first number of layers or experts that would keep a constructor busy for hours, as text; or nothing."""
    todo: list[tuple[str, Any]] = [("", config)]
    for _ in range(_VALUES):
        if not todo:
            break
        key, value = todo.pop()
        if isinstance(value, dict):
            todo.extend((str(k), v) for k, v in value.items())
        elif isinstance(value, list):
            todo.extend((key, v) for v in value)
        elif isinstance(value, int) and value > _MOST and _counts(key):
            return f"{key[:60]} = {value if value < 10**15 else 'more than 10^15'}"
    return ""


def skipped(
    reason: str, hint: str = "Name the code that builds the model: --model your_module:your_factory"
) -> Skipped:
    """No architecture, and why."""
    return Skipped(stage="identify", reason=reason, hint=hint)


def _transformers_model(checkpoint: Checkpoint, config: Mapping[str, Any], transformers: Any) -> Model | Skipped:
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    model_type = config["model_type"]
    if model_type not in CONFIG_MAPPING:
        remote = " Its code lies in the folder or on the hub and is not run." if config.get("auto_map") else ""
        return skipped(
            f"transformers {transformers.__version__} does not know model_type {model_type!r} of config.json.{remote}",
            "A newer transformers may know it, or name the code: --model your_module:your_factory",
        )
    try:
        plain = {k: v for k, v in config.items() if k not in {"auto_map", "quantization_config"}}
        with quiet():
            settings = CONFIG_MAPPING[model_type].from_dict(plain)
        made = _Maker(checkpoint, config)
        found = best_class(transformers, settings, config, made.build)
    except Exception as error:  # the values of the file met the library's own checks
        return skipped(f"transformers could not build the {model_type} model of config.json: {error_line(error)}")
    kind, fit = found.kind, found.fit
    if not fit.matched and checkpoint.tensors:
        return skipped(f"None of the tensors fits {kind.__name__}, which config.json names.")
    if made.absent and not checkpoint.named:  # nothing to compare with: the tensors are those of the class itself
        fit = dataclasses.replace(fit, matched=0, total=0)
    notes = [*found.notes, *made.absent, *_folder_notes(checkpoint, config)]
    if fit.joined:
        notes.append(
            f"On loading, {transformers.__name__} puts {len(fit.joined)} tensors of the file together into "
            f"{len(set(fit.joined.values()))} parameters; here they are shown as the file holds them."
        )
    return Model(_identification(kind, fit, notes, config), found.module, fit.renamed, fit.joined)


class _Maker:
    """Builds classes for a configuration and compares them with the file; without weights, supplies its tensors."""

    def __init__(self, checkpoint: Checkpoint, config: Mapping[str, Any]) -> None:
        self._checkpoint, self._config = checkpoint, config
        self.absent: list[str] = []

    def build(self, kind: type[Any], settings: Any) -> Built:
        """The class built on the meta device, and its fit."""
        checkpoint = self._checkpoint
        module = build_pretrained(kind, settings)
        conversions: Conversions | None = None
        if not checkpoint.tensors:
            conversions = conversions_of(module, checkpoint.named)
            self.absent = _supply(checkpoint, module, self._config, conversions)
        shapes = quantised_in(checkpoint).unpacked(checkpoint.tensors, module_shapes(module))
        return Built(kind, module, settings, compare_pretrained(module, settings, shapes, conversions))


def _supply(checkpoint: Checkpoint, module: Any, config: Mapping[str, Any], conversions: Conversions) -> list[str]:
    """Give a checkpoint whose weights are not here the tensors that its files hold; notes on what was done."""
    names = checkpoint.named
    tensors, unknown = expected_tensors(module, config, names, conversions, prefixes_of(module))
    checkpoint.tensors = tuple(tensors)
    if not names:
        return ["There are no weights: names and shapes are those that the class builds from config.json."]
    found = f"of the {len(names)} names in the index, {len(tensors)} are those of the class"
    notes = [f"The weights are not here: {found}, and have the shapes that config.json gives them."]
    if unknown:
        shown = ", ".join(name[:80] for name in unknown[:3])
        rest = len(unknown) - 3
        more = f" and {rest} more" if rest > 0 else ""
        notes.append(f"The class has no such tensors, so their shapes are not known: {shown}{more}.")
    return notes


def _identification(kind: type[Any], fit: Fit, notes: list[str], config: Mapping[str, Any]) -> Identification:
    return Identification(
        name=kind.__name__,
        library="transformers",
        library_version=library_version("transformers"),
        how="config",
        class_path=f"{kind.__module__}.{kind.__name__}",
        task=task_of_config(kind.__name__, config),
        matched=fit.matched,
        total=fit.total,
        changed=fit.changed,
        missing=fit.missing,
        unexpected=fit.unexpected,
        notes=tuple(notes),
    )


_SENSES = (("vision_config", "vision"), ("audio_config", "audio"))
_HEADS = (
    ("ForCausalLM", "language model"), ("LMHeadModel", "language model"), ("ForMaskedLM", "masked language model"),
    ("ForSequenceClassification", "text classifier"), ("ForTokenClassification", "token classifier"),
    ("ForQuestionAnswering", "question answering"), ("ForConditionalGeneration", "sequence to sequence"),
    ("ForImageClassification", "image classifier"), ("ForSemanticSegmentation", "semantic segmentation"),
    ("ForObjectDetection", "object detection"), ("ForCTC", "speech recognition"),
    ("ForAudioClassification", "audio classifier"),
)  # fmt: skip


def task_of_config(name: str, config: Mapping[str, Any]) -> str:
    """What a class is for: from its name, and from which senses its configuration describes."""
    found = task_of_head(name) or ("text encoder" if "vocab_size" in config else "")
    if found == "sequence to sequence" and not config.get("is_encoder_decoder"):
        kinds = (kind for part, kind in _SENSES if isinstance(config.get(part), Mapping))
        return next((f"{kind}-language model" for kind in kinds), found)
    return found


def task_of_head(name: str) -> str:
    """What a class of transformers is for, from the end of its name; empty for base models."""
    return next((task for suffix, task in _HEADS if name.endswith(suffix)), "")


def _folder_notes(checkpoint: Checkpoint, config: Mapping[str, Any]) -> list[str]:
    notes = []
    if config.get("auto_map"):
        notes.append(
            "config.json points to code of its own (auto_map), which was not run: the library's class is used."
        )
    notes.extend(quantised_in(checkpoint).notes(config))
    steps = _read_json(checkpoint.folder, "modules.json")
    if isinstance(steps, list):
        names = [s["type"].rpartition(".")[2] for s in steps if isinstance(s, dict) and isinstance(s.get("type"), str)]
        if rest := names[1:]:
            notes.append(
                f"A sentence-transformers model: after the transformer comes {' and '.join(rest)}, not in the pass."
            )
    return notes


def _read_json(folder: Location | None, name: str) -> Any:
    path = folder / name if folder is not None else None
    if path is None or path.is_symlink() or not path.is_file() or path.stat().st_size > _LIMIT:
        return None
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError, OSError):
        return None


def _timm_model(checkpoint: Checkpoint, config: Mapping[str, Any]) -> Model | Skipped:
    """A folder written by timm: ``architecture``, ``num_classes`` and ``model_args``."""
    name: str = config["architecture"]
    timm = load_library("timm")
    if timm is None:
        return skipped(f"config.json describes the timm model {name}; timm is not installed.", INSTALL["timm"])
    if not timm.is_model(name):
        return skipped(f"timm {timm.__version__} has no model {name!r}, which config.json names.")
    options = {k: config[k] for k in ("num_classes", "global_pool") if isinstance(config.get(k), (int, str))}
    if isinstance(given := config.get("model_args"), dict):
        options.update({k: v for k, v in given.items() if not k.startswith(("pretrained", "checkpoint"))})
    try:
        module = build_known("timm", name, **options)
    except Exception as error:
        return skipped(f"timm could not build {name} as config.json describes it: {error_line(error)}")
    shapes: dict[str, Shape] = shapes_of(checkpoint)
    fit = compare(module, shapes)
    if not fit.matched and shapes:
        return skipped(f"None of the tensors fits the timm model {name}, which config.json names.")
    class_path = f"{type(module).__module__}.{type(module).__qualname__}"
    facts = Identification(
        name=name, library="timm", library_version=library_version("timm"), how="config", class_path=class_path,
        task=task_of(class_path), matched=fit.matched, total=fit.total, changed=fit.changed, missing=fit.missing,
        unexpected=fit.unexpected,
    )  # fmt: skip
    return Model(facts, module, fit.renamed)
