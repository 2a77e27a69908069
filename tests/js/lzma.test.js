import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';

import { unlzma } from '../../templates/js/lzma.js';

const vendor = new URL('../../templates/vendor/', import.meta.url);

/** Files made by liblzma (Python's lzma module), with the text they hold and other settings than the vendored one. */
const SAMPLES = [
  ["XQAAAAQAAAAAAAAAAACD//v//8AAAAA=", ""],
  ["XQAAAAQBAAAAAAAAAAAwwfv////gAAAA", "a"],
  ["bAAAAARsAAAAAAAAAAAwmIh2rhQe/////hAAAA==", "abcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabcabc"],
  ["XQAAAAQuAwAAAAAAAABxJw5h9hmBppIOGExUy6vfiRuesI2MpuPzVZaCDaPwk4o75Pp9eZ1PShQ0u0nvfrB7Nn/U6L7t6dZdDbpMmJjz82Nvf7VgNdo4fFjyjY4DJDGspyukH7UdqCY7flC2oOBSPyN4PzL089qhgsj9yOV0pGei1xGK+cr1vFNiTKtUTWideUzrx/8s1m2dj8b/92K89g==", "✓ ünï weight weight ✓ ünï conv bias linear conv linear conv weight bias linear bias ✓ ünï conv ✓ ünï linear conv linear bias weight linear bias linear conv linear ✓ ünï ✓ ünï bias linear linear conv conv linear linear linear linear weight weight linear ✓ ünï linear linear linear bias weight conv weight bias linear linear weight conv weight weight ✓ ünï ✓ ünï conv ✓ ünï weight conv weight weight weight bias weight linear bias bias linear conv weight conv weight bias conv ✓ ünï bias weight bias ✓ ünï conv bias conv linear ✓ ünï linear conv linear bias weight ✓ ünï weight ✓ ünï weight bias conv ✓ ünï weight weight conv bias conv linear weight ✓ ünï ✓ ünï weight linear weight weight ✓ ünï conv weight weight weight linear conv linear"],
  ["vgAAAARYAgAAAAAAAAAQCEC7/Ntu4HPxpBjkP1HKZsLCJg6nzJsVXhr42EVZATWKKlocDtfER1a++WVz6TY9JaIop1Lm51oJEiNCva8sf2YrwX/YFShotQcnd9b8xrIJ+ZPS19yesDRWQYrUfZQaVBXNV///BCgAAA==", " !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`? ]B)lWD3$qf]VQNMNQV]fq$3DWl)B] ?`)NuDoBqH!V3lM0oV?*q`QD90)$! !$)09DQ`q*?Vo0Ml3V!HqBoDuN)`?"],
];

test('what liblzma packed is read back, whatever its settings', () => {
  for (const [packed, text] of SAMPLES) {
    const bytes = Uint8Array.from(Buffer.from(packed, 'base64'));
    assert.equal(new TextDecoder().decode(unlzma(bytes)), text);
  }
});

test('the library in the page is the one that its notes and the policy name', () => {
  const script = unlzma(new Uint8Array(readFileSync(new URL('plotly.min.js.lzma', vendor))));
  const notes = readFileSync(new URL('VENDOR.md', vendor), 'utf8');
  assert.match(notes, new RegExp(createHash('sha256').update(script).digest('hex')));
});

test('a file that ends early or was changed ends too', () => {
  const whole = new Uint8Array(readFileSync(new URL('plotly.min.js.lzma', vendor)));
  assert.equal(unlzma(whole.subarray(0, 5000)).length, 681232);
});
