from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from torch import nn

from modelreport.errors import OptionsError
from modelreport.identify.user_code import OwnClasses, as_script, load_target, package_of, run_file, where
from modelreport.options import parse_target


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    before, path = dict(sys.modules), list(sys.path)
    yield
    assert sys.path == path
    for name in set(sys.modules) - set(before):
        if "uc_" in name:
            del sys.modules[name]


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        file = folder / f"{name.replace('_in_', '/').replace('_init', '__init__')}.py"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


NET = "from torch import nn\nclass Net(nn.Linear):\n    pass\n"


def test_a_script_is_run_without_its_main_part_and_without_our_arguments(tmp_path: Path, capsys: object) -> None:
    write(tmp_path, uc_train="import sys, argparse\nargparse.ArgumentParser().parse_args()\nprint('noise')\n"
          "seen = (sys.argv, __name__)\nif __name__ == '__main__':\n    raise SystemExit\n")  # fmt: skip
    before = list(sys.argv)
    module = run_file(str(tmp_path / "uc_train.py"), "--code")
    assert module.seen == ([str(tmp_path / "uc_train.py")], "uc_train")
    assert sys.argv == before
    out = capsys.readouterr()  # type: ignore[attr-defined]
    assert (out.out, out.err) == ("", "noise\n")


def test_a_file_is_run_anew_each_time(tmp_path: Path) -> None:
    write(tmp_path, uc_nets="value = 1\n")
    assert run_file(str(tmp_path / "uc_nets.py"), "--code").value == 1
    write(tmp_path, uc_nets="value = 22\n")
    assert run_file(str(tmp_path / "uc_nets.py"), "--code").value == 22


def test_a_file_named_like_a_module_in_use_does_not_replace_it(tmp_path: Path) -> None:
    import json

    write(tmp_path, json="value = 1\n")
    assert run_file(str(tmp_path / "json.py"), "--code").value == 1
    assert sys.modules["json"] is json


def test_neighbours_packages_and_relative_imports_work(tmp_path: Path) -> None:
    write(tmp_path, uc_blocks="width = 3\n", uc_a="from uc_blocks import width\n")
    assert run_file(str(tmp_path / "uc_a.py"), "--code").width == 3
    write(tmp_path, uc_pkg_in__init="", uc_pkg_in_deep_in__init="", uc_pkg_in_deep_in_net="from ..base import size\n",
          uc_pkg_in_base="size = 5\n")  # fmt: skip
    module = run_file(str(tmp_path / "uc_pkg" / "deep" / "net.py"), "--code")
    assert (module.size, module.__name__) == (5, "uc_pkg.deep.net")
    write(tmp_path, uc_hub_in_modeling_x="from .configuration_x import size\n", uc_hub_in_configuration_x="size = 7\n")
    assert run_file(str(tmp_path / "uc_hub" / "modeling_x.py"), "--code").size == 7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("import no_such_uc_package\n", "there is no module 'no_such_uc_package'"),
        ("def f(:\n", "invalid syntax (uc_bad.py, line 1)"),
        ("import sys\nsys.exit(3)\n", "SystemExit: 3"),
        ("1 / 0\n", "ZeroDivisionError"),
    ],
)
def test_a_file_that_fails_is_one_line_and_a_hint(tmp_path: Path, text: str, said: str) -> None:
    write(tmp_path, uc_bad=text)
    with pytest.raises(OptionsError) as caught:
        run_file(str(tmp_path / "uc_bad.py"), "--code uc_bad.py")
    assert said in caught.value.message
    assert caught.value.message.startswith("--code uc_bad.py: ")
    assert caught.value.hint
    assert "uc_bad" not in sys.modules


def test_the_place_of_a_failure_is_the_users_line(tmp_path: Path) -> None:
    write(tmp_path, uc_deep="import json\ndef f():\n    json.loads('{')\n")
    module = run_file(str(tmp_path / "uc_deep.py"), "--code")
    with pytest.raises(ValueError, match="Expecting") as caught:
        module.f()
    assert where(caught.value) == "It happened in uc_deep.py, line 3."
    assert where(ValueError("nowhere")) == ""


def test_a_pickled_name_is_found_under_other_names_of_the_file(tmp_path: Path) -> None:
    write(tmp_path, uc_train=f"{NET}from uc_blocks import Block\n", uc_blocks=NET.replace("Net", "Block"),
          uc_evil="raise SystemExit")  # fmt: skip
    module = run_file(str(tmp_path / "uc_train.py"), "--code")
    own = OwnClasses(module)
    for path in ("__main__.Net", "uc_train.Net", "somewhere.else_.Net"):
        assert own.find(path) is module.Net
    assert own.find("uc_blocks.Block") is module.Block
    for path in ("Net", "", "..", "uc_train.nn", "uc_train.nn.Linear", "os.system", "uc_evil.Net2", "builtins.eval"):
        assert own.find(path) is None
    assert "uc_evil" not in sys.modules  # a pickle does not choose what runs


def test_of_a_folder_the_files_that_a_pickle_names_are_run(tmp_path: Path) -> None:
    write(tmp_path, uc_models_in__init="", uc_models_in_unet=NET, uc_bad="raise ValueError")
    own = OwnClasses(run_file(str(tmp_path), "--code"))
    found = own.find("uc_models.unet.Net")
    assert issubclass(found, nn.Linear)
    assert own.find("uc_bad.Net") is None
    assert own.find("json.decoder.JSONDecoder") is None


def test_a_target_without_a_place_needs_a_file() -> None:
    with pytest.raises(OptionsError, match="not of the form"):
        load_target(parse_target("Net"))


def test_a_version_is_that_of_an_installed_package() -> None:
    assert package_of(nn.Linear) == ("torch", package_of(nn.Linear)[1])
    assert package_of(nn.Linear)[1]


def test_the_path_is_put_back_whatever_happens() -> None:
    before = list(sys.path)
    with as_script("/nowhere"):
        assert sys.path[0] == "/nowhere"
    assert sys.path == before
    with pytest.raises(ZeroDivisionError), as_script("/nowhere"):
        1 / 0  # noqa: B018 - it only has to fail
    assert sys.path == before
