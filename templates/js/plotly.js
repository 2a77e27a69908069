import { unlzma } from './lzma.js';
import { bytesOf, runPacked } from './payload.js';

async function start() {
  await runPacked('packed-plotly', async (packed) => new TextDecoder().decode(unlzma(bytesOf(packed))));
  if (!globalThis.Plotly) throw new Error('the chart library did not start');
  return globalThis.Plotly;
}

const once = { ready: null };

/**
 * The Plotly library, unpacked and started when it is first asked for.
 * @returns {Promise<any>} rejects where the browser cannot run it; the static charts then stay
 */
export function plotly() {
  once.ready ??= start();
  return once.ready;
}
