// The architecture map: the drawing in the markup comes alive over Plotly, with search, side panel and keyboard.

import { element } from './dom.js';
import { classes } from './map-color.js';
import { listen } from './map-input.js';
import { command } from './map-keys.js';
import { makeModel, reshape, titleOf } from './map-model.js';
import { figureOf, makePainter } from './map-paint.js';
import { fillCrumbs, fillPanel, shareText } from './map-panel.js';
import { picture } from './map-picture.js';
import { colorField, fillLegend, searchField, zoomButtons } from './map-tools.js';
import { between, bounded, fitView, hit, limits, lod, zoomAt } from './map-view.js';
import { payload } from './payload.js';
import { plotly } from './plotly.js';
import { root } from './root.js';
import { color } from './theme.js';

const FLIGHT_MS = 420;
const READABLE = 1; // pixels per unit at which a card shows everything
const HELP = 'Arrow keys walk, Enter goes in, Escape goes up, f fits the chosen box, 0 the whole map, plus and minus zoom, slash searches.';

/** One map on the page: what is shown, and the ways to change it. */
class LiveMap {
  constructor(place, model, library) {
    this.model = model;
    this.place = place;
    this.pane = place.querySelector('.map-pane');
    this.canvas = element('div', { class: 'map-live', 'aria-hidden': 'true' });
    this.tip = element('div', { class: 'map-tip', hidden: true });
    this.said = element('div', { class: 'hidden-text', role: 'status' });
    this.pane.append(this.canvas, this.tip, this.said);
    this.painter = makePainter(library, this.canvas);
    this.marked = { selected: -1, hovered: -1, found: new Set() };
    this.mode = 'family';
    this.shown = { open: [0], shut: [], isOpen: new Set([0]) };
    this.frame = 0;
    this.flight = 0;
    this.size = { w: 0, h: 0 };
  }

  /** Take the size of the pane; the middle of the view stays in the middle. */
  measure() {
    const { clientWidth: w, clientHeight: h } = this.pane;
    if (!w || !h || (w === this.size.w && h === this.size.h)) return;
    const before = this.size;
    const whole = !this.now || Math.abs(this.now.s / fitView(this.model, 0, before).s - 1) < 0.01;
    this.size = { w, h };
    if (reshape(this.model, w < h)) this.now = null;
    this.limits = limits(this.model, this.size);
    if (whole || !this.now) this.now = fitView(this.model, 0, this.size);
    else {
      const s = (this.now.s * w) / before.w;
      this.now = { x: this.now.x, y: this.now.y + before.h / 2 / this.now.s - h / 2 / s, s };
    }
    this.later();
  }

  view() { return this.now; }

  bounds() { return this.limits; }

  show(view) {
    this.flight += 1;
    this.now = bounded(this.model, view, this.size, this.limits);
    this.later();
  }

  /** Draw once in the next frame, however often it is asked for. */
  later() {
    if (!this.frame) this.frame = requestAnimationFrame(() => { this.frame = 0; this.draw(); });
  }

  draw() {
    this.shown = lod(this.model, this.now, this.size, this.shown.isOpen);
    const made = picture(this.model, this.now, this.size, this.shown);
    const look = { mode: this.mode, classes: classes(this.model, this.mode), font: getComputedStyle(this.pane).fontFamily };
    this.painter.draw(figureOf(this.model, made, this.size, look, this.marked, color));
    const atRest = this.now.s <= fitView(this.model, 0, this.size).s * 1.02;
    this.pane.classList.toggle('at-rest', atRest);
  }

  /** Move the view evenly to another; a newer movement ends an older one. */
  fly(target) {
    const id = this.flight + 1;
    const from = this.now;
    const to = bounded(this.model, target, this.size, this.limits);
    this.show(from);
    const start = performance.now();
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches;
    const step = (time) => {
      if (this.flight !== id) return;
      const t = still ? 1 : Math.min(1, Math.max(0, time - start) / FLIGHT_MS);
      this.now = between(from, to, t, this.size);
      this.draw();
      if (t < 1) requestAnimationFrame(step);
    };
    requestAnimationFrame(step);
  }

  at(px, py) { return hit(this.model, this.shown.isOpen, this.now.x + px / this.now.s, this.now.y + py / this.now.s); }

  /** Choose a node: mark it, say it, fill the panel; and bring it into sight when that is asked for. */
  select(i, { move = false } = {}) {
    this.marked.selected = i;
    const node = Math.max(0, i);
    payload('map-details').then((details) => {
      if (this.marked.selected === i) fillPanel(this.panel, this.model, details, node, (k) => this.go(k));
    });
    fillCrumbs(this.crumbs, this.model, node, (k) => this.go(k));
    this.said.textContent = `${titleOf(this.model, node)}, ${shareText(this.model.nodes.parameters[node], this.model.total.parameters) || 'no'} of the parameters`;
    if (move) this.reveal(node);
    this.later();
  }

  go(i) {
    this.select(i);
    this.fly(this.target(Math.max(0, i)));
  }

  /** Where to look for a node: a box fills the pane, a card stands among its neighbours, large enough to read. */
  target(i) {
    const { model, size } = this;
    if (i === 0 || model.isBox(i)) return fitView(model, i, size);
    const beside = fitView(model, model.nodes.parent[i], size);
    return beside.s * model.unit[i] >= READABLE ? beside : around(model, i, READABLE / model.unit[i], size);
  }

  /** Move only when the node is out of sight or too small to read. */
  reveal(i) {
    const { model, now, size } = this;
    const [x, y] = [(model.x[i] - now.x) * now.s, (model.y[i] - now.y) * now.s];
    const [w, h] = [model.w[i] * now.s, model.h[i] * now.s];
    const inside = x >= 0 && y >= 0 && x + w <= size.w && y + h <= size.h;
    const drawn = this.shown.isOpen.has(i) || this.shown.shut.includes(i);
    if (drawn && inside && h >= 12) return;
    this.fly(h >= 12 && w < size.w && h < size.h ? around(model, i, now.s, size) : this.target(i));
  }

  mark(found) {
    this.marked.found = found;
    this.later();
  }

  hover(px, py) {
    const i = this.at(px, py);
    const card = i > 0 ? i : -1;
    if (card !== this.marked.hovered) {
      this.marked.hovered = card;
      this.later();
    }
    this.tip.hidden = card < 0;
    if (card < 0) return;
    this.tip.textContent = this.told(card);
    this.tip.style.left = `${Math.min(px + 14, Math.max(0, this.size.w - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${py + 18 + this.tip.offsetHeight > this.size.h ? py - this.tip.offsetHeight - 8 : py + 18}px`;
  }

  /** A node in one line: what it is, what comes out, and its share where colours show shares. */
  told(i) {
    const { model, mode } = this;
    const output = model.output(i);
    const share = mode in model.total ? shareText(model.nodes[mode][i], model.total[mode]) : '';
    const parts = [titleOf(model, i), ...model.lines(i), output && `→ ${output}`, share && `${share} of the ${mode === 'flops' ? 'FLOPs' : mode}`];
    return parts.filter(Boolean).join(' · ');
  }

  /** Choose and show the box of a module by its index in the report; says whether it is on the map. */
  async showModule(module) {
    const details = await payload('map-details');
    const i = details.nodes.module.indexOf(module);
    if (i >= 0) this.go(i);
    return i >= 0;
  }

  leave() {
    this.tip.hidden = true;
    if (this.marked.hovered >= 0) {
      this.marked.hovered = -1;
      this.later();
    }
  }

  click(px, py) {
    const i = this.at(px, py);
    this.select(i > 0 ? i : -1);
    this.pane.focus({ preventScroll: true });
  }

  open(px, py) {
    const i = this.at(px, py);
    if (i >= 0) this.go(i);
  }

  key(event) {
    const asked = command(this.model, this.marked.selected, event);
    if (!asked) return;
    event.preventDefault();
    const [what, value] = asked;
    const chosen = Math.max(0, this.marked.selected);
    const middle = [this.size.w / 2, this.size.h / 2];
    if (what === 'select') this.select(value, { move: true });
    else if (what === 'into') {
      this.select(value);
      this.fly(fitView(this.model, chosen, this.size));
    } else if (what === 'up') this.go(Math.max(0, this.model.nodes.parent[chosen]));
    else if (what === 'fit') this.fly(fitView(this.model, chosen, this.size));
    else if (what === 'whole') this.fly(fitView(this.model, 0, this.size));
    else if (what === 'zoom') this.fly(zoomAt(this.now, ...middle, value, this.limits));
    else this.field.focus();
  }
}

function around(model, i, s, { w, h }) {
  return { x: model.x[i] + model.w[i] / 2 - w / 2 / s, y: model.y[i] + model.h[i] / 2 - h / 2 / s, s };
}

function furnish(map) {
  const { place, pane, model } = map;
  map.panel = element('aside', { class: 'map-panel', 'aria-label': 'The chosen box' });
  map.crumbs = element('ol', {});
  const zoom = (factor) => () => map.fly(zoomAt(map.view(), map.size.w / 2, map.size.h / 2, factor, map.limits));
  const { field, part } = searchField(model, { go: (i) => map.go(i), mark: (found) => map.mark(found), home: () => pane.focus({ preventScroll: true }) });
  map.field = field;
  const legend = place.querySelector('.map-legend');
  const recolor = (mode) => {
    map.mode = mode;
    fillLegend(legend, model, mode);
    map.later();
  };
  const tools = element(
    'div', { class: 'map-tools' }, part, colorField(model, recolor),
    zoomButtons({ out: zoom(1 / 1.5), in: zoom(1.5), fit: () => map.fly(fitView(model, 0, map.size)) }),
  );
  const help = element('p', { class: 'hidden-text', id: 'map-help' }, HELP);
  const main = element('div', { class: 'map-main' });
  pane.before(tools, element('nav', { class: 'map-crumbs', 'aria-label': 'Where on the map' }, map.crumbs), help, main);
  main.append(pane, map.panel);
  for (const [name, value] of Object.entries({
    tabindex: '0', role: 'application', 'aria-roledescription': 'map', 'aria-label': pane.querySelector('svg').getAttribute('aria-label'), 'aria-describedby': 'map-help',
  })) pane.setAttribute(name, value);
  recolor('family');
}

/** Comes true when the map is nearly in sight, or a key or another part of the page asks for it: then with what it asks for. */
function needed(place) {
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) done(null);
    }, { rootMargin: '600px' });
    const slash = (event) => { if (event.key === '/') done(null); };
    const asked = ({ detail }) => done(detail);
    const done = (detail) => {
      observer.disconnect();
      root.removeEventListener('keydown', slash);
      root.removeEventListener('showonmap', asked);
      resolve(detail);
    };
    observer.observe(place);
    root.addEventListener('keydown', slash);
    root.addEventListener('showonmap', asked);
  });
}

/**
 * Make the map in `place` live when it is needed. Afterwards a `showonmap` event on the document, with {module: index},
 * leads to a box.
 * Where the page's data or Plotly cannot be read, the drawing in the markup stays.
 */
export async function startMap(place) {
  const asked = await needed(place);
  const data = await payload('map');
  const library = await plotly();
  const map = new LiveMap(place, makeModel(data), library);
  furnish(map);
  place.classList.add('live');
  map.measure();
  map.draw();
  map.select(-1);
  listen(map.pane, map);
  map.pane.addEventListener('keydown', (event) => map.key(event));
  new ResizeObserver(() => map.measure()).observe(map.pane);
  root.addEventListener('themechange', () => map.draw());
  root.addEventListener('keydown', (event) => {
    const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
    if (event.key !== '/' || event.defaultPrevented || typing || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    map.field.focus();
  });
  const show = async ({ module }) => {
    await map.showModule(module);
    place.scrollIntoView({ block: 'start' });
  };
  root.addEventListener('showonmap', ({ detail }) => show(detail));
  place.dataset.state = 'live';
  if (asked) await show(asked);
}
