"""What a catalogue is to be made of."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelreport.options import RenderOptions


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A folder of models, where their catalogue goes, and how."""

    folder: Path
    output: Path
    title: str = ""
    """Title of the catalogue; empty means the name of the folder."""
    build: dict[str, Any] = field(default_factory=dict)
    """Options of ``api.build`` that are not its defaults."""
    look: RenderOptions = field(default_factory=RenderOptions)
    force: bool = False
    """Whether to make what did not change again."""

    @property
    def private(self) -> bool:
        """Whether file names are not for others."""
        return bool(self.look.redact & {"paths", "names"})

    @property
    def heading(self) -> str:
        """The title to show."""
        return self.title or ("" if self.private else self.folder.resolve().name)
