"""Folders of torch.distributed.checkpoint as one model."""

from __future__ import annotations

import contextlib
import pickle
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed.checkpoint as dcp

from modelreport.errors import CorruptFileError, LoadError
from modelreport.facts import Security, Weights
from modelreport.load.dcp import recognises
from modelreport.measure import measure
from modelreport.options import Options
from tests.load.distributed import whole_tensors
from tests.load.files import names, opened, recognising, same, saved

pytestmark = pytest.mark.filterwarnings("ignore:torch.distributed is disabled:UserWarning")


def written(folder: Path, state: dict[str, Any], **options: Any) -> Path:
    """A folder that one process wrote."""
    dcp.save(state, checkpoint_id=folder / "dcp", no_dist=True, **options)
    return folder / "dcp"


@pytest.fixture
def trained(tmp_path: Path) -> tuple[Path, dict[str, Any]]:
    """A training checkpoint and what is in it."""
    model = torch.nn.Sequential(torch.nn.Linear(4, 6), torch.nn.Linear(6, 2, dtype=torch.float32))
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-4)
    model(torch.ones(3, 4)).sum().backward()
    optimizer.step()
    state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": 7}
    return written(tmp_path, state), state


def test_it_is_recognised_by_its_metadata_and_chunks() -> None:
    assert recognises(b"", (".metadata", "__0_0.distcp"))
    assert not recognises(b"", (".metadata",))
    assert not recognises(b"x", (".metadata", "__0_0.distcp"))


def test_model_optimizer_and_values_are_told_apart(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, state = trained
    assert recognising(b"", tuple(sorted(path.name for path in folder.iterdir()))) == ["torch-dcp"]
    with opened(folder) as checkpoint:
        source = checkpoint.source
        assert (source.format, source.kind, source.content) == ("torch-dcp", "folder", "training checkpoint")
        assert (source.model_key, source.notes, source.unreadable) == ("model", (), ())
        assert names(checkpoint) == list(state["model"])
        assert all(same(tensor, state["model"][tensor.name]) for tensor in checkpoint.tensors)
        assert source.training is not None
        assert source.training.optimizer == "AdamW"
        items = {item.name: item.value for item in source.training.items}
        assert items["epoch"] == "7"
        assert items["optimizer.param_groups.0.lr"] == "0.0003"
        assert len(checkpoint.extra) == 12
        assert [file.name for file in source.files] == [".metadata", "__0_0.distcp"]
        assert source.size_bytes == sum(path.stat().st_size for path in folder.iterdir())


def test_nothing_in_an_honest_one_is_suspicious(trained: tuple[Path, dict[str, Any]]) -> None:
    with opened(trained[0]) as checkpoint:
        assert isinstance(checkpoint.security, Security)
        assert not checkpoint.security.executes
        assert [call for call in checkpoint.security.calls if call.danger != "expected"] == []
        assert checkpoint.security.calls
        assert checkpoint.security.pickles > 20


def test_chunks_of_two_processes_make_whole_tensors(distributed: Path) -> None:
    whole = whole_tensors()
    with opened(distributed / "dtensors") as checkpoint:
        assert sorted(names(checkpoint)) == sorted(whole)
        assert all(same(tensor, whole[tensor.name]) for tensor in checkpoint.tensors)
        assert checkpoint.source.notes == ("4 tensors are put together from chunks, 2 at most.",)
        assert checkpoint.source.training is not None
        assert {"epoch": "4", "lr": "0.1, 0.2"}.items() <= {
            i.name: i.value for i in checkpoint.source.training.items
        }.items()


def test_statistics_are_those_of_the_same_weights_in_one_file(distributed: Path, tmp_path: Path) -> None:
    with opened(distributed / "dtensors") as pieces, opened(saved(tmp_path, whole_tensors())) as plain:
        found, wanted = measure(pieces, Options()), measure(plain, Options())
    assert isinstance(found, Weights)
    assert isinstance(wanted, Weights)
    assert sorted(found.tensors, key=lambda t: t.name) == sorted(wanted.tensors, key=lambda t: t.name)
    assert found.hash == wanted.hash


def test_a_model_of_fsdp_with_its_optimizer_is_that_of_the_whole_file(distributed: Path) -> None:
    whole = torch.load(distributed / "whole.pth", weights_only=False)
    with opened(distributed / "fsdp") as checkpoint:
        assert sorted(names(checkpoint)) == sorted(whole["model"])
        assert all(same(tensor, whole["model"][tensor.name]) for tensor in checkpoint.tensors)
        moments = {tensor.name: tensor for tensor in checkpoint.extra}
        for name, state in whole["optim"]["state"].items():
            assert same(moments[f"optim.state.{name}.exp_avg_sq"], state["exp_avg_sq"])


def test_a_missing_file_costs_its_tensors_and_is_named(distributed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(distributed / "dtensors", tmp_path / "dcp"))
    (folder / "__1_0.distcp").unlink()
    with opened(folder) as checkpoint:
        kept = [tensor.name for tensor in checkpoint.tensors if tensor.storage is not None]
        assert kept == ["one"] or set(kept) <= {"one", "copy", "scalar"}
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
        assert lost["model.rows"] == "'__1_0.distcp' is missing"
        assert {tensor.name: tensor.shape for tensor in checkpoint.tensors}["rows"] == (7, 5)
        assert any(note.startswith("'__1_0.distcp' is missing: ") for note in checkpoint.source.notes)


def test_a_truncated_file_costs_the_chunks_that_are_gone(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, state = trained
    file = folder / "__0_0.distcp"
    file.write_bytes(file.read_bytes()[: file.stat().st_size * 3 // 4])
    with opened(folder) as checkpoint:
        there = [tensor for tensor in checkpoint.tensors if tensor.storage is not None]
        assert all(same(tensor, state["model"][tensor.name]) for tensor in there)
        assert checkpoint.source.unreadable
        assert all("damaged" in item.value for item in checkpoint.source.unreadable)


def changed(folder: Path, change: Any) -> Path:
    """The folder with its metadata rewritten."""
    metadata = pickle.loads((folder / ".metadata").read_bytes())
    change(metadata)
    (folder / ".metadata").write_bytes(pickle.dumps(metadata))
    return folder


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "link", "sub/../../outside"])
def test_files_outside_the_folder_are_never_opened(trained: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, _ = trained
    shutil.copy(folder / "__0_0.distcp", folder.parent / "outside")
    (folder / "link").symlink_to(folder.parent / "outside")

    def move(metadata: Any) -> None:
        for index, info in metadata.storage_data.items():
            if index.fqn == "model.0.weight":
                info.relative_path = name

    with opened(changed(folder, move)) as checkpoint:
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
        assert list(lost) == ["model.0.weight"]
        assert "not opened" in lost["model.0.weight"]


def test_gaps_and_overlaps_between_chunks_are_named(distributed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(distributed / "dtensors", tmp_path / "dcp"))

    def spoil(metadata: Any) -> None:
        rows, deep = (metadata.state_dict_metadata[f"model.{name}"] for name in ("rows", "deep"))
        del rows.chunks[1]
        deep.size = torch.Size((3, 4, 4))

    with opened(changed(folder, spoil)) as checkpoint:
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
    assert lost["model.rows"] == "its pieces hold 20 of 35 elements: the others are missing"
    assert "outside the whole" in lost["model.deep"]


def test_a_chunk_of_another_shape_or_dtype_is_refused(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained

    def spoil(metadata: Any) -> None:
        metadata.state_dict_metadata["model.0.weight"].properties.dtype = torch.float64
        entry = metadata.state_dict_metadata["model.1.weight"]
        entry.size = entry.chunks[0].sizes = torch.Size((3, 4))

    with opened(changed(folder, spoil)) as checkpoint:
        lost = {item.name: item.value for item in checkpoint.source.unreadable}
    assert set(lost) == {"model.0.weight", "model.1.weight"}
    assert all("another dtype or shape" in reason for reason in lost.values())


def test_a_metadata_that_would_run_code_is_reported_and_not_run(trained: tuple[Path, dict[str, Any]]) -> None:
    folder, _ = trained

    class Evil:
        def __reduce__(self) -> tuple[Any, tuple[str]]:
            return __import__("os").system, ("touch ran",)

    def poison(metadata: Any) -> None:
        metadata.storage_meta = Evil()

    with opened(changed(folder, poison)) as checkpoint:
        assert isinstance(checkpoint.security, Security)
        assert checkpoint.security.executes
        assert any("system" in call.target for call in checkpoint.security.calls)
        assert names(checkpoint)
    assert not Path("ran").exists()


@pytest.mark.parametrize("data", [b"", b"\x80\x04N.", b"\x80\x04]\x94.", b"not a pickle at all", b"\x80\x04\x95"])
def test_a_metadata_that_cannot_be_read_is_a_load_error(trained: tuple[Path, dict[str, Any]], data: bytes) -> None:
    folder, _ = trained
    (folder / ".metadata").write_bytes(data)
    with pytest.raises(LoadError), opened(folder):
        pass


def test_a_state_that_was_not_nested_is_read_by_its_keys(tmp_path: Path) -> None:
    planner = dcp.DefaultSavePlanner(flatten_state_dict=False)
    folder = written(tmp_path, {"a.weight": torch.ones(2, 2), "a.bias": torch.zeros(2)}, planner=planner)
    with opened(folder) as checkpoint:
        assert names(checkpoint) == ["a.weight", "a.bias"]


def test_only_an_optimizer_is_no_checkpoint(tmp_path: Path) -> None:
    folder = written(tmp_path, {"epoch": 3})
    with pytest.raises(CorruptFileError, match="holds no tensor"), opened(folder):
        pass


@pytest.mark.parametrize("name", [".metadata", "__0_0.distcp"])
def test_changed_bytes_give_a_report_or_a_load_error(trained: tuple[Path, dict[str, Any]], name: str) -> None:
    folder, _ = trained
    original = (folder / name).read_bytes()
    generator = random.Random(0)
    for _ in range(150):
        data = bytearray(original)
        for _ in range(generator.choice((1, 3, 30))):
            data[generator.randrange(len(data))] = generator.randrange(256)
        (folder / name).write_bytes(data[: generator.choice((len(data), len(data) // 2))])
        with contextlib.suppress(LoadError), opened(folder) as checkpoint:
            for tensor in checkpoint.tensors:
                with contextlib.suppress(ValueError):
                    tensor.array()
