"""Plain pickles."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.load.files import calls, names, opened, recognising, same, written
from tests.load.hostile import call, legacy, stream
from tests.load.hostile import name as global_name


@pytest.mark.parametrize("protocol", range(6))
def test_pickled_tensors_are_read(protocol: int, tmp_path: Path) -> None:
    state = {"w": torch.randn(30, 40), "v": torch.randn(3).half()}
    state["view"] = state["w"].T
    with opened(written(tmp_path, pickle.dumps(state, protocol), "x.pkl")) as checkpoint:
        assert all(same(lazy, state[lazy.name]) for lazy in checkpoint.tensors)
        assert names(checkpoint) == ["w", "v", "view"]
        assert not checkpoint.security.executes  # type: ignore[union-attr]


def test_pickled_arrays_are_read(tmp_path: Path) -> None:
    state = {"w": np.random.default_rng(0).normal(size=(3, 4)), "big": np.zeros(100_000, "f4")}
    with opened(written(tmp_path, pickle.dumps(state), "x.pkl")) as checkpoint:
        assert all(np.array_equal(lazy.array(), state[lazy.name]) for lazy in checkpoint.tensors)


@pytest.mark.parametrize("protocol", range(6))
def test_pickles_of_every_protocol_are_recognised(protocol: int) -> None:
    data = pickle.dumps({f"key{i}": [i, 1.5, "x"] for i in range(2000)}, protocol)
    assert recognising(data[:4096]) == ["pickle"]
    assert recognising(pickle.dumps({"a": 1}, protocol)) == ["pickle"]


@given(st.text(min_size=2))
def test_text_is_no_pickle_unless_it_reads_as_one(text: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    try:
        pickle.loads(data)
    except Exception:
        assert "pickle" not in recognising(data)


def test_legacy_files_are_not_plain_pickles() -> None:
    assert recognising(legacy()) == ["torch-legacy"]


def test_later_pickles_are_judged_and_noted(tmp_path: Path) -> None:
    first = pickle.dumps({"w": np.ones(3)})
    with opened(written(tmp_path, first + stream(call(global_name("os", "system"), "x")), "x.pkl")) as checkpoint:
        assert [made.where for made in calls(checkpoint) if made.danger == "code"] == ["x.pkl, after the first pickle"]
        assert "1 more pickles are in them" in checkpoint.source.notes[0]


def test_a_storage_that_is_cut_costs_one_tensor(tmp_path: Path) -> None:
    inner = legacy()[:50]
    storage = call(global_name("torch.storage", "_load_from_bytes"), inner)
    rebuilt = call(global_name("torch._utils", "_rebuild_tensor_v2"), storage, 0, (2,), (1,), False, None)
    with opened(written(tmp_path, stream({"w": rebuilt}, 4))) as checkpoint:
        assert "cannot be read" in checkpoint.tensors[0].missing
