"""What several tests of this room need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.load.distributed import write_all


@pytest.fixture(scope="session")
def distributed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with checkpoints that two processes wrote together; copied before it is changed."""
    folder = tmp_path_factory.mktemp("distributed")
    write_all(folder)
    return folder
