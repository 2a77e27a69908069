"""A bare state dict whose names and shapes are those of an architecture in an installed torchvision or timm."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.adapt import Verified, verify
from modelreport.identify.bare import candidates
from modelreport.identify.fitting import Shape
from modelreport.identify.index import Architecture, Candidate, load_index
from modelreport.identify.libraries import INSTALL, library_version, load_library
from modelreport.identify.nearest import floor_percent, nearest_of, several_of
from modelreport.identify.quantised import quantised_in
from modelreport.identify.transformer import identify_family

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


def unpacked_of(checkpoint: Checkpoint) -> dict[str, Shape]:
    """As ``shapes_of``, quantised weights by the name and shape that they have in the unquantised architecture."""
    return quantised_in(checkpoint).unpacked(checkpoint.tensors)


def identify_known(checkpoint: Checkpoint) -> Model | Skipped:
    """The model that fits the tensors of a bare state dict, verified by building it, or why there is none.

    Where the library that has the architecture is not installed, a model without a module when every name and shape
    fits, with what to install in ``Model.absent``.
    """
    shapes = unpacked_of(checkpoint)
    if not shapes:
        return Skipped(
            stage="identify",
            reason="There are no tensors by whose names and shapes the architecture could be told.",
            hint="Give the file or the folder that holds the weights.",
        )
    hints = hints_of(checkpoint)
    sized, families = load_index().nearest(shapes), candidates(shapes)
    by_names = bool(families and (not sized or families[0].similarity > sized[0].similarity))
    for names in (by_names, not by_names):
        found = identify_family(families, shapes, hints) if names else _by_sizes(sized, shapes, hints)
        if found is not None:
            return found
    return _unknown(sized, families, shapes)


def _by_sizes(candidates: Sequence[Candidate], shapes: Mapping[str, Shape], hints: str) -> Model | None:
    """The architecture of torchvision or timm that fits, built as the file has it."""
    for group in ranked(candidates, hints):
        if group[0].similarity < LEAST_SIMILARITY:
            break
        tried = 0
        for candidate in group:  # a library is imported when its turn comes
            if tried == TRIED_EACH or load_library(candidate.architecture.library) is None:
                continue
            tried += 1
            if (found := verify(candidate.architecture, shapes, candidate.prefix)) is not None:
                return as_model(found, [c.architecture for c in group if c is not candidate])
        if not tried and group[0].similarity == 1:
            return _not_installed(group)
    return None


def _not_installed(group: Sequence[Candidate]) -> Model:
    """What every name and shape fits, though no library that has it is there to run it."""
    best, *others = group
    architecture = best.architecture
    library = architecture.library
    reason = f"All names and shapes are those of {architecture.name} of {library}, which is not installed."
    note = f"{reason} It was told by the index of architectures of {library} {load_index().versions.get(library, '')}."
    facts = Identification(
        name=architecture.name, library=library, how="keys and shapes", class_path=architecture.class_path,
        task=task_of(architecture.class_path), matched=best.matched, total=best.total,
        equal=tuple(str(c.architecture) for c in others), notes=(note,),
    )  # fmt: skip
    return Model(
        facts, None, absent=Skipped(stage="trace", reason=reason, hint=f"{INSTALL[library]} makes it possible")
    )


def _unknown(sized: Sequence[Candidate], families: Sequence[Any], shapes: Mapping[str, Shape]) -> Skipped:
    """Why there is no identification; the nearest architecture is named as a comparison."""
    near = nearest_of(sized, families, shapes)
    absent = next((n.library for n in near[:1] if load_library(n.library) is None), "")
    hint = "Name the code that builds the model: --model your_module:your_factory"
    if any(_TRANSFORMER.search(name[:200]) for name in shapes):
        hint = f"If it is a Hugging Face model, put its config.json beside the file. Otherwise: {hint}"
    if not near or near[0].matched < WORTH_NAMING * near[0].total:
        reason = "No known architecture has tensors of these names and shapes."
        return Skipped(stage="identify", reason=_several(shapes) or reason, hint=hint)
    best = near[0]
    text = (
        f"No known architecture fits. The nearest is {best.name} of {best.library}: {best.matched} of the "
        f"{best.total} tensors in either have the same name and shape ({floor_percent(best.matched, best.total)} %)"
    )
    if several := _several(shapes):
        return Skipped(stage="identify", reason=several, hint=hint)
    if absent:
        reason = f"{text}; {absent} is not installed, so whether it fits with another head could not be tried."
        return Skipped(stage="identify", reason=reason, hint=INSTALL[absent])
    return Skipped(stage="identify", reason=f"{text}, and what differs is more than a head or stem.", hint=hint)


def _several(shapes: Mapping[str, Shape]) -> str:
    """A sentence when the file holds several known networks side by side, otherwise nothing."""
    parts = several_of(shapes)
    if not parts:
        return ""
    told = ", ".join(f"those under {prefix} fit {name}" for prefix, name in parts[:4])
    return f"The file holds {len(parts)} networks side by side, and how they work together is not in it: {told}."


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
