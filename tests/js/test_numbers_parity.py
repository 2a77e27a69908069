"""The page writes numbers as the report does: ``numberText`` of the script against ``render/format.py``."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
from pathlib import Path

from modelreport.render import format as text
from modelreport.render.table import Cell

ROOT = Path(__file__).parents[2]
SCRIPT = """
import { numberText } from './templates/js/numbers.js';
let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
  console.log(JSON.stringify(JSON.parse(text).map(numberText)));
});
"""


def values() -> list[float]:
    """Of every size, whole ones, ties between two texts, and values that a 16-bit float can hold."""
    chance = random.Random(3)
    spread = [chance.choice((-1, 1)) * 10 ** chance.uniform(-12, 12) for _ in range(4000)]
    whole = [float(chance.randrange(10 ** chance.randrange(1, 8))) for _ in range(500)]
    ties = [chance.randrange(1 << 14) / 2 ** chance.randrange(1, 12) for _ in range(2000)]
    halves = [struct.unpack("<e", struct.pack("<H", bits))[0] for bits in range(1, 0x7C00, 17)]
    edges = [0.0, 999.5, 999.4999, 0.9995e-3, 0.0009994, 999_999.5, 999_999.4, 1000.5, 1001.5, 1e-300, 1e300]
    return [*spread, *whole, *ties, *halves, *edges]


def test_every_number_reads_the_same_on_the_page_and_on_paper() -> None:
    node = shutil.which("node")
    assert node, "the tests of the page's scripts need node (20 or newer)"
    cells = [Cell.figure(value) for value in values()]
    known = [cell.value for cell in cells]
    run = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        input=json.dumps(known), capture_output=True, text=True, timeout=120, check=True, cwd=ROOT,
    )  # fmt: skip
    assert json.loads(run.stdout) == [cell.text for cell in cells]
    assert text.number(0.3125) == "0.312"
