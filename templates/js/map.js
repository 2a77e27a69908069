// The architecture map: the drawing in the markup comes alive, with search, colours, side panel, small map and keyboard.

import { toClipboard } from './cells.js';
import { element } from './dom.js';
import { idle, isTouched, parsed } from './idle.js';
import { t } from './language.js';
import { addressOf, nodeAt, pathOf } from './map-address.js';
import { classes, present } from './map-color.js';
import { fileName, pngOf, saveFile, svgOf } from './map-export.js';
import { makeHelp } from './map-help.js';
import { listen } from './map-input.js';
import { command } from './map-keys.js';
import { LiveMap } from './map-live.js';
import { makeMini } from './map-mini.js';
import { makeModel, titleOf } from './map-model.js';
import { makeHint, makeNote, missingWords, pathWords } from './map-note.js';
import { makePainter } from './map-paint.js';
import { followPrint } from './map-print.js';
import { fillCrumbs, fillPanel } from './map-panel.js';
import { buttons, colorField, fillLegend, searchField } from './map-tools.js';
import { Tree } from './map-tree.js';
import { fitView, zoomAt } from './map-view.js';
import { awaitWishes, isSearch, needed } from './map-wishes.js';
import { payload } from './payload.js';
import { plotly } from './plotly.js';
import { embedded, here, link, root } from './root.js';
import { color } from './theme.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/** Tell the address bar which node is chosen; in somebody else's page it is theirs. */
function tellAddress(/** @type {MapModel} */ model, /** @type {number} */ i) {
  const place = addressOf(model, i);
  if (embedded || (place === '' && nodeAt(model, here()) === null)) return;
  try {
    history.replaceState(history.state, '', place ? link(place) : `${location.pathname}${location.search}`);
  } catch {
    // A page without an address of its own, such as one in a frame, has nothing to tell.
  }
}

/** Save the present view. */
async function save(/** @type {LiveMap} */ map, /** @type {'svg' | 'png'} */ kind) {
  const { model, mode } = map;
  const all = classes(model, mode);
  const legend = present(model, mode).map(([k]) => ({ words: all[k].words, fill: color(all[k].fill), edge: color(all[k].edge) }));
  const hovered = map.marked.hovered;
  map.leave();
  const svg = svgOf(map.drawing(), [titleOf(model, 0), pathOf(model, Math.max(0, map.marked.selected))].filter(Boolean).join(' · '), legend);
  map.marked.hovered = hovered;
  const file = kind === 'svg' ? new Blob([svg], { type: 'image/svg+xml' }) : await pngOf(svg);
  saveFile(file, fileName(titleOf(model, 0), kind));
}

/** Full screen and back: the browser's where it may be had, else all of the page. */
async function fullScreen(/** @type {HTMLElement} */ place, /** @type {HTMLElement} */ pane) {
  if (!place.classList.toggle('full')) {
    if (place.matches(':fullscreen')) await document.exitFullscreen();
  } else {
    await place.requestFullscreen?.().catch(() => {});
    if (!place.classList.contains('full') && place.matches(':fullscreen')) await document.exitFullscreen(); // left meanwhile
  }
  pane.focus({ preventScroll: true });
}

/** What pointing at a node shows beside the pointer. */
function makeTip(/** @type {LiveMap} */ map) {
  const tip = element('div', { class: 'map-tip', hidden: true });
  map.pane.append(tip);
  return (/** @type {number} */ i, /** @type {number} */ px, /** @type {number} */ py) => {
    tip.hidden = i < 0;
    if (i < 0) return;
    tip.textContent = map.told(i);
    tip.style.left = `${Math.min(px + 14, Math.max(0, map.size.w - tip.offsetWidth - 4))}px`;
    tip.style.top = `${py + 18 + tip.offsetHeight > map.size.h ? py - tip.offsetHeight - 8 : py + 18}px`;
  };
}

/** Everything around the pane: bar, crumbs, panel, legend, tree, notes. */
function furnish(/** @type {HTMLElement} */ place, /** @type {LiveMap} */ map) {
  const { model, pane } = map;
  const id = place.id || 'map';
  const home = () => pane.focus({ preventScroll: true });
  const search = searchField(model, id, { go: (i) => map.go(i), mark: (found) => map.mark(found), home });
  const legend = /** @type {HTMLElement} */ (place.querySelector('.map-legend'));
  const recolor = (/** @type {string} */ mode) => {
    map.mode = mode;
    map.mark([]);
    fillLegend(legend, model, mode, (nodes) => map.mark(nodes));
    map.restyle();
  };
  const zoom = (/** @type {number} */ factor) => () => map.fly(zoomAt(map.view(), map.size.w / 2, map.size.h / 2, factor, map.bound));
  /** @type {(() => void) | null} */
  let shown = null;
  const help = () => (shown ??= makeHelp(place))();
  const bar = buttons({
    out: zoom(1 / 1.5), in: zoom(1.5), fit: () => map.fly(fitView(model, 0, map.size)), full: () => fullScreen(place, pane), help,
    svg: () => save(map, 'svg'), png: () => save(map, 'png'),
  });
  const panel = element('aside', { 'class': 'map-panel', 'aria-label': t('The chosen box') });
  const crumbs = element('ol', {});
  const keys = element('p', { class: 'hidden-text', id: `${id}-help` }, t('Arrow keys walk, Enter goes in, Escape goes up, slash searches, question mark shows all keys. The tree below the map holds the same boxes.'));
  const main = element('div', { class: 'map-main' });
  pane.before(element('div', { class: 'map-tools' }, search.part, colorField(model, recolor), bar), element('nav', { 'class': 'map-crumbs', 'aria-label': t('Where on the map') }, crumbs), keys, main);
  main.append(pane, panel);
  for (const [name, value] of Object.entries({
    'tabindex': '0', 'role': 'application', 'aria-roledescription': t('map'), 'aria-label': pane.querySelector('svg')?.getAttribute('aria-label') ?? t('map'), 'aria-describedby': keys.id,
  })) pane.setAttribute(name, value);
  map.parts = partsOf(map, { panel, crumbs, tree: plantTree(legend, map) });
  recolor('family');
  return { search, help, full: () => fullScreen(place, pane), hint: makeHint(pane) };
}

/** The tree of names below the legend, made when it is first opened. */
function plantTree(/** @type {HTMLElement} */ legend, /** @type {LiveMap} */ map) {
  /** @type {Tree | null} */
  let tree = null;
  const fold = element('details', { class: 'fold map-list' }, element('summary', {}, t('The map as a list')));
  fold.addEventListener('toggle', () => {
    if (!fold.open) return;
    if (!tree) {
      tree = new Tree(map.model, (i) => map.go(i));
      fold.append(tree.list);
    }
    tree.follow(Math.max(0, map.marked.selected));
  });
  legend.after(fold);
  return { follow: (/** @type {number} */ i) => { if (fold.open) tree?.follow(i); } };
}

/** @param {LiveMap} map @param {{panel: HTMLElement, crumbs: HTMLElement, tree: {follow: (i: number) => void}}} places */
function partsOf(map, { panel, crumbs, tree }) {
  const { model, pane } = map;
  const said = element('div', { class: 'hidden-text', role: 'status' });
  pane.append(said);
  const go = (/** @type {number} */ i) => map.go(i);
  const actions = { go, path: (/** @type {number} */ i) => map.beginPath(i) };
  const note = makeNote(pane, { fit: () => map.fitPath(), clear: () => { if (!map.clearPath()) note('', false); } });
  let astray = false; // whether the note tells of an address that leads nowhere
  return {
    missing: (/** @type {string} */ path) => {
      note(missingWords(path), false);
      astray = true;
    },
    chosen: (/** @type {number} */ i) => {
      if (astray) note('', false);
      astray = false;
      payload('map-details').then((details) => {
        if (Math.max(0, map.marked.selected) === i) fillPanel(panel, model, details, i, actions);
      });
      fillCrumbs(crumbs, model, i, go);
      tree.follow(i);
      if (!map.ready) return; // what nobody chose is neither announced nor an address
      said.textContent = map.told(i);
      tellAddress(model, i);
    },
    note,
    mini: makeMini(pane, model, { show: (view) => map.show(view), view: () => map.view(), size: () => map.size, drawn: () => map.drawn() }),
    tip: makeTip(map),
    words: (/** @type {any} */ path, /** @type {number} */ start, /** @type {[number, number] | null} */ failed) => pathWords(model, path, start, failed),
  };
}

/** @typedef {ReturnType<typeof furnish>} Furniture */

/** Do what a key asks for. */
function press(/** @type {LiveMap} */ map, /** @type {Furniture} */ around, /** @type {KeyboardEvent} */ event) {
  const { model, marked, size } = map;
  if (event.target !== map.pane) return;
  const asked = command(model, marked.selected, event, map.shown.isOpen);
  if (!asked) return;
  event.preventDefault();
  const [what, value = 0] = asked;
  const chosen = Math.max(0, marked.selected);
  /** @type {Record<string, () => void>} */
  const acts = {
    select: () => map.select(value, { move: true }),
    into: () => { map.select(value); map.fly(fitView(model, chosen, size)); },
    up: () => escape(map, around, chosen),
    fit: () => map.fly(chosen && !model.isBox(chosen) ? map.target(chosen) : fitView(model, chosen, size)),
    whole: () => map.fly(fitView(model, 0, size)),
    zoom: () => map.fly(zoomAt(map.view(), size.w / 2, size.h / 2, value, map.bound)),
    path: () => { if (marked.start > 0) map.endPath(chosen); else if (chosen) map.beginPath(chosen); },
    copy: () => copyPath(map, around, chosen),
    full: around.full, help: around.help, search: () => around.search.field.focus(),
  };
  acts[what]();
}

/** One step out: of a path, a search, the full screen, a box. */
function escape(/** @type {LiveMap} */ map, /** @type {Furniture} */ around, /** @type {number} */ chosen) {
  if (map.clearPath()) return;
  if ([...map.marked.found].length > 0) around.search.clear();
  else if (chosen === 0 && map.pane.closest('.full')) around.full();
  else map.go(Math.max(0, map.model.nodes.parent[chosen]));
}

async function copyPath(/** @type {LiveMap} */ map, /** @type {Furniture} */ around, /** @type {number} */ chosen) {
  const path = pathOf(map.model, chosen);
  if (path) around.hint(await toClipboard(path) ? t('Copied {path}', { path }) : t('Not allowed'));
}

/** Go where the address leads, if it is about the map. */
function followAddress(/** @type {LiveMap} */ map, /** @type {HTMLElement} */ place) {
  const i = nodeAt(map.model, here());
  if (i === null) return;
  const come = () => place.scrollIntoView({ block: 'start', behavior: 'instant' });
  come();
  if (!embedded && document.readyState === 'loading') parsed(document).then(() => { if (!isTouched()) come(); }); // the page was too short
  if (i > 0) map.go(i);
  else map.parts?.missing(here().slice('map='.length));
}

/** Listen to the reader, the window, and other parts of the page. */
function connect(/** @type {LiveMap} */ map, /** @type {Furniture} */ around, /** @type {HTMLElement} */ place) {
  listen(map.pane, {
    view: () => map.view(), bounds: () => map.bounds(), isActive: () => map.isActive(), show: (view) => map.show(view), hint: around.hint,
    click: (x, y, more) => map.click(x, y, more), open: (x, y) => map.open(x, y), hover: (x, y) => map.hover(x, y), leave: () => map.leave(),
  });
  map.pane.addEventListener('keydown', (event) => press(map, around, event));
  new ResizeObserver(() => map.measure()).observe(map.pane);
  root.addEventListener('themechange', () => map.restyle());
  place.addEventListener('fullscreenchange', () => { if (!place.matches(':fullscreen')) place.classList.remove('full'); });
  addEventListener('hashchange', () => followAddress(map, place));
  root.addEventListener('keydown', (/** @type {any} */ event) => {
    if (!isSearch(event)) return;
    event.preventDefault();
    around.search.field.focus();
  });
}

/**
 * Make the map in `place` live when it is needed. Afterwards a `showonmap` event on the root, with {module: index},
 * leads to a box.
 * Where the page's data cannot be read, the drawing in the markup stays.
 * @param {HTMLElement} place
 */
export async function startMap(place) {
  const wishes = awaitWishes();
  try {
    await needed(place, wishes.called);
    await makeLive(place, wishes.end);
  } finally {
    wishes.end();
  }
}

/**
 * @param {HTMLElement} place
 * @param {() => import('./map-wishes.js').Wish} wished what was asked of the map meanwhile
 */
async function makeLive(place, wished) {
  place.classList.add('live');
  const data = await payload('map');
  const pane = /** @type {HTMLElement} */ (place.querySelector('.map-pane'));
  const canvas = element('div', { 'class': 'map-live', 'aria-hidden': 'true' });
  pane.append(canvas);
  const painter = makePainter(canvas);
  const map = new LiveMap(pane, makeModel(data), painter);
  const around = furnish(place, map);
  map.measure();
  map.draw();
  map.parts?.chosen(0);
  map.ready = true;
  connect(map, around, place);
  followPrint(place, map);
  const show = async (/** @type {{module: number}} */ { module }) => {
    const details = await payload('map-details');
    const i = details.nodes.module.indexOf(module);
    if (i >= 0) map.go(i);
    else around.hint(t('This module is not on the map'));
    place.scrollIntoView({ block: 'start' });
  };
  root.addEventListener('showonmap', (/** @type {any} */ { detail }) => show(detail));
  place.dataset.state = 'live';
  idle().then(plotly).then(painter.use).catch(() => {}); // without it the paths stay
  const asked = wished();
  if (asked === 'search') around.search.field.focus();
  else if (asked) await show(asked);
  else followAddress(map, place);
}
