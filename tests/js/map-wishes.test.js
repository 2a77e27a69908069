import assert from 'node:assert/strict';
import { test } from 'node:test';

import { isSearch } from '../../templates/js/map-wishes.js';

const press = /** @type {(key: string, more?: object) => any} */ ((key, more = {}) => ({ key, defaultPrevented: false, ctrlKey: false, metaKey: false, target: { closest: () => null }, ...more }));

test('a slash asks for the search, other keys do not', () => {
  assert.equal(isSearch(press('/')), true);
  assert.equal(isSearch(press('a')), false);
  assert.equal(isSearch(press('/', { ctrlKey: true })), false);
});

test('a slash that is typed somewhere, or was answered by something else, is left alone', () => {
  assert.equal(isSearch(press('/', { target: { closest: () => ({}) } })), false);
  assert.equal(isSearch(press('/', { target: {} })), true);
  assert.equal(isSearch(press('/', { defaultPrevented: true })), false);
});
