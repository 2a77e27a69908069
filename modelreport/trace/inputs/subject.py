"""What is known of a model whose inputs are to be made: configuration, arguments, documentation and first layers."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelreport.trace.inputs.config import Config, Mapped
from modelreport.trace.inputs.documented import Documented, documented


@dataclass(frozen=True)
class Subject:
    """A model to be fed."""

    module: Any
    config: Config
    parameters: tuple[inspect.Parameter, ...]
    shapes: dict[str, Documented] = field(default_factory=dict)
    """What the documentation of ``forward`` says of its arguments."""

    mapped: bool = False
    """Whether the configuration is a mapping, as those of diffusers are."""

    @property
    def names(self) -> set[str]:
        """Names of all arguments."""
        return {p.name for p in self.parameters}

    @property
    def needed(self) -> list[str]:
        """Names of the arguments without a default."""
        return [p.name for p in self.parameters if p.default is p.empty]

    @property
    def main(self) -> str:
        """The argument that the model itself calls its main input, or the usual one."""
        named = getattr(self.module, "main_input_name", None)
        return named if isinstance(named, str) and named in self.names else "input_ids"

    @property
    def grid(self) -> bool:
        """Whether images come cut into patches, with the number of rows and columns beside them."""
        return any(name.endswith(("grid_thw", "grid_hw")) for name in self.names)

    @property
    def fan_in(self) -> int:
        """Numbers that one vector of the first layer with weights is made from; 0 without such a layer."""
        for part in self.module.modules():
            weight = getattr(part, "weight", None)
            if weight is None or next(part.children(), None) is not None or not hasattr(weight, "dim"):
                continue
            if "Embedding" in type(part).__name__ or not 1 <= weight.dim() <= 5:
                continue
            return int(weight.shape[0] if weight.dim() == 1 else weight[0].numel())
        return 0


def subject_of(module: Any, parameters: list[inspect.Parameter]) -> Subject | None:
    """The model with what it says about itself; ``None`` without a configuration as transformers or diffusers have."""
    config: Any = getattr(module, "config", None)
    mapped = isinstance(config, Mapping)
    if mapped:
        config = Mapped(config)
    elif not hasattr(config, "to_dict"):
        return None
    return Subject(module, Config(config), tuple(parameters), documented(module.forward), mapped)
