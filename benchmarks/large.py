"""A sharded checkpoint far larger than the memory it may take, reported whole.

    python benchmarks/large.py [GIGABYTES] [--folder FOLDER] [--hidden 4096] [--llama]

Writes a transformer of bfloat16 weights in shards of about 2 GB (20 GB in all by default), every byte for real, and
builds the whole report in a process of its own: statistics, hashes, spectra, page. Shows the time, the peak of resident
memory and what was read, and removes the checkpoint. Fails when the memory is above the bound.

The architecture is nobody's, so that the memory is that of reading. With --llama names and configuration are those of a
Llama: it is built and traced as well, which loads transformers (300 MB), and there is no bound.
"""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

BOUND_BYTES = 600_000_000
SHARD_BYTES = 2_000_000_000
HIDDEN, HEADS, KEY_HEADS, VOCABULARY = 4096, 32, 8, 32000
WIDER = 3.5
"""How many times the hidden size the inner one of a block is."""
POOL = 1 << 27
"""Random values that are written; each tensor begins at another of them and goes round."""
ITS_OWN = {"model": "tower", "layers": "cells", "self_attn": "mixer", "mlp": "wide", "lm_head": "readout"}
COMMAND = """
import sys
from modelreport.cli import main
from benchmarks._alone import most_memory
sys.argv = ["modelreport", "build", *sys.argv[1:], "--quiet"]
try:
    main()
except SystemExit as ended:
    if ended.code:
        raise
print(most_memory())
"""


@dataclass(frozen=True)
class Run:
    """What one process did."""

    seconds: float
    peak_bytes: int
    read_bytes: int
    """Of values, as the report says."""
    hashed: int
    """Files that have a hash."""


def shapes(layers: int, hidden: int = HIDDEN) -> Iterator[tuple[str, tuple[int, ...]]]:
    """Names and shapes as transformers has them for a Llama."""
    inner, keys = int(WIDER * hidden), hidden * KEY_HEADS // HEADS
    yield "model.embed_tokens.weight", (VOCABULARY, hidden)
    for layer in range(layers):
        front = f"model.layers.{layer}."
        yield f"{front}input_layernorm.weight", (hidden,)
        for name, rows in (("q", hidden), ("k", keys), ("v", keys), ("o", hidden)):
            yield f"{front}self_attn.{name}_proj.weight", (rows, hidden)
        yield f"{front}post_attention_layernorm.weight", (hidden,)
        for name, shape in (("gate", (inner, hidden)), ("up", (inner, hidden)), ("down", (hidden, inner))):
            yield f"{front}mlp.{name}_proj.weight", shape
    yield "model.norm.weight", (hidden,)
    yield "lm_head.weight", (VOCABULARY, hidden)


def layers_for(size_bytes: int, hidden: int = HIDDEN) -> int:
    """How many layers make a checkpoint of about this size."""
    ends, one = (sum(2 * math.prod(shape) for _, shape in shapes(n, hidden)) for n in (0, 1))
    return max(1, round((size_bytes - ends) / (one - ends)))


def write(folder: Path, layers: int, hidden: int = HIDDEN, *, llama: bool = False) -> int:
    """The checkpoint with its index, as a Llama with its configuration; bytes of its values."""
    rng = np.random.default_rng(0)
    drawn = (rng.standard_normal(1 << 20, np.float32) * np.float32(0.02) for _ in range(POOL >> 20))
    pool = np.concatenate([(values.view(np.uint32) >> 16).astype(np.uint16) for values in drawn])
    places: dict[str, str] = {}
    shard: dict[str, tuple[int, ...]] = {}
    total = 0
    for name, shape in [*shapes(layers, hidden), ("", ())]:
        if shard and (not name or sum(2 * math.prod(s) for s in shard.values()) >= SHARD_BYTES):
            number = len(set(places.values())) + 1
            file = f"model-{number:05d}.safetensors"
            total += write_shard(folder / file, shard, pool, number)
            places |= dict.fromkeys(shard, file)
            shard = {}
        if name:
            shard[name if llama else ".".join(ITS_OWN.get(part, part) for part in name.split("."))] = shape
    index = {"metadata": {"total_size": total}, "weight_map": places}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    if llama:
        (folder / "config.json").write_text(json.dumps(config(layers, hidden)))
    return total


def config(layers: int, hidden: int) -> dict[str, Any]:
    """The configuration of the Llama."""
    return {
        "architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_size": hidden,
        "intermediate_size": int(WIDER * hidden), "num_attention_heads": HEADS, "num_key_value_heads": KEY_HEADS,
        "num_hidden_layers": layers, "vocab_size": VOCABULARY, "torch_dtype": "bfloat16",
    }  # fmt: skip


def write_shard(path: Path, tensors: dict[str, tuple[int, ...]], pool: Any, seed: int) -> int:
    """One file of bfloat16 values; their bytes."""
    header, offset = {}, 0
    for name, shape in tensors.items():
        size = 2 * math.prod(shape)
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    begin = seed * 7919 % pool.size
    with path.open("wb") as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for shape in tensors.values():
            left = math.prod(shape)
            if len(shape) == 1:  # norms are one
                file.write(np.full(left, 0x3F80, np.uint16).tobytes())
                continue
            at = begin = (begin + 104_729) % pool.size
            while left:
                part = pool[at : at + min(left, 1 << 24)]
                file.write(part.tobytes())
                left -= part.size
                at = (at + part.size) % pool.size
    return offset


def report(folder: Path, target: Path) -> Run:
    """Build the report in a process of its own."""
    before = time.perf_counter()
    outputs = ["-o", str(target), "-o", f"{target}.json"]
    command = [sys.executable, "-c", COMMAND, str(folder), *outputs]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=Path(__file__).parent.parent)
    seconds = time.perf_counter() - before
    if done.returncode:
        raise SystemExit(f"the report failed: {done.stderr}")
    made = json.loads(Path(f"{target}.json").read_text())
    hashed = sum(bool(file.get("sha256")) for file in made["source"]["files"])
    return Run(seconds, int(done.stdout.split()[-1]), made["weights"]["read_bytes"], hashed)


def main(arguments: list[str] | None = None) -> None:
    """Write, report, show, remove."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gigabytes", type=float, nargs="?", default=20.0)
    parser.add_argument("--folder", default=None, help="where there is room for it; by default the temporary folder")
    parser.add_argument("--hidden", type=int, default=HIDDEN)
    parser.add_argument("--llama", action="store_true", help="as a Llama, which is built and traced as well")
    given = parser.parse_args(arguments)
    size = int(given.gigabytes * 1e9)
    free = shutil.disk_usage(given.folder or tempfile.gettempdir()).free
    if free < 1.2 * size:
        raise SystemExit(f"{size / 1e9:.0f} GB are to be written, {free / 1e9:.0f} GB are free: give --folder")
    with tempfile.TemporaryDirectory(prefix="large-", dir=given.folder) as place:
        folder = Path(place) / "model"
        folder.mkdir()
        written = write(folder, layers_for(size, given.hidden), given.hidden, llama=given.llama)
        print(f"{written / 1e9:.1f} GB of bfloat16 in {len(list(folder.glob('*.safetensors')))} shards", flush=True)
        run = report(folder, Path(place) / "report.html")
        page = (Path(place) / "report.html").stat().st_size
    bound = "" if given.llama else f", bound {BOUND_BYTES / 1e6:.0f} MB"
    print(f"whole report     {run.seconds:8.1f} s, {written / run.seconds / 1e6:,.0f} MB/s")
    print(f"peak of memory   {run.peak_bytes / 1e6:8.0f} MB{bound}")
    print(f"values read      {run.read_bytes / 1e9:8.1f} GB, files hashed {run.hashed}, page {page / 1e6:.1f} MB")
    if bound and run.peak_bytes > BOUND_BYTES:
        raise SystemExit("the memory is above the bound")


if __name__ == "__main__":
    main()
