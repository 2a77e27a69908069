from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelreport.checkpoint import LazyTensor, LocalFile, Storage
from modelreport.measure import walk as walk_module
from modelreport.measure.kernel import BLOCK
from modelreport.measure.walk import walk
from tests.measure.tensors import make_storage, make_tensor, map_file


@given(st.data())
def test_any_view_inside_a_storage_is_walked_in_row_major_order(data: st.DataObject) -> None:
    base = np.arange(60, dtype=np.int32)
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=3)))
    strides = tuple(data.draw(st.integers(0, 6)) for _ in shape)
    offset = data.draw(st.integers(0, 5))
    tensor = LazyTensor("t", "int32", shape, make_storage(base), strides=strides, offset=offset)
    try:
        plan = walk(tensor)
    except ValueError:
        return
    rows = [np.concatenate(list(plan.blocks(i, i + 1))) for i in range(plan.rows)]
    assert np.concatenate(rows).tolist() == tensor.stored().reshape(-1).tolist()
    assert plan.count * plan.weight == tensor.count


@pytest.mark.parametrize("shape", [(7, BLOCK // 3), (3, BLOCK + 5), (BLOCK * 2 + 1,), (2, 3, BLOCK // 2)])
@pytest.mark.parametrize("permuted", [False, True])
def test_blocks_are_bounded_and_complete(shape: tuple[int, ...], permuted: bool) -> None:
    base = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    tensor = make_tensor(base)
    if permuted:
        view = base.T
        strides = tuple(s // 4 for s in view.strides)
        tensor = LazyTensor("t", "int32", view.shape, make_storage(base), strides=strides)
        base = view
    plan = walk(tensor)
    blocks = list(plan.blocks(0, plan.rows))
    assert max(b.size for b in blocks) <= BLOCK
    assert np.array_equal(np.concatenate(blocks), base.reshape(-1))


def test_an_expanded_view_of_contiguous_elements_is_walked_straight() -> None:
    plan = walk(LazyTensor("t", "float32", (5, 4), make_storage(np.arange(4, dtype=np.float32)), strides=(0, 1)))
    assert (plan.strides, plan.rows, plan.row, plan.weight, plan.row_weight) == (None, 1, 4, 5, 5)


def test_bytes_are_read_at_the_storages_place_in_the_file(tmp_path: Path) -> None:
    file, _ = map_file(tmp_path / "f", b"xxxxx" + np.arange(6, dtype=np.float32).tobytes())
    plan = walk(LazyTensor("t", "float32", (2,), Storage(file, 5, 24), offset=3))
    assert np.concatenate(list(plan.blocks(0, 2))).tolist() == [3, 4]
    file.close()


def test_ranges_of_a_far_file_are_fetched_ahead_in_steps(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(walk_module, "AHEAD_BYTES", 1 << 20)
    monkeypatch.setattr(LocalFile, "near", False)
    values = np.zeros(1_000_000, np.float32)
    file, storage = map_file(tmp_path / "f", values.tobytes())
    ahead: list[tuple[int, int]] = []
    monkeypatch.setattr(file, "prefetch", lambda *r: ahead.append(r))
    plan = walk(LazyTensor("t", "float32", (1_000_000,), storage))
    assert sum(b.size for b in plan.blocks(0, plan.rows)) == 1_000_000
    file.close()
    assert sum(size for _, size in ahead) == 4_000_000
    assert max(size for _, size in ahead) <= 1 << 20


@pytest.mark.parametrize("most", [BLOCK // 2, 1 << 22])
def test_a_turned_matrix_of_a_file_is_walked_as_the_one_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr(walk_module, "_TOGETHER", most)
    base = np.arange(500 * 700, dtype=np.int32).reshape(500, 700)
    file, storage = map_file(tmp_path / "f", base.tobytes())
    plan = walk(LazyTensor("t", "int32", (700, 500), storage, strides=(1, 700)))
    blocks = list(plan.blocks(3, 699))
    file.close()
    assert max(block.size for block in blocks) <= BLOCK
    assert np.array_equal(np.concatenate(blocks), base.T[3:699].reshape(-1))


def test_passing_blocks_of_a_file_are_read_into_the_same_memory_and_of_memory_not_copied(tmp_path: Path) -> None:
    values = np.arange(3 * BLOCK, dtype=np.float32).reshape(6, -1)
    file, storage = map_file(tmp_path / "f", b"x" + values.tobytes())
    plan = walk(LazyTensor("t", "float32", values.shape, Storage(file, 1, storage.size_bytes - 1)))
    read, places = [], set()
    for block in plan.blocks(0, 6, passing=True):
        read.append(block.copy())
        places.add(block.ctypes.data)
    file.close()
    assert len(read) == 3
    assert np.array_equal(np.concatenate(read), values.reshape(-1))
    assert len(places) == 1
    assert places.pop() % 4096 == 0
    held = walk(make_tensor(values))
    (first, *_) = held.blocks(0, 6, passing=True)
    assert held.tensor.storage is not None
    assert np.shares_memory(first, np.frombuffer(held.tensor.storage.view(), np.uint8))


def test_a_narrow_dtype_must_begin_at_a_byte() -> None:
    with pytest.raises(ValueError, match="begin at a byte"):
        walk(LazyTensor("t", "int4", (2,), make_storage(b"12"), offset=1))
