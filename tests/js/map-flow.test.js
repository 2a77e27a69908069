import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addLink, around, isOn, linksOf, nearest, noWays, pathBetween, shownFor } from '../../templates/js/map-flow.js';
import { makeModel } from '../../templates/js/map-model.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('links are told in both directions', () => {
  const { sources, targets } = linksOf(model);
  assert.deepEqual([...sources(5)], [4, 1]);
  assert.deepEqual([...targets(5)], [7, 9]);
  assert.deepEqual([[...sources(1)], [...targets(10)]], [[], []]);
});

test('a link runs out of boxes, across, and into boxes', () => {
  const ways = noWays();
  addLink(model, ways, 5, 7);
  assert.ok(isOn(model, ways, { source: 5, target: -1 }));
  assert.ok(isOn(model, ways, { source: 2, target: 6 }));
  assert.ok(isOn(model, ways, { source: -1, target: 7 }));
  assert.ok(!isOn(model, ways, { source: 4, target: 5 }));
});

test('what goes into a box and comes out of it lies outside', () => {
  const box = around(model, 2);
  assert.deepEqual([box.inputs, box.outputs], [[1], [7, 9]]);
  const card = around(model, 4);
  assert.deepEqual([card.inputs, card.outputs], [[3], [5]]);
  assert.deepEqual(around(model, 0).inputs, []);
  assert.deepEqual([nearest(model, 2, 'outputs'), nearest(model, 9, 'inputs'), nearest(model, 1, 'inputs')], [7, 8, -1]);
});

test('the shortest way takes the skips, all ways take everything', () => {
  const path = pathBetween(model, 1, 10);
  assert.deepEqual(path?.shortest, [1, 5, 9, 10]);
  assert.deepEqual(path?.all, [1, 3, 4, 5, 7, 8, 9, 10]);
  assert.ok(path && isOn(model, path.allWays, { source: 3, target: 4 }) && !isOn(model, path.shortWays, { source: 3, target: 4 }));
});

test('a path between boxes begins and ends at cards in them, and data runs one way only', () => {
  const path = pathBetween(model, 6, 2);
  assert.deepEqual([path?.from, path?.to], [2, 6]);
  assert.equal(path?.shortest[0], 5);
  assert.deepEqual(pathBetween(model, 4, 8)?.shortest, [4, 5, 7, 8]);
});

test('there is no path between boxes of which one holds the other, nor where nothing flows', () => {
  assert.equal(pathBetween(model, 2, 4), null);
  assert.equal(pathBetween(model, 0, 4), null);
  const apart = sample();
  apart.nodes.sources[7] = 0;
  apart.nodes.sources[9] = 2;
  assert.equal(pathBetween(makeModel(apart), 3, 8), null);
});

test('a node in a shut box is shown by the box', () => {
  assert.equal(shownFor(model, new Set([0]), 3), 2);
  assert.equal(shownFor(model, new Set([0, 2]), 3), 3);
  assert.equal(shownFor(model, new Set([0, 2]), 8), 6);
});
