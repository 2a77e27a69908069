from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from torch import nn

from modelreport.errors import OptionsError
from modelreport.identify.factory import identify_factory, import_target
from tests.identify.checkpoints import make_checkpoint

CODE = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, width=4):
        super().__init__()
        self.first = nn.Linear(3, width)
        self.second = nn.Linear(width, 2)

    class Inner(nn.Linear):
        def __init__(self):
            super().__init__(3, 4)

def make():
    return Net()

def fail():
    raise ValueError("no weights folder\\nsecond line")

def needs(argument):
    return Net()

def real():
    net = Net()
    net.scale = float(torch.randn(3).numpy().sum())
    return net

def leave():
    raise SystemExit(3)

ready = Net()
number = 3
make_wrong = dict
"""


@pytest.fixture
def code(tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    (tmp_path / "their_models.py").write_text(CODE)
    (tmp_path / "leaving_models.py").write_text("import sys\nsys.exit(2)\n")
    (tmp_path / "broken_models.py").write_text("1 / 0\n")
    (tmp_path / "unfinished_models.py").write_text("import no_such_package_at_all\n")
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.endswith("_models"):
            del sys.modules[name]


def tensors(prefix: str = "") -> dict[str, Any]:
    net = nn.ModuleDict({"first": nn.Linear(3, 4), "second": nn.Linear(4, 2)})
    return {prefix + n: t for n, t in net.state_dict().items()}


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize("target", ["their_models:make", "their_models:Net", "their_models:ready", "their_models:real"])
def test_code_beside_the_user_builds_the_model(target: str) -> None:
    path = list(sys.path)
    model = identify_factory(make_checkpoint(tensors()), target)
    facts = model.identification
    assert (facts.name, facts.how, facts.class_path) == ("Net", "factory", "their_models.Net")
    assert (facts.matched, facts.total, facts.missing, facts.unexpected) == (4, 4, (), ())
    assert target in facts.notes[0]
    assert "run" in facts.notes[0]
    assert not model.module.training
    assert sys.path == path


def test_code_is_named_by_its_file_from_anywhere(code: Path, monkeypatch: Any) -> None:
    target = f"{code.name}/their_models.py:Net"
    monkeypatch.chdir(code.parent)
    path = list(sys.path)
    assert identify_factory(make_checkpoint(tensors()), target).identification.matched == 4
    assert sys.path == path


@pytest.mark.usefixtures("code")
def test_a_class_inside_a_class_is_found_and_differences_are_named() -> None:
    facts = identify_factory(
        make_checkpoint({"weight": nn.Linear(3, 4).weight}), "their_models:Net.Inner"
    ).identification
    assert (facts.matched, facts.missing) == (1, ("bias",))


@pytest.mark.usefixtures("code")
def test_prefixes_are_taken_off() -> None:
    model = identify_factory(make_checkpoint(tensors("net.")), "their_models:make")
    assert model.identification.matched == 4
    assert model.renamed["first.weight"] == "net.first.weight"


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("their_models", "package.module:factory"),
        (":make", "package.module:factory"),
        ("their_models:", "package.module:factory"),
        ("no_such_models:make", "there is no module 'no_such_models'"),
        ("unfinished_models:make", "no_such_package_at_all"),
        ("broken_models:make", "ZeroDivisionError: division by zero"),
        ("leaving_models:make", "SystemExit: 2"),
        ("their_models:leave", "SystemExit: 3"),
        ("no_such_models.py:make", "no_such_models.py does not exist"),
        ("their_models:mak", "has no 'mak'"),
        ("their_models:fail", "ValueError: no weights folder second line"),
        ("their_models:needs", "argument"),
        ("their_models:number", "names an object of type int"),
        ("their_models:make_wrong", "returns an object of type dict, not an nn.Module"),
    ],
)
def test_a_mistake_is_one_clear_line(target: str, said: str) -> None:
    with pytest.raises(OptionsError) as caught:
        identify_factory(make_checkpoint(tensors()), target)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.usefixtures("code")
def test_a_near_name_is_suggested() -> None:
    with pytest.raises(OptionsError) as caught:
        import_target("their_models:Nett")
    assert caught.value.hint == "Did you mean 'Net'?"


@pytest.mark.usefixtures("code")
def test_a_model_of_which_nothing_fits_is_a_mistake() -> None:
    with pytest.raises(OptionsError) as caught:
        identify_factory(make_checkpoint({"conv.weight": nn.Conv2d(1, 1, 1).weight}), "their_models:make")
    assert "none of the 1 tensors" in caught.value.message
    assert "'first.weight'" in caught.value.hint
    assert "'conv.weight'" in caught.value.hint


def test_installed_libraries_can_be_named() -> None:
    checkpoint = make_checkpoint(dict(import_target("torchvision.models:resnet18")().state_dict()))
    assert identify_factory(checkpoint, "torchvision.models:resnet18").identification.matched == 122
