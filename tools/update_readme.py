"""Write the command's own words into the README's reference blocks."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def shown(command: str) -> str:
    """What the command prints in a terminal of 80 columns."""
    arguments = [sys.executable, "-m", *shlex.split(command)]
    env = {**os.environ, "COLUMNS": "80"}
    text = subprocess.run(arguments, capture_output=True, text=True, check=True, env=env).stdout  # noqa: S603 our own command
    return text.replace("python -m modelreport", "modelreport").strip()


def main() -> None:
    """Rewrite every ``console`` block."""
    text = README.read_text()
    block = re.compile(r"```console\n\$ ([^\n]+)\n.*?```", re.DOTALL)
    README.write_text(block.sub(lambda m: f"```console\n$ {m[1]}\n{shown(m[1])}\n```", text))


if __name__ == "__main__":
    main()
