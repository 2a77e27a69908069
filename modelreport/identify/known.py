"""A bare state dict whose names and shapes are those of an architecture in an installed torchvision or timm."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.adapt import Verified, verify
from modelreport.identify.fitting import Shape
from modelreport.identify.index import Architecture, Candidate, load_index
from modelreport.identify.libraries import INSTALL, library_version, load_library

LEAST_SIMILARITY = 0.5
"""Below this share of tensors in common no candidate is built: truly different heads and stems change a few tensors."""
WORTH_NAMING = 0.05
"""Below this share in common the nearest architecture is a coincidence, and is not named."""
TRIED_GROUPS = 3
TRIED_EACH = 2
_TRANSFORMER = re.compile(r"word_embeddings|embed_tokens|self_attn\.|attention\.self\.|attn\.c_attn|SelfAttention\.")
"""Names in models of transformers, which ``config.json`` identifies and the index does not."""
_TASKS = (
    ("torchvision.models.segmentation", "semantic segmentation"),
    ("torchvision.models.detection", "object detection"),
    ("torchvision.models.video", "video classifier"),
    ("torchvision.models.optical_flow", "optical flow"),
    ("torchvision.models", "image classifier"),
    ("timm.models", "image classifier"),
)


def task_of(class_path: str) -> str:
    """What models of a class are for, from its namespace; empty where that is not known."""
    return next((task for namespace, task in _TASKS if class_path.startswith(namespace + ".")), "")


def shapes_of(checkpoint: Checkpoint) -> dict[str, Shape]:
    """Name and shape of each tensor of the model."""
    return {t.name: t.shape for t in checkpoint.tensors}


def identify_known(checkpoint: Checkpoint) -> Model | Skipped:
    """The model that fits the tensors of a bare state dict, verified by building it, or why there is none."""
    shapes = shapes_of(checkpoint)
    if not shapes:
        return Skipped(
            stage="identify",
            reason="There are no tensors by whose names and shapes the architecture could be told.",
            hint="Give the file or the folder that holds the weights.",
        )
    candidates = load_index().nearest(shapes)
    if not candidates or candidates[0].similarity < WORTH_NAMING:
        return _unknown("No known architecture has tensors of these names and shapes.", shapes)
    absent = ""
    for group in ranked(candidates, hints_of(checkpoint)):
        if group[0].similarity < LEAST_SIMILARITY:
            break
        installed = [c for c in group if load_library(c.architecture.library) is not None]
        absent = absent or ("" if installed else group[0].architecture.library)
        for candidate in installed[:TRIED_EACH]:
            if (found := verify(candidate.architecture, shapes, candidate.prefix)) is not None:
                return as_model(found, [c.architecture for c in group if c is not candidate])
    best = candidates[0]
    text = (
        f"The nearest known architecture is {best.architecture}: {best.matched} of {best.total} tensors fit it by name "
        f"and shape, {best.similarity:.1%} of all in either"
    )
    if absent:
        return Skipped(
            stage="identify",
            reason=f"{text}, but {absent} is not installed, so it cannot be run.",
            hint=INSTALL[absent],
        )
    if best.similarity < LEAST_SIMILARITY:
        return _unknown(f"{text}, which is not enough to run it.", shapes)
    return _unknown(f"{text}; what differs is more than its head or stem, so it was not run.", shapes)


def _unknown(reason: str, shapes: Iterable[str]) -> Skipped:
    hint = "Name the code that builds the model: --model your_module:your_factory"
    if any(_TRANSFORMER.search(name[:200]) for name in shapes):
        hint = f"If it is a Hugging Face model, put its config.json beside the file. Otherwise: {hint}"
    return Skipped(stage="identify", reason=reason, hint=hint)


def hints_of(checkpoint: Checkpoint) -> str:
    """Text in which the name of the architecture may stand: file name, training arguments, metadata."""
    items = list(checkpoint.source.metadata)
    if checkpoint.source.training is not None:
        items.extend(checkpoint.source.training.items)
    values = [i.value for i in items if re.search(r"(^|[._])(arch|architecture|model|model_name|backbone)$", i.name)]
    return "\n".join([checkpoint.source.name, *[v for v in values if len(v) < 200]])


def ranked(candidates: Sequence[Candidate], hints: str) -> list[list[Candidate]]:
    """Groups of equal similarity, best first; in a group what the file is called comes first, then plain names."""
    plain = re.sub(r"[^a-z0-9\n]", "", hints.lower())

    def order(candidate: Candidate) -> tuple[int, bool, int, str]:
        name = re.sub(r"[^a-z0-9]", "", candidate.architecture.name.lower())
        named = len(name) if name in plain else 0
        return (-named, candidate.architecture.library != "torchvision", len(name), candidate.architecture.name)

    groups = [list(g) for _, g in groupby(candidates, key=lambda c: c.similarity)]
    return [sorted(g, key=order) for g in groups[:TRIED_GROUPS]]


def as_model(found: Verified, ties: Sequence[Architecture]) -> Model:
    """The model with its identification."""
    architecture, fit = found.architecture, found.published
    notes = list(found.notes)
    if ties:
        notes.append(
            "Other architectures have the same names and shapes; they can differ in input size or in the forward pass."
        )
    return Model(
        Identification(
            name=architecture.name,
            library=architecture.library,
            library_version=library_version(architecture.library),
            how="keys and shapes",
            class_path=architecture.class_path,
            task=task_of(architecture.class_path),
            matched=fit.matched,
            total=fit.total,
            equal=tuple(str(t) for t in ties),
            changed=fit.changed,
            missing=fit.missing,
            unexpected=fit.unexpected,
            notes=tuple(notes),
        ),
        found.module,
        found.adapted.renamed,
    )
