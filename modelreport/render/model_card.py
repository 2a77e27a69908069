"""The header of a model card: what the Hugging Face hub reads from the top of a ``README.md``.

Keys are those of the hub's model card specification (huggingface.co/docs/hub/model-cards). What the author wrote in the
model's own README is kept; the rest is written only where the report knows it. Values are JSON, which YAML reads.
"""

from __future__ import annotations

import json
from typing import Final

from modelreport.facts import Identification, Report
from modelreport.render import format as text

_LISTS: Final = ("language", "tags", "datasets", "metrics", "base_model", "new_version")
_KEYS: Final = (
    "language", "license", "license_name", "license_link", "library_name", "pipeline_tag", "tags", "datasets",
    "metrics", "base_model", "base_model_relation", "new_version",
)  # fmt: skip
_LIBRARIES: Final = {"timm": "timm", "transformers": "transformers", "torchvision": "pytorch", "onnx": "onnx"}
_PIPELINES: Final = {
    "image classifier": "image-classification", "video classifier": "video-classification",
    "semantic segmentation": "image-segmentation", "object detection": "object-detection",
    "text encoder": "feature-extraction", "language model": "text-generation",
    "masked language model": "fill-mask", "text classifier": "text-classification",
    "token classifier": "token-classification", "question answering": "question-answering",
    "sequence to sequence": "text2text-generation", "speech recognition": "automatic-speech-recognition",
    "audio classifier": "audio-classification",
}  # fmt: skip
_CONTENT_TAGS: Final = {"safetensors": "safetensors", "onnx": "onnx", "torch-zip": "pytorch", "torch-legacy": "pytorch"}


def front_matter(report: Report) -> str:
    """The header between its two ``---`` lines; nothing in a value can end it."""
    written = {
        item.name.removeprefix("readme."): item.value
        for item in report.source.metadata
        if item.name.startswith("readme.")
    }
    values: dict[str, str | list[str]] = {}
    for key in _KEYS:
        if written.get(key):
            values[key] = _listed(written[key]) if key in _LISTS else text.code(written[key])
    known = report.identification
    if isinstance(known, Identification):
        _add(values, "library_name", _LIBRARIES.get(known.library, ""))
        _add(values, "pipeline_tag", _PIPELINES.get(known.task, ""))
    if "tags" not in values:
        family = next((item.value for item in report.source.metadata if item.name == "config.model_type"), "")
        tags = [_CONTENT_TAGS.get(report.source.format, ""), text.code(family)]
        _add(values, "tags", [tag for tag in tags if tag])
    lines = [f"{key}: {json.dumps(values[key], ensure_ascii=False)}" for key in _KEYS if key in values]
    return "\n".join(["---", *lines, "---"])


def _add(values: dict[str, str | list[str]], key: str, value: str | list[str]) -> None:
    """A value where the author gave none."""
    if value:
        values.setdefault(key, value)


def _listed(value: str) -> list[str]:
    """A list as the reader of the file joined it."""
    return [text.code(part.strip()) for part in value.split(",") if part.strip()]
