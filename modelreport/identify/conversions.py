"""How transformers renames and joins the tensors of a file when it loads them: its own tables, since its version 5.

Files keep the names of the version that wrote them (``vit.encoder.layer.0.attention.attention.query``), classes are
renamed since (``vit.layers.0.attention.q_proj``), and the experts of a mixture are joined into one parameter.
Source: ``transformers/conversion_mapping.py`` and ``core_model_loading.py``.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

log = logging.getLogger(__name__)
_LONGEST = 1000
"""Characters of a name that the library's patterns are applied to; its own names are far shorter."""


@dataclass(frozen=True)
class Conversions:
    """What the library makes of a file's names; names that it leaves alone are in neither."""

    renamed: Mapping[str, str] = field(default_factory=dict)
    """From the file's name to the module's."""
    joined: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """From the file's name to the parameters that its values are put together into, or divided among."""


def conversions_of(module: Any, names: Iterable[str]) -> Conversions:
    """What the installed transformers does with ``names`` on loading them into ``module``; nothing before version 5."""
    try:
        from transformers.conversion_mapping import get_model_conversion_mapping
        from transformers.core_model_loading import WeightConverter, WeightRenaming, rename_source_key
    except ImportError:
        return Conversions()
    renamed: dict[str, str] = {}
    joined: dict[str, tuple[str, ...]] = {}
    expected = module.state_dict()
    try:
        steps = get_model_conversion_mapping(module)
        renamings = [s for s in steps if isinstance(s, WeightRenaming)]
        converters = [s for s in steps if isinstance(s, WeightConverter)]
        for name in names:
            if len(name) >= _LONGEST:
                continue
            own, pattern = rename_source_key(name, renamings, converters, module.base_model_prefix, expected)
            if own not in expected or own == name:
                continue
            if pattern is None:
                renamed[name] = own
            else:
                joined[name] = _targets(own, pattern, converters, expected)
    except Exception:  # an interface of the library's inside, which its versions change
        log.debug("the library's own renaming failed", exc_info=True)
    return Conversions(renamed, joined)


def _targets(own: str, pattern: str, converters: Iterable[Any], expected: Mapping[str, Any]) -> tuple[str, ...]:
    """All parameters that a converter makes, from the name of its first."""
    patterns = next((list(c.target_patterns) for c in converters if pattern in c.source_patterns), [])
    others = [own.replace(patterns[0], other) for other in patterns[1:] if patterns[0] in own]
    return (own, *(name for name in dict.fromkeys(others) if name in expected and name != own))
