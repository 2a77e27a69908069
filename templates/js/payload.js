// Data that travel in the page, each under a name: packed alone, or with other small ones (see render/payload.py).

import { parsed } from './idle.js';
import { bytesOf } from './packed.js';
import { embedded, root } from './root.js';
import { textOf } from './streams.js';

const SHARED = 'payloads';

/** @type {Map<string, Promise<any>>} */
const known = new Map();

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
  if (!embedded && !hasPayload(name)) await parsed(document);
  const element = elementOf(name);
  if (element) return JSON.parse(await textOf(bytesOf(element.textContent)));
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
