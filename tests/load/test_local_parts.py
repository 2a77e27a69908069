"""Parameters in the flat vectors that FSDP's ``LOCAL_STATE_DICT`` saves."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import torch

from modelreport.checkpoint import LazyTensor, Storage
from modelreport.load.local_parts import is_covered, parameters_in
from tests.load.files import names, opened, same


def stored(count: int) -> tuple[np.ndarray, Storage]:
    values = np.random.default_rng(count).standard_normal(count).astype(np.float32)
    return values, Storage(memoryview(values.tobytes()), 0, values.nbytes)


def part(storage: Storage, offset: int, count: int) -> LazyTensor:
    return LazyTensor("", "float32", (count,), storage, offset=offset)


def test_parameters_of_two_processes_are_found_with_all_their_values(distributed: Path) -> None:
    whole = torch.load(distributed / "parts.pth")
    with opened(distributed / "parts") as checkpoint:
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        assert {name for name in found if "flat_param" in name} <= {"_flat_param"}
        for name in ("0.weight", "0.bias", "2.weight", "2.bias"):
            assert found[name].shape == (whole[name].numel(),)
            assert same(found[name], whole[name].flatten())
        assert same(found["1.running_var"], whole["1.running_var"])
        assert any("shown as vectors: their shapes are not in the files" in n for n in checkpoint.source.notes)


def test_vectors_alone_are_put_together_and_the_report_says_what_is_missing(distributed: Path) -> None:
    whole = torch.load(distributed / "vectors.pth")
    with opened(distributed / "vectors") as checkpoint:
        found = {tensor.name: tensor for tensor in checkpoint.tensors}
        expected = torch.cat([whole["0.weight"].flatten(), whole["0.bias"]])
        assert same(found["0._flat_param"], expected)
        (note,) = [n for n in checkpoint.source.notes if "flat vectors" in n]
        assert "which parameters lie in a vector is not in the files" in note
        assert "FULL_STATE_DICT or SHARDED_STATE_DICT" in note


def test_without_one_of_the_processes_no_part_is_taken_for_a_whole_parameter(distributed: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(distributed / "parts", tmp_path / "parts"))
    (folder / "rank_1.pt").write_bytes(b"")
    with opened(folder) as checkpoint:
        assert "0._flat_param" in names(checkpoint)
        assert not any("found in the flat vectors" in note for note in checkpoint.source.notes)


def test_views_of_other_memory_with_gaps_or_of_another_shape_are_no_parameters() -> None:
    (first, left), (second, right) = stored(10), stored(11)
    vector = {0: (0, part(left, 0, 10)), 1: (10, part(right, 1, 10))}
    _, elsewhere = stored(4)
    found = parameters_in(
        vector,
        {
            "across": {0: part(left, 6, 4), 1: part(right, 1, 3)},
            "inside": {0: part(left, 1, 2), 1: part(elsewhere, 0, 0)},
            "gap": {0: part(left, 2, 2), 1: part(right, 1, 3)},
            "copy": {0: part(elsewhere, 0, 4)},
            "before": {1: part(right, 0, 4)},
            "square": {0: LazyTensor("", "float32", (2, 2), left)},
            "half": {0: LazyTensor("", "float16", (4,), left)},
            "stranger": {2: part(left, 0, 4)},
            "empty": {0: part(left, 0, 0)},
        },
    )
    assert {name: tensor.shape for name, tensor in found.items()} == {"across": (7,), "inside": (2,)}
    assert np.array_equal(found["across"].array(), np.concatenate([first[6:], second[1:4]]))
    assert np.array_equal(found["inside"].array(), first[1:3])


def test_a_vector_is_only_left_out_when_its_parameters_are_all_of_it() -> None:
    _, storage = stored(100)
    vector = part(storage, 0, 100)
    assert is_covered(vector, [part(storage, 0, 50), part(storage, 52, 45)], 2)
    assert not is_covered(vector, [part(storage, 0, 50)], 2)
    assert not is_covered(vector, [], 2)
