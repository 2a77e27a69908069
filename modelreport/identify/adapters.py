"""An adapter's own file: what it adds to which model, and the pass of both where the base model's folder is here."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from modelreport.checkpoint import Checkpoint, LazyTensor, Model
from modelreport.errors import OptionsError
from modelreport.facts import Identification, Skipped
from modelreport.identify.huggingface import identify_config, skipped
from modelreport.identify.lora import PREFIXES, Pair, insert, pairs_in, scale_of
from modelreport.options import Options
from modelreport.remote import Location, RemotePath, locate

OF_BASE = "it is of the base model, which this file does not hold"
"""Why a tensor of the base model was not measured."""
_LIMIT = 1 << 20
_SHOWN = 12


def is_adapter(checkpoint: Checkpoint) -> bool:
    """Whether the tensors are an adapter's: its configuration says so, or they are low-rank pairs and little else."""
    if checkpoint.adapter is not None:
        return True
    if checkpoint.config is not None or not checkpoint.tensors:
        return False
    pairs, rest = pairs_in(checkpoint.tensors)
    return len(rest) <= 0.1 * len(checkpoint.tensors) and bool(pairs)


def identify_adapter(checkpoint: Checkpoint, options: Options) -> Model | Skipped:
    """The base model with the adapter's layers in it; without the base model, what the adapter is.

    Raises ``OptionsError`` when the given base is no folder of a model.
    """
    config = checkpoint.adapter or {}
    pairs, rest = pairs_in(checkpoint.tensors)
    what = describe_adapter(config, pairs, rest)
    kind = config.get("peft_type", "LORA")
    folder = checkpoint.base_folder = find_base(checkpoint, config, options)
    if kind != "LORA" or not pairs:
        return skipped(f"{what} Only low-rank adapters are put into their base model.", "")
    if folder is None:
        return skipped(f"{what} Its base model is not here.", "Give the base model's folder: --base FOLDER")
    base = _base(checkpoint, folder, config)
    if isinstance(base, Skipped):
        return replace(base, reason=f"{what} Its base model: {base.reason}")
    model, lazy = base
    return _joined(checkpoint, model, lazy, pairs, rest, f"{what} The base model is that of {folder.name}/config.json.")


def describe_adapter(config: Mapping[str, Any], pairs: list[Pair], rest: list[LazyTensor]) -> str:
    """An adapter in a sentence: kind, rank, alpha, targets, parameters, base."""
    base = config.get("base_model_name_or_path")
    of = f" for {base[:200]}" if isinstance(base, str) and base else ""
    count = sum(p.parameters for p in pairs) + sum(t.count for t in rest)
    if not pairs:
        return (
            f"This is an adapter ({str(config.get('peft_type', 'of an unknown kind'))[:40]}){of}, {count:,} parameters."
        )
    ranks = sorted({p.rank for p in pairs})
    rank = f"rank {ranks[0]}" if len(ranks) == 1 else f"ranks {ranks[0]} to {ranks[-1]}"
    alpha = config.get("lora_alpha")
    alphas = f", alpha {alpha}" if isinstance(alpha, (int, float)) else ""
    targets = Counter(p.path.rpartition(".")[2][:60] for p in pairs)
    names = ", ".join(list(targets)[:_SHOWN]) + (" …" if len(targets) > _SHOWN else "")
    kind = "DoRA" if any("magnitude" in p.tensors for p in pairs) else "LoRA"
    beside = f", {len(rest)} further tensors" if rest else ""
    return (
        f"This is a {kind} adapter{of} ({rank}{alphas}) on {len(pairs)} layers ({names}): {count:,} parameters{beside}."
    )


def find_base(checkpoint: Checkpoint, config: Mapping[str, Any], options: Options) -> Location | None:
    """The base model's folder: the one given, else the one that the configuration names, else one beside or inside."""
    if options.base:
        given = locate(options.base)
        if not (given / "config.json").is_file():
            raise OptionsError(
                f"--base {options.base}: there is no config.json in it.", "Give the base model's folder."
            )
        return given
    folder, named = checkpoint.folder, config.get("base_model_name_or_path")
    if isinstance(folder, RemotePath):  # a name in the file must not lead to other addresses
        return next((p for p in (folder, folder / "base") if _has_config(p)), None)
    places: list[Path] = []
    if isinstance(named, str) and 0 < len(named) < 1000 and "\0" not in named:
        last = named.rstrip("/\\").replace("\\", "/").rpartition("/")[2]
        places.append(Path(named))
        if folder is not None and last not in ("", ".", ".."):
            places += [folder / named, folder / last, folder.parent / last]
    if folder is not None:
        places += [folder, folder / "base", folder.parent / "base"]
    return next((p for p in places if _has_config(p)), None)


def _has_config(folder: Location) -> bool:
    try:
        return (folder / "config.json").is_file()
    except (OSError, ValueError):  # a name in the file that is no path
        return False


def _base(
    checkpoint: Checkpoint, folder: Location, adapter: Mapping[str, Any]
) -> tuple[Model, tuple[LazyTensor, ...]] | Skipped:
    """The base model, built from its configuration, and its tensors without values."""
    try:
        with (folder / "config.json").open("rb") as file:
            config = json.loads(file.read(_LIMIT))
    except (OSError, ValueError, RecursionError) as error:
        return skipped(f"config.json in {folder.name} cannot be read ({type(error).__name__}).", "")
    if not isinstance(config, dict):
        return skipped(f"config.json in {folder.name} is not a JSON object.", "")
    if named := _class_for(config, adapter):
        config["architectures"] = [named]
    alone = Checkpoint(checkpoint.source, checkpoint.security, (), config=config, folder=folder)
    model = identify_config(alone)
    return model if isinstance(model, Skipped) else (model, alone.tensors)


def _class_for(config: Mapping[str, Any], adapter: Mapping[str, Any]) -> str:
    """The class that an adapter for another task needs than the one its base was saved as; empty for the same."""
    ending = {"SEQ_CLS": "ForSequenceClassification", "TOKEN_CLS": "ForTokenClassification",
              "QUESTION_ANS": "ForQuestionAnswering"}.get(str(adapter.get("task_type")), "")  # fmt: skip
    named = config.get("architectures")
    first = named[0] if isinstance(named, list) and named and isinstance(named[0], str) else ""
    stem = next((first[: first.index(part)] for part in ("For", "LMHead", "Model") if part in first[1:]), "")
    return f"{stem}{ending}" if ending and stem and not first.endswith(ending) else ""


def _joined(
    checkpoint: Checkpoint,
    model: Model,
    base: tuple[LazyTensor, ...],
    pairs: list[Pair],
    rest: list[LazyTensor],
    note: str,
) -> Model:
    """Base and adapter as one model; the checkpoint gets the base's tensors, without values, behind its own."""
    module, own = model.module, {n for n, _ in model.module.named_parameters()}
    config = checkpoint.adapter or {}
    renamed, misfits = dict(model.renamed), []
    wrapped: set[str] = set()
    for pair in pairs:
        path = next((p for p in _paths(pair.path) if insert(module, pair, p, scale_of(pair, config))), None)
        if path is None:
            misfits += [t.name for t in pair.tensors.values()]
            continue
        wrapped.add(path)
        renamed.update({f"{path}.lora_{part}": t.name for part, t in pair.tensors.items()})
    replaced: set[str] = set()
    for tensor in rest:  # layers that were trained whole beside the pairs
        name = next((n for n in _paths(tensor.name.replace(".modules_to_save", "")) if n in own), None)
        if name is None:
            misfits.append(tensor.name)
        else:
            renamed[name] = tensor.name
            replaced.add(name)
    for tensor in base:
        path, _, last = tensor.name.rpartition(".")
        if path in wrapped:
            renamed[f"{path}.base_layer.{last}"] = tensor.name
    _extend(checkpoint, [t for t in base if t.name not in replaced])
    for name, parameter in module.named_parameters():  # training cost is that of the adapter
        if ".lora_" not in name and name not in replaced:
            parameter.requires_grad_(requires_grad=False)
    total = sum(t.count for p in pairs for t in p.tensors.values()) + sum(t.count for t in rest)
    share = total / max(1, sum(t.count for t in base))
    facts = model.identification
    names = checkpoint_names(pairs, rest)
    known = Identification(
        name=f"{facts.name} with LoRA", library=facts.library, library_version=facts.library_version, how="config",
        class_path=facts.class_path, task=facts.task, matched=len(names) - len(misfits),
        total=len(names), unexpected=tuple(misfits),
        notes=(
            note,
            f"The adapter's {total:,} parameters are {share:.3%} of the base model's. Only they were measured.",
            *facts.notes[:3],
        ),
    )  # fmt: skip
    return dataclasses.replace(model, identification=known, renamed=renamed)


def checkpoint_names(pairs: list[Pair], rest: list[LazyTensor]) -> list[str]:
    """Names of the adapter's own tensors."""
    return [t.name for p in pairs for t in p.tensors.values()] + [t.name for t in rest]


def _paths(path: str) -> list[str]:
    """The places in a module that a path of the file can mean, most literal first."""
    return [path, *(path.removeprefix(p) for p in PREFIXES if path.startswith(p))]


def _extend(checkpoint: Checkpoint, base: list[LazyTensor]) -> None:
    """The adapter's tensors train, those of the base model do not."""
    for tensor in checkpoint.tensors:
        tensor.role, tensor.trainable = "parameter", True
    for tensor in base:
        tensor.trainable, tensor.missing = False if tensor.role == "parameter" else None, OF_BASE
    checkpoint.tensors = (*checkpoint.tensors, *base)
