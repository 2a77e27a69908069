import assert from 'node:assert/strict';
import { test } from 'node:test';

import { leadOf, share, standIns, tilesOf } from '../../templates/js/map-inside.js';
import { makeModel } from '../../templates/js/map-model.js';
import { boxOf } from '../../templates/js/map-picture.js';
import { PANE, sample } from './map-sample.js';

const model = makeModel(sample());

test('what is inside a shut box stands where it will be, below the labels', () => {
  const view = { x: 0, y: 0, s: 1 };
  const box = boxOf(model, view, 2);
  const tiles = tilesOf(model, box, 0, PANE);
  assert.deepEqual(tiles.map(({ i }) => i), [3, 4, 5]);
  for (const tile of tiles) {
    const card = boxOf(model, view, tile.i);
    assert.deepEqual([tile.x, tile.w], [card.x, card.w]);
    assert.ok(Math.abs(tile.y + tile.h - card.y - card.h) < 1e-9);
  }
  const lower = tilesOf(model, box, 100, PANE);
  assert.ok(lower.length < 3);
  assert.ok(lower.every((tile) => tile.y >= box.y + 100));
});

test('what lies outside the pane is left out', () => {
  assert.deepEqual(tilesOf(model, boxOf(model, { x: 5000, y: 0, s: 1 }, 2), 0, PANE), []);
});

test('a box stands for what is in it while that is not too much', () => {
  assert.deepEqual(standIns(model, 0), [1, 3, 4, 5, 7, 8, 9, 10]);
  assert.deepEqual(standIns(model, 6), [7, 8, 9]);
  assert.deepEqual(standIns(model, 0, 5), [1, 2, 6, 10]);
  assert.deepEqual(standIns(model, 0, 3), []);
  assert.ok(share(3) > share(100));
});

test('a box inside has the colour of most of its work', () => {
  assert.equal(model.data.families[leadOf(model, 2)], 'conv');
  assert.equal(leadOf(model, 4), model.nodes.family[4]);
});
