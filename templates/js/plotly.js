import { inflate } from './payload.js';

// The library is put in as an inline script: the page's policy allows exactly this text, by its hash.
async function start() {
  const packed = document.getElementById('plotly-bundle');
  if (!packed) throw new Error('this page carries no charts');
  const source = new TextDecoder().decode(await inflate(packed.textContent));
  packed.remove();
  const element = document.createElement('script');
  element.textContent = source;
  document.head.append(element);
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
