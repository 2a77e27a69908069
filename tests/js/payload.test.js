import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deflateSync } from 'node:zlib';

import { bytesOf, inflate } from '../../templates/js/payload.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;[=]?@^_`{|}~';

function pack(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k += 1) word = word * 256 + (bytes[i + k] ?? 0);
    let group = '';
    for (let k = 0; k < 5; k += 1) {
      group = DIGITS[word % 85] + group;
      word = Math.floor(word / 85);
    }
    text += group.slice(0, Math.min(4, bytes.length - i) + 1);
  }
  return text;
}

test('bytes of every length come back', () => {
  for (let size = 0; size < 40; size += 1) {
    const bytes = Uint8Array.from({ length: size }, (_, i) => (i * 89 + 250) % 256);
    assert.deepEqual([...bytesOf(pack(bytes))], [...bytes]);
  }
  assert.deepEqual([...bytesOf(pack([255, 255, 255, 255]))], [255, 255, 255, 255]);
});

test('a packed stream is text again', async () => {
  const text = '{"name":"</script> \\ud800 ×","n":[1,2,3]}'.repeat(100);
  assert.equal(await inflate(pack(deflateSync(text))), text);
});

test('a broken stream is an error, not an empty text', async () => {
  await assert.rejects(inflate(pack([1, 2, 3, 4, 5])));
});
