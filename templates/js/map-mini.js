// The small map in the corner: the whole model and where the view lies in it; dragging it moves the view.

import { element } from './dom.js';
import { classOf } from './map-color.js';
import { centred, fitView } from './map-view.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-view.js').View} View */
/** @typedef {import('./map-view.js').Pane} Pane */
/** @typedef {import('./map-layers.js').Look} Look */

const LONG = 168;
const LEAST = 40;
const SHOWN = 1.3; // how much nearer than the whole map the view is before the small map shows
const BOXES = 1500;
const OPENS = 9; // pixels a box has at least that shows what it holds
const ASIDE = 8; // between the small map and the corner of the pane, as in css/map.css
const REST_MS = 900; // how long nothing moves before the small map lets what is under it be seen

/** @typedef {{boxes: number[][], words: {x: number, y: number}[]}} Drawn rectangles (x0, y0, x1, y1) and where words stand */

/**
 * The size of the small map: the shape of the whole, its longer side fixed.
 * @param {MapModel} model
 * @param {Pane} pane
 * @returns {Pane}
 */
export function miniSize(model, pane) {
  const long = Math.min(LONG, pane.w * 0.34);
  const scale = Math.min(long / model.w[0], (long * 0.9) / model.h[0]);
  return { w: Math.max(LEAST, Math.round(model.w[0] * scale)), h: Math.max(LEAST, Math.round(model.h[0] * scale)) };
}

/**
 * Where the view lies in a small map, in its pixels, cut to it.
 * @param {View} view
 * @param {Pane} pane
 * @param {View} small the view of the small map
 * @param {Pane} size
 */
export function frameOf(view, pane, small, size) {
  const cut = (/** @type {number} */ value, /** @type {number} */ most) => Math.min(most, Math.max(0, value));
  const x0 = cut((view.x - small.x) * small.s, size.w);
  const y0 = cut((view.y - small.y) * small.s, size.h);
  const x1 = cut((view.x + pane.w / view.s - small.x) * small.s, size.w);
  const y1 = cut((view.y + pane.h / view.s - small.y) * small.s, size.h);
  return { x: x0, y: y0, w: Math.max(6, x1 - x0), h: Math.max(6, y1 - y0) };
}

/**
 * The boxes that a small map shows: [node, whether what it holds is shown], parents first.
 * @param {MapModel} model
 * @param {number} s
 * @returns {[number, boolean][]}
 */
export function miniBoxes(model, s) {
  /** @type {[number, boolean][]} */
  const made = [];
  let level = [0];
  while (level.length > 0) {
    const inside = level.flatMap((i) => (Math.min(model.w[i], model.h[i]) * s >= OPENS ? [...model.children(i)] : []));
    const fits = made.length + level.length + inside.length <= BOXES;
    const next = fits ? inside : [];
    made.push(...level.map((i) => /** @type {[number, boolean]} */ ([i, next.length > 0 && model.isBox(i) && Math.min(model.w[i], model.h[i]) * s >= OPENS])));
    level = next;
  }
  return made;
}

/**
 * Whether anything that is drawn lies where the small map does, in the bottom right corner of the pane.
 * @param {Drawn} drawn
 * @param {Pane} pane
 * @param {Pane} size
 */
export function covers({ boxes, words }, pane, size) {
  const [left, top] = [pane.w - ASIDE - size.w, pane.h - ASIDE - size.h];
  return boxes.some(([, , x1, y1], k) => x1 > left && y1 > top && boxes[k][0] < pane.w && boxes[k][1] < pane.h)
    || words.some(({ x, y }) => x > left && y > top && x < pane.w && y < pane.h);
}

/**
 * What to call whenever the view moves: the small map is faint where it hides something once nothing moves any more.
 * @param {HTMLElement} place
 * @param {() => boolean} hides
 */
function whenStill(place, hides) {
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let rest;
  return (/** @type {boolean} */ shown) => {
    clearTimeout(rest);
    place.classList.remove('faint');
    if (shown) rest = setTimeout(() => place.classList.toggle('faint', hides()), REST_MS);
  };
}

/**
 * The small map in a pane.
 * @param {HTMLElement} pane
 * @param {MapModel} model
 * @param {{show: (view: View) => void, view: () => View, size: () => Pane, drawn: () => Drawn}} map
 */
export function makeMini(pane, model, map) {
  const canvas = element('canvas', {});
  const frame = element('div', { class: 'map-frame' });
  const place = element('div', { 'class': 'map-mini', 'aria-hidden': 'true', 'hidden': true }, canvas, frame);
  pane.append(place);
  let size = { w: 0, h: 0 };
  const rested = whenStill(place, () => covers(map.drawn(), map.size(), size));
  /** @type {View} */
  let small = { x: 0, y: 0, s: 1 };

  /** @type {[Look, (css: string) => string] | null} */
  let due = null; // the look in which it has yet to be drawn

  /** The colours or the arrangement changed. */
  function restyle(/** @type {Look} */ look, /** @type {(css: string) => string} */ color) {
    due = [look, color];
    if (!place.hidden) draw(...due);
  }

  /** Draw the whole anew. */
  function draw(/** @type {Look} */ look, /** @type {(css: string) => string} */ color) {
    due = null;
    size = miniSize(model, map.size());
    small = fitView(model, 0, size, 0);
    const sharp = Math.min(3, devicePixelRatio || 1);
    [canvas.width, canvas.height] = [size.w * sharp, size.h * sharp];
    for (const each of [canvas, place]) [each.style.width, each.style.height] = [`${size.w}px`, `${size.h}px`];
    const pen = canvas.getContext('2d');
    if (!pen) return;
    pen.scale(sharp, sharp);
    for (const [i, opens] of miniBoxes(model, small.s)) {
      const { fill, edge } = look.classes[classOf(model, look.mode, i)];
      const box = [(model.x[i] - small.x) * small.s, (model.y[i] - small.y) * small.s, Math.max(1, model.w[i] * small.s), Math.max(1, model.h[i] * small.s)];
      pen.fillStyle = color(opens ? '--bg' : fill);
      pen.strokeStyle = color(opens ? '--line' : edge);
      pen.lineWidth = opens ? 0.6 : 0.8;
      pen.fillRect(box[0], box[1], box[2], box[3]);
      if (i > 0) pen.strokeRect(box[0], box[1], box[2], box[3]);
    }
  }

  /** Show where the view lies; nothing while it shows the whole, and faintly where it would hide something at rest. */
  function follow(/** @type {View} */ view) {
    const near = view.s > fitView(model, 0, map.size()).s * SHOWN;
    place.hidden = !near;
    rested(near);
    if (!near) return;
    if (due) draw(...due);
    const at = frameOf(view, map.size(), small, size);
    frame.style.transform = `translate(${at.x}px, ${at.y}px)`;
    [frame.style.width, frame.style.height] = [`${at.w}px`, `${at.h}px`];
  }

  function lead(/** @type {PointerEvent} */ event) {
    const rect = canvas.getBoundingClientRect();
    const cx = small.x + (event.clientX - rect.left) / small.s;
    const cy = small.y + (event.clientY - rect.top) / small.s;
    map.show(centred(cx, cy, map.view().s, map.size()));
  }

  place.addEventListener('pointerdown', (event) => {
    event.stopPropagation();
    event.preventDefault();
    place.setPointerCapture(event.pointerId);
    lead(event);
  });
  place.addEventListener('pointermove', (event) => { if (place.hasPointerCapture(event.pointerId)) lead(event); });
  place.addEventListener('dblclick', (event) => event.stopPropagation());
  return { restyle, follow };
}
