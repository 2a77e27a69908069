"""Small files that would cause endless work."""

from __future__ import annotations

import resource
import time
from pathlib import Path

import pytest

from modelreport.errors import CorruptFileError
from modelreport.load.budget import Budget, ExhaustedError
from tests.load.files import opened, written
from tests.load.hostile import call, name, ops, tensor, zipped

NET = bytes(call(name("net", "Net")))
WEIGHT = bytes(tensor("0", 2, 3))


def shared_parameters() -> bytes:
    """Many modules that share one large dict of parameters."""
    large = b"}(" + b"".join(ops(f"p{i}") + b"j\1\0\0\0" for i in range(20_000)) + b"u"
    one = NET + b"}(" + ops("_parameters") + b"j\2\0\0\0" + ops("_modules") + b"}ub"
    children = b"".join(ops(f"m{i}") + one for i in range(5_000))
    head = WEIGHT + b"r\1\0\0\0" + b"0" + large + b"r\2\0\0\0" + b"0"
    return head + NET + b"}(" + ops("_parameters") + b"}" + ops("_modules") + b"}(" + children + b"uub."


def chain_of_modules() -> bytes:
    """Modules that are all children of the root, and each of the one before."""
    count = 30_000
    made = b"".join(NET + b"r" + i.to_bytes(4, "little") + b"0" for i in range(count))
    states = b"".join(
        b"j" + i.to_bytes(4, "little") + b"}(" + ops("_parameters") + b"}" + ops("_modules") + b"}" + ops("child" * 20)
        + b"j" + (i + 1).to_bytes(4, "little") + b"sub0" for i in range(count - 1)
    )  # fmt: skip
    children = b"".join(ops(str(i)) + b"j" + i.to_bytes(4, "little") for i in range(count - 1))
    root = NET + b"}(" + ops("_parameters") + b"}(" + ops("w") + WEIGHT + b"u" + ops("_modules") + b"}(" + children
    return made + states + root + b"uub."


def long_shared_name() -> bytes:
    """A long name shared by very many modules and tensors."""
    long = ops("n" * 1_000_000) + b"r\1\0\0\0" + b"0" + WEIGHT + b"r\2\0\0\0" + b"0"
    one = NET + b"}(" + ops("_parameters") + b"}j\1\0\0\0j\2\0\0\0s" + ops("_modules") + b"}ub"
    root = NET + b"}(" + ops("_parameters") + b"}" + ops("_modules") + b"}(j\1\0\0\0" + one
    return long + root + b"".join(ops(f"m{i}") + one for i in range(10_000)) + b"uub."


def long_shared_class() -> bytes:
    """A class with a long name, of very many modules."""
    net = b"c" + b"m" * 1_000_000 + b"\nNet\nr\1\0\0\0" + b"0"
    one = b"j\1\0\0\0)\x81}(" + ops("_parameters") + b"}(" + ops("w") + WEIGHT + b"u" + ops("_modules") + b"}ub"
    return net + b"](" + one * 10_000 + b"e."


def shared_trees() -> bytes:
    """Many mappings that lead to one large tree of mappings."""
    tree = b"}(" + b"".join(ops(f"k{i}") + b"}" + ops("w") + WEIGHT + b"s" for i in range(3_000)) + b"u"
    tree += ops("end") + b"N" + b"s" + b"r\1\0\0\0" + b"0"
    return tree + b"}(" + b"".join(ops(f"a{i}") + b"}" + ops("b") + b"j\1\0\0\0s" for i in range(20_000)) + b"u."


def shared_attribute() -> bytes:
    """One long list as an attribute of very many modules."""
    values = b"](" + b"K\1" * 9_000 + b"er\1\0\0\0" + b"0"
    one = NET + b"}(" + ops("a") + b"j\1\0\0\0" + ops("_parameters") + b"}" + ops("_modules") + b"}ub"
    root = NET + b"}(" + ops("_parameters") + b"}(" + ops("w") + WEIGHT + b"u" + ops("_modules") + b"}("
    return values + root + b"".join(ops(f"m{i}") + one for i in range(20_000)) + b"uub."


BOMBS = {
    function.__name__: function
    for function in (
        shared_parameters,
        chain_of_modules,
        long_shared_name,
        long_shared_class,
        shared_trees,
        shared_attribute,
    )
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_shared_values_cost_bounded_time_and_memory(bomb: str, tmp_path: Path) -> None:
    path = written(tmp_path, zipped(b"\x80\x02" + BOMBS[bomb]()))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.process_time()
    try:
        with opened(path) as checkpoint:
            assert checkpoint.tensors or checkpoint.tree
            assert sum(1 for _ in checkpoint.tree.walk()) if checkpoint.tree else True
    except CorruptFileError as error:
        pytest.fail(error.message)
    assert time.process_time() - start < 60
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2_500_000  # kB


def test_budgets_end() -> None:
    budget = Budget(3)
    budget.spend(3)
    with pytest.raises(ExhaustedError):
        budget.spend(1)
