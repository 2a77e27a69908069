import { calm, parsed } from './idle.js';
import { runPacked } from './packed.js';
import { embedded, root } from './root.js';
import { textOf } from './streams.js';

const READY = Symbol.for('modelreport.plotly');
/** @type {any} what the scripts of all reports in a page see */
const shared = globalThis;

const PACKED = 'packed-plotly';

async function start() {
  if (!embedded && !root.getElementById(PACKED)) await parsed(document); // it stands at the end of the page
  const theirs = shared.Plotly;
  await runPacked(PACKED, async (packed) => {
    const text = await textOf(packed);
    await calm();
    return text;
  });
  const library = shared.Plotly;
  if (!library || library === theirs) throw new Error('the chart library did not start');
  if (embedded) shared.Plotly = theirs; // the page around us may use a version of its own
  return library;
}

/**
 * The Plotly library, unpacked and started when it is first asked for; once for all reports in a page.
 * @returns {Promise<any>} rejects where the browser cannot run it; the static charts then stay
 */
export function plotly() {
  shared[READY] ??= start();
  return shared[READY];
}
