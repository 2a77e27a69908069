import assert from 'node:assert/strict';
import { test } from 'node:test';

import { attributesOf } from '../../templates/js/map-quick.js';

test('a layer is a path in its own style, without what it has not', () => {
  assert.deepEqual(
    attributesOf({ d: 'M0,0L9,9', fill: '', stroke: 'red', width: 2, dash: '4 3' }),
    { 'd': 'M0,0L9,9', 'fill': 'none', 'stroke': 'red', 'stroke-width': '2', 'stroke-dasharray': '4,3' },
  );
  assert.deepEqual(
    attributesOf({ d: 'M0,0L9,9L0,9Z', fill: 'blue', stroke: '', width: 1, dash: '' }),
    { 'd': 'M0,0L9,9L0,9Z', 'fill': 'blue', 'stroke': 'none', 'stroke-width': '0', 'stroke-dasharray': 'none' },
  );
});
