import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { linesOf, picture, shapeLabels } from '../../templates/js/map-picture.js';
import { fitView, lod } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

const model = makeModel(sample());

test('edges know their ends, their kind and where the arrowheads belong', () => {
  const lines = linesOf(model, { x: 0, y: 0, s: 1 }, 2);
  assert.deepEqual(lines.map(({ source, target, kind, arrow }) => [source, target, kind, arrow]), [
    [-1, 3, 'plain', true], [3, 4, 'plain', true], [4, 5, 'plain', true], [-1, 5, 'skip', true], [5, -1, 'plain', false],
  ]);
  assert.deepEqual(lines[0].points[0], [50 + 12 + 45, 72 + 22]);
});

test('a shape is written once for each tensor, and shapes touch neither lines nor boxes nor each other', () => {
  const lines = [100, 104, 300, 308, 316].map((x) => ({ points: [[x, 0], [x, 60]], scale: 1.5, shape: '1×16×8×8' }));
  const anchors = (/** @type {any[]} */ ...more) => shapeLabels(lines, PANE, ...more).map(({ anchor }) => anchor);
  assert.deepEqual(anchors(), ['end', 'start', 'end', 'start']);
  const card = { x: 20, y: 0, w: 40, h: 60 };
  assert.deepEqual(anchors([], [card]), ['start', 'end', 'start']);
  assert.deepEqual(anchors([card]), ['start', 'end', 'start'], 'nor across the border of an open box');
  assert.deepEqual(anchors([{ ...card, x: 0, y: -50, w: 600, h: 300, bar: 10 }]).length, 4, 'inside one it may stand');
  assert.equal(shapeLabels([{ ...lines[0], points: [[100, 0], [100, 11]], scale: 0.5 }], PANE).length, 0, 'nor in a gap too small for letters');
  const bent = [{ points: [[0, 40], [0, 44], [50, 44], [50, 20], [300, 20], [300, 26]], scale: 1, shape: '1×16×8×8' }];
  assert.deepEqual(shapeLabels(bent, PANE).map(({ x, anchor }) => [x, anchor]), [[175, 'middle']], 'along a level piece where the ends have no room');
  const twice = linesOf(model, { x: 0, y: 0, s: 4 }, 0).map((line) => line.shape);
  assert.deepEqual(twice, ['1×3×8×8', '1×16×8×8', '1×16×8×8']);
});

test('a shape is not cut by the side of a pane in which the whole breadth of the map lies', () => {
  const lines = [{ points: [[PANE.w - 20, 0], [PANE.w - 20, 60]], scale: 1.5, shape: '1×16×8×8' }];
  const anchors = (/** @type {boolean} */ whole) => shapeLabels(lines, PANE, [], [], [], whole).map(({ anchor }) => anchor);
  assert.deepEqual(anchors(false), ['start'], 'it is cut where the map goes on');
  assert.deepEqual(anchors(true), ['end']);
  const all = picture(model, fitView(model, 0, PANE), PANE, lod(model, fitView(model, 0, PANE), PANE));
  assert.ok(all.labels.every(({ x }) => x > 0 && x < PANE.w));
});

test('deeper boxes are painted above shallower ones, and the model itself is no box', () => {
  const view = fitView(model, 2, PANE);
  const made = picture(model, view, PANE, lod(model, view, PANE));
  assert.deepEqual(made.boxes.map((box) => box.i), [2, 6].filter((i) => made.boxes.some((box) => box.i === i)));
  assert.ok(made.cards.some((box) => box.i === 3));
  assert.ok(made.labels.length > 3);
});
