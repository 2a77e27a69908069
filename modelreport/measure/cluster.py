"""The workers of a Dask cluster as lanes of the crew: the same tasks, sent to where the files are read.

The files stay where they are: every worker opens them under the same path. Before anything is measured each worker
tells which files it sees and with which code it would measure, so that a report is never made of two minds.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import CancelledError
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from modelreport.errors import MissingDependencyError, OptionsError
from modelreport.files import LostFile, OpenFile
from modelreport.measure.crew import Lane

log = logging.getLogger(__name__)

CONNECT_S = 5.0
WORKERS_S = 10.0
"""How long to wait for the scheduler, and for its first worker."""
GONE_S = 30.0
"""How long all workers may be away before the work is given up: a nanny starts a lost one again within seconds."""
RETRIES = 2
"""How often a task that raises is tried again; a task whose worker is lost is given to another one anyhow."""


@dataclass(frozen=True)
class Greeting:
    """What a worker says before work begins."""

    code: str
    """What it measures with, as ``describe_code``."""
    threads: int
    host: str
    lost: tuple[str, ...]
    """Why files cannot be used there."""


@dataclass
class Cluster:
    """The lanes of a cluster, and its health."""

    address: str
    client: Any
    lanes: tuple[Lane, ...]
    lane_of: Mapping[int, Lane]
    _missed_since: float = field(default=0.0)

    def check(self) -> None:
        """Raise ``OptionsError`` when the scheduler is gone, or all workers for long."""
        try:
            threads = self.client.nthreads()
        except Exception as error:
            raise self._lost("The scheduler is gone") from error
        if threads:
            self._missed_since = 0.0
            return
        now = time.monotonic()
        self._missed_since = self._missed_since or now
        if now - self._missed_since > GONE_S:
            raise self._lost("All its workers are gone")

    def translate(self, error: Exception) -> Exception:
        """An error of the cluster as one of ours; errors of the work itself as they are."""
        from distributed import KilledWorker

        if isinstance(error, KilledWorker):
            return self._lost(
                "One task after another lost its worker", "They may have too little memory: see their logs."
            )
        if isinstance(error, (CancelledError, OSError)):
            return self._lost("The connection to the scheduler was lost")
        return error

    def _lost(self, what: str, hint: str = "") -> OptionsError:
        return OptionsError(
            f"--dask {self.address}: {what}.", hint or "Start it again, or measure here: leave out --dask."
        )


@contextmanager
def cluster(address: str, files: tuple[OpenFile, ...]) -> Iterator[Cluster]:
    """The cluster at ``address``, all of whose workers see ``files`` and have the code of this process.

    On the way out, whatever the reason, tasks that are still there are cancelled and the connection is closed.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingDependencyError("distributed", "dask", "--dask") from error
    with _hushed(), _connect(distributed, address) as client:
        greetings = greet_workers(client, address, files)
        hosts = _hosts(greetings)
        groups = share_files([f.size_bytes for f in files], {host: sum(w.values()) for host, w in hosts.items()})
        if not groups:
            hosts = {"": {worker: greeting.threads for worker, greeting in greetings.items()}}
        executors = {
            host: client.get_executor(
                pure=False, retries=RETRIES, **({"workers": [*workers], "allow_other_workers": True} if host else {})
            )
            for host, workers in hosts.items()
        }
        lanes = {host: Lane(executors[host], _most(sum(workers.values()))) for host, workers in hosts.items()}
        try:
            yield Cluster(address, client, tuple(lanes.values()), {file: lanes[host] for file, host in groups.items()})
        finally:
            if client.status == "running":
                for executor in executors.values():
                    executor.shutdown(wait=False)


@contextmanager
def _hushed() -> Iterator[None]:
    """Without the libraries' own complaints and tracebacks, unless details were asked for: what matters is raised."""
    noisy = ("distributed", "distributed.client", "tornado.application")
    loggers = [] if log.isEnabledFor(logging.DEBUG) else [logging.getLogger(name) for name in noisy]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def _most(threads: int) -> int:
    """Enough that no worker waits for its next task, few enough that their results fit here."""
    return 3 * threads + 2


@contextmanager
def _connect(distributed: Any, address: str) -> Iterator[Any]:
    """A connection to the scheduler, which has workers."""
    try:
        distributed.comm.get_address_host_port(address)  # a client of no address leaves a thread behind
        client = distributed.Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # TimeoutError is an OSError
        reason = str(error).splitlines()[0][:200] if str(error) else type(error).__name__
        raise OptionsError(
            f"--dask {address}: no scheduler answers there ({reason}).",
            "Give the address that 'dask scheduler' prints, such as tcp://10.0.0.1:8786",
        ) from error
    try:
        client.wait_for_workers(1, timeout=WORKERS_S)
        yield client
    except TimeoutError as error:
        if client.nthreads():
            raise
        raise OptionsError(
            f"--dask {address}: the scheduler has no workers.", f"Start some: dask worker {address}"
        ) from error
    finally:
        client.close(timeout=CONNECT_S)


def greet_workers(client: Any, address: str, files: tuple[OpenFile, ...]) -> dict[str, Greeting]:
    """What each worker says, by its address; ``OptionsError`` when one of them cannot do the work."""
    answers: dict[str, Any] = client.run(greet, files, on_error="return")
    own = describe_code()
    for worker, answer in answers.items():
        if not isinstance(answer, Greeting):
            raise OptionsError(
                f"--dask {address}: the worker {worker} cannot run modelreport ({str(answer)[:200]}).",
                "Install the same version of modelreport where the workers run.",
            )
        if answer.code != own:
            raise OptionsError(
                f"--dask {address}: the worker {worker} measures with {answer.code}, here it is {own}.",
                "Install the same versions where the workers run: other ones could give other figures.",
            )
        if answer.lost:
            more = f" (and {len(answer.lost) - 1} more files)" if len(answer.lost) > 1 else ""
            raise OptionsError(
                f"--dask {address}: on the worker {worker} {answer.lost[0]}{more}.",
                "Every worker must see the same files under the same path, such as on a shared disk.",
            )
    return answers


def greet(files: tuple[OpenFile, ...], dask_worker: Any) -> Greeting:
    """Run on a worker, which passes itself."""
    lost = tuple(f"{file.path} {file.reason}" for file in files if isinstance(file, LostFile))
    return Greeting(describe_code(), dask_worker.state.nthreads, dask_worker.ip, lost)


@cache
def describe_code() -> str:
    """Versions of what decides the figures, and a hash of this room's source: equal where equal bytes come out."""
    from importlib.metadata import version

    import numpy

    room = Path(__file__).parent
    digest = hashlib.sha256()
    for path in sorted([*room.rglob("*.py"), *room.parent.glob("*.py")]):
        digest.update(path.read_bytes())
    return f"modelreport {version('modelreport')} ({digest.hexdigest()[:8]}), numpy {numpy.__version__}"


def _hosts(greetings: Mapping[str, Greeting]) -> dict[str, dict[str, int]]:
    """Workers of each host and their threads."""
    hosts: dict[str, dict[str, int]] = {}
    for worker, greeting in sorted(greetings.items()):
        hosts.setdefault(greeting.host, {})[worker] = greeting.threads
    return hosts


def share_files(sizes: list[int], threads: Mapping[str, int]) -> dict[int, str]:
    """The host for each file, so that one host reads a file from end to end; empty where that would leave hosts idle.

    The largest file goes first, each to the host that would be done with it first. With too few files for the load to
    be even (a quarter over the mean), every worker reads of every file instead.
    """
    if len(threads) < 2:
        return {}
    load = dict.fromkeys(threads, 0)
    hosts: dict[int, str] = {}
    for index in sorted(range(len(sizes)), key=lambda i: (-sizes[i], i)):
        host = min(load, key=lambda h: ((load[h] + sizes[index]) / threads[h], h))
        load[host] += sizes[index]
        hosts[index] = host
    even = sum(sizes) / sum(threads.values())
    return hosts if max(load[h] / threads[h] for h in load) <= 1.25 * even else {}
