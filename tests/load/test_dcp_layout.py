"""The metadata of a distributed checkpoint, as data."""

from __future__ import annotations

import io
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.distributed.checkpoint.filesystem import _StorageInfo
from torch.distributed.checkpoint.metadata import (
    BytesStorageMetadata,
    ChunkStorageMetadata,
    Metadata,
    MetadataIndex,
    TensorProperties,
    TensorStorageMetadata,
)

from modelreport.errors import CorruptFileError
from modelreport.load.dcp_layout import Chunk, Entry, Place, read_layout
from modelreport.load.pickle_machine import read_pickle
from modelreport.load.pickle_stream import Stream


def tensor(size: tuple[int, ...], *boxes: tuple[tuple[int, ...], tuple[int, ...]], dtype: Any = torch.float16) -> Any:
    chunks = [ChunkStorageMetadata(torch.Size(start), torch.Size(shape)) for start, shape in boxes]
    return TensorStorageMetadata(TensorProperties(dtype), torch.Size(size), chunks)


def laid_out(metadata: Any) -> list[Entry]:
    data = io.BytesIO()
    pickle.dump(metadata, data)
    raw = data.getvalue()
    return read_layout(read_pickle(Stream(memoryview(raw), 0, len(raw))).value, ".metadata")


def test_boxes_places_and_paths_are_those_of_the_metadata() -> None:
    metadata = Metadata(
        {"model.w": tensor((4, 3), ((0, 0), (2, 3)), ((2, 0), (2, 3))), "epoch": BytesStorageMetadata()},
        {"model.w": ("model", "w"), "epoch": ("epoch",)},
        {
            MetadataIndex("model.w", (0, 0)): _StorageInfo("__0_0.distcp", 100, 50),
            MetadataIndex("model.w", (2, 0)): _StorageInfo("__1_0.distcp", 0, 50, ["zstd"]),
            MetadataIndex("epoch"): _StorageInfo("__0_0.distcp", 0, 100),
        },
    )
    weight, epoch = laid_out(metadata)
    assert (weight.key, weight.path, weight.dtype, weight.shape) == ("model.w", ("model", "w"), "float16", (4, 3))
    assert weight.chunks == (
        Chunk((0, 0), (2, 3), Place("__0_0.distcp", 100, 50)),
        Chunk((2, 0), (2, 3), Place("__1_0.distcp", 0, 50, coded=True)),
    )
    assert (epoch.path, epoch.dtype, epoch.chunks[0].place) == (("epoch",), "", Place("__0_0.distcp", 0, 100))


def test_a_chunk_without_a_place_keeps_the_tensor() -> None:
    (entry,) = laid_out(Metadata({"w": tensor((2,), ((0,), (2,)))}, None, {}))
    assert (entry.path, entry.shape, entry.chunks[0].place, entry.error) == (("w",), (2,), None, "")


def test_chunks_that_share_bytes_are_refused_wherever_they_are() -> None:
    entries = {name: tensor((2,), ((0,), (2,))) for name in "abcd"}
    ranges = {"a": (0, 100), "b": (100, 10), "c": (50, 20), "d": (110, 5)}
    places = {MetadataIndex(name, (0,)): _StorageInfo("f", *found) for name, found in ranges.items()}
    found = {entry.key: entry.error for entry in laid_out(Metadata(entries, None, places))}
    assert [name for name, error in found.items() if "another chunk" in error] == ["a", "c"]
    assert found["b"] == found["d"] == ""


def test_what_is_no_metadata_is_a_corrupt_file() -> None:
    for value in ({"a": 1}, Metadata(None), [1, 2]):  # type: ignore[arg-type]
        with pytest.raises(CorruptFileError, match="does not describe a checkpoint"):
            laid_out(value)


def test_one_malformed_entry_costs_itself() -> None:
    bad: dict[str, Any] = {
        "size": tensor((2,), ((0,), (2,))),
        "kind": Path("x"),
        "dtype": tensor((2,), ((0,), (2,))),
        "chunks": tensor((2,), ((0,), (2,))),
        "good": tensor((2,), ((0,), (2,))),
    }
    bad["size"].size = (-1,)
    bad["dtype"].properties = None
    bad["chunks"].chunks = 7
    errors = {entry.key: entry.error for entry in laid_out(Metadata(bad))}
    assert errors.pop("good") == ""
    assert all(errors.values()), errors


def test_a_path_that_is_none_is_the_key() -> None:
    entries = {name: BytesStorageMetadata() for name in "abc"}
    paths = {"a": ("x", -1), "b": tuple("k" * 41), "c": ["x"]}
    assert [entry.path for entry in laid_out(Metadata(entries, paths))] == [("a",), ("b",), ("c",)]  # type: ignore[arg-type]
