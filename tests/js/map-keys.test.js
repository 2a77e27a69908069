import assert from 'node:assert/strict';
import { test } from 'node:test';

import { KEYS, command, walk } from '../../templates/js/map-keys.js';
import { makeModel } from '../../templates/js/map-model.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());
const open = new Set([0, 2, 6]);

test('arrow keys follow the data flow and stop at the ends', () => {
  assert.equal(walk(model, -1, 'ArrowDown', open), 1);
  assert.equal(walk(model, 1, 'ArrowDown', open), 2);
  assert.equal(walk(model, 6, 'ArrowUp', open), 2);
  assert.equal(walk(model, 1, 'ArrowUp', open), 1);
  assert.equal(walk(model, 3, 'ArrowDown', open), 4);
});

test('arrow keys leave a box where the data does, for what is shown', () => {
  assert.equal(walk(model, 5, 'ArrowDown', open), 7);
  assert.equal(walk(model, 5, 'ArrowDown', new Set([0, 2])), 6);
  assert.equal(walk(model, 7, 'ArrowUp', open), 5);
});

test('keys ask for what they should and leave the rest to the browser', () => {
  const key = (/** @type {string} */ name, more = {}) => command(model, 2, { key: name, ...more });
  assert.deepEqual(key('Enter'), ['into', 3]);
  assert.deepEqual(command(model, 3, { key: 'Enter' }), ['fit']);
  assert.deepEqual(key('Escape'), ['up']);
  assert.deepEqual(key('/'), ['search']);
  assert.deepEqual(key('?'), ['help']);
  assert.deepEqual(key('0'), ['whole']);
  assert.equal(key('+')?.[0], 'zoom');
  assert.equal(key('f', { ctrlKey: true }), null);
  assert.equal(key('Tab'), null);
  assert.equal(key('constructor'), null);
});

test('the list of keys names every key that does something', () => {
  const listed = KEYS.flatMap(([names]) => names).join(' ');
  for (const key of ['Enter', 'Esc', '/', 'f', '0', '+', 'p', 'c', 'm', '?']) assert.ok(listed.includes(key), key);
});
