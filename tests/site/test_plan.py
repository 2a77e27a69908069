"""What a catalogue is to be made of."""

from __future__ import annotations

from pathlib import Path

from modelreport.options import RenderOptions
from modelreport.site.plan import Plan


def test_the_title_is_the_folders_unless_that_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "secret-project"
    assert Plan(folder=folder, output=tmp_path).heading == "secret-project"
    assert Plan(folder=folder, output=tmp_path, title="Zoo").heading == "Zoo"
    private = RenderOptions(redact=frozenset({"paths"}))
    assert Plan(folder=folder, output=tmp_path, look=private).heading == ""
    assert Plan(folder=folder, output=tmp_path, look=private, title="Zoo").heading == "Zoo"
