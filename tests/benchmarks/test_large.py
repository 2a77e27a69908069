"""The benchmark of memory, on a checkpoint that is itself larger than its bound."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from benchmarks import large
from modelreport.load import open_checkpoint
from modelreport.options import Options


def test_a_checkpoint_larger_than_the_bound_on_memory_is_reported_within_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(large, "SHARD_BYTES", 250_000_000)
    large.main(["0.7", "--folder", str(tmp_path), "--hidden", "1024"])
    shown = capsys.readouterr().out
    assert "0.7 GB of bfloat16 in 3 shards" in shown
    assert "values read           0.7 GB, files hashed 4" in shown
    assert list(tmp_path.iterdir()) == []


def test_memory_above_the_bound_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def report(folder: Path, target: Path) -> large.Run:
        del folder
        target.write_text("")
        return large.Run(1, 6, 7, 8)

    monkeypatch.setattr(large, "BOUND_BYTES", 5)
    monkeypatch.setattr(large, "report", report)
    monkeypatch.setattr(large, "write", lambda *_, **__: 100)
    with pytest.raises(SystemExit, match="above the bound"):
        large.main(["0.001", "--folder", str(tmp_path)])
    large.main(["0.001", "--folder", str(tmp_path), "--llama"])


def test_no_disk_is_filled_up_and_the_temporary_folder_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def usage(place: Any) -> Any:
        asked.append(place)
        return type("Usage", (), {"free": 10**9})

    monkeypatch.setattr("shutil.disk_usage", usage)
    with pytest.raises(SystemExit, match="20 GB are to be written, 1 GB are free: give --folder"):
        large.main([])
    assert asked == [tempfile.gettempdir()]


@pytest.mark.parametrize("llama", [False, True])
def test_what_is_written_is_a_sharded_transformer_of_the_size_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, llama: bool
) -> None:
    monkeypatch.setattr(large, "POOL", 1 << 20)
    monkeypatch.setattr(large, "VOCABULARY", 500)
    monkeypatch.setattr(large, "SHARD_BYTES", 3_000_000)
    layers = large.layers_for(10_000_000, 256)
    written = large.write(tmp_path, layers, 256, llama=llama)
    assert written == pytest.approx(10_000_000, rel=0.1)
    with open_checkpoint(tmp_path, Options()) as checkpoint:
        found = {t.name: t for t in checkpoint.tensors}
        assert [t.shape for t in found.values()] == [shape for _, shape in large.shapes(layers, 256)]
        assert (checkpoint.config or {}).get("num_hidden_layers") == (layers if llama else None)
        assert not checkpoint.source.unreadable
        norm = found["model.norm.weight" if llama else "tower.norm.weight"].array().astype("float32")
        table = found["lm_head.weight" if llama else "readout.weight"].array().astype("float32")
        assert (norm == 1).all()
        assert 0.015 < float(table.std()) < 0.025


def test_a_report_that_fails_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"the report failed: .*does not exist"):
        large.report(tmp_path / "none", tmp_path / "r.html")
