import { beginEarly } from './early.js';
import { inflate, runPacked } from './packed.js';
import { host } from './root.js';

beginEarly();
// Where the browser cannot inflate the page's script, the page stays what its markup is: whole, but still.
runPacked('packed-main', inflate).catch((error) => { host.dataset.scripts = String(error); });
