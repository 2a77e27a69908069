"""How long weights take against reading the same bytes, and against other tools that look at weights.

    python benchmarks/weights.py [--full] [--gigabytes 1.6] [--limit 300]

Writes files of random weights into a temporary folder, float32 and bfloat16, as safetensors and as ``torch.save``
writes them, and times in the same run, with the file in the page cache: ``cat`` to nowhere, ``sha256sum``, our
statistics alone, with the BLAKE3 digest of each tensor, with the file's SHA-256 beside too, the whole command to a page
of HTML, and two peers, each as its documentation calls it. A tool that takes longer than the limit is stopped
and said to be. Then smaller and larger files of the same kind, for time and memory in proportion to size, and thousands
of tiny tensors. ``--full`` times the peers on every kind of file and ends with 16 GB. Compare the ratios: seconds
belong to the machine.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

if __name__ == "__main__" and not __package__:
    sys.path[0] = str(Path(__file__).parent.parent)

from benchmarks._setting import machine, version_of

KINDS = (("F32", ".safetensors"), ("BF16", ".safetensors"), ("F32", ".pth"), ("BF16", ".pth"))
SIZES_GB = (0.1, 0.4)
FULL_GB = 16.0
PARTS = Path(__file__).parent / "_weights.py"


@dataclass(frozen=True)
class Timed:
    """One way to look at a file: seconds, or why there are none."""

    name: str
    seconds: float | None
    note: str = ""
    processor_s: float | None = None
    """Seconds of all processors together: on a machine that others use too they say more."""


def timed(name: str, command: list[str], times: int = 1, limit_s: float = 600) -> Timed:
    """The fastest of some runs of a command, and the least processor time; its output goes nowhere."""
    found, spent = [], []
    for _ in range(times):
        start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(
                command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=limit_s, check=False
            )
        except subprocess.TimeoutExpired:
            return Timed(name, None, f"stopped after {limit_s:.0f} s")
        except FileNotFoundError:
            return Timed(name, None, "not installed")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(time.perf_counter() - start)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip().splitlines()
            return Timed(name, None, f"failed: {said[-1][:80] if said else done.returncode}")
    return Timed(name, min(found), processor_s=min(spent))


def alone(what: str, *arguments: str) -> dict[str, Any]:
    """A measurement of ``_weights.py`` in a process of its own."""
    command = [sys.executable, str(PARTS), what, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout) if done.stdout else {}
    return found


def ours(path: Path) -> list[Timed]:
    """Statistics alone, with digests and hashes, and the whole report; memory in the notes."""
    rows = []
    for what, name in (
        ("statistics", "statistics alone"),
        ("digests", "… and BLAKE3 of each tensor"),
        ("hashes", "… and SHA-256 of the file"),
    ):
        found = alone(what, str(path))
        note = f"memory +{found['grown_bytes'] / 1e6:.0f} MB"
        rows.append(Timed(name, found["seconds"], note, found["processor_s"]))
    page = path.with_suffix(".html")
    command = [sys.executable, "-m", "modelreport", "build", str(path), "-o", str(page)]
    report = timed("whole report, command to HTML", command, 2)
    page.unlink(missing_ok=True)
    return [*rows, report]


def peers(path: Path, limit_s: float) -> Iterator[Timed]:
    """The other tools, by their documented commands."""
    here = Path(sys.executable).parent
    yield timed(f"weightlens {version_of('weightlens')}", [str(here / "lens"), "analyze", str(path)], 1, limit_s)
    yield timed(
        f"model-clinic {version_of('model-clinic')}",
        [str(here / "model-clinic"), "exam", "--quiet", str(path)],
        1,
        limit_s,
    )


def tell(path: Path, rows: list[Timed]) -> None:
    """The table of one file: seconds, and the ratio to ``cat``, ``sha256sum`` and our statistics, processor time."""
    size = path.stat().st_size
    print(f"\n{path.name}, {size / 1e9:.2f} GB, in the page cache")
    print(f"{'':34}{'s':>8}{'GB/s':>8}{'× cat':>8}{'× sha256':>10}{'× ours':>8}{'cpu s':>8}")
    cat, sha, base = rows[0].seconds, rows[1].seconds, rows[2].seconds
    for row in rows:
        if row.seconds is None:
            print(f"{row.name:34}{'—':>8}  {row.note}")
            continue
        ratios = "".join(
            f"{row.seconds / one:{width}.1f}" if one else " " * width for one, width in ((cat, 8), (sha, 10), (base, 8))
        )
        spent = " " * 8 if row.processor_s is None else f"{row.processor_s:8.2f}"
        print(f"{row.name:34}{row.seconds:8.2f}{size / row.seconds / 1e9:8.2f}{ratios}{spent}  {row.note}")


def look_at(path: Path, dtype: str, size_gb: float, *, others: bool, limit_s: float) -> list[Timed]:
    """Write a file, time everything on it, and remove it."""
    alone("write", str(path), dtype, str(int(size_gb * 1e9)))
    rows = [
        timed("cat > /dev/null", ["sh", "-c", f"cat '{path}' > /dev/null"], 3),
        timed("sha256sum", ["sha256sum", str(path)], 2),
        *ours(path),
        *(peers(path, limit_s) if others else ()),
    ]
    tell(path, rows)
    path.unlink()
    return rows


def goals(rows: list[Timed]) -> Iterator[str]:
    """Each goal beside what was measured."""
    cat, _, statistics, _, hashed, report, *others = rows
    wanted = [("statistics ≤ 2 × cat", statistics, cat, 2.0, True), ("whole report ≤ 3 × cat", report, cat, 3.0, True)]
    wanted += [
        (f"{factor:.0f} × faster than {peer.name.split()[0]}", peer, hashed, factor, False)
        for peer, factor in zip(others, (5.0, 20.0), strict=False)
    ]
    for name, one, other, factor, least in wanted:
        if one.seconds is None or other.seconds is None:
            yield f"  {name}: not measured ({one.note or other.note})"
            continue
        ratio = one.seconds / other.seconds
        yield f"  {name}: {ratio:.1f} ×, {'reached' if (ratio <= factor) == least else 'not reached'}"


def scale(folder: Path, sizes: list[float]) -> None:
    """Time and memory of statistics with hashes against the size of a float32 safetensors file."""
    print("\nin proportion to size (float32 safetensors, statistics and SHA-256)")
    for size_gb in sizes:
        path = folder / "scale.safetensors"
        alone("write", str(path), "F32", str(int(size_gb * 1e9)))
        found, size = alone("hashes", str(path)), path.stat().st_size
        path.unlink()
        rate, grown = size / found["seconds"] / 1e9, found["grown_bytes"] / 1e6
        print(f"{size / 1e9:8.2f} GB {found['seconds']:8.2f} s {rate:6.2f} GB/s, memory +{grown:.0f} MB")


def room_for(folder: Path, size_gb: float) -> bool:
    """Whether the disk has place for a file of this size and some more."""
    return shutil.disk_usage(folder).free > size_gb * 1.1e9 + (2 << 30)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--gigabytes", type=float, default=1.6)
    parser.add_argument("--limit", type=float, default=300, help="seconds a peer may take")
    options = parser.parse_args()
    print(machine())
    found = alone("tiny")
    print(
        f"a tensor of 16 numbers: {found['bare_us']:.0f} µs measured, {found['whole_us']:.0f} µs with all that is told "
        f"of it; compiled code loaded: {'yes' if found['numba'] else 'no'}"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for number, (dtype, ending) in enumerate(KINDS):
            path = folder / f"{dtype.lower()}{ending}"
            rows = look_at(path, dtype, options.gigabytes, others=options.full or not number, limit_s=options.limit)
            print("\n".join(goals(rows)), flush=True)
        sizes = [*SIZES_GB, options.gigabytes, *([FULL_GB] if options.full and room_for(folder, FULL_GB) else [])]
        scale(folder, sizes)


if __name__ == "__main__":
    main()
