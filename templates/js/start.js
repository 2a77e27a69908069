import { beginEarly, shown } from './early.js';
import { inflate, runPacked } from './packed.js';
import { host, root } from './root.js';

const LONG = 100_000; // characters of packed data of a map that takes longer than all else on the first screen

async function start() {
  const map = root.getElementById('payload-map');
  if (map && map.textContent.length > LONG) await shown();
  await runPacked('packed-main', inflate);
}

beginEarly();
// Where the browser cannot inflate the page's script, the page stays what its markup is: whole, but still.
start().catch((error) => { host.dataset.scripts = String(error); });
