import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';

import { mark, speak, t } from '../../templates/js/language.js';

afterEach(() => speak(null));

test('English is its own key', () => {
  assert.equal(t('Search the map'), 'Search the map');
  assert.equal(t('{count} of {total} rows', { count: '3', total: '8' }), '3 of 8 rows');
});

test('another language says it in its own order', () => {
  speak({ '{count} of {total} rows': '{total} 行中的 {count} 行' });
  assert.equal(t('{count} of {total} rows', { count: 3, total: 8 }), '8 行中的 3 行');
  assert.equal(t('not in the catalogue'), 'not in the catalogue');
});

test('values are put in once and never read as placeholders or patterns', () => {
  assert.equal(t('{a} and {b}', { a: '{b}', b: '$&' }), '{b} and $&');
  assert.equal(t('{missing} stays', { other: 1 }), '{missing} stays');
  assert.equal(t('{constructor}', {}), '{constructor}');
});

test('a message named like a property of every object is not taken for a translation', () => {
  assert.equal(t('toString'), 'toString');
});

test('a page in another language carries its messages', () => {
  /** @type {any} */
  const globals = globalThis;
  globals.document = { getElementById: (/** @type {string} */ id) => (id === 'messages' ? { textContent: '{"Rows": "行"}' } : null) };
  try {
    assert.equal(t('Rows'), '行');
  } finally {
    delete globals.document;
  }
});

test('a constant is marked and said later', () => {
  assert.equal(mark('Rows'), 'Rows');
});
