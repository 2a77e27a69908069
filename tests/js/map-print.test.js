import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { sheetsOf, sheetView } from '../../templates/js/map-print.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('a box fills its sheet, which no page cuts, and is not drawn larger than its cards need', () => {
  for (let i = 1; i < model.count; i += 1) {
    if (!model.isBox(i)) continue;
    const { pane, view } = sheetView(model, i);
    assert.ok(pane.w <= 850.001 && pane.h <= 1100.001);
    assert.ok(view.s * model.inner[i] <= 1.0001);
    assert.ok(view.x < model.x[i] && view.x + pane.w / view.s > model.x[i] + model.w[i], 'all of it is in sight');
  }
});

test('what is shut in the drawing before is drawn once for each structure', () => {
  assert.deepEqual(sheetsOf(model).sheets, [], 'the drawing in the markup shows all of a small model');
  const small = { w: 120, h: 80 };
  const { sheets, left } = sheetsOf(model, 9, small);
  assert.ok(sheets.length > 0);
  assert.equal(left, 0);
  assert.ok(sheets.every(({ i, alike }) => model.isBox(i) && alike >= 1));
  const structures = sheets.map(({ i }) => `${model.frame(i)[2]} ${model.type(i)}`);
  assert.equal(new Set(structures).size, structures.length);
  assert.deepEqual([sheetsOf(model, 0, small).sheets, sheetsOf(model, 0, small).left > 0], [[], true], 'and what is left out is counted');
});
