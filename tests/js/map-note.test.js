import assert from 'node:assert/strict';
import { test } from 'node:test';

import { pathBetween } from '../../templates/js/map-flow.js';
import { makeModel } from '../../templates/js/map-model.js';
import { missingWords, pathWords } from '../../templates/js/map-note.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('a path is told with its length, and how many boxes lie on any way', () => {
  assert.equal(pathWords(model, pathBetween(model, 1, 10), -1, null), 'From x input to y output: 4 boxes on the shortest way, 8 boxes on any');
  assert.equal(pathWords(model, pathBetween(model, 3, 4), -1, null), 'The only way from A.first Conv2d to A.second ReLU: 2 boxes');
});

test('a path that is not there, and one that has no end yet, are told', () => {
  assert.equal(pathWords(model, null, -1, [3, 8]), 'No data flows between A.first Conv2d and B.second ReLU');
  assert.equal(pathWords(model, null, 3, null), 'Path from A.first Conv2d: choose where it ends');
  assert.equal(pathWords(model, null, -1, [2, 4]), 'A Block holds A.second ReLU');
  assert.equal(pathWords(model, null, -1, null), '');
});

test('an address that names no box is repeated, cut where it is long', () => {
  assert.equal(missingWords('layer9'), 'This map has no box layer9; the link may be for another model');
  assert.ok(missingWords('x'.repeat(500)).length < 160);
});
