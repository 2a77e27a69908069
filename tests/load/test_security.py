"""Judging calls."""

from __future__ import annotations

import argparse
import collections
import datetime
import decimal
import enum
import functools
import pickle
import re
import types
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pytest
import torch

from modelreport.load.pickle_machine import PickleRead
from modelreport.load.pickle_values import Made, Name
from modelreport.load.security import CALL_LIMIT, Scan
from tests.load.files import calls, opened, read, saved, written
from tests.load.hostile import call, dotted, name, stream, zipped

ENCODING = "torch.distributed.checkpoint.metadata"


def judged(value: bytes) -> dict[str, str]:
    """Danger of each target."""
    scan = Scan()
    scan.add(read(value), "x")
    return {made.target: made.danger for made in scan.security().calls}


@pytest.mark.parametrize("protocol", [0, 1, 2, 4, 5])
def test_honest_values_raise_no_alarm(protocol: int) -> None:
    value = {
        "ordered": collections.OrderedDict(a=1), "default": collections.defaultdict(list), "set": {1}, "bytes": b"x",
        "namespace": argparse.Namespace(lr=1), "simple": types.SimpleNamespace(a=1), "path": PurePosixPath("a/b"),

        "time": datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
        "decimal": decimal.Decimal(1), "partial": functools.partial(dict, a=1),
        "array": np.ones(3), "scalar": np.float32(1), "regex": re.compile("a"), "slice": slice(1, 2), "complex": 1j,
        "size": torch.Size([1]), "device": torch.device("cpu"), "dtype": torch.float32,
        "random": np.random.RandomState(0), "generator": np.random.default_rng(0),
    }  # fmt: skip
    found = judged(pickle.dumps(value, protocol))
    assert [target for target, danger in found.items() if danger == "code"] == []


class Colour(enum.Enum):
    """An enumeration of the author."""

    RED = 1


def test_classes_are_told_from_functions() -> None:
    found = judged(pickle.dumps([torch.nn.ReLU(), torch.nn.functional.relu], 2))
    assert found["torch.nn.modules.activation.ReLU"] == "class"
    assert found["torch.nn.functional.relu"] == "class"
    assert judged(stream(call(name("__main__", "Colour"), 1), 2)) == {"__main__.Colour": "class"}
    assert judged(stream(call(name("__main__", "run"), 1), 2)) == {"__main__.run": "code"}
    assert judged(stream(call(name("paramiko", "ProxyCommand"), "x"), 2)) == {"paramiko.ProxyCommand": "code"}


@pytest.mark.parametrize(
    ("value", "danger"),
    [
        (call(dotted("builtins", "getattr"), name("torch", "nn"), "Linear"), "class"),
        (call(dotted("builtins", "getattr"), name("torch", "nn"), "__dict__"), "code"),
        (call(dotted("builtins", "getattr"), name(ENCODING, "_MEM_FORMAT_ENCODING"), "TORCH_PRESERVE"), "expected"),
        (call(dotted("builtins", "getattr"), name(ENCODING, "_MEM_FORMAT_ENCODING"), "mro"), "class"),
        (call(name("_codecs", "encode"), "x", "latin1"), "expected"),
        (call(name("_codecs", "encode"), "x", "evil_codec"), "code"),
        (call(name("copyreg", "_reconstructor"), name("a", "B"), name("builtins", "object"), None), "expected"),
        (call(name("copyreg", "_reconstructor"), name("a", "B"), name("a", "B"), None), "code"),
    ],
)
def test_arguments_decide_where_they_must(value: bytes, danger: str) -> None:
    assert next(iter(_calls_only(stream(value, 4)).values())) == danger


def _calls_only(data: bytes) -> dict[str, str]:
    scan = Scan()
    scan.add(read(data), "x")
    return {made.target: made.danger for made in scan.security().calls if made.kind == "call"}


def test_imports_alone_count() -> None:
    assert judged(stream(name("antigravity", "x"), 2)) == {"antigravity.x": "code"}
    assert judged(stream(name("mypackage.net", "helper"), 2)) == {"mypackage.net.helper": "class"}
    assert judged(stream(name("collections", "OrderedDict"), 2)) == {}


def test_changing_an_attribute_that_was_fetched_is_code() -> None:
    fetched = bytes(call(name("builtins", "getattr"), name("torch", "nn"), "Linear")) + b"}X\1\0\0\0aK\1sb"
    assert judged(b"\x80\x02" + fetched + b".")["builtins.getattr"] == "code"


def test_calls_are_counted_once_for_each_target(tmp_path: Path) -> None:
    with opened(saved(tmp_path, torch.nn.Linear(2, 2).state_dict())) as checkpoint:
        counts = {made.target: made.count for made in calls(checkpoint)}
        assert counts == {"torch._utils._rebuild_tensor_v2": 2, "collections.OrderedDict": 4}
        assert {made.where for made in calls(checkpoint)} == {"model/data.pkl"}


def test_pickles_as_plain_bytes_are_noted_to_depth_three() -> None:
    inner: Any = stream(call(name("os", "system"), "x"))
    for depth in range(1, 6):
        scan = Scan()
        inner = stream([inner]) if depth > 1 else inner
        scan.add(read(stream([inner])), "x")
        assert not scan.executes
        assert bool(scan.notes) == (depth <= 3), depth


def test_bytes_that_look_like_a_pickle_but_are_none_are_no_alarm() -> None:
    scan = Scan()
    scan.add(read(stream([b"\x80\x04" + bytes(range(60)), b"PK\3\4" + bytes(60), b"cnot a pickle\n"])), "x")
    assert not scan.executes
    assert scan.notes == []


def test_a_harmless_nested_storage_is_expected() -> None:
    found = judged(pickle.dumps(torch.ones(3), 2))
    assert found["torch.storage._load_from_bytes"] == "expected"


def test_a_zip_inside_bytes_is_looked_into() -> None:
    inner = zipped(stream(call(name("os", "system"), "x")))
    assert judged(stream(call(name("torch.storage", "_load_from_bytes"), inner)))["os.system"] == "code"


def test_other_pickles_of_an_archive_are_judged(tmp_path: Path) -> None:
    import io
    import zipfile

    buffer = io.BytesIO(zipped(stream({"w": torch_tensor()}, 2)))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("archive/extra.pkl", stream(call(name("os", "system"), "x")))
    with opened(written(tmp_path, buffer.getvalue())) as checkpoint:
        where = [made.where for made in calls(checkpoint) if made.target == "os.system"]
        assert where == ["archive/extra.pkl"]


def torch_tensor() -> Any:
    from tests.load.hostile import tensor

    return tensor("0", 2, 3)


def test_the_list_of_calls_is_bounded_but_danger_is_kept() -> None:
    value = [call(name("m", f"f{i}"), i) for i in range(CALL_LIMIT + 50)]
    scan = Scan()
    scan.add(read(stream(value)), "x")
    facts = scan.security()
    assert len(facts.calls) == CALL_LIMIT
    assert facts.executes
    assert "50 further calls" in facts.notes[0]


def test_dangerous_calls_come_first() -> None:
    value = [call(name("collections", "OrderedDict")), call(name("os", "system"), "touch x")]
    scan = Scan()
    scan.add(read(stream(value)), "x")
    first = scan.security().calls[0]
    assert (first.target, first.arguments, first.kind, first.danger) == ("os.system", "'touch x'", "call", "code")
    assert scan.first == "os.system('touch x')"


def test_a_class_inside_another_is_code_unless_it_is_a_known_one() -> None:
    owner = Name("torch.distributed._shard.sharded_tensor.api", "ShardedTensor")
    for part, owned, danger in (
        ("ProcessGroupState", owner, "class"),
        ("other", owner, "code"),
        ("x", Name("os", "path"), "code"),
    ):
        inner = Made(Name("__builtin__", "getattr"), (owned, part), "call")
        scan = Scan()
        scan.add(PickleRead(calls=[inner, Made(inner, (), "new")]), "here")
        found = {call.target: call.danger for call in scan.security().calls}
        assert found["<computed callable>"] == danger
