import assert from 'node:assert/strict';
import { test } from 'node:test';

import { current } from '../../templates/js/nav.js';

test('the section being read is the last one above the line', () => {
  assert.equal(current([-500, -20, 300, 900], 250, ''), 1);
  assert.equal(current([-500, -20, 200, 900], 250, ''), 2);
});

test('at the ends of the page it is the first or the last, however short', () => {
  assert.equal(current([0, 100, 900], 250, 'top'), 0);
  assert.equal(current([-900, -100, 600], 250, 'bottom'), 2);
});
