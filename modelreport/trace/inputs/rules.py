"""The registry of rules: what one argument may be given."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from modelreport.trace.inputs.audio import audio_forms
from modelreport.trace.inputs.features import feature_forms
from modelreport.trace.inputs.image import image_forms
from modelreport.trace.inputs.levels import level_forms
from modelreport.trace.inputs.series import series_forms
from modelreport.trace.inputs.subject import Subject
from modelreport.trace.inputs.text import text_forms

RULES: tuple[Callable[[str, Subject], list[Any]], ...] = (
    level_forms, text_forms, image_forms, audio_forms, series_forms, feature_forms,
)  # fmt: skip
"""Asked in this order; the first that answers decides."""
PLAIN = (int, float, bool)


def forms_of_argument(name: str, subject: Subject) -> list[Any]:
    """What one argument may be given, the likeliest first: ``Dummy``, several in a list, or a number; maybe nothing."""
    for rule in RULES:
        found = rule(name, subject)
        if found:
            return found
    annotation = next((p.annotation for p in subject.parameters if p.name == name), None)
    if annotation in (int, "int"):
        return [subject.config.whole(name, default=1)]
    return [False] if annotation in (bool, "bool") else []
