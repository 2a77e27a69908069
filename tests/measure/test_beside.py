from __future__ import annotations

import hashlib
import os
import time
from pathlib import Path

import numpy as np
import pytest

from modelreport.checkpoint import Checkpoint, LazyTensor, Storage
from modelreport.facts import SourceFile, Weights
from modelreport.files import LocalFile
from modelreport.measure import measure
from modelreport.measure.beside import Gate, _wait_for_all, measuring
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_tensor, map_file

VALUES = np.random.default_rng(0).standard_normal(300_000, np.float32)


def on_disk(path: Path) -> Checkpoint:
    file, storage = map_file(path / "model.bin", VALUES.tobytes())
    tensors = [LazyTensor(str(i), "float32", (100, 1000), storage, offset=i * 100_000) for i in range(3)]
    source = (SourceFile(name="model.bin", size_bytes=storage.size_bytes),)
    return make_checkpoint(*tensors, source_files=source, files=[file])


def test_a_pass_that_began_early_tells_the_same(tmp_path: Path) -> None:
    expected_kept: dict[str, dict[str, object]] = {}
    kept: dict[str, dict[str, object]] = {}
    with on_disk(tmp_path) as checkpoint, measuring(checkpoint, Options()) as work:
        expected = measure(checkpoint, Options(), kept=expected_kept)
        work.wait()  # nobody asked yet
        assert work.weights(kept) == expected
        (found,) = work.files()
    assert kept.keys() == expected_kept.keys()
    assert found.sha256 == hashlib.sha256(VALUES.tobytes()).hexdigest()


def test_progress_is_told_from_when_somebody_waits(tmp_path: Path) -> None:
    calls: list[tuple[str, int, int]] = []
    with (
        on_disk(tmp_path) as checkpoint,
        measuring(checkpoint, Options(progress=lambda *call: calls.append(call))) as work,
    ):
        work.wait()
        assert not calls
        work.weights({})
        work.files()
    done = [done for _, done, _ in calls]
    assert {(stage, total) for stage, _, total in calls} == {("measure", VALUES.nbytes)}
    assert done == sorted(done)
    assert done[-1] == VALUES.nbytes


def test_a_gate_tells_the_last_of_what_it_held_back() -> None:
    calls: list[tuple[str, int, int]] = []
    gate = Gate(lambda *call: calls.append(call))
    gate("measure", 1, 9)
    gate("measure", 2, 9)
    gate.open()
    gate.open()
    gate("measure", 3, 9)
    assert calls == [("measure", 2, 9), ("measure", 3, 9)]


def test_what_goes_wrong_beside_it_ends_the_pass(tmp_path: Path) -> None:
    path = tmp_path / "model.bin"
    path.touch()
    os.truncate(path, 1 << 38)  # no bytes on the disk, but minutes of reading
    file = LocalFile(path)
    tensor = LazyTensor("a", "uint8", (1 << 20, 1 << 18), Storage(file, 0, file.size_bytes))
    started = time.monotonic()
    with (
        pytest.raises(KeyboardInterrupt),
        make_checkpoint(tensor, files=[file]) as checkpoint,
        measuring(checkpoint, Options()),
    ):
        raise KeyboardInterrupt
    assert time.monotonic() - started < 60


def test_tensors_that_became_others_are_measured_again(tmp_path: Path) -> None:
    with on_disk(tmp_path) as checkpoint, measuring(checkpoint, Options()) as work:
        checkpoint.tensors = checkpoint.tensors[:1]
        found = work.weights({})
    assert isinstance(found, Weights)
    assert [one.name for one in found.tensors] == ["0"]


def test_values_in_memory_are_measured_when_they_are_asked_for() -> None:
    array = np.zeros(3, np.float32)
    tensor = make_tensor(array, storage=Storage(memoryview(array.view(np.uint8)), 0, array.nbytes))
    with measuring(make_checkpoint(tensor), Options()) as work:
        array += 1
        found = work.weights({})
    assert isinstance(found, Weights)
    assert found.tensors[0].mean == 1


def test_without_weights_nothing_is_read(tmp_path: Path) -> None:
    with on_disk(tmp_path) as checkpoint, measuring(checkpoint, Options(weights=False)) as work:
        assert work._under_way is None
        assert work.files()[0].sha256 is None


def test_a_fork_waits_for_the_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ended: list[bool] = []

    def slow(*_: object, **__: object) -> None:
        time.sleep(0.2)
        ended.append(True)

    monkeypatch.setattr("modelreport.measure.beside.measure", slow)
    with on_disk(tmp_path) as checkpoint, measuring(checkpoint, Options()):
        _wait_for_all()
        assert ended
