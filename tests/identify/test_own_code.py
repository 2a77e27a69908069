from __future__ import annotations

import itertools
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Model
from modelreport.errors import OptionsError
from modelreport.facts import Item, Skipped, TrainingState
from modelreport.identify import own_code
from modelreport.identify.own_code import candidates, identify_code
from modelreport.identify.user_code import run_file
from modelreport.options import Options
from tests.identify.checkpoints import make_checkpoint

CODE = """
import sys
from pathlib import Path
import torch
from torch import nn
from torch.nn import Linear

class Net(nn.Module):
    def __init__(self, depth: int = 2, width: int = 4, classes: int = 10):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(depth)])
        self.head = nn.Linear(width, classes)
    def forward(self, x):
        for layer in self.layers:
            x = layer(x).relu()
        return self.head(x)

class Needy(nn.Module):
    def __init__(self, width: int, norm: str = "bn"):
        super().__init__()
        self.only = nn.Linear(width, 2)
    def forward(self, x):
        return self.only(x)

class Breaks(nn.Module):
    def __init__(self):
        raise RuntimeError("no GPU here")
    def forward(self, x):
        return x

def make_pair() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3))

def build_model():
    return nn.Sequential(nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3))

def train():
    Path(__file__).with_name("canary").write_text("trained")

def load_model():
    Path(__file__).with_name("canary").write_text("loaded")

def get_optimizer() -> torch.optim.Optimizer:
    Path(__file__).with_name("canary").write_text("optimised")

if __name__ == "__main__":
    train()
"""


@pytest.fixture
def code(tmp_path: Path) -> Iterator[Path]:
    before = set(sys.modules)
    file = tmp_path / "own_code_nets.py"
    file.write_text(CODE)
    yield file
    assert not (tmp_path / "canary").exists()
    for name in set(sys.modules) - before:
        if name.startswith("own_code"):
            del sys.modules[name]


def shaped(**shapes: tuple[int, ...]) -> dict[str, torch.Tensor]:
    return {name.replace("__", "."): torch.empty(shape) for name, shape in shapes.items()}


def state(depth: int = 2, width: int = 4, classes: int = 10, prefix: str = "") -> dict[str, torch.Tensor]:
    layers = {f"layers.{i}": nn.Linear(width, width) for i in range(depth)} | {"head": nn.Linear(width, classes)}
    return {f"{prefix}{n}.{k}": v for n, m in layers.items() for k, v in m.state_dict().items()}


def found(code: Path, tensors: Any, **fields: Any) -> Model | Skipped:
    return identify_code(make_checkpoint(tensors, **fields), Options(code=str(code)))


def identified(code: Path, tensors: Any, **fields: Any) -> Model:
    model = found(code, tensors, **fields)
    assert isinstance(model, Model), model
    return model


def test_the_class_with_the_files_tensors_wins_and_the_report_says_that_code_ran(code: Path) -> None:
    model = identified(code, state())
    facts = model.identification
    assert (facts.name, facts.matched, facts.total, facts.changed, facts.missing) == ("Net", 6, 6, (), ())
    assert facts.user_code == f"--code {code}"
    assert "was run" in facts.notes[0]
    assert model.module.head.weight.is_meta


@pytest.mark.parametrize("arguments", [(2, 4, 7), (5, 4, 10), (2, 16, 10), (5, 16, 7), (9, 12, 3)])
def test_arguments_are_found_that_the_shapes_prove(code: Path, arguments: tuple[int, int, int]) -> None:
    facts = identified(code, state(*arguments, prefix="module.net.")).identification
    assert (facts.matched, facts.total) == (2 * arguments[0] + 2, 2 * arguments[0] + 2)
    assert (facts.changed, facts.missing, facts.unexpected) == ((), (), ())
    names = zip(("depth", "width", "classes"), arguments, (2, 4, 10), strict=True)
    for name, value, default in names:
        assert (f"{name}={value}" in facts.notes[0]) == (value != default)


def test_arguments_are_tried_for_what_that_computes_not_for_what_it_waits(
    code: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hours = itertools.count(step=3600.0)
    monkeypatch.setattr(own_code, "time", SimpleNamespace(monotonic=hours.__next__, thread_time=lambda: 0.0))
    assert identified(code, state(5, 16, 7)).identification.matched == 12
    monkeypatch.setattr(own_code, "time", SimpleNamespace(thread_time=hours.__next__))
    assert isinstance(found(code, state(5, 16, 7)), Skipped)


def test_hyper_parameters_in_the_file_are_used_for_arguments_without_default(code: Path) -> None:
    training = TrainingState(items=(Item(name="hyper_parameters.width", value="6"),))
    facts = identified(code, shaped(only__weight=(2, 6), only__bias=(2,)), training=training).identification
    assert (facts.name, facts.matched) == ("Needy", 2)
    assert "Needy(width=6)" in facts.notes[0]


def test_a_tie_is_told(code: Path) -> None:
    pair = {f"{i}.{k}": v for i, m in enumerate((nn.Conv2d(3, 4, 3), nn.Conv2d(4, 5, 3)))
            for k, v in m.state_dict().items()}  # fmt: skip
    facts = identified(code, pair).identification
    assert facts.name == "Sequential"
    assert facts.equal == ("build_model",)
    assert "As much fits build_model" in " ".join(facts.notes)


def test_what_was_not_tried_is_told_where_nothing_fits(code: Path) -> None:
    skipped = found(code, shaped(other__weight=(3, 3)))
    assert isinstance(skipped, Skipped)
    assert "was run; nothing it defines has the tensors of the file" in skipped.reason
    assert "Needy needs width: int" in skipped.reason
    assert "no GPU here" in skipped.reason
    assert "--model" in skipped.hint


def test_a_partial_fit_is_told_as_one(code: Path) -> None:
    tensors = {**state(), "extra.weight": torch.empty(3)}
    facts = identified(code, tensors).identification
    assert facts.unexpected == ("extra.weight",)
    assert facts.matched == 6
    assert any("Not tried: Needy" in note for note in facts.notes)


def test_only_modules_and_their_factories_are_called(code: Path) -> None:
    names = [name for name, _ in candidates(run_file(str(code), "--code"))]
    assert names == ["Net", "Needy", "Breaks", "make_pair", "build_model"]


def test_a_file_without_modules_is_a_reason(tmp_path: Path) -> None:
    (tmp_path / "own_code_empty.py").write_text("x = 3\n")
    skipped = found(tmp_path / "own_code_empty.py", state())
    assert isinstance(skipped, Skipped)
    assert "defines no nn.Module" in skipped.reason


def test_a_file_that_is_not_there_is_an_options_error(tmp_path: Path) -> None:
    with pytest.raises(OptionsError, match="does not exist"):
        found(tmp_path / "none.py", state())
