import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { unlzma } from '../../templates/js/lzma.js';
import { bytesOf } from '../../templates/js/packed.js';
import { textOf } from '../../templates/js/streams.js';

/** Made by pack_solid and pack_quick of render/payload.py from the text below, twenty times over. */
const LZMA = '0{{]J07wG]00000002FR:lKY%H;Fl[[uD[8:7=VxXy?vT:s@2d%@b+9;Cp|llv{*MdpRFTCRKzD%er+IrGx+f@~i*=';
const ZLIB = 'c-pI0%1g{mRkBjD(JxLe$}A|cQ-~=|u`n=DI6PfRM=4LqD%w!TNXIy~wt7_MsLD~5I8*`vmuddl';
const TEXT = '{"name":"</script> \\ud800 ×","n":[1,2,3]}'.repeat(20);

test('a stream of either kind is text again', async () => {
  assert.equal(await textOf(bytesOf(LZMA)), TEXT);
  assert.equal(await textOf(bytesOf(ZLIB)), TEXT);
});

test('what is unpacked in pieces is what is unpacked at once', async () => {
  const packed = new Uint8Array(readFileSync(new URL('../../templates/vendor/plotly.min.js.lzma', import.meta.url)));
  assert.equal(await textOf(packed), new TextDecoder().decode(unlzma(packed)));
});
