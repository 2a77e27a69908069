import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compare, fits, hashOf, wishOf } from '../../templates/js/site.js';

const ALL = { q: '', sort: 'name', reversed: false, level: '', family: '', format: '' };

test('what is chosen goes into the address and comes back', () => {
  const wish = { ...ALL, q: 'res net', sort: 'size', reversed: true, level: 'error' };
  assert.deepEqual(wishOf(hashOf(wish)), wish);
  assert.equal(hashOf(ALL), '');
  assert.deepEqual(wishOf(''), ALL);
});

test('a card fits when it has every word and meets every filter', () => {
  const facts = { level: 'ok', family: 'image classifier', format: 'ONNX' };
  assert.equal(fits(facts, 'resnet50 image classifier onnx', { ...ALL, q: 'Res  onnx' }), true);
  assert.equal(fits(facts, 'resnet50 image classifier onnx', { ...ALL, q: 'bert' }), false);
  assert.equal(fits(facts, '', { ...ALL, level: 'ok', format: 'ONNX' }), true);
  assert.equal(fits(facts, '', { ...ALL, level: 'error' }), false);
});

test('names are in the order that people count', () => {
  const names = ['b', 'layer10', 'Layer2', 'a'].map((name) => ({ name }));
  assert.deepEqual(names.sort((a, b) => compare(a, b, 'name')).map(({ name }) => name), ['a', 'b', 'Layer2', 'layer10']);
});

test('the largest, the worst and the newest come first, the unknown last', () => {
  const [small, large, unknown] = [{ name: 'a', macs: '5' }, { name: 'b', macs: '70' }, { name: 'c', macs: '-1' }];
  assert.deepEqual([unknown, small, large].sort((a, b) => compare(a, b, 'macs')), [large, small, unknown]);
  assert.ok(compare({ level: 'error' }, { level: 'ok' }, 'level') < 0);
  assert.ok(compare({ created: '2026-01-01' }, { created: '2025-01-01' }, 'created') < 0);
});

test('what could not be read comes last', () => {
  assert.ok(compare({ name: 'a', level: 'unread' }, { name: 'z', level: 'ok' }, 'name') > 0);
  assert.ok(compare({ name: 'a', level: 'unread' }, { name: 'z', level: 'ok' }, 'size') > 0);
});
