import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { pack } from './packing.js';

/** Made by pack_solid and pack_text of render/payload.py from the text below, twenty times over. */
const LZMA = '0{{]J07wG]00000002FR:lKY%H;Fl[[uD[8:7=VxXy?vT:s@2d%@b+9;Cp|llv{*MdpRFTCRKzD%er+IrGx+f@~i*=';
const ZLIB = 'c-pI0%1g{mRkBjD(JxLe$}A|cQ-~=|u`n=DI6PfRM=4LqD%w!TNXIy~wt7_MsLD~5I8*`vmuddl';
const TEXT = '{"name":"</script> \\ud800 ×","n":[1,2,3]}'.repeat(20);

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
const { textOf } = await import('../../templates/js/packed.js');

test('a stream of either kind is text again', async () => {
  assert.equal(await textOf(LZMA), TEXT);
  assert.equal(await textOf(ZLIB), TEXT);
});

test('data that travels alone and data that travels with others are found by their names', async () => {
  assert.deepEqual(await payload('map'), { a: 1 });
  assert.deepEqual(await payload('small'), [1]);
  assert.deepEqual(['map', 'small', 'other', 'smal', ''].map(hasPayload), [true, true, true, false, false]);
  await assert.rejects(payload('absent'), /no payload absent/);
});
