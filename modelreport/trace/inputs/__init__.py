"""Dummy inputs of a model that carries a configuration: rules for each kind of argument, and the sets they are fed in.

A rule looks at the name of an argument, the settings of the configuration, what the documentation of ``forward`` says
and the first layers. None looks at the name of the model.
"""

from __future__ import annotations

from modelreport.trace.inputs.configured import configured
from modelreport.trace.inputs.settings import from_settings

__all__ = ["configured", "from_settings"]
"""Inputs in the order of their likelihood."""
