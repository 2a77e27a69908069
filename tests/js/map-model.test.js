import assert from 'node:assert/strict';
import { test } from 'node:test';

import { ancestry, byParent, makeModel, neighbours, reshape, titleOf, wordings } from '../../templates/js/map-model.js';
import { sample } from './map-sample.js';

test('children are listed by their parent, in order', () => {
  const { start, list } = byParent([-1, 0, 0, 2, 2, 0]);
  assert.deepEqual([...list.subarray(start[0], start[1])], [1, 2, 5]);
  assert.deepEqual([...list.subarray(start[2], start[3])], [3, 4]);
  assert.deepEqual([...list.subarray(start[5], start[6])], []);
});

test('places inside a box are scaled into units of the whole map', () => {
  const model = makeModel(sample());
  assert.equal(model.x[2], 12 + 38);
  assert.equal(model.y[2], 12 + 60);
  assert.equal(model.unit[3], 0.5);
  assert.equal(model.x[3], 50 + 12 + 60 * 0.5);
  assert.equal(model.y[3], 72 + 22 + 40 * 0.5);
  assert.deepEqual([model.w[3], model.h[3]], [30, 13]);
});

test('children lie inside their parents', () => {
  const model = makeModel(sample());
  for (let i = 1; i < model.count; i += 1) {
    const p = model.nodes.parent[i];
    assert.ok(model.x[i] >= model.x[p] && model.y[i] >= model.y[p]);
    assert.ok(model.x[i] + model.w[i] <= model.x[p] + model.w[p] + 1e-9);
    assert.ok(model.y[i] + model.h[i] <= model.y[p] + model.h[p] + 1e-9);
  }
});

test('a high pane gets the other arrangement of the whole, and back', () => {
  const model = makeModel(sample());
  assert.equal(reshape(model, false), false);
  assert.equal(reshape(model, true), true);
  assert.deepEqual([model.w[0], model.h[0]], [524, 224]);
  assert.equal(model.x[2], 12 + 90);
  assert.equal(reshape(model, false), true);
  assert.equal(model.x[2], 50);
});

test('the worst finding inside a box shows on the box', () => {
  const model = makeModel(sample());
  assert.deepEqual([model.worst[7], model.worst[6], model.worst[0], model.worst[2]], [2, 2, 2, 0]);
});

test('names and types are worded from the fullest to the shortest', () => {
  const model = makeModel(sample());
  assert.deepEqual(wordings(model, 3), [['first', 'Conv2d'], ['', 'Conv2d'], ['first', '']]);
  assert.deepEqual(wordings(model, 2), [['A', 'Block'], ['A', ''], ['', 'Block']]);
  assert.deepEqual(wordings(model, 5), [['', 'add']]);
  assert.equal(titleOf(model, 3), 'first Conv2d');
});

test('the way to a node and its neighbours along the data flow', () => {
  const model = makeModel(sample());
  assert.deepEqual(ancestry(model, 4), [0, 2, 4]);
  assert.deepEqual(neighbours(model, 5), { from: [4, -1], to: [-1] });
  assert.deepEqual(neighbours(model, 2), { from: [1], to: [6] });
});
