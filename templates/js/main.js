import { startCharts } from './charts.js';
import { startMap } from './map.js';
import { startNavigation } from './nav.js';
import { plotly } from './plotly.js';
import { startTables } from './table.js';
import { startTheme } from './theme.js';

document.documentElement.classList.add('js');
startTheme(document.querySelector('[data-tools="theme"]'));
startNavigation();
startCharts();
// Pictures first: the tables in the markup can be read meanwhile, and stay where the browser cannot inflate the data.
plotly().catch(() => null).then(startTables).catch((error) => { document.documentElement.dataset.tables = String(error); });
const map = document.getElementById('map');
if (map) startMap(map).catch((error) => { map.dataset.state = `static: ${error}`; });
