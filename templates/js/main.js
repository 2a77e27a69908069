import { startAnchors } from './anchors.js';
import { startCharts } from './charts.js';
import { followHost } from './host-theme.js';
import { calm, parsed } from './idle.js';
import { startMap } from './map.js';
import { startHints } from './hints.js';
import { fitMenu, keepPlace, settleParts, startNavigation, watchLinks } from './nav.js';
import { plotly } from './plotly.js';
import { embedded, host, root } from './root.js';
import { startTables } from './tables.js';
import { startTheme } from './theme.js';

const PATIENCE_MS = 300; // that everything else waits for a map which may be out of sight

const wait = (/** @type {number} */ ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

/**
 * The rest of the page. Pictures first: the tables in the markup can be read meanwhile, and stay where the browser
 * cannot unpack the data.
 * @param {Promise<void> | null} drawn
 */
async function startRest(drawn) {
  await Promise.race([drawn, wait(PATIENCE_MS)]);
  startNavigation();
  startHints();
  startCharts();
  await plotly().catch(() => null);
  await calm();
  await startTables().catch((error) => { host.dataset.tables = String(error); });
  await settleParts();
  keepPlace();
}

host.classList.add('js');
startAnchors();
if (embedded) followHost();
else startTheme(/** @type {Element} */ (root.querySelector('[data-tools="theme"]')));
watchLinks();
fitMenu(); // before anybody asks where on the page something lies
// The map's part of the page comes with its data: it need not wait for what stands below.
const map = root.getElementById('map');
const drawn = map ? startMap(map).catch((error) => { map.classList.remove('live'); map.dataset.state = `static: ${error}`; }) : null;
(embedded ? Promise.resolve() : parsed(document)).then(() => startRest(drawn));
