import assert from 'node:assert/strict';
import { test } from 'node:test';

import { LEAST, beginning, cardLabels, cut, letters, shutLabels } from '../../templates/js/map-labels.js';
import { makeModel } from '../../templates/js/map-model.js';
import { boxOf } from '../../templates/js/map-picture.js';
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
  assert.deepEqual(texts(1.4), ['|Conv2d']);
  assert.deepEqual(texts(0.3), []);
});

test('a shut box is worded at its top left, where its title will be, or has one line in its middle', () => {
  const told = (/** @type {number} */ s) => shutLabels(model, boxOf(model, { x: 0, y: 0, s }, 2), PANE);
  const texts = (/** @type {number} */ s) => told(s).labels.map(({ name, text }) => `${name}|${text}`);
  assert.deepEqual(texts(1), ['A|Block']);
  assert.equal(told(1).labels[0].anchor, 'start');
  assert.ok(told(1).below > told(1).labels[0].size);
  assert.deepEqual(texts(0.13), ['A|']);
  assert.deepEqual([told(0.13).labels[0].anchor, told(0.13).below], ['middle', 0]);
});

test('labels fit into their boxes and are never too small', () => {
  for (const s of [0.1, 0.3, 0.6, 1, 1.7, 3, 6]) {
    for (let i = 1; i < model.count; i += 1) {
      const box = boxOf(model, { x: 0, y: 0, s }, i);
      for (const label of model.isBox(i) ? shutLabels(model, box, { w: 9e9, h: 9e9 }).labels : cardLabels(model, box)) {
        assert.ok(label.size >= LEAST);
        assert.ok((letters(label.name) + letters(label.text)) * label.size * 0.6 <= box.w);
      }
    }
  }
});

test('letters count by how wide they are, and a label is cut to its room', () => {
  assert.equal(letters('nine'), 3.625);
  assert.ok(letters('illi') < letters('nnnn') && letters('nnnn') < letters('mmmm'));
  assert.equal(beginning('permute', 6), 'perm…');
  assert.equal(beginning('permute', 4), '');
});
