"""SHA-256 of files where a cluster's workers read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelreport.files import OpenFile
from modelreport.measure.crew import Lane, crew
from modelreport.options import Options


@dataclass(frozen=True)
class _Job:
    index: int
    file: OpenFile


def hash_away(files: Mapping[int, OpenFile], options: Options) -> dict[int, str | None]:
    """SHA-256 in hex of each file, from the workers that the options name; ``None`` where one cannot be read again.

    Where files are shared out among hosts, each is hashed on the host that has measured it. Progress is reported under
    the stage ``hash``, in bytes, a file at a time. Raises ``OptionsError`` when the cluster cannot be used.
    """
    found: dict[int, str | None] = {}
    total = sum(file.size_bytes for file in files.values())
    done = 0
    with crew(options, files.values()) as workers:
        queues: dict[Lane, list[_Job]] = {}
        for place, (index, file) in enumerate(files.items()):
            queues.setdefault(workers.lane(file, place), []).append(_Job(index, file))
        for job, digest in workers.run(_hash, queues):
            found[job.index] = digest
            done += job.file.size_bytes
            options.progress("hash", done, total)
    return found


def _hash(job: _Job) -> str | None:
    """Run on a worker."""
    try:
        return job.file.sha256()
    except OSError:
        return None
