"""A real Dask cluster on this machine: a scheduler and workers as processes, each of which can be killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

START_S = 120.0
LOCAL = "127.0.0.1"


@dataclass
class Processes:
    """The processes of a cluster; ``workers`` by their name."""

    folder: Path
    scheduler: subprocess.Popen[bytes]
    address: str
    workers: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, name: str, host: str = LOCAL, path: str = "") -> None:
        """Start a worker of one thread; ``path`` is looked through for packages before all others."""
        self.workers[name] = _run(
            self.folder / f"{name}.log", "distributed.cli.dask_worker", self.address, "--name", name, "--nthreads", "1",
            "--no-nanny", "--no-dashboard", "--host", host, "--local-directory", str(self.folder), path=path,
        )  # fmt: skip

    def stop(self, name: str, how: int = signal.SIGKILL) -> None:
        """Send a worker a signal."""
        self.workers[name].send_signal(how)


def _run(log: Path, module: str, *arguments: str, path: str = "") -> subprocess.Popen[bytes]:
    places = [path, str(Path(__file__).parents[2])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(p for p in places if p), "OMP_NUM_THREADS": "1"}
    with log.open("wb") as out:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments], stdout=out, stderr=out, env=env, cwd=log.parent
        )


@contextmanager
def cluster_of(folder: Path, workers: Sequence[tuple[str, str]]) -> Iterator[Processes]:
    """A cluster with workers of these names on these hosts; all its processes are gone at the end."""
    place = folder / "scheduler.json"
    scheduler = _run(
        folder / "scheduler.log", "distributed.cli.dask_scheduler", "--port", "0", "--host", LOCAL, "--no-dashboard",
        "--no-show", "--scheduler-file", str(place),
    )  # fmt: skip
    made = Processes(folder, scheduler, "")
    try:
        deadline = time.monotonic() + START_S
        while not (place.is_file() and place.read_bytes().endswith(b"}")):
            assert scheduler.poll() is None, (folder / "scheduler.log").read_text()
            assert time.monotonic() < deadline, "no scheduler"
            time.sleep(0.02)
        made.address = json.loads(place.read_text())["address"]
        for name, host in workers:
            made.start(name, host)
        yield made
    finally:
        for process in (*made.workers.values(), scheduler):
            process.kill()
            process.wait(120)
