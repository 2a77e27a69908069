import assert from 'node:assert/strict';
import { test } from 'node:test';

import { overhang } from '../../templates/js/table-tools.js';

const report = { left: 0, right: 390 };

test('a list that has room stays where its button is', () => {
  assert.equal(overhang({ left: 16, right: 196 }, report), 0);
});

test('a list that would end outside moves to the left', () => {
  assert.equal(overhang({ left: 251, right: 579 }, report), 197);
});

test('a list wider than the report begins at its edge', () => {
  assert.equal(overhang({ left: 251, right: 851 }, report), 243);
  assert.equal(overhang({ left: 120, right: 520 }, { left: 100, right: 300 }), 12);
});
