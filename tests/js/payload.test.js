import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { pack } from './packing.js';

/**
 * A page that carries these elements.
 * @param {Record<string, object>} elements
 * @returns {any}
 */
function page(elements) {
  return { getElementById: (/** @type {string} */ id) => elements[id] ?? null };
}

const packed = (/** @type {string} */ text) => ({ textContent: text, dataset: {} });
globalThis.document = page({
  'payload-map': packed(pack(deflateSync('{"a":1}'))),
  'payload-payloads': { textContent: pack(deflateSync('{"small":[1],"other":null}')), dataset: { names: 'other small' } },
});
const { hasPayload, payload } = await import('../../templates/js/payload.js');

test('data that travels alone and data that travels with others are found by their names', async () => {
  assert.deepEqual(await payload('map'), { a: 1 });
  assert.deepEqual(await payload('small'), [1]);
  assert.deepEqual(['map', 'small', 'other', 'smal', ''].map(hasPayload), [true, true, true, false, false]);
  await assert.rejects(payload('absent'), /no payload absent/);
});
