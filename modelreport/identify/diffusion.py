"""A part of a diffusers pipeline: its ``config.json`` names the class (``_class_name``) and its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from modelreport.checkpoint import Checkpoint, Model
from modelreport.facts import Identification, Skipped
from modelreport.identify.construct import build, error_line
from modelreport.identify.fitting import compare
from modelreport.identify.known import shapes_of
from modelreport.identify.libraries import INSTALL, find_module_class, library_of, library_version, load_library

_TASKS = (("UNet", "denoising network"), ("Transformer", "denoising network"), ("Autoencoder", "image autoencoder"),
          ("VQModel", "image autoencoder"), ("ControlNet", "control network"))  # fmt: skip


def identify_diffusion(checkpoint: Checkpoint, config: Mapping[str, Any]) -> Model | Skipped:
    """The model that the configuration describes, built by an installed diffusers, or which install would."""
    name = str(config["_class_name"])[:100]
    diffusers = load_library("diffusers")
    if diffusers is None:
        return Skipped(
            stage="identify",
            reason=f"config.json describes a {name} of diffusers, which is not installed.",
            hint=INSTALL["diffusers"],
        )
    version = library_version("diffusers")
    named = getattr(diffusers, name, None) if name.isidentifier() and not name.startswith("_") else None
    path = f"{getattr(named, '__module__', '')}.{getattr(named, '__qualname__', '')}"
    kind = find_module_class(path) if library_of(path) == "diffusers" else None
    if kind is None or not hasattr(kind, "from_config"):
        return Skipped(stage="identify", reason=f"diffusers {version} has no model {name!r}, which config.json names.")
    try:
        module = build(kind.from_config, dict(config))
    except Exception as error:  # the values of the file met the library's own checks
        reason = f"diffusers could not build the {name} of config.json: {error_line(error)}"
        return Skipped(stage="identify", reason=reason)
    shapes = shapes_of(checkpoint)
    fit = compare(module, shapes)
    if not fit.matched and shapes:
        return Skipped(stage="identify", reason=f"None of the tensors fits {name}, which config.json names.")
    facts = Identification(
        name=name, library="diffusers", library_version=version, how="config", class_path=path,
        task=next((task for part, task in _TASKS if part in name), ""), matched=fit.matched, total=fit.total,
        changed=fit.changed, missing=fit.missing, unexpected=fit.unexpected,
    )  # fmt: skip
    return Model(facts, module, fit.renamed)
