"""The bundler: one script from modules, and a clear refusal of what it does not know."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from modelreport.render.bundle import BundleError, bundle
from modelreport.render.folders import templates_folder


def write(folder: Path, **modules: str) -> Path:
    for name, source in modules.items():
        (folder / f"{name}.js").write_text(source)
    return folder / "main.js"


def run(script: str) -> str:
    node = shutil.which("node")
    assert node, "the tests of the page's scripts need node"
    return subprocess.run([node, "-e", script], check=True, capture_output=True, text=True, timeout=300).stdout


def test_modules_run_once_each_after_what_they_import(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main="import { b } from './b.js';\nimport { c as renamed } from './c.js';\nconsole.log(b(), renamed);\n",
        b="import { c } from './c.js';\nexport function b() { return c + 1; }\nconsole.log('b');\n",
        c="// a remark\n/* and\n   another */\nexport const c = 41;\nconsole.log('c');\n",
    )
    assert run(bundle(entry)) == "c\nb\n42 41\n"


def test_exports_of_every_known_kind_are_bound(tmp_path: Path) -> None:
    entry = write(
        tmp_path,
        main="import {\n  f,\n  g,\n  K,\n} from './x.js';\ng().then((v) => console.log(f(), v, new K().v));\n",
        x="export function f() { return 1; }\nexport async function g() { return 2; }\nexport class K { v = 3; }\n",
    )
    assert run(bundle(entry)) == "1 2 3\n"


def test_nothing_leaks_into_the_page(tmp_path: Path) -> None:
    entry = write(tmp_path, main="const secret = 1;\nexport function open() { return secret; }\n")
    assert run(bundle(entry) + "\nconsole.log(typeof secret, typeof open)") == "undefined undefined\n"


def test_remarks_are_left_out(tmp_path: Path) -> None:
    entry = write(tmp_path, main="// first\nconst a = 'http://x'; // stays in its line\nconsole.log(a);\n")
    script = bundle(entry)
    assert "first" not in script
    assert run(script) == "http://x\n"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("import x from './b.js';", "not known"),
        ("import './b.js';", "not known"),
        ("import { b } from 'https://example.org/b.js';", "only './name.js'"),
        ("import { b } from './../b.js';", "only './name.js'"),
        ("import { missing } from './b.js';", "not exported"),
        ("import { b } from './nowhere.js';", "does not exist"),
        ("export default 1;", "not known"),
        ("export let a = 1;", "not known"),
        ("const a = await import('./b.js');", "not known"),
        ("const a = '</script>';", "end its own element"),
        ("import { b } from './circle.js';", "imports itself"),
    ],
)
def test_what_is_not_known_is_refused_with_the_file(tmp_path: Path, source: str, said: str) -> None:
    entry = write(
        tmp_path,
        main=source + "\n",
        b="export const b = 1;\n",
        circle="import { c } from './main.js';\nexport const b = 1;\n",
    )
    with pytest.raises(BundleError, match=said):
        bundle(entry)


def test_the_pages_scripts_are_the_same_twice() -> None:
    for entry in ("main", "start"):
        script = bundle(templates_folder() / "js" / f"{entry}.js")
        assert script == bundle(templates_folder() / "js" / f"{entry}.js")


def test_the_pages_scripts_hold_no_eval() -> None:
    script = bundle(templates_folder() / "js" / "main.js")
    assert "eval(" not in script
    assert "new Function" not in script
