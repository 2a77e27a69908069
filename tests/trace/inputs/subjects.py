"""Made-up models that carry a configuration."""

from __future__ import annotations

import inspect
from types import SimpleNamespace

from torch import nn

from modelreport.trace.inputs.subject import Subject, subject_of


class Settings(SimpleNamespace):
    """A configuration as far as inputs look at it."""

    def to_dict(self):
        return vars(self)


def subject(forward=lambda input_ids: None, *, layers: nn.Module | None = None, **settings) -> Subject:
    """A model with this ``forward``, these layers and settings."""
    module = nn.Module()
    module.forward = forward
    module.config = Settings(**settings)
    if layers is not None:
        module.layers = layers
    found = subject_of(module, list(inspect.signature(forward).parameters.values()))
    assert found is not None
    return found
