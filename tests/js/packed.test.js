import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { bytesOf, inflate } from '../../templates/js/packed.js';
import { pack } from './packing.js';

test('bytes of every length come back', () => {
  for (let size = 0; size < 40; size += 1) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 89 + 250) % 256);
    assert.deepEqual([...bytesOf(pack(bytes))], [...bytes]);
  }
  assert.deepEqual([...bytesOf(pack([255, 255, 255, 255]))], [255, 255, 255, 255]);
});

test('a packed stream is text again', async () => {
  const text = '{"name":"</script> \\ud800 ×","n":[1,2,3]}'.repeat(100);
  assert.equal(await inflate(bytesOf(pack(deflateSync(text)))), text);
});

test('signs of several bytes come whole from a stream of many pieces', async () => {
  const text = `x${'×▲中'.repeat(100_000)}`;
  assert.equal(await inflate(bytesOf(pack(deflateSync(text)))), text);
});

test('a broken stream is an error, not an empty text', async () => {
  await assert.rejects(inflate(Uint8Array.of(1, 2, 3, 4, 5)));
});
