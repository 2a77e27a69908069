"""References to storages."""

from __future__ import annotations

from typing import Any

import pytest

from modelreport.checkpoint import Storage
from modelreport.load.pickle_values import Name, Persistent
from modelreport.load.storages import STORAGE_DTYPES, Storages, TensorError, dtype_of, no_storages

FLOATS = Name("torch", "FloatStorage")


def storages() -> Storages:
    def locate(key: str) -> Storage:
        if key != "0":
            raise TensorError("no such storage")
        return Storage(memoryview(bytes(24)), 0, 24)

    return Storages(locate)


def reference(*values: Any) -> Persistent:
    return Persistent(values)


def test_the_same_key_gives_the_same_storage() -> None:
    found = storages()
    first = found.resolve(reference("storage", FLOATS, "0", "cpu", 6))
    again = found.resolve(reference("storage", Name("torch", "HalfStorage"), "0", "cuda:0", 12))
    assert first.storage is again.storage
    assert (first.dtype, again.dtype) == ("float32", "float16")


def test_views_of_old_files_shift_the_tensor() -> None:
    view = reference("storage", FLOATS, "0", "cpu", 2, ("view", 3, 2))
    assert storages().resolve(view).offset == 3


def test_a_file_without_storages_says_why() -> None:
    with pytest.raises(TensorError, match="by number only"):
        no_storages("by number only").resolve(reference("storage", FLOATS, "0", "cpu", 6))


def test_meta_storages_hold_nothing() -> None:
    found = storages().resolve(reference("storage", FLOATS, "9", "meta", 6))
    assert found.storage is None
    assert "meta device" in found.missing


@pytest.mark.parametrize(
    "value",
    [
        ("storage", FLOATS, "1", "cpu", 6),
        ("storage", FLOATS, "0", "cpu", 7),
        ("storage", FLOATS, "0", "cpu", -1),
        ("storage", FLOATS, "0", "cpu", "6"),
        ("storage", FLOATS, None, "cpu", 6),
        ("storage", "FloatStorage", "0", "cpu", 6),
        ("storage", Name("os", "system"), "0", "cpu", 6),
        ("storage", FLOATS, "0", "cpu", 2, ("view", -3, 2)),
        ("storage", FLOATS, "0", "cpu", 2, ("view", 3)),
        ("module", FLOATS, "0", "cpu", 6),
        ("storage", FLOATS),
        "storage",
    ],
)
def test_odd_references_are_refused(value: Any) -> None:
    with pytest.raises(TensorError):
        storages().resolve(Persistent(value))


def test_what_is_no_reference_is_refused() -> None:
    with pytest.raises(TensorError):
        storages().resolve(("storage", FLOATS, "0", "cpu", 6))


def test_every_storage_class_of_torch_is_known() -> None:
    import torch

    classes = {name for name in vars(torch) if name.endswith("Storage") and name not in ("Storage", "TypedStorage")}
    assert classes <= set(STORAGE_DTYPES)


def test_dtypes_are_names_of_torch() -> None:
    assert dtype_of(Name("torch", "uint16")) == ("uint16", "")
    assert dtype_of(Name("torch", "chalf")) == ("complex32", "")
    assert dtype_of(Name("torch", "int3"))[0] == "int8"
    for value in (Name("os", "float32"), Name("torch", "load"), Name("torch", "string"), "float32", None):
        with pytest.raises(TensorError):
            dtype_of(value)
