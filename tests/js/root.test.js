import assert from 'node:assert/strict';
import { test } from 'node:test';

import { placeOf } from '../../templates/js/root.js';

test('a page of its own owns every address', () => {
  assert.equal(placeOf('#layer-3', ''), 'layer-3');
  assert.equal(placeOf('#map=layer1%2E0', ''), 'map=layer1.0');
  assert.equal(placeOf('', ''), '');
});

test('a fragment reads only the addresses that begin with its id', () => {
  assert.equal(placeOf('#mr-1f2e:layer-3', 'mr-1f2e:'), 'layer-3');
  assert.equal(placeOf('#mr-1f2e%3Alayer-3', 'mr-1f2e:'), 'layer-3');
  assert.equal(placeOf('#mr-other:layer-3', 'mr-1f2e:'), '');
  assert.equal(placeOf('#layer-3', 'mr-1f2e:'), '');
});

test('an address that is no escaped text is taken as it is', () => {
  assert.equal(placeOf('#100%', ''), '100%');
});
