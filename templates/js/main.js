import { startCharts } from './charts.js';
import { followHost } from './host-theme.js';
import { startMap } from './map.js';
import { startHints } from './hints.js';
import { settleParts, startNavigation } from './nav.js';
import { plotly } from './plotly.js';
import { embedded, host, root } from './root.js';
import { startTables } from './tables.js';
import { startTheme } from './theme.js';

host.classList.add('js');
if (embedded) followHost();
else startTheme(/** @type {Element} */ (root.querySelector('[data-tools="theme"]')));
startNavigation();
const map = root.getElementById('map');
const drawn = map ? startMap(map).catch((error) => { map.dataset.state = `static: ${error}`; }) : null;
startCharts();
startHints();
// Pictures first: the tables in the markup can be read meanwhile, and stay where the browser cannot inflate the data.
const wait = (/** @type {number} */ ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
plotly().catch(() => null).then(() => Promise.race([drawn, wait(300)])).then(() => wait(50)).then(startTables).catch((error) => { host.dataset.tables = String(error); }).then(settleParts);
