import { runPacked } from './payload.js';

async function start() {
  await runPacked('packed-plotly');
  if (!globalThis.Plotly) throw new Error('the chart library did not start');
  return globalThis.Plotly;
}

const once = { ready: null };

/**
 * The Plotly library, inflated and started when it is first asked for.
 * @returns {Promise<any>} rejects where the browser cannot inflate or run it; the static charts then stay
 */
export function plotly() {
  once.ready ??= start();
  return once.ready;
}
