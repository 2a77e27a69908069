"""Every benchmark is run by ``make bench`` and told of in the README beside it; nothing in the folder is untold."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
FOLDER = ROOT / "benchmarks"
TOLD = (FOLDER / "README.md").read_text(encoding="utf-8")
BENCH = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nbench:")[2].partition("\n\n")[0]


@pytest.mark.parametrize("name", sorted(p.name for p in FOLDER.glob("[a-z]*.py")))
def test_a_benchmark_is_run_and_told_of(name: str) -> None:
    assert re.search(rf"\b{name}\b", BENCH)
    assert f"`{name}" in TOLD


@pytest.mark.parametrize("name", sorted(p.name for p in FOLDER.glob("_[a-z]*.py")))
def test_a_part_of_a_benchmark_is_told_of(name: str) -> None:
    assert f"`{name}`" in TOLD
