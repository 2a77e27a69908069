"""The page and the paper show the same map: the script's picture of an overview against the one made in Python."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from modelreport.facts import Report
from modelreport.render.map import make_scene
from modelreport.render.map.layout import lay_out
from modelreport.render.map.payload import map_payload
from modelreport.render.map.picture import picture

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "render" / "map"))

import scenes  # noqa: E402

SCRIPT = """
import { makeModel } from './templates/js/map-model.js';
import { lod } from './templates/js/map-view.js';
import { leadOf } from './templates/js/map-inside.js';
import { picture } from './templates/js/map-picture.js';
let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
  const { payload, view, pane } = JSON.parse(text);
  const model = makeModel(payload);
  const made = picture(model, view, pane, lod(model, view, pane));
  const labels = made.labels.map(({ x, y, size, name, text: words }) => [x, y, size, name, words]);
  const boxes = made.cards.map(({ i, x, y, w, h }) => [i, x, y, w, h]);
  const tiles = made.tiles.map(({ i, x, y, w, h }) => [i, x, y, w, h, model.data.families[leadOf(model, i)]]);
  console.log(JSON.stringify({ open: made.boxes.map((box) => box.i), boxes, labels, tiles }));
});
"""


SWEEP = """
import { makeModel } from './templates/js/map-model.js';
import { fitView, lod, zoomAt } from './templates/js/map-view.js';
let text = '';
process.stdin.setEncoding('utf8').on('data', (part) => { text += part; }).on('end', () => {
  const { payload, pane, kind } = JSON.parse(text);
  const model = makeModel(payload);
  let view = fitView(model, 0, pane);
  let before = new Set();
  const steps = [];
  const bounds = { least: 0, most: Infinity };
  for (let k = 0; k < 160; k += 1) {
    const { open, shut, isOpen } = lod(model, view, pane, before);
    const asked = (i) => model.type(i) === kind && model.kind(i) === 'module' && !model.nodes.repeat[i];
    const of = (list) => list.filter(asked).length;
    steps.push([of(open), of(shut), open.length + shut.length]);
    before = isOpen;
    view = zoomAt(view, pane.w * 0.4, pane.h * 0.5, k < 80 ? 1.04 : 1 / 1.04, bounds);
  }
  console.log(JSON.stringify(steps));
});
"""


def run_node(script: str, asked: dict[str, object]) -> Any:
    """What a script prints about its input, as data."""
    node = shutil.which("node")
    assert node, "the tests of the page's scripts need node (20 or newer)"
    run = subprocess.run(
        [node, "--input-type=module", "-e", script],
        input=json.dumps(asked), capture_output=True, text=True, timeout=500, check=True, cwd=HERE.parent.parent,
    )  # fmt: skip
    return json.loads(run.stdout)


def shown(report: Report) -> tuple[dict[str, list], dict[str, list]]:
    """What the script shows of the whole map in a pane of 1000 by 625, and what Python draws there."""
    scene = make_scene(report)
    layout = lay_out(scene)
    made = picture(scene, layout, 1000.0, 625.0)
    start = made.boxes[0]
    view = {"x": -start.x / start.scale, "y": -start.y / start.scale, "s": start.scale}
    asked = {"payload": map_payload(report, scene, layout), "view": view, "pane": {"w": 1000, "h": 625}}
    drawn = {
        "open": [box.node for box in made.boxes[1:] if box.open],
        "boxes": [[box.node, box.x, box.y, box.width, box.height] for box in made.boxes if not box.open],
        "tiles": [[tile.node, tile.x, tile.y, tile.width, tile.height, tile.family] for tile in made.tiles],
        "labels": [[label.x, label.y, label.size, label.name, label.text] for label in made.labels],
    }
    return run_node(SCRIPT, asked), drawn


@pytest.mark.parametrize("name", ["resnet", "bert", "unet", "dense", "deep"])
@pytest.mark.parametrize("traced", [True, False])
def test_the_page_opens_and_labels_what_the_drawing_does(name: str, *, traced: bool) -> None:
    page, drawn = shown(getattr(scenes, name)().report(traced=traced))
    assert sorted(page["open"]) == sorted(drawn["open"])
    for (i, *here), (j, *there) in zip(sorted(page["boxes"]), sorted(drawn["boxes"]), strict=True):
        assert i == j
        assert here == pytest.approx(there, abs=1.5)
    for (i, *inside, lead), (j, *paper, family) in zip(sorted(page["tiles"]), sorted(drawn["tiles"]), strict=True):
        assert (i, lead) == (j, family)
        assert inside == pytest.approx(paper, abs=1.5)
    texts = sorted((name, words) for _, _, _, name, words in page["labels"])
    for label in drawn["labels"]:
        assert (label[3], label[4]) in texts


@pytest.mark.parametrize(("name", "kind"), [("resnet", "Bottleneck"), ("bert", "BertLayer"), ("unet", "DoubleConv")])
def test_blocks_of_one_type_open_and_shut_together_all_the_way_in_and_out(name: str, kind: str) -> None:
    scene = make_scene(getattr(scenes, name)().report())
    asked = {"payload": map_payload(getattr(scenes, name)().report(), scene, lay_out(scene)), "kind": kind}
    steps = run_node(SWEEP, asked | {"pane": {"w": 860, "h": 540}})
    mixed = [step for step in steps if step[0] and step[1]]
    assert mixed == []
    assert any(step[0] for step in steps)
    visible = [step for step in steps if step[0] or step[1]]
    changes = sum(bool(a[0]) != bool(b[0]) for a, b in pairwise(visible))
    assert changes <= 2, "opened once on the way in, shut once on the way out"
    assert max(step[2] for step in steps) <= 520
