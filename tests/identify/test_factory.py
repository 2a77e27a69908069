from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from modelreport.checkpoint import Checkpoint, Model
from modelreport.errors import OptionsError
from modelreport.identify import factory
from modelreport.identify.libraries import load_library
from modelreport.options import Options
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
    (tmp_path / "badly_models.py").write_text("class Net\n    pass\n")
    monkeypatch.chdir(tmp_path)
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        if name.endswith("_models"):
            del sys.modules[name]


def identified(checkpoint: Checkpoint, target: str, **options: Any) -> Model:
    return factory.identify_factory(checkpoint, Options(model=target, **options))


def tensors(prefix: str = "") -> dict[str, Any]:
    net = nn.ModuleDict({"first": nn.Linear(3, 4), "second": nn.Linear(4, 2)})
    return {prefix + n: t for n, t in net.state_dict().items()}


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize("target", ["their_models:make", "their_models:Net", "their_models:ready", "their_models:real"])
def test_code_beside_the_user_builds_the_model(target: str) -> None:
    path = list(sys.path)
    model = identified(make_checkpoint(tensors()), target)
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
    assert identified(make_checkpoint(tensors()), target).identification.matched == 4
    assert sys.path == path


@pytest.mark.usefixtures("code")
def test_a_class_inside_a_class_is_found_and_differences_are_named() -> None:
    facts = identified(make_checkpoint({"weight": nn.Linear(3, 4).weight}), "their_models:Net.Inner").identification
    assert (facts.matched, facts.missing) == (1, ("bias",))


@pytest.mark.usefixtures("code")
def test_prefixes_are_taken_off() -> None:
    model = identified(make_checkpoint(tensors("net.")), "their_models:make")
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
        ("their_models:needs", "needs needs an argument: argument"),
        ("their_models:Net(wdth=3)", "Net has no argument 'wdth'"),
        ("their_models:Net(1, 2)", "too many positional arguments"),
        ("their_models:Net(width=Net)", "Net is not a literal"),
        ("their_models:Net(width=__import__('os').getpid())", "is not a literal"),
        ("their_models:Net(*[1])", "is not a literal"),
        ("their_models:Net(**{'width': 1})", "is not a literal"),
        ("their_models:Net(", "package.module:factory"),
        ("their_models:Net(1)(2)", "not arguments of a call"),
        ("their_models:Net(1 2)", "not arguments of a call"),
        ("badly_models.py:Net", "expected ':' (badly_models.py, line 1)"),
        ("their_models:number", "names an object of type int"),
        ("their_models:make_wrong", "returns an object of type dict, not an nn.Module"),
    ],
)
def test_a_mistake_is_one_clear_line(target: str, said: str) -> None:
    with pytest.raises(OptionsError) as caught:
        identified(make_checkpoint(tensors()), target)
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert caught.value.hint


@pytest.mark.usefixtures("code")
def test_a_near_name_is_suggested() -> None:
    with pytest.raises(OptionsError) as caught:
        identified(make_checkpoint(tensors()), "their_models:Nett")
    assert caught.value.hint == "Did you mean 'Net'?"


@pytest.mark.usefixtures("code")
def test_a_model_of_which_nothing_fits_is_a_mistake() -> None:
    with pytest.raises(OptionsError) as caught:
        identified(make_checkpoint({"conv.weight": nn.Conv2d(1, 1, 1).weight}), "their_models:make")
    assert "none of the 1 tensors" in caught.value.message
    assert "'first.weight'" in caught.value.hint
    assert "'conv.weight'" in caught.value.hint


def test_installed_libraries_can_be_named() -> None:
    checkpoint = make_checkpoint(dict(load_library("torchvision").models.resnet18().state_dict()))
    found = identified(checkpoint, "torchvision.models:resnet18(num_classes=1000)").identification
    assert (found.matched, found.library) == (122, "torchvision")
    assert found.library_version


@pytest.mark.usefixtures("code")
@pytest.mark.parametrize(
    "target", ["their_models:Net(6)", "their_models:Net(width=6)", "their_models.py:Net( width = 6 )"]
)
def test_arguments_are_given_in_parentheses(target: str) -> None:
    facts = identified(make_checkpoint({"first.weight": torch.empty(6, 3)}), target).identification
    assert (facts.matched, facts.changed, facts.user_code) == (1, (), f"--model {target}")


@pytest.mark.usefixtures("code")
def test_arguments_of_the_caller_are_joined_with_those_in_the_target() -> None:
    checkpoint = make_checkpoint({"first.weight": torch.empty(6, 3)})
    assert identified(checkpoint, "their_models:Net", arguments=(("width", 6),)).identification.changed == ()
    with pytest.raises(OptionsError, match="width is given twice"):
        identified(checkpoint, "their_models:Net(width=6)", arguments=(("width", 6),))


class Given(nn.Linear):
    def __init__(self, width: int = 4) -> None:
        super().__init__(3, width)


def test_a_callable_or_a_module_is_taken_as_it_is() -> None:
    checkpoint = make_checkpoint({"weight": torch.empty(5, 3), "bias": torch.empty(5)})
    made = identified(checkpoint, "tests:Given", factory=Given, arguments=(("width", 5),))
    assert (made.identification.matched, made.identification.changed) == (2, ())
    assert "an object that the caller gave" in made.identification.user_code
    assert made.module.weight.is_meta
    ready = Given(5)
    assert identified(checkpoint, "tests:Given", factory=ready).module is ready
    with pytest.raises(OptionsError, match="takes no arguments"):
        identified(checkpoint, "tests:Given", factory=ready, arguments=(("width", 5),))


@pytest.mark.usefixtures("code")
def test_a_name_alone_is_looked_up_in_the_given_file() -> None:
    facts = identified(make_checkpoint(tensors()), "Net", code="their_models.py").identification
    assert facts.matched == 4
    assert facts.user_code == "--model Net in their_models.py"


@pytest.mark.usefixtures("code")
def test_a_failure_names_the_line_of_the_users_code() -> None:
    with pytest.raises(OptionsError) as caught:
        identified(make_checkpoint(tensors()), "their_models:fail")
    line = CODE.splitlines().index('    raise ValueError("no weights folder\\nsecond line")') + 1
    assert caught.value.hint == f"It happened in their_models.py, line {line}."


def test_the_users_package_has_a_version_only_where_it_is_installed(code: Path) -> None:
    (code / "torch_models.py").write_text("from torch import nn\nclass Net(nn.Linear):\n    pass\n")
    facts = identified(make_checkpoint({"weight": torch.empty(2, 2)}), "torch_models.py:Net(2, 2)").identification
    assert (facts.library, facts.library_version) == ("torch_models", "")
