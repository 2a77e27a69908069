"""The wheel, installed where nothing else is, makes a report."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return next(folder.glob("*.whl"))


def test_the_wheel_holds_the_templates_and_nothing_of_the_tests(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    packaged = {n.removeprefix("modelreport/_templates/") for n in names if n.startswith("modelreport/_templates/")}
    templates = ROOT / "templates"
    here = {str(p.relative_to(templates)) for p in templates.rglob("*") if p.is_file()}
    assert packaged == here
    assert not [n for n in names if n.startswith(("tests/", "sample_models/", "benchmarks/"))]
    assert "modelreport/py.typed" in names
    licences = {n.partition("/licenses/")[2] for n in names if "/licenses/" in n}
    assert {
        p.relative_to(ROOT).as_posix() for p in templates.rglob("*") if p.name.endswith(("LICENSE", "OFL.txt"))
    } < licences
    assert "LICENSE" in licences
    assert wheel.stat().st_size < 4_000_000


@pytest.mark.timeout(2400)  # torch and all that it needs are downloaded and unpacked
def test_a_report_is_built_in_an_empty_environment(wheel: Path, tmp_path: Path) -> None:
    where = tmp_path / "venv"
    venv.create(where, with_pip=True)
    python = where / "bin" / "python"
    install = [str(python), "-m", "pip", "install", "-q", "-c", str(ROOT / "constraints.txt"), str(wheel)]
    subprocess.run(install, check=True, capture_output=True, timeout=1800)
    outputs = [tmp_path / "r.html", tmp_path / "r.pdf"]
    sample = ROOT / "sample_models" / "digits_cnn.onnx"
    env = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    command = [str(where / "bin" / "modelreport"), "build", str(sample), *(x for o in outputs for x in ("-o", str(o)))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env=env, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert "</html>" in outputs[0].read_text()
    assert outputs[1].read_bytes().startswith(b"%PDF-")
