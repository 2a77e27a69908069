// Packed streams of either kind as text: what browsers inflate by themselves, and LZMA.

import { inPieces } from './idle.js';
import { openLzma } from './lzma.js';
import { inflate } from './packed.js';

const ZLIB = 0x78; // the first byte of what browsers inflate by themselves
const PIECE = 8192; // bytes, about a millisecond

/**
 * The text behind a packed stream; whatever else the page has to do meanwhile comes first.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<string>}
 */
export async function textOf(bytes) {
  if (bytes[0] === ZLIB) return inflate(bytes);
  const { out, read } = openLzma(bytes);
  await inPieces(() => read(PIECE));
  return new TextDecoder().decode(out);
}
