// Data that travel in the page, each under a name: packed alone, or with other small ones (see render/payload.py).

import { unlzma } from './lzma.js';
import { bytesOf, inflate } from './packed.js';
import { root } from './root.js';

const ZLIB = 0x78; // the first byte of what browsers inflate by themselves
const SHARED = 'payloads';

/** @type {Map<string, Promise<any>>} */
const known = new Map();

/**
 * The text behind a packed stream of either kind.
 * @param {string} packed
 * @returns {Promise<string>}
 */
export async function textOf(packed) {
  const bytes = bytesOf(packed);
  return bytes[0] === ZLIB ? inflate(packed) : new TextDecoder().decode(unlzma(bytes));
}

/** @param {string} name */
function elementOf(name) {
  return root.getElementById(`payload-${name}`);
}

/** @param {string} name */
function isShared(name) {
  return (elementOf(SHARED)?.dataset.names ?? '').split(' ').includes(name);
}

/** @param {string} name */
async function read(name) {
  const element = elementOf(name);
  if (element) return JSON.parse(await textOf(element.textContent));
  if (isShared(name)) return (await payload(SHARED))[name];
  throw new Error(`no payload ${name}`);
}

/**
 * The data that the page carries under a name, read once.
 * @param {string} name
 * @returns {Promise<any>} rejects when the page has no such data
 */
export function payload(name) {
  if (!known.has(name)) known.set(name, read(name));
  return /** @type {Promise<any>} */ (known.get(name));
}

/**
 * Whether the page carries data under a name.
 * @param {string} name
 */
export function hasPayload(name) {
  return elementOf(name) !== null || isShared(name);
}
