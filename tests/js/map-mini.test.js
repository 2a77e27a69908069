import assert from 'node:assert/strict';
import { test } from 'node:test';

import { covers, frameOf, miniBoxes, miniSize } from '../../templates/js/map-mini.js';
import { makeModel } from '../../templates/js/map-model.js';
import { fitView } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

const model = makeModel(sample());

test('the small map has the shape of the whole', () => {
  const size = miniSize(model, PANE);
  assert.ok(Math.max(size.w, size.h) <= 168);
  assert.ok(Math.abs(size.w / size.h - model.w[0] / model.h[0]) < 0.02);
});

test('the frame shows where the view lies, and never leaves the small map', () => {
  const size = miniSize(model, PANE);
  const small = fitView(model, 0, size, 0);
  const whole = frameOf(fitView(model, 0, PANE), PANE, small, size);
  assert.deepEqual([whole.x, whole.y, Math.round(whole.w), Math.round(whole.h)], [0, 0, size.w, size.h]);
  const near = frameOf({ x: 50, y: 60, s: 8 }, PANE, small, size);
  assert.ok(near.w < size.w / 2 && near.x > 0);
  const lost = frameOf({ x: 1e6, y: 1e6, s: 1 }, PANE, small, size);
  assert.deepEqual([lost.x, lost.y], [size.w, size.h]);
});

test('boxes open in the small map while they are large enough', () => {
  assert.deepEqual(miniBoxes(model, 0.01), [[0, false]]);
  assert.deepEqual(miniBoxes(model, 0.06).map(([i]) => i), [0, 1, 2, 6, 10]);
  assert.equal(miniBoxes(model, 1).length, model.count);
});

test('the small map covers what lies in its corner, and nothing else', () => {
  const [pane, size] = [{ w: 400, h: 300 }, { w: 100, h: 60 }];
  assert.ok(covers({ boxes: [[280, 200, 300, 240]], words: [] }, pane, size), 'a box that reaches into it');
  assert.ok(!covers({ boxes: [[280, 200, 290, 290], [0, 0, 400, 230]], words: [] }, pane, size), 'beside it and above it');
  assert.ok(!covers({ boxes: [[410, 240, 500, 290]], words: [] }, pane, size), 'out of sight');
  assert.ok(covers({ boxes: [], words: [{ x: 350, y: 280 }] }, pane, size), 'a word');
});
