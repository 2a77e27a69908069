"""A small sample of the weights benchmark: every way is timed, what cannot be says why, goals are told as they are."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from benchmarks import _weights, weights
from benchmarks._weights import measured, resident, tiny, write_file
from benchmarks.weights import Timed, goals, room_for, tell, timed


@pytest.mark.parametrize("dtype", ["F32", "BF16"])
@pytest.mark.parametrize("ending", [".safetensors", ".pth"])
def test_files_hold_normal_numbers_and_can_be_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, dtype: str, ending: str
) -> None:
    monkeypatch.setattr(_weights, "TENSOR_BYTES", 1 << 18)
    path = tmp_path / f"w{ending}"
    write_file(path, dtype, 3 << 18)
    tensors = load_file(path) if ending == ".safetensors" else torch.load(path, weights_only=True)
    assert len(tensors) == 3
    assert all(abs(float(t.float().std()) - 0.02) < 1e-3 for t in tensors.values())
    assert all(measured(path, what)["seconds"] > 0 for what in ("digests", "hashes"))


def test_a_tiny_tensor_takes_microseconds_and_no_compiled_code() -> None:
    found = tiny(20)
    assert 0 < found["bare_us"] <= found["whole_us"] * 2
    assert np.isfinite(found["whole_us"])


def test_memory_is_what_the_system_says() -> None:
    assert 0 < resident("VmRSS") <= resident("VmHWM")


def test_a_command_is_timed_and_one_that_fails_says_why() -> None:
    assert (timed("fine", [sys.executable, "-c", "pass"], 2).seconds or 0) > 0
    assert timed("wrong", [sys.executable, "-c", "raise SystemExit('no such file')"]).note == "failed: no such file"
    assert timed("slow", [sys.executable, "-c", "import time; time.sleep(9)"], limit_s=0.2).note == "stopped after 0 s"
    assert timed("gone", ["/no/such/tool"]).note == "not installed"


def test_goals_are_told_with_what_was_reached(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows = [
        Timed("cat", 1.0), Timed("sha256sum", 4.0), Timed("statistics", 1.5), Timed("digests", 1.8),
        Timed("hashes", 2.0),
        Timed("report", 4.0), Timed("weightlens 1", 30.0), Timed("model-clinic 1", None, "stopped after 300 s"),
    ]  # fmt: skip
    said = list(goals(rows))
    assert said[0].endswith("1.5 ×, reached")
    assert said[1].endswith("4.0 ×, not reached")
    assert said[2].endswith("15.0 ×, reached")
    assert said[3].endswith("not measured (stopped after 300 s)")
    path = tmp_path / "f"
    path.write_bytes(bytes(10))
    tell(path, rows)
    assert "stopped after 300 s" in capsys.readouterr().out


def test_the_largest_file_is_only_written_where_there_is_room(tmp_path: Path) -> None:
    assert room_for(tmp_path, 0.0001) or not room_for(tmp_path, 1e9)
    assert not room_for(tmp_path, 1e9)
    assert weights.FULL_GB == 16
