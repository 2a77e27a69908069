"""The page writes numbers as the report does: ``numberText`` of the script against ``render/format.py``."""

from __future__ import annotations

import json
import random
import shutil
import struct
import subprocess
from pathlib import Path

from modelreport.render import format as text
from modelreport.render.table import Cell, amount, share_cell

ROOT = Path(__file__).parents[2]
SCRIPT = """
import { written } from './templates/js/numbers.js';
let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
  const cells = JSON.parse(text);
  console.log(JSON.stringify(cells.map(([form, value, whole]) => Object.values(written(form, value, whole)))));
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


def on_the_page(cells: list[Cell]) -> list[list[str]]:
    """Text of each cell and what is behind it, as the script writes them."""
    node = shutil.which("node")
    assert node, "the tests of the page's scripts need node (20 or newer)"
    run = subprocess.run(
        [node, "--input-type=module", "-e", SCRIPT],
        input=json.dumps([[cell.form, cell.value, cell.whole] for cell in cells]),
        capture_output=True, text=True, timeout=500, check=True, cwd=ROOT,
    )  # fmt: skip
    found: list[list[str]] = json.loads(run.stdout)
    return found


def test_every_number_reads_the_same_on_the_page_and_on_paper() -> None:
    cells = [Cell.figure(value) for value in values()]
    assert [shown for shown, _ in on_the_page(cells)] == [cell.text for cell in cells]
    assert text.number(0.3125) == "0.312"


def test_counts_bytes_and_shares_read_the_same_on_the_page_and_on_paper() -> None:
    chance = random.Random(5)
    counts = [round(10 ** chance.uniform(0, 15.9)) for _ in range(2000)]
    edges = [0, 1, 999, 9_999, 10_000, 99_995, 999_500, 999_499, 9_995_000, 1023, 1024, 1_023_488, 1_048_576, 2**52]
    dyadic = [chance.randrange(1 << 12) * 2 ** chance.randrange(1, 30) for _ in range(1000)]
    numbers = [*counts, *edges, *dyadic]
    cells = [make(n) for n in numbers for make in (Cell.count, Cell.bytes, amount)]
    cells += [share_cell(n % (whole + 1), whole) for n, whole in zip(numbers, reversed(numbers), strict=True) if whole]
    cells += [share_cell(part, 1 << 10) for part in range(1025)]
    assert on_the_page(cells) == [[cell.text, cell.exact] for cell in cells]
