import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { TEXT_MIN, boxOf, cardLabels, cut, letters, linesOf, picture, shapeLabels } from '../../templates/js/map-picture.js';
import { fitView, lod } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

const model = makeModel(sample());

test('wide characters count for more', () => {
  assert.equal(letters('conv'), 4);
  assert.equal(letters('模型'), 3.5);
});

test('a label is cut to its room, whole words first', () => {
  assert.deepEqual(cut(model, 3, 20), ['first', 'Conv2d']);
  assert.deepEqual(cut(model, 3, 7), ['', 'Conv2d']);
  assert.deepEqual(cut(model, 3, 5), ['first', '']);
  assert.deepEqual(cut(model, 5, 2.5), ['', '']);
  assert.deepEqual(cut(model, 4, 3.9), ['', '']);
  assert.deepEqual(cut(model, 4, 2), ['', '']);
});

test('a card shows its further lines only when they can be read', () => {
  const texts = (/** @type {number} */ s) => cardLabels(model, boxOf(model, { x: 0, y: 0, s }, 3)).map(({ name, text }) => `${name}|${text}`);
  assert.deepEqual(texts(4), ['first|Conv2d', '3×3, p1|']);
  assert.equal(texts(1.3).length, 1);
  assert.deepEqual(texts(0.3), []);
});

test('a shut box has its name above its type, or the name alone', () => {
  const texts = (/** @type {number} */ s) => cardLabels(model, boxOf(model, { x: 0, y: 0, s }, 2)).map(({ name, text }) => name || text);
  assert.deepEqual(texts(1), ['A', 'Block']);
  assert.deepEqual(texts(0.13), ['A']);
});

test('labels fit into their boxes and are never too small', () => {
  for (const s of [0.3, 0.6, 1, 1.7, 3, 6]) {
    for (let i = 1; i < model.count; i += 1) {
      const box = boxOf(model, { x: 0, y: 0, s }, i);
      for (const label of cardLabels(model, box)) {
        assert.ok(label.size >= TEXT_MIN);
        assert.ok((letters(label.name) + letters(label.text)) * label.size * 0.6 <= box.w + 6);
      }
    }
  }
});

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
  assert.equal(shapeLabels([{ ...lines[0], scale: 0.5 }], PANE).length, 0);
  const twice = linesOf(model, { x: 0, y: 0, s: 4 }, 0).map((line) => line.shape);
  assert.deepEqual(twice, ['1×3×8×8', '1×16×8×8', '1×16×8×8']);
});

test('deeper boxes are painted above shallower ones, and the model itself is no box', () => {
  const view = fitView(model, 2, PANE);
  const made = picture(model, view, PANE, lod(model, view, PANE));
  assert.deepEqual(made.boxes.map((box) => box.i), [2, 6].filter((i) => made.boxes.some((box) => box.i === i)));
  assert.ok(made.cards.some((box) => box.i === 3));
  assert.ok(made.labels.length > 3);
});
