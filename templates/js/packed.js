// What travels in the page packed: streams in base 85 (see render/payload.py).

import { unlzma } from './lzma.js';
import { handingOver, root } from './root.js';

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;[=]?@^_`{|}~';

/**
 * The bytes behind base 85: five digits for four bytes, the last group shorter.
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesOf(text) {
  const value = new Uint8Array(128);
  for (let i = 0; i < DIGITS.length; i += 1) value[DIGITS.charCodeAt(i)] = i;
  const size = Math.floor(text.length / 5) * 4 + Math.max(0, (text.length % 5) - 1);
  const bytes = new Uint8Array(size + 4);
  const view = new DataView(bytes.buffer);
  for (let from = 0, to = 0; from < text.length; from += 5, to += 4) {
    let word = 0;
    for (let i = from; i < from + 5; i += 1) word = word * 85 + (i < text.length ? value[text.charCodeAt(i)] : 84);
    view.setUint32(to, word);
  }
  return bytes.subarray(0, size);
}

/**
 * The text behind a packed stream.
 * @param {string} packed
 * @returns {Promise<string>}
 */
export async function inflate(packed) {
  const stream = new Blob([bytesOf(packed)]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Response(stream).text();
}

const ZLIB = 0x78; // the first byte of what browsers inflate by themselves

/**
 * The text behind a packed stream of either kind.
 * @param {string} packed
 * @returns {Promise<string>}
 */
export async function textOf(packed) {
  const bytes = bytesOf(packed);
  return bytes[0] === ZLIB ? inflate(packed) : new TextDecoder().decode(unlzma(bytes));
}

/**
 * Run code that the page brings: packed, as an inline script, of which the page's policy allows exactly this text by its
 * hash; or in a file beside it, which the policy allows by its place.
 * @param {string} id of the element that holds it
 */
export async function runPacked(id) {
  const packed = root.getElementById(id);
  if (!packed) throw new Error(`no script ${id}`);
  const script = document.createElement('script');
  const { src } = packed.dataset;
  if (src) {
    await new Promise((resolve, reject) => {
      script.onload = resolve;
      script.onerror = () => reject(new Error(`${src} could not be loaded`));
      script.src = src;
      document.head.append(script);
    });
    return;
  }
  script.textContent = await textOf(packed.textContent);
  packed.remove();
  handingOver(() => document.head.append(script));
}
