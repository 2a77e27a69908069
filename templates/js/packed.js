// What travels in the page packed: streams in base 85 (see render/payload.py).

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
  const digits = new TextEncoder().encode(text.padEnd(text.length + 4, DIGITS[84]));
  const bytes = new Uint8Array(size + 4);
  const view = new DataView(bytes.buffer);
  for (let i = 0, to = 0; to < size; i += 5, to += 4) {
    view.setUint32(to, (((value[digits[i]] * 85 + value[digits[i + 1]]) * 85 + value[digits[i + 2]]) * 85 + value[digits[i + 3]]) * 85 + value[digits[i + 4]]);
  }
  return bytes.subarray(0, size);
}

/**
 * The text behind a stream that browsers inflate by themselves. It is there before the browser turns to anything else, the
 * rest of the page's markup included: through a `Blob` it came by way of other processes, and much later.
 * @param {Uint8Array<ArrayBuffer>} bytes
 * @returns {Promise<string>}
 */
export async function inflate(bytes) {
  const { readable, writable } = new DecompressionStream('deflate');
  const writer = writable.getWriter();
  Promise.all([writer.write(bytes), writer.close()]).catch(() => {}); // who reads is told of what is broken
  const [reader, decoder] = [readable.getReader(), new TextDecoder()];
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    text += decoder.decode(value, { stream: !done });
    if (done) return text;
  }
}

/**
 * Run code that the page brings: packed, as an inline script, of which the page's policy allows exactly this text by its
 * hash; or in a file beside it, which the policy allows by its place.
 * @param {string} id of the element that holds it
 * @param {(packed: Uint8Array<ArrayBuffer>) => Promise<string>} textOf what unpacks it
 */
export async function runPacked(id, textOf) {
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
  script.textContent = await textOf(bytesOf(packed.textContent));
  packed.remove();
  handingOver(() => document.head.append(script));
}
