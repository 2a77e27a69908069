"""Parts of ``weights.py``: files of random weights, and measurements in a process of its own.

    python benchmarks/_weights.py write PATH DTYPE BYTES | statistics PATH | digests PATH | hashes PATH | tiny

``statistics``, the same with the ``digests`` of tensors, and with the ``hashes`` of files too, print one line of JSON:
seconds of the best of three runs, and how much more memory than at the start was ever resident. The first run is not
counted: it may compile.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

import numpy as np

ROWS = 4096
TENSOR_BYTES = 64 << 20
DTYPES = {"F32": "float32", "BF16": "bfloat16"}
_DRAWN = 4
"""Different tensors of a file; the others repeat them."""


def write_file(path: Path, dtype: str, size_bytes: int) -> None:
    """Tensors of 64 MiB of normal random numbers, as safetensors or, for ``.pth``, as ``torch.save`` writes them."""
    count = max(1, size_bytes // TENSOR_BYTES)
    if path.suffix == ".pth":
        import torch

        kind = getattr(torch, DTYPES[dtype])
        drawn = [torch.frombuffer(bytearray(block), dtype=kind) for block in blocks(dtype)]
        torch.save({f"layer.{i}.weight": drawn[i % _DRAWN].view(ROWS, -1).clone() for i in range(count)}, path)
        return
    columns = TENSOR_BYTES // (4 if dtype == "F32" else 2) // ROWS
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
    header += b" " * (-len(header) % 8)  # as the library writes it, so that numbers lie at multiples of their size
    drawn_bytes = blocks(dtype)
    with path.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for i in range(count):
            file.write(drawn_bytes[i % _DRAWN])


def blocks(dtype: str) -> list[bytes]:
    """The bytes of a few tensors."""
    generator = np.random.default_rng(0)
    made = []
    for _ in range(_DRAWN):
        values = generator.standard_normal(TENSOR_BYTES // (4 if dtype == "F32" else 2), np.float32) * np.float32(0.02)
        bits = values.view(np.uint32)
        made.append(values.tobytes() if dtype == "F32" else (bits >> np.uint32(16)).astype(np.uint16).tobytes())
    return made


def resident(field: str) -> int:
    """Bytes: ``VmRSS`` now, or ``VmHWM`` at most."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) << 10 for line in status.splitlines() if line.startswith(field))


def best(work: Callable[[], object], times: int = 3) -> tuple[float, float]:
    """Seconds, and processor seconds, of the fastest run after one that is not counted."""
    work()
    found, spent = [], []
    for _ in range(times):
        start, before = time.perf_counter(), time.process_time()
        work()
        found.append(time.perf_counter() - start)
        spent.append(time.process_time() - before)
    return min(found), min(spent)


def measured(path: Path, what: str) -> dict[str, float]:
    """Statistics of all tensors, with ``digests`` their BLAKE3 too, with ``hashes`` the file's SHA-256 beside."""
    from modelreport.load import open_checkpoint
    from modelreport.measure import hashing, leaf, measure
    from modelreport.options import Options

    if what == "statistics":
        leaf.LeafReader.add = leaf.LeafReader.digests = lambda *_: b""  # type: ignore[method-assign, assignment]

    def work() -> None:
        with open_checkpoint(path, Options()) as checkpoint:
            if what != "hashes":
                measure(checkpoint, Options())
                return
            with hashing(checkpoint, Options()) as hashes:
                measure(checkpoint, hashes.options)
                hashes.files()

    work()
    start = resident("VmRSS")
    seconds, processor_s = best(work)
    return {"seconds": seconds, "processor_s": processor_s, "grown_bytes": max(0, resident("VmHWM") - start)}


def tiny(count: int = 5000) -> dict[str, float]:
    """Microseconds for a tensor of 16 numbers among thousands: what is looked at, and all that is told of it."""
    from modelreport.checkpoint import Checkpoint, LazyTensor, Storage
    from modelreport.facts import Skipped, Source
    from modelreport.measure import measure, piece
    from modelreport.options import Options

    data = np.random.default_rng(1).standard_normal(16 * count, np.float32).tobytes()
    source = Source(
        name="benchmark", kind="file", format="safetensors", format_title="safetensors", content="weights", files=(),
        size_bytes=0,
    )  # fmt: skip
    tensors = [LazyTensor(str(i), "float32", (4, 4), Storage(memoryview(data), 64 * i, 64)) for i in range(count)]
    made = Checkpoint(source, Skipped(stage="security", reason="A benchmark."), tuple(tensors))
    whole, _ = best(lambda: measure(made, Options()), 2)
    told, piece.TOLD = piece.TOLD, ()
    bare, _ = best(lambda: measure(made, Options()), 2)
    piece.TOLD = told
    return {"whole_us": whole / count * 1e6, "bare_us": bare / count * 1e6, "numba": float("numba" in sys.modules)}


def main() -> None:
    """Do what the arguments say."""
    what, *arguments = sys.argv[1:]
    if what == "write":
        write_file(Path(arguments[0]), arguments[1], int(arguments[2]))
        return
    found: dict[str, Any] = tiny() if what == "tiny" else measured(Path(arguments[0]), what)
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
