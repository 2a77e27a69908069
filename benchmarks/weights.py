"""How long measuring weights takes against reading the same file: ``python benchmarks/weights.py [GIGABYTES]``.

Writes one float32 and one bfloat16 file of random weights into a temporary folder, and for each times, in the same run
and with the file in the page cache: ``cat``, SHA-256, and ``measure``; before them, thousands of tiny tensors. Compare
the ratios: the seconds belong to the machine.
"""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from modelreport.checkpoint import Checkpoint, LazyTensor, MappedFile, Storage
from modelreport.facts import Skipped, Source
from modelreport.measure import measure
from modelreport.options import Options

ROWS = 4096
TENSOR_BYTES = 64 << 20


def write_file(path: Path, dtype: str, size_bytes: int) -> None:
    """A safetensors file with tensors of 64 MiB of normal random numbers."""
    rng = np.random.default_rng(0)
    width = 4 if dtype == "F32" else 2
    columns = TENSOR_BYTES // width // ROWS
    count = max(1, size_bytes // TENSOR_BYTES)
    header = json.dumps(
        {
            f"layer.{i}.weight": {
                "dtype": dtype,
                "shape": [ROWS, columns],
                "data_offsets": [i * TENSOR_BYTES, (i + 1) * TENSOR_BYTES],
            }
            for i in range(count)
        }
    ).encode()
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for _ in range(count):
            values = rng.standard_normal((ROWS, columns), np.float32)
            file.write(values.tobytes() if width == 4 else (values.view(np.uint32) >> 16).astype(np.uint16).tobytes())


@contextmanager
def opened(path: Path) -> Iterator[Checkpoint]:
    """The file as a checkpoint, without the other rooms."""
    file = MappedFile(path)
    size = int.from_bytes(file.pread(8, 0), "little")
    names = {"F32": "float32", "BF16": "bfloat16"}
    tensors = []
    for name, entry in json.loads(file.pread(size, 8)).items():
        first, last = entry["data_offsets"]
        storage = Storage(file, 8 + size + first, last - first)
        tensors.append(LazyTensor(name, names[entry["dtype"]], tuple(entry["shape"]), storage))
    with checkpoint(tuple(tensors), [file]) as made:
        yield made


def checkpoint(tensors: tuple[LazyTensor, ...], files: list[MappedFile]) -> Checkpoint:
    source = Source(
        name="benchmark", kind="file", format="safetensors", format_title="safetensors", content="weights", files=(),
        size_bytes=0,
    )  # fmt: skip
    return Checkpoint(source, Skipped(stage="security", reason="A benchmark."), tensors, files=files)


def seconds(work: Callable[[], object], times: int = 2) -> float:
    """The best of some runs."""
    best = float("inf")
    for _ in range(times):
        start = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - start)
    return best


def time_file(path: Path) -> str:
    """One row of the table; the first read fills the page cache."""
    with Path("/dev/null").open("wb") as nothing:
        cat = seconds(lambda: subprocess.run(["cat", str(path)], stdout=nothing, check=True))
    with path.open("rb") as file:
        hashed = seconds(lambda: file.seek(0) or hashlib.file_digest(file, "sha256"), 1)
    with opened(path) as made:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        measured = seconds(lambda: measure(made, Options()))
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    rate = path.stat().st_size / measured / 1e9
    return (
        f"{path.stem:5} cat {cat:5.2f} s   sha256 {hashed:5.2f} s   measure {measured:5.2f} s = "
        f"{measured / cat:.1f} × cat = {measured / hashed:.2f} × sha256, {rate:.2f} GB/s, peak memory +{grown:.0f} MB"
    )


def time_tiny(count: int = 5000) -> str:
    """Thousands of tensors of 16 numbers."""
    data = np.random.default_rng(1).standard_normal(16 * count, np.float32).tobytes()
    storage = [Storage(memoryview(data), 64 * i, 64) for i in range(count)]
    made = checkpoint(tuple(LazyTensor(str(i), "float32", (4, 4), s) for i, s in enumerate(storage)), [])
    return f"tiny  {seconds(lambda: measure(made, Options())) / count * 1e6:6.0f} µs for a tensor of 16 numbers"


def main() -> None:
    if len(sys.argv) == 4:  # in a process of its own: its memory is not the measurement's
        write_file(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
        return
    size = int(float(sys.argv[1] if len(sys.argv) > 1 else 1) * 1e9)
    print(time_tiny())
    with tempfile.TemporaryDirectory() as folder:
        for dtype in ("F32", "BF16"):
            path = Path(folder) / f"{dtype.lower()}.safetensors"
            subprocess.run([sys.executable, __file__, str(path), dtype, str(size)], check=True)
            print(time_file(path))
            path.unlink()


if __name__ == "__main__":
    main()
