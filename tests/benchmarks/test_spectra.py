"""A fast sample of the comparison with other packages: the figures side by side, with a stand-in for the slow one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from benchmarks import spectra as benchmark


def alpha_by_the_formula(weight: np.ndarray[Any, Any]) -> dict[str, float]:
    """Clauset et al. 2009 on the squares of the singular values, start by start."""
    matrix = weight.reshape(len(weight), -1) if weight.ndim == 2 else weight[:, :, 0, 0]
    values = np.sort(np.linalg.svd(matrix.astype(np.float64), compute_uv=False) ** 2)
    fits = []
    for i in range(values.size - 1):
        tail, n = values[i:], values.size - i
        alpha = 1 + n / np.log(tail / tail[0]).sum()
        fits.append((np.abs(1 - (tail / tail[0]) ** (1 - alpha) - np.arange(n) / n).max(), alpha))
    distance, alpha = min(fits)
    return {"alpha": alpha, "D": distance, "stable_rank": values.sum() / values[-1]}


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[benchmark.Compared]:
    torch.manual_seed(0)
    weights = {f"layers.{i}.weight": torch.randn(60 + i, 70) * torch.arange(1, 71) ** -0.5 for i in range(3)}
    save_file(weights | {"conv.weight": torch.randn(64, 64, 1, 1)}, tmp_path / "m.safetensors")
    monkeypatch.setattr(benchmark, "watch", lambda arrays: {k: alpha_by_the_formula(a) for k, a in arrays.items()})
    return benchmark.compare(tmp_path / "m.safetensors", 10)


def test_every_matrix_agrees_with_the_other_packages(
    compared: list[benchmark.Compared], capsys: pytest.CaptureFixture[str]
) -> None:
    assert [row.name for row in compared] == ["conv.weight", *(f"layers.{i}.weight" for i in range(3))]
    assert benchmark.show(Path("m"), compared, tolerance=1e-4)
    told = capsys.readouterr().out
    assert "4 matrices" in told
    assert "alpha of 4 matrices" in told
    assert all(set(benchmark.differences(row)) >= {"alpha", "D", "stable_rank", "rank_99"} for row in compared)


def test_a_figure_that_differs_is_seen(compared: list[benchmark.Compared]) -> None:
    wrong = compared[1]._replace(theirs={**compared[1].theirs, "alpha": 99.0})
    assert not benchmark.show(Path("m"), [wrong], tolerance=1e-4)
    assert benchmark.apart(1.0, None) == float("inf")
    assert benchmark.apart(None, None) == 0
