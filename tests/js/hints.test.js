import assert from 'node:assert/strict';
import { test } from 'node:test';

import { spotOf } from '../../templates/js/hints.js';

const view = { width: 400, height: 300 };
const size = { width: 100, height: 20 };

test('a hint stands below its owner, above where there is no room', () => {
  assert.deepEqual(spotOf({ left: 50, top: 10, bottom: 30 }, size, view), [50, 36]);
  assert.deepEqual(spotOf({ left: 50, top: 270, bottom: 290 }, size, view), [50, 244]);
});

test('a hint stays within the view', () => {
  assert.deepEqual(spotOf({ left: 380, top: 10, bottom: 30 }, size, view)[0], 294);
  assert.deepEqual(spotOf({ left: -40, top: 10, bottom: 30 }, size, view)[0], 6);
});
