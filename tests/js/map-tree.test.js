import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { treeKey, visible } from '../../templates/js/map-tree.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('what is in an open box follows it', () => {
  assert.deepEqual(visible(model, new Set()), [0]);
  assert.deepEqual(visible(model, new Set([0, 2])), [0, 1, 2, 3, 4, 5, 6, 10]);
  assert.deepEqual(visible(model, new Set([2])), [0], 'an open box in a shut one does not show');
});

test('keys walk, open, shut and choose as in any tree', () => {
  const opened = new Set([0, 2]);
  const key = (/** @type {number} */ i, /** @type {string} */ name) => treeKey(model, opened, i, name);
  assert.deepEqual(key(5, 'ArrowDown'), ['to', 6]);
  assert.deepEqual(key(0, 'ArrowUp'), ['to', 0]);
  assert.deepEqual(key(6, 'ArrowRight'), ['open', 6]);
  assert.deepEqual(key(2, 'ArrowRight'), ['to', 3]);
  assert.deepEqual(key(2, 'ArrowLeft'), ['shut', 2]);
  assert.deepEqual(key(4, 'ArrowLeft'), ['to', 2]);
  assert.deepEqual([key(1, 'End'), key(5, 'Home')], [['to', 10], ['to', 0]]);
  assert.deepEqual(key(3, 'Enter'), ['choose', 3]);
  assert.equal(key(3, 'Tab'), null);
});
