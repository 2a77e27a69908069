from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from blake3 import blake3
from safetensors.torch import save_file

from modelreport import api
from modelreport.checkpoint import LazyTensor, Storage
from modelreport.facts import Weights
from modelreport.measure import measure
from modelreport.measure.leaf import CHUNK, LeafReader, chunk_digests, expanded_digests, leaf, root
from modelreport.measure.walk import walk
from modelreport.options import Options
from tests.measure.tensors import make_checkpoint, make_storage, make_tensor, map_file, statistics_of

ROOT = Path(__file__).parents[2]


def by_hand(dtype: str, values: Any) -> str:
    """As anyone would do it from the description alone."""
    data = values.tobytes()
    chunks = [blake3(data[i : i + 2**20]).digest() for i in range(0, len(data), 2**20)]
    shape = ",".join(str(n) for n in values.shape)
    return blake3(f"{dtype} {shape}\n".encode() + b"".join(chunks)).hexdigest()


@pytest.mark.parametrize("shape", [(), (0, 4), (3, 4), (CHUNK // 4,), (700, 1000), (5, CHUNK // 8 + 3)])
def test_a_digest_is_what_anyone_would_compute(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    (found,) = statistics_of(make_tensor(values))
    assert found.digest == by_hand("float32", values)


@pytest.mark.parametrize("borders", [[100], [1, 2, 3, 699], [262, 524], []])
def test_pieces_hash_the_megabytes_that_begin_in_them(borders: list[int], tmp_path: Path) -> None:
    values = np.random.default_rng(1).standard_normal((700, 1000)).astype(np.float32)
    file, storage = map_file(tmp_path / "f", b"ab" + values.tobytes())
    plan = walk(LazyTensor("t", "float32", values.shape, Storage(file, 2, storage.size_bytes - 2)))
    digests = b""
    for first, last in zip([0, *borders], [*borders, 700], strict=True):
        reader = LeafReader(plan, first, last)
        for block in plan.blocks(first, last):
            reader.add(block)
        digests += reader.digests()
    file.close()
    assert leaf("float32", (700, 1000), digests) == by_hand("float32", values)


def test_equal_tensors_have_equal_digests_however_they_are_stored() -> None:
    values = np.random.default_rng(2).standard_normal((600, 700)).astype(np.float32)
    transposed = LazyTensor("t", "float32", (600, 700), make_storage(values.T.copy()), strides=(1, 600))
    big = make_tensor(values.astype(">f4"), "float32", big_endian=True)
    offset = LazyTensor("t", "float32", (600, 700), make_storage(b"abcd" + values.tobytes()), offset=1)
    found = {one.digest for one in statistics_of(make_tensor(values), transposed, big, offset)}
    assert found == {by_hand("float32", values)}


def test_an_expanded_tensor_has_the_digest_of_all_its_elements() -> None:
    row = np.arange(4, dtype=np.float32)
    expanded = LazyTensor("t", "float32", (50, 4), make_storage(row), strides=(0, 1))
    (found,) = statistics_of(expanded)
    assert found.digest == by_hand("float32", np.tile(row, (50, 1)))
    endless = LazyTensor("t", "float32", (1 << 40, 4), make_storage(row), strides=(0, 1))
    assert expanded_digests(walk(endless)) is None
    assert statistics_of(endless)[0].digest == ""


def test_dtype_and_shape_are_part_of_the_digest() -> None:
    values = np.arange(12, dtype=np.float32)
    kinds = statistics_of(
        make_tensor(values), make_tensor(values.reshape(3, 4)), make_tensor(values.view(np.int32)),
        make_tensor(values.reshape(4, 3)),
    )  # fmt: skip
    assert len({one.digest for one in kinds}) == 4


def test_elements_narrower_than_a_byte_are_hashed_as_they_are_packed() -> None:
    packed = np.random.default_rng(3).integers(0, 256, 300_000, np.uint8)
    for count in (600_000, 10):
        (found,) = statistics_of(LazyTensor("t", "uint4", (count,), make_storage(packed[: count // 2])))
        chunks = chunk_digests(packed[: count // 2])
        assert found.digest == leaf("uint4", (count,), chunks)
    (found,) = statistics_of(LazyTensor("t", "quint4x2", (300_000,), make_storage(packed)))
    assert found.digest == leaf("quint4x2", (300_000,), chunk_digests(packed))


def state() -> dict[str, torch.Tensor]:
    torch.manual_seed(0)
    return {
        "z.weight": torch.randn(300, 1200), "a.bias": torch.randn(5).to(torch.bfloat16),
        "a.steps": torch.tensor(7), "b.half": torch.randn(3, 4).half(), "a.empty": torch.zeros(0, 3),
    }  # fmt: skip


def hash_of(path: Path) -> str:
    weights = api.build(path, trace=False).weights
    assert isinstance(weights, Weights)
    return weights.hash


def test_the_hash_of_all_weights_is_the_same_in_every_container_and_is_what_the_documentation_computes(
    tmp_path: Path,
) -> None:
    tensors = state()
    torch.save(tensors, tmp_path / "one.pth")
    backwards = dict(reversed(tensors.items()))
    torch.save(backwards, tmp_path / "legacy.pth", _use_new_zipfile_serialization=False)
    save_file(backwards, tmp_path / "one.safetensors")
    sharded = tmp_path / "sharded"
    sharded.mkdir()
    places = {name: f"model-{i % 2 + 1:05d}-of-00002.safetensors" for i, name in enumerate(tensors)}
    for file in set(places.values()):
        save_file({n: t for n, t in tensors.items() if places[n] == file}, sharded / file)
    (sharded / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    found = {hash_of(tmp_path / name) for name in ("one.pth", "legacy.pth", "one.safetensors", "sharded")}
    script = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "hashes.md").read_text(), re.DOTALL)[0]
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "one.safetensors")], check=True, capture_output=True, text=True
    )
    assert found == {done.stdout.strip()}


def test_one_bit_one_name_or_one_shape_changes_the_hash(tmp_path: Path) -> None:
    tensors = state()
    changed = [tensors, {**tensors, "a.steps": torch.tensor(6)}, {**tensors, "a.empty": torch.zeros(3, 0)}]
    changed.append({("c.half" if name == "b.half" else name): tensor for name, tensor in tensors.items()})
    hashes = set()
    for i, each in enumerate(changed):
        save_file(each, tmp_path / f"{i}.safetensors")
        hashes.add(hash_of(tmp_path / f"{i}.safetensors"))
    assert len(hashes) == 4


def test_weights_that_were_not_all_read_have_no_hash() -> None:
    assert root([]) == ""
    assert root([("a", "float32", (2,), "00"), ("b", "float32", (2,), "")]) == ""
    missing = make_tensor(np.zeros(2), name="gone", storage=None)
    weights = measure(make_checkpoint(make_tensor(np.zeros(2)), missing), Options())
    assert isinstance(weights, Weights)
    assert weights.hash == ""


def test_names_cannot_pretend_to_be_other_lines() -> None:
    one = root([("a float32 2 00\nb", "float32", (2,), "11")])
    two = root([("a", "float32", (2,), "00"), ("b", "float32", (2,), "11")])
    assert one != two
    assert root([("a\\n", "float32", (2,), "00")]) != root([("a\n", "float32", (2,), "00")])
    assert root([("\ud800", "float32", (2,), "00")])
