"""Measuring on a Dask cluster: a real scheduler and real worker processes on this machine."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client

from modelreport import api
from modelreport.checkpoint import LazyTensor
from modelreport.errors import MissingDependencyError, OptionsError
from modelreport.files import LocalFile
from modelreport.measure import cluster, measure, survey
from modelreport.measure.cluster import describe_code, share_files
from modelreport.options import Options
from tests.measure.clusters import Processes, cluster_of
from tests.measure.tensors import make_checkpoint, make_tensor, map_file
from tests.remote.servers import web_of, weights, write_safetensors

ROWS = 2000
PATIENCE_S = 120.0
"""How long something may take that is sure to come: on a busy machine a process needs a while to begin."""


@pytest.fixture(scope="module")
def sharded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four shards of 8 MB in all 32 MB, with large and small tensors."""
    folder = tmp_path_factory.mktemp("sharded")
    generator = np.random.default_rng(0)
    places: dict[str, str] = {}
    for shard in range(4):
        name = f"model-{shard + 1:05d}-of-00004.safetensors"
        values = {f"layers.{shard}.weight": generator.standard_normal((ROWS, 1000), np.float32) * np.float32(0.02)}
        values |= {f"layers.{shard}.{n}": generator.standard_normal(999 + n, np.float32) for n in range(20)}
        write_safetensors(folder / name, values)
        places |= dict.fromkeys(values, name)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


@pytest.fixture(scope="module")
def processes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Processes]:
    """A scheduler and two workers that look like two hosts."""
    with cluster_of(tmp_path_factory.mktemp("cluster"), [("one", "127.0.0.1"), ("two", "127.0.0.2")]) as made:
        yield made


@pytest.fixture(autouse=True)
def _pieces_and_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(survey, "PIECE_BYTES", 250_000)
    monkeypatch.setattr(cluster, "CONNECT_S", PATIENCE_S)
    monkeypatch.setattr(cluster, "WORKERS_S", PATIENCE_S)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


def report_of(folder: Path, **options: Any) -> str:
    return api.build(folder, trace=False, **options).to_json()


def test_a_worker_killed_with_tasks_in_hand_costs_only_those_and_the_report_is_the_same_bytes(
    sharded: Path, processes: Processes
) -> None:
    expected = report_of(sharded, workers=1)
    assert report_of(sharded, workers=3) == expected
    assert expected.count('"sha256":"') + expected.count('"sha256": "') == 5
    processes.start("victim")
    lost: list[str] = []

    def kill() -> None:
        """Wait until the stopped worker has been given tasks, which it will never end."""
        with Client(processes.address, set_as_default=False) as client:
            names = {info["name"]: address for address, info in client.scheduler_info(-1)["workers"].items()}
            deadline = time.monotonic() + PATIENCE_S
            while not lost and time.monotonic() < deadline:
                lost.extend(client.processing()[names["victim"]])
                time.sleep(0.01)
        processes.stop("victim")

    killer = threading.Thread(target=kill)

    def watch(stage: str, done: int, total: int) -> None:
        if stage == "measure" and killer.ident is None and done > total // 10:
            processes.stop("victim", signal.SIGSTOP)
            killer.start()

    with Client(processes.address, set_as_default=False) as client:
        client.wait_for_workers(3, timeout=PATIENCE_S)
    found = report_of(sharded, dask=processes.address, progress=watch)
    killer.join()
    assert lost
    assert processes.workers.pop("victim").wait(PATIENCE_S) == -signal.SIGKILL
    assert found == expected


def test_each_host_reads_its_own_files_and_progress_ends_at_the_total(sharded: Path, processes: Processes) -> None:
    with Client(processes.address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE_S)
        files = [LocalFile(path) for path in sorted(sharded.glob("*.safetensors"))]
        with cluster.cluster(processes.address, tuple(files)) as found:
            assert len(found.lanes) == 2
            ran = {
                index: {lane.executor.submit(os.getpid).result(PATIENCE_S) for _ in range(4)}
                for index, lane in found.lane_of.items()
            }
        for file in files:
            file.close()
    assert sorted(map(len, ran.values())) == [1, 1, 1, 1]
    assert len(set.union(*ran.values())) == 2
    calls: list[tuple[str, int, int]] = []
    report_of(sharded, dask=processes.address, progress=lambda *call: calls.append(call))
    measured = [call for call in calls if call[0] == "measure"]
    assert measured[-1][1] == measured[-1][2] > 32_000_000
    assert len(measured) > 100


def test_files_behind_an_address_are_read_by_the_workers(processes: Processes, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "m.safetensors", weights(2))
    with web_of(tmp_path) as web:
        expected = report_of(web.url("m.safetensors"))
        web.forget()
        assert report_of(web.url("m.safetensors"), dask=processes.address) == expected
        assert web.served > 2 * (tmp_path / "m.safetensors").stat().st_size  # once for the values, once for the hash


def test_values_in_memory_are_measured_here(processes: Processes, tmp_path: Path) -> None:
    file, storage = map_file(tmp_path / "f", np.arange(1000, dtype=np.float32).tobytes())
    away = LazyTensor("away", "float32", (1000,), storage)
    checkpoint = make_checkpoint(make_tensor(np.ones(10), name="here"), away, files=[file])
    with checkpoint:
        assert measure(checkpoint, Options(dask=processes.address)) == measure(checkpoint, Options())


def test_a_file_that_a_worker_sees_otherwise_is_told_before_any_work(processes: Processes, tmp_path: Path) -> None:
    write_safetensors(tmp_path / "f.safetensors", {"w": np.ones((10, 10), np.float32)})
    file = LocalFile(tmp_path / "f.safetensors")
    os.utime(file.path, ns=(1, 1))
    with pytest.raises(
        OptionsError, match=r"on the worker tcp://\S+ \S+/f\.safetensors was written at another time"
    ) as caught:
        greet(processes.address, file)
    assert "same path" in caught.value.hint
    file.close()


def greet(address: str, *files: LocalFile) -> None:
    with cluster.cluster(address, files):
        pass


def test_workers_with_other_code_are_refused(processes: Processes, monkeypatch: pytest.MonkeyPatch) -> None:
    other = describe_code().replace("numpy ", "numpy 0.")
    monkeypatch.setattr(cluster, "describe_code", lambda: other)
    with pytest.raises(OptionsError, match=r"measures with modelreport .*, here it is .*numpy 0\."):
        greet(processes.address)


def test_workers_without_modelreport_are_told(tmp_path: Path) -> None:
    (tmp_path / "modelreport").mkdir()
    (tmp_path / "modelreport" / "__init__.py").write_text("")
    with cluster_of(tmp_path, []) as made:
        made.start("bare", path=str(tmp_path))
        with pytest.raises(OptionsError, match=r"cannot run modelreport .*modelreport\.measure") as caught:
            greet(made.address)
        assert "Install" in caught.value.hint


def test_a_scheduler_without_workers_and_none_at_all_are_told_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cluster, "WORKERS_S", 0.5)
    with cluster_of(tmp_path, []) as made, pytest.raises(OptionsError, match="has no workers"):
        greet(made.address)
    monkeypatch.setattr(cluster, "CONNECT_S", 1.0)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        for address in (f"tcp://127.0.0.1:{nobody.getsockname()[1]}", "no such place", "x://y"):
            begun = time.monotonic()
            with pytest.raises(OptionsError, match="no scheduler answers there"):
                greet(address)
            assert time.monotonic() - begun < PATIENCE_S


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(MissingDependencyError) as caught:
        greet("tcp://127.0.0.1:1")
    assert caught.value.hint == "pip install 'modelreport[dask]'"


def fails_with(monkeypatch: pytest.MonkeyPatch, made: Processes, harm: Callable[[], None], folder: Path) -> str:
    def watch(stage: str, done: int, total: int) -> None:
        if stage == "measure" and 0 < done < total:
            monkeypatch.setattr(cluster, "CONNECT_S", 1.0)  # nobody is left to say goodbye to
            harm()

    monkeypatch.setattr(cluster, "GONE_S", 0.5)
    with pytest.raises(OptionsError) as caught:
        report_of(folder, dask=made.address, progress=watch)
    return caught.value.message


def test_when_all_workers_or_the_scheduler_are_gone_the_command_says_so(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sharded: Path
) -> None:
    with cluster_of(tmp_path, [("only", "127.0.0.1")]) as made:
        assert "All its workers are gone" in fails_with(monkeypatch, made, lambda: made.stop("only"), sharded)
    with cluster_of(tmp_path / "..", [("only", "127.0.0.1")]) as made:
        said = fails_with(monkeypatch, made, made.scheduler.kill, sharded)
        assert "scheduler" in said


def test_an_interrupt_leaves_no_task_with_the_cluster_and_no_file(
    sharded: Path, processes: Processes, tmp_path: Path
) -> None:
    code = (
        "import os, signal, sys\n"
        "from modelreport import cli, api\n"
        "from modelreport.measure import cluster, survey\n"
        "survey.PIECE_BYTES = 250_000\n"
        f"cluster.CONNECT_S = {PATIENCE_S}\n"
        "def stop(self, stage, done, total):\n"
        "    if stage == 'measure' and done > 0:\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "cli.Progress.__call__ = stop\n"
        f"sys.argv = ['modelreport', 'build', {str(sharded)!r}, '--no-trace', '--dask', {processes.address!r}]\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        "cli.main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 130, done.stderr
    assert done.stderr == "modelreport: stopped; nothing was written.\n"
    assert list(tmp_path.iterdir()) == []
    with Client(processes.address, set_as_default=False) as client:
        deadline = time.monotonic() + PATIENCE_S
        while (left := client.run_on_scheduler(lambda dask_scheduler: len(dask_scheduler.tasks))) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.05)
        assert left == 0


def test_files_go_to_hosts_evenly_or_nowhere() -> None:
    assert share_files([5, 5, 5, 5], {"a": 8, "b": 8}) == {0: "a", 1: "b", 2: "a", 3: "b"}
    assert share_files([5] * 6, {"a": 8, "b": 16}) == {0: "b", 1: "a", 2: "b", 3: "b", 4: "a", 5: "b"}
    assert share_files([5, 5, 5], {"a": 8, "b": 8}) == {}
    assert share_files([5, 5, 5, 5], {"a": 8}) == {}
    assert share_files([], {"a": 8, "b": 8}) == {}
