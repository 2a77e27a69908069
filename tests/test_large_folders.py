"""Folders of published models of 70 to 671 billion parameters, without their weights: whole reports, little memory."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks._folders import MODELS, size_of, write_folder
from modelreport.load import open_checkpoint
from modelreport.options import Options

ROOT = Path(__file__).parent.parent
MOST_RSS_KB = 1_000_000
MEASURE = """
import sys
from pathlib import Path
from modelreport.cli import main
try:
    main()
finally:  # ru_maxrss would remember the process that started this one
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(peak.split()[1], file=sys.stderr)
"""


def build(*arguments: str | Path) -> int:
    """Peak memory of the command in kilobytes; fails when it does."""
    command = [sys.executable, "-c", MEASURE, "build", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=500, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stderr.split()[-1])


@pytest.mark.parametrize("name", MODELS)
def test_the_written_folders_are_those_that_were_published(name: str) -> None:
    model = MODELS[name]
    tensors = list(model.tensors(model.config))
    assert len({tensor[0] for tensor in tensors}) == len(tensors)
    total = sum(map(size_of, tensors))
    count = sum(math.prod(tensor[2]) for tensor in tensors)
    if model.total_size:
        assert (count, total) == (model.parameters, model.total_size)
    else:  # DeepSeek-V3 on the hub: 684,531,386,000 elements, of which 3.9 B bfloat16, 680.6 B 8-bit, 41.6 M float32
        by_dtype = {code: sum(math.prod(t[2]) for t in tensors if t[1] == code) for code in ("BF16", "F8_E4M3", "F32")}
        assert by_dtype == {"BF16": 3_918_786_560, "F8_E4M3": 680_571_043_840, "F32": 41_555_600}


def test_a_70b_model_is_reported_from_its_config_and_index_under_a_gigabyte(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "llama", "Llama-3-70B", "absent")
    outputs = [tmp_path / f"r{suffix}" for suffix in (".html", ".json", ".pdf")]
    assert build(folder, *(x for o in outputs for x in ("-o", o))) < MOST_RSS_KB
    assert outputs[0].read_bytes().startswith(b"<!doctype html>")
    assert outputs[2].read_bytes().startswith(b"%PDF-")
    report = json.loads(outputs[1].read_text())
    structure, trace = report["structure"], report["trace"]
    assert structure["parameters"] == 70_553_706_496
    assert structure["size_bytes"] == 141_107_412_992  # the index's total_size
    assert (report["identification"]["matched"], report["identification"]["total"]) == (723, 723)
    tokens = trace["inputs"][0]["shape"][1]
    embeddings = 128256 * 8192
    norms = 161 * 8192
    by_hand = (70_553_706_496 - embeddings - norms) * tokens + 2 * tokens**2 * 8192 * 80
    assert trace["macs"] == by_hand
    assert "not here" in report["weights"]["unread"][0]["value"]
    assert not [f for f in report["findings"] if f["state"] == "found" and f["severity"] != "note"]


def test_a_671b_model_is_reported_from_its_config_alone(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "deepseek", "DeepSeek-V3", "none")
    assert build(folder, "-o", tmp_path / "r.json") < MOST_RSS_KB
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["structure"]["parameters"] == 671_026_404_352  # published as 671B
    assert report["trace"]["complete"]
    assert "There are no weights" in " ".join(report["identification"]["notes"])


def test_shards_on_disk_are_reported_without_reading_their_values(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "mixtral", "Mixtral-8x22B", "sparse")
    assert build(folder, "--no-weights", "--no-trace", "-o", tmp_path / "r.json") < MOST_RSS_KB
    report = json.loads((tmp_path / "r.json").read_text())
    assert report["structure"]["parameters"] == 140_620_634_112
    assert report["source"]["size_bytes"] > 281_241_268_224
    assert report["weights"]["hint"] == "leave out --no-weights"
    assert report["identification"]["missing"] == []


def test_headers_alone_name_each_value_that_is_not_there(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "llama", "Llama-3-70B", "headers")
    with open_checkpoint(folder, Options()) as checkpoint:
        assert len(checkpoint.tensors) == 723
        assert all(t.storage is None and "header only" in t.missing for t in checkpoint.tensors)
        assert not checkpoint.source.unreadable
