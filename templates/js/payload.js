// Data and code that travel in the page as base64 of deflated bytes.

/**
 * The bytes behind base64 of a zlib stream.
 * @param {string} text
 * @returns {Promise<Uint8Array>}
 */
export async function inflate(text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** The JSON behind base64 of a zlib stream. */
export async function unpack(text) {
  return JSON.parse(new TextDecoder().decode(await inflate(text)));
}

const known = new Map();

/**
 * The data that the page carries under a name, read once.
 * @param {string} name
 * @returns {Promise<any>} rejects when the page has no such data
 */
export function payload(name) {
  if (!known.has(name)) {
    const element = document.getElementById(`payload-${name}`);
    known.set(name, element ? unpack(element.textContent) : Promise.reject(new Error(`no payload ${name}`)));
  }
  return known.get(name);
}

/** Whether the page carries data under a name. */
export function hasPayload(name) {
  return document.getElementById(`payload-${name}`) !== null;
}
