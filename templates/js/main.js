import { startCharts } from './charts.js';
import { followHost } from './host-theme.js';
import { startMap } from './map.js';
import { startNavigation } from './nav.js';
import { plotly } from './plotly.js';
import { embedded, host, root } from './root.js';
import { startTables } from './tables.js';
import { startTheme } from './theme.js';

host.classList.add('js');
if (embedded) followHost();
else startTheme(/** @type {Element} */ (root.querySelector('[data-tools="theme"]')));
startNavigation();
startCharts();
// Pictures first: the tables in the markup can be read meanwhile, and stay where the browser cannot inflate the data.
plotly().catch(() => null).then(startTables).catch((error) => { host.dataset.tables = String(error); });
const map = root.getElementById('map');
if (map) startMap(map).catch((error) => { map.dataset.state = `static: ${error}`; });
