import assert from 'node:assert/strict';
import { test } from 'node:test';

import { addressOf, nodeAt, pathOf } from '../../templates/js/map-address.js';
import { makeModel } from '../../templates/js/map-model.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('a path leads from inside the model to the node', () => {
  assert.equal(pathOf(model, 7), 'B.first');
  assert.equal(pathOf(model, 0), '');
});

test('every address leads back to its node', () => {
  for (let i = 1; i < model.count; i += 1) assert.equal(nodeAt(model, decodeURIComponent(addressOf(model, i))), i);
  assert.equal(addressOf(model, 0), '');
});

test('boxes of the same path are told apart', () => {
  const data = sample();
  data.nodes.name[4] = data.nodes.name[3];
  const twins = makeModel(data);
  assert.deepEqual([3, 4].map((i) => addressOf(twins, i)), ['map=A.first', 'map=A.first&2']);
  assert.equal(nodeAt(twins, 'map=A.first&2'), 4);
});

test('boxes that only the map has count where they are meant themselves', () => {
  const data = sample();
  data.nodes.kind[2] = 4;
  const grouped = makeModel(data);
  assert.deepEqual([pathOf(grouped, 3), addressOf(grouped, 2)], ['first', 'map=A']);
});

test('names from a file are only text in an address', () => {
  const data = sample();
  const hostile = '"><script>alert(1)</script> 100% &2 #/?';
  data.strings[data.strings.indexOf('first')] = hostile;
  const odd = makeModel(data);
  const address = addressOf(odd, 3);
  assert.match(address, /^map=[A-Za-z0-9%.\-_!~*'()]+$/);
  assert.equal(nodeAt(odd, decodeURIComponent(address)), 3);
});

test('addresses of other places are none of the map, and unknown paths are said to be unknown', () => {
  assert.equal(nodeAt(model, 'layer-3'), null);
  assert.equal(nodeAt(model, ''), null);
  assert.equal(nodeAt(model, 'map=nothing'), -1);
  assert.equal(nodeAt(model, 'map=A&9'), -1);
});
