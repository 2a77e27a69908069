// The live map: what is shown and marked, and the ways to change it.

import { t } from './language.js';
import { classes, healthWords, isShare } from './map-color.js';
import { around, pathBetween } from './map-flow.js';
import { COLORS, drawingOf } from './map-layers.js';
import { reshape, titleOf } from './map-model.js';
import { shareText } from './map-panel.js';
import { picture } from './map-picture.js';
import { between, bounded, centred, fitView, hit, limits, lod } from './map-view.js';
import { color, learn } from './theme.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-view.js').View} View */

/**
 * Parts of the page that follow the map.
 * @typedef {object} Parts
 * @property {(i: number) => void} chosen a node was chosen, 0 for none
 * @property {(words: string, whole: boolean) => void} note
 * @property {(path: string) => void} missing the address names a box that there is not
 * @property {{restyle: (look: any, color: any) => void, follow: (view: View) => void}} mini
 * @property {(i: number, px: number, py: number) => void} tip what is pointed at, -1 for nothing
 * @property {(path: any, start: number, failed: [number, number] | null) => string} words
 */

const FLIGHT_MS = 420;
const READABLE = 1; // pixels per unit at which a card shows everything

/** One map on the page. */
export class LiveMap {
  /**
   * @param {HTMLElement} pane
   * @param {MapModel} model
   * @param {import('./map-paint.js').Painter} painter
   */
  constructor(pane, model, painter) {
    this.pane = pane;
    this.model = model;
    this.painter = painter;
    /** @type {import('./map-layers.js').Marked} */
    this.marked = { selected: -1, hovered: -1, start: -1, found: [], path: null, flow: null };
    /** @type {[number, number] | null} */
    this.failed = null;
    /** @type {Parts | null} */
    this.parts = null;
    this.ready = false;
    this.mode = 'family';
    this.look = { mode: 'family', classes: classes(model, 'family'), font: 'sans-serif' };
    /** @type {ReturnType<typeof lod>} */
    this.shown = { open: [0], shut: [], isOpen: new Set([0]) };
    this.flowOf = -1;
    this.frame = 0;
    this.flight = 0;
    this.size = { w: 0, h: 0 };
    this.bound = { least: 0, most: 1 };
    /** @type {View} */
    this.now = { x: 0, y: 0, s: 0 };
  }

  /** Take the size of the pane; the middle of the view stays in the middle. */
  measure() {
    const { clientWidth: w, clientHeight: h } = this.pane;
    if (!w || !h || (w === this.size.w && h === this.size.h)) return;
    const before = this.size;
    const whole = !this.now.s || Math.abs(this.now.s / fitView(this.model, 0, before).s - 1) < 0.01;
    this.size = { w, h };
    const turned = reshape(this.model, w < h);
    this.bound = limits(this.model, this.size);
    if (whole || turned) this.now = this.marked.selected > 0 && !whole ? this.target(this.marked.selected) : fitView(this.model, 0, this.size);
    else {
      const s = Math.max(this.bound.least, (this.now.s * w) / before.w);
      this.now = centred(this.now.x + before.w / 2 / this.now.s, this.now.y + before.h / 2 / this.now.s, s, this.size);
    }
    this.restyle();
  }

  view() { return this.now; }

  bounds() { return this.bound; }

  /** Whether the wheel alone and one finger are the map's. */
  isActive() { return this.pane.matches(':focus-within') || this.pane.closest('.full') !== null; }

  /** @param {View} view */
  show(view) {
    this.flight += 1;
    this.now = bounded(this.model, view, this.size, this.bound);
    this.later();
  }

  /** Draw once in the next frame, however often it is asked for. */
  later() {
    if (!this.frame) this.frame = requestAnimationFrame(() => this.draw());
  }

  /** Colours or their meaning changed. */
  restyle() {
    this.look = { mode: this.mode, classes: classes(this.model, this.mode), font: getComputedStyle(this.pane).fontFamily };
    learn([...COLORS, ...this.look.classes.flatMap(({ fill, edge }) => [fill, edge])]);
    if (this.size.w) this.parts?.mini.restyle(this.look, color);
    this.later();
  }

  /** The drawing of the present view. */
  drawing() {
    this.shown = lod(this.model, this.now, this.size, this.shown.isOpen);
    const made = picture(this.model, this.now, this.size, this.shown);
    return drawingOf(this.model, made, this.size, this.look, this.marked, color);
  }

  /** Where the present view has boxes that hide what is behind them, and words. */
  drawn() {
    const { boxes, cards, labels } = picture(this.model, this.now, this.size, this.shown);
    const bars = boxes.map(({ x, y, w, bar }) => [x, y, x + w, y + bar]);
    return { boxes: [...bars, ...cards.map(({ x, y, w, h }) => [x, y, x + w, y + h])], words: labels };
  }

  draw() {
    cancelAnimationFrame(this.frame);
    this.frame = 0;
    if (!this.size.w) return;
    this.painter.draw(this.drawing());
    this.parts?.mini.follow(this.now);
  }

  /**
   * Move the view evenly to another; a newer movement ends an older one.
   * @param {View} target
   */
  fly(target) {
    const id = this.flight + 1;
    const from = this.now;
    const to = bounded(this.model, target, this.size, this.bound);
    this.show(from);
    const start = performance.now();
    const still = matchMedia('(prefers-reduced-motion: reduce)').matches || document.hidden;
    const step = (/** @type {number} */ time) => {
      if (this.flight !== id) return;
      const part = still ? 1 : Math.min(1, Math.max(0, time - start) / FLIGHT_MS);
      this.now = between(from, to, part, this.size);
      this.draw();
      if (part < 1) requestAnimationFrame(step);
    };
    if (still) step(start);
    else requestAnimationFrame(step);
  }

  /** @param {number} px @param {number} py */
  at(px, py) { return hit(this.model, this.shown.isOpen, this.now.x + px / this.now.s, this.now.y + py / this.now.s); }

  /**
   * Choose a node: mark it, tell it; and bring it into sight when that is asked for.
   * @param {number} i
   * @param {{move?: boolean}} [more]
   */
  select(i, { move = false } = {}) {
    this.marked.selected = i;
    this.follow();
    this.parts?.chosen(Math.max(0, i));
    if (move) this.reveal(Math.max(0, i));
    this.later();
  }

  /** @param {number} i */
  go(i) {
    this.select(i);
    this.fly(this.target(Math.max(0, i)));
  }

  /** The data flow of the box pointed at, else of the chosen one. */
  follow() {
    const { hovered, selected } = this.marked;
    const i = hovered > 0 ? hovered : selected;
    if (i === this.flowOf) return;
    this.flowOf = i;
    this.marked.flow = i > 0 && this.model.flow ? around(this.model, i) : null;
  }

  /**
   * Where to look for a node: a box fills the pane, a card stands among its neighbours, large enough to read.
   * @param {number} i
   */
  target(i) {
    const { model, size } = this;
    if (i === 0 || model.isBox(i)) return fitView(model, i, size);
    const beside = fitView(model, model.nodes.parent[i], size);
    return beside.s * model.unit[i] >= READABLE ? beside : this.centre(i, READABLE / model.unit[i]);
  }

  /** @param {number} i @param {number} s */
  centre(i, s) {
    const { model, size } = this;
    return centred(model.x[i] + model.w[i] / 2, model.y[i] + model.h[i] / 2, s, size);
  }

  /**
   * Move only when the node is out of sight or too small to read.
   * @param {number} i
   */
  reveal(i) {
    const { model, now, size } = this;
    const [x, y] = [(model.x[i] - now.x) * now.s, (model.y[i] - now.y) * now.s];
    const [w, h] = [model.w[i] * now.s, model.h[i] * now.s];
    const inside = x >= 0 && y >= 0 && x + w <= size.w && y + h <= size.h;
    const drawn = this.shown.isOpen.has(i) || this.shown.shut.includes(i);
    if (drawn && inside && h >= 12) return;
    this.fly(drawn && h >= 12 && w < size.w && h < size.h ? this.centre(i, now.s) : this.target(i));
  }

  /** @param {number[]} found */
  mark(found) {
    this.marked.found = found;
    this.later();
  }

  /** @param {number} px @param {number} py */
  hover(px, py) {
    const i = this.at(px, py);
    const card = i > 0 ? i : -1;
    if (card !== this.marked.hovered) {
      this.marked.hovered = card;
      this.follow();
      this.later();
    }
    this.parts?.tip(card, px, py);
  }

  leave() {
    this.parts?.tip(-1, 0, 0);
    if (this.marked.hovered < 0) return;
    this.marked.hovered = -1;
    this.follow();
    this.later();
  }

  /** @param {number} px @param {number} py @param {{shift: boolean}} more */
  click(px, py, { shift }) {
    const i = this.at(px, py);
    if (i > 0 && (shift || this.marked.start > 0)) this.endPath(i);
    else this.select(i > 0 ? i : -1);
    this.pane.focus({ preventScroll: true });
  }

  /** @param {number} px @param {number} py */
  open(px, py) {
    const i = this.at(px, py);
    if (i >= 0) this.go(i);
  }

  /**
   * Begin a path at node i.
   * @param {number} i
   */
  beginPath(i) {
    this.setPath(null, i, null);
    if (this.marked.selected !== i) this.select(i);
  }

  /**
   * Mark the ways to node i from where a path was begun, else from the chosen node.
   * @param {number} i
   */
  endPath(i) {
    const from = this.marked.start > 0 ? this.marked.start : this.marked.selected;
    if (from <= 0 || from === i) {
      this.beginPath(i);
      return;
    }
    const path = pathBetween(this.model, from, i);
    this.setPath(path, -1, path ? null : [from, i]);
  }

  /** Forget the path; says whether there was anything to forget. */
  clearPath() {
    const { path, start } = this.marked;
    if (!path && start < 0 && !this.failed) return false;
    this.setPath(null, -1, null);
    return true;
  }

  /** @param {import('./map-flow.js').Path | null} path @param {number} start @param {[number, number] | null} failed */
  setPath(path, start, failed) {
    Object.assign(this.marked, { path, start });
    this.failed = failed;
    this.parts?.note(this.parts.words(path, start, failed), path !== null);
    this.later();
  }

  /** Look at the whole path. */
  fitPath() {
    const { path } = this.marked;
    if (!path) return;
    const { model, size } = this;
    const least = (/** @type {(i: number) => number} */ of) => path.shortest.reduce((found, i) => Math.min(found, of(i)), Infinity);
    const [x0, y0] = [least((i) => model.x[i]), least((i) => model.y[i])];
    const [x1, y1] = [-least((i) => -model.x[i] - model.w[i]), -least((i) => -model.y[i] - model.h[i])];
    const s = Math.min(size.w / (x1 - x0), size.h / (y1 - y0)) * 0.8;
    this.fly(centred((x0 + x1) / 2, (y0 + y1) / 2, s, size));
  }

  /**
   * A node in one line: what it is, what comes out, and its share where colours show shares.
   * @param {number} i
   */
  told(i) {
    const { model, mode } = this;
    const output = model.output(i);
    const share = isShare(mode) ? shareText(model.nodes[mode][i], model.total[mode]) : '';
    const parts = [titleOf(model, i), ...model.lines(i), output && `→ ${output}`, share && shareWords(mode, share)];
    if (mode === 'health') parts.push(...healthWords(model, i));
    return parts.filter(Boolean).join(' · ');
  }
}

/** @param {string} mode @param {string} share */
function shareWords(mode, share) {
  if (mode === 'parameters') return t('{share} of the parameters', { share });
  if (mode === 'flops') return t('{share} of the FLOPs', { share });
  if (mode === 'activations') return t('{share} of the activations written', { share });
  return t('{share} of the bytes of weights', { share });
}
