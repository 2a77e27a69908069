import { unlzma } from './lzma.js';
import { bytesOf, runPacked } from './payload.js';

async function start() {
  await runPacked('packed-plotly', async (packed) => new TextDecoder().decode(unlzma(bytesOf(packed))));
  const library = Reflect.get(globalThis, 'Plotly');
  if (!library) throw new Error('the chart library did not start');
  return library;
}

/** @type {{ready: Promise<any> | null}} */
const once = { ready: null };

/**
 * The Plotly library, unpacked and started when it is first asked for.
 * @returns {Promise<any>} rejects where the browser cannot run it; the static charts then stay
 */
export function plotly() {
  once.ready ??= start();
  return once.ready;
}
