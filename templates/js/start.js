import { runPacked } from './payload.js';

// Where the browser cannot inflate the page's script, the page stays what its markup is: whole, but still.
runPacked('packed-main').catch((error) => { document.documentElement.dataset.scripts = String(error); });
