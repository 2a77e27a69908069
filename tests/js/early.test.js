import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromTop } from '../../templates/js/early.js';

test('a page opened at its top, or at a box of the map, may pass over what lies below', () => {
  assert.ok(fromTop('', 'navigate'));
  assert.ok(fromTop('#map=layer3', 'navigate'));
});

test('one opened at a place below, or scrolled back to where it was, may not', () => {
  assert.ok(!fromTop('#weights', 'navigate'));
  assert.ok(!fromTop('#weight-41234', 'navigate'));
  assert.ok(!fromTop('', 'reload'));
  assert.ok(!fromTop('', 'back_forward'));
});
