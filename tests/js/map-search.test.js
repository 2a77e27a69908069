import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { search, testOf, wordsOf } from '../../templates/js/map-search.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('boxes are found by name, type, attribute, shape and path', () => {
  assert.deepEqual(search(model, 'first').hits, [3, 7]);
  assert.deepEqual(search(model, 'CONV2D').hits, [3, 7]);
  assert.deepEqual(search(model, '3x3').hits, [3, 7]);
  assert.deepEqual(search(model, '16x8x8').hits, [3, 4, 5, 7]);
  assert.deepEqual(search(model, 'B.first').hits, [7]);
  assert.deepEqual(search(model, 'block b').hits, [6, 2]);
  assert.deepEqual(search(model, 'nothing'), { hits: [], all: [], total: 0 });
  assert.deepEqual(search(model, '  ').total, 0);
});

test('wildcards reach across a path, a name or a type', () => {
  assert.deepEqual(search(model, 'A.*').hits, [3, 4, 5]);
  assert.deepEqual(search(model, '*.first').hits, [3, 7]);
  assert.deepEqual(search(model, 'conv?d').hits, [3, 7]);
  assert.deepEqual(search(model, '1×16×*').hits, [3, 4, 5, 7]);
  assert.deepEqual(search(model, 'B.* conv2d').hits, [7]);
});

test('a size is found as it is, not in the middle of another', () => {
  assert.ok(testOf('3×3')('3×3, p1'));
  assert.ok(testOf('3×3')('64×3×3×3'));
  assert.ok(!testOf('3×3')('13×3'));
  assert.ok(!testOf('3×3')('3×32'));
});

test('signs that mean something to a machine are only signs', () => {
  for (const query of ['(', '[a-z]', '\\', '.+', '$', '*(*', '^']) assert.equal(search(model, query).total, 0, query);
});

test('an exact name comes first', () => {
  assert.equal(search(model, 'a').hits[0], 2);
});

test('sizes may be written with x, and with a star between numbers', () => {
  assert.deepEqual(wordsOf('Conv 3x3 64*64 x'), ['conv', '3×3', '64×64', 'x']);
});

test('some dozens of hits are listed and the others counted', () => {
  const data = sample();
  const count = 5000;
  const many = { ...data, nodes: Object.fromEntries(Object.entries(data.nodes).map(([key, list]) => [key, Array(count).fill(list[3])])) };
  many.nodes.parent = [-1, ...Array(count - 1).fill(0)];
  many.nodes.frame[0] = 1;
  many.frames[1] = [60, 26, 0, 1, 0, 0, 1, 1];
  many.contents[0] = [1, 1, Array(2 * count).fill(0), []];
  const { hits, all, total } = search(makeModel(many), 'conv2d');
  assert.deepEqual([hits.length, all.length, total], [50, 2000, count - 1]);
});
