"""Attributes as plain data."""

from __future__ import annotations

import collections
import enum
import pathlib
import pickle
from typing import Any

import numpy as np
import pytest
import torch

from modelreport.checkpoint import LazyTensor, Opaque
from modelreport.load.pickle_values import Blob, Made, Name, Pairs
from modelreport.load.plain import ITEM_LIMIT, Plain
from tests.load.files import read


class Mode(enum.Enum):
    """An enumeration, pickled by its class and value."""

    FAST = "fast"

    def __reduce_ex__(self, _protocol: object) -> tuple[type[Mode], tuple[str]]:
        """As most versions of Python pickle it; 3.11.0 to 3.11.3 write ``getattr(Mode, "FAST")``."""
        return Mode, (self.value,)


class Config:
    """An object, pickled by its attributes."""

    def __init__(self) -> None:
        self.width = 3
        self.sizes = [1, (2, 3)]


def plain(value: Any, protocol: int = 2) -> Any:
    return Plain().convert(read(pickle.dumps(value, protocol)).value)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, 1.5, "text", (1, 2), [1, [2]], {"a": 1, 2: (3,)}, (), [], {}, ((1, (2, (3,))),)],
)
@pytest.mark.parametrize("protocol", [0, 2, 5])
def test_plain_values_stay_as_they_are(value: Any, protocol: int) -> None:
    assert plain(value, protocol) == value
    assert type(plain(value, protocol)) is type(value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (torch.Size([2, 3]), (2, 3)),
        (torch.device("cuda", 1), "cuda:1"),
        (collections.OrderedDict(a=1), {"a": 1}),
        (collections.deque([1, 2]), [1, 2]),
        (pathlib.PurePosixPath("/a/b"), "/a/b"),
        (np.float64(2.5), 2.5),
        (np.int32(7), 7),
    ],
)
def test_well_known_objects_become_plain(value: Any, expected: Any) -> None:
    assert plain(value) == expected


def test_other_objects_are_opaque_with_their_state() -> None:
    assert plain(Mode.FAST) == Opaque(f"{__name__}.Mode", ("fast",))
    assert plain(Config()) == Opaque(f"{__name__}.Config", (), {"width": 3, "sizes": [1, (2, 3)]})
    assert plain(Config(), 0).state == {"width": 3, "sizes": [1, (2, 3)]}
    assert plain(torch.float16) == Opaque("torch.float16")
    assert plain({1, 2}).path == "builtins.set"
    assert plain(b"abc", 4) == Opaque("builtins.bytes", (3,))


def test_the_same_object_is_the_same_opaque() -> None:
    config = Config()
    first, second = plain([config, config])
    assert first is second


def test_endless_values_end() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert "…" in str(Plain().convert(loop))
    made = Made(Name("a", "B"), (), "new")
    made.state = Pairs([("self", made)])
    assert Plain().convert(made) == Opaque("a.B", (), {"self": Opaque("a.B")})
    shared: Any = [1]
    for _ in range(7):
        shared = [shared] * 100
    assert Plain().convert(shared) is not None
    assert len(Plain().convert(list(range(3 * ITEM_LIMIT)))) < ITEM_LIMIT


def test_tensors_are_named_not_read() -> None:
    assert Plain().convert(LazyTensor("", "int8", (3,), None)) == Opaque("torch.Tensor", ("int8", (3,)))
    assert plain(np.ones(3)).path == "numpy.ndarray"
    assert plain(torch.nn.ReLU()).arguments == ("a module",)
    assert Plain().convert(Blob(memoryview(b""), 0, 99)) == Opaque("builtins.bytes", (99,))
    assert Plain().convert(1 << 5000).path == "builtins.int"
