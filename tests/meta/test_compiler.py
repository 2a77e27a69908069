"""The compiler stays out of a process until something of it is used, and is whole then."""

from __future__ import annotations

import importlib
import itertools
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from modelreport.meta import compiler

SHAPES = "torch.fx.experimental.symbolic_shapes"


def run(code: str) -> str:
    """What a fresh process prints: in this one others may have imported the compiler."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_pass_on_meta_needs_no_compiler_and_one_that_comes_later_is_whole() -> None:
    said = run("""
        import sys
        from modelreport.meta.compiler import compiler_later, is_there
        with compiler_later():
            import torch
            from torch import nn
            net = nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU(), nn.AdaptiveAvgPool2d(2), nn.Flatten())
            print(tuple(net.to("meta")(torch.empty(1, 3, 9, 9, device="meta")).shape))

            @torch.compiler.disable
            def left_alone(x):
                return x + 1

            print(left_alone(torch.ones(1)).item(), is_there())
        print("torch._dynamo" in sys.modules, "torch.fx.experimental.symbolic_shapes" in sys.modules)
        import torch._dynamo
        seen = []

        def backend(graph, inputs):
            seen.append([str(node.target) for node in graph.graph.nodes if node.op == "call_function"])
            return graph.forward

        @torch.compile(backend=backend)
        def made(x):
            return left_alone(x * 2) * 3

        print(made(torch.ones(1)).item(), is_there(), sum(any("add" in name for name in names) for names in seen))
    """)
    assert said.splitlines() == ["(1, 32)", "2.0 False", "False False", "9.0 True 0"]


def test_what_the_stand_ins_do_not_know_comes_from_the_real_modules() -> None:
    said = run("""
        import sys
        from modelreport.meta.compiler import compiler_later, is_there
        with compiler_later():
            import torch
            from torch._dynamo.utils import is_compile_supported
            from torch.fx.experimental.symbolic_shapes import expect_true
            print(is_there(), is_compile_supported("cpu") in (True, False), is_there())
            from torch._dynamo.utils import counters
            import torch._dynamo.config
            print(counters is sys.modules["torch._dynamo.utils"].counters, torch._dynamo.config.__name__)
            try:
                expect_true(1)
            except AssertionError:
                print("refused")
    """)
    assert said.splitlines() == ["False True True", "True torch._dynamo.config", "refused"]


def test_a_compiler_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    known = importlib.import_module(SHAPES)
    monkeypatch.setitem(sys.modules, "torch._dynamo", known)
    with compiler.compiler_later():
        assert sys.modules["torch._dynamo"] is known
        assert sys.modules[SHAPES] is known
        assert compiler.is_there()


PLAIN: list[tuple[str, tuple[Any, ...]]] = [
    *itertools.product(
        (
            "expect_true",
            "guard_bool",
            "guard_or_false",
            "guard_or_true",
            "statically_known_true",
            "guard_size_oblivious",
        ),
        [(True,), (False,)],
    ),
    *(("guard_int", (n,)) for n in (0, -3, 7)),
    *((name, bits) for name in ("sym_and", "sym_or") for bits in itertools.product((True, False), repeat=2)),
    ("sym_and", (False,)),
    *(("sym_eq", pair) for pair in [(1, 1), (1, 2), ((1, 2), [1, 2]), ([1, 2], [1, 3]), ((), ()), ((1,), (1, 2))]),
    *(("is_nested_int", (n,)) for n in (1, 2.0)),
    *((name, (3,)) for name in ("has_guarding_hint", "guarding_hint_or_throw")),
]


@pytest.mark.filterwarnings("ignore:guard_size_oblivious")
@pytest.mark.parametrize(("name", "given"), PLAIN)
def test_plain_numbers_get_the_real_answer(name: str, given: tuple[Any, ...]) -> None:
    known, told = getattr(importlib.import_module(SHAPES), name)(*given), compiler._ANSWERS[SHAPES][name](*given)
    assert (told, type(told)) == (known, type(known))


@pytest.mark.parametrize(("name", "given"), [("expect_true", (1,)), ("guard_int", (1.5,)), ("sym_eq", (1, "a"))])
def test_what_is_refused_is_refused(name: str, given: tuple[Any, ...]) -> None:
    with pytest.raises(AssertionError):
        compiler._ANSWERS[SHAPES][name](*given)
