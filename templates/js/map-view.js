// Where the reader looks: {x, y} is the corner of the pane in units of the map, s the pixels per unit. And which boxes
// are open there. The numbers are the same as in render/map/picture.py.

import { UNTYPED } from './map-labels.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {{x: number, y: number, s: number}} View */
/** @typedef {{w: number, h: number}} Pane */
/** @typedef {{least: number, most: number}} Bounds */

/** Boxes on the screen at most. */
const BUDGET = 400;
const BAR_MIN = 12; // height in pixels from which a title bar can carry a label
const TOGETHER = 0.6; // how much smaller than what it takes to open a box may be whose siblings open
const STAY = 0.72; // an open box shuts only when it is this much smaller than one that opens
const CROWDED = 1.1; // and when there are this many times more boxes than may be opened

/**
 * The view in which node i fills the pane, with a margin.
 * @param {MapModel} model
 * @param {number} i
 * @param {Pane} pane
 * @param {number} [margin]
 * @returns {View}
 */
export function fitView(model, i, pane, margin = 0.025) {
  const s = Math.min(pane.w / model.w[i], pane.h / model.h[i]) * (1 - 2 * margin);
  const most = 1.6 / model.unit[i];
  return centred(model.x[i] + model.w[i] / 2, model.y[i] + model.h[i] / 2, Math.min(s, most), pane);
}

/** @param {number} cx @param {number} cy @param {number} s @param {Pane} pane @returns {View} */
export function centred(cx, cy, s, pane) {
  return { x: cx - pane.w / 2 / s, y: cy - pane.h / 2 / s, s };
}

/**
 * The smallest and largest scale: the whole map with room around it, and the smallest card filling a good part.
 * @param {MapModel} model
 * @param {Pane} pane
 * @returns {Bounds}
 */
export function limits(model, pane) {
  let smallest = 1;
  for (let i = 0; i < model.count; i += 1) smallest = Math.min(smallest, model.unit[i]);
  return { least: Math.min(pane.w / model.w[0], pane.h / model.h[0]) * 0.7, most: 3.2 / smallest };
}

/**
 * What lies in the middle of the pane.
 * @param {View} view
 * @param {Pane} pane
 */
function middleOf(view, pane) {
  return [view.x + pane.w / 2 / view.s, view.y + pane.h / 2 / view.s];
}

/**
 * The view with its scale within bounds and the map's middle never out of sight.
 * @param {MapModel} model
 * @param {View} view
 * @param {Pane} pane
 * @param {Bounds} bounds
 */
export function bounded(model, view, pane, { least, most }) {
  const s = Math.min(most, Math.max(least, view.s));
  const [cx, cy] = middleOf(view, pane);
  return centred(Math.min(model.w[0], Math.max(0, cx)), Math.min(model.h[0], Math.max(0, cy)), s, pane);
}

/**
 * Zoom by a factor so that what is under the pixel (px, py) stays there.
 * @param {View} view
 * @param {number} px
 * @param {number} py
 * @param {number} factor
 * @param {Bounds} bounds
 * @returns {View}
 */
export function zoomAt(view, px, py, factor, { least, most }) {
  const s = Math.min(most, Math.max(least, view.s * factor));
  return { x: view.x + px / view.s - px / s, y: view.y + py / view.s - py / s, s };
}

/**
 * Move by pixels: what was under the pointer follows it.
 * @param {View} view
 * @param {number} dx
 * @param {number} dy
 * @returns {View}
 */
export function panBy(view, dx, dy) {
  return { x: view.x - dx / view.s, y: view.y - dy / view.s, s: view.s };
}

/**
 * The view after two fingers moved from `before` to `after` ([x, y] each): what is under them stays under them.
 * @param {View} view
 * @param {number[][]} before
 * @param {number[][]} after
 * @param {Bounds} bounds
 */
export function pinched(view, before, after, bounds) {
  const middle = (/** @type {number[][]} */ pair) => [(pair[0][0] + pair[1][0]) / 2, (pair[0][1] + pair[1][1]) / 2];
  const apart = (/** @type {number[][]} */ pair) => Math.max(8, Math.hypot(pair[0][0] - pair[1][0], pair[0][1] - pair[1][1]));
  const [from, to] = [middle(before), middle(after)];
  const moved = panBy(view, to[0] - from[0], to[1] - from[1]);
  return zoomAt(moved, to[0], to[1], apart(after) / apart(before), bounds);
}

/**
 * A view on the way from a to b at t of 0–1: the scale changes evenly, the target moves in a straight line.
 * @param {View} a
 * @param {View} b
 * @param {number} t
 * @param {Pane} pane
 * @returns {View}
 */
export function between(a, b, t, pane) {
  if (t >= 1) return b;
  const k = t < 0.5 ? 2 * t * t : 1 - 2 * (1 - t) * (1 - t);
  const s = a.s * (b.s / a.s) ** k;
  const q = Math.abs(1 / a.s - 1 / b.s) < 1e-9 / a.s ? k : (1 / a.s - 1 / s) / (1 / a.s - 1 / b.s);
  const [ax, ay] = middleOf(a, pane);
  const [bx, by] = middleOf(b, pane);
  const cx = ax * (1 - q) + bx * q;
  const cy = ay * (1 - q) + by * q;
  return centred(cx, cy, s, pane);
}

/** @param {MapModel} model @param {number} i @param {{x0: number, y0: number, x1: number, y1: number}} area */
function inSight(model, i, area) {
  return model.x[i] < area.x1 && model.y[i] < area.y1 && model.x[i] + model.w[i] > area.x0 && model.y[i] + model.h[i] > area.y0;
}

/**
 * How well a box can be read open: 1 when its title and a middling child are just large enough for a label.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} s
 */
function room(model, i, s) {
  const [, , , , , , legible, head] = model.frame(i);
  return Math.min((model.inner[i] * s) / legible, (head * model.unit[i] * s) / BAR_MIN);
}

/**
 * What opens together: boxes of one type; where types are unknown, those at one depth.
 * @param {MapModel} model
 * @param {number} i
 */
function familyOf(model, i) {
  if (model.kind(i) === 'segment') return '';
  return model.type(i) === UNTYPED ? `${UNTYPED} ${model.depth[i]}` : model.type(i);
}

/**
 * The boxes in sight, parents first. Boxes of one type open together, level by level, while the budget lasts; what was
 * open (`before`, a set) stays open a little longer than it takes to open, so that nothing flickers.
 * @param {MapModel} model
 * @param {View} view
 * @param {Pane} pane
 * @param {Set<number>} [before]
 * @param {number} [budget]
 * @returns {{open: number[], shut: number[], isOpen: Set<number>}}
 */
export function lod(model, view, pane, before = new Set(), budget = BUDGET) {
  const area = { x0: view.x, y0: view.y, x1: view.x + pane.w / view.s, y1: view.y + pane.h / view.s };
  const open = [0];
  /** @type {number[]} */
  const shut = [];
  let level = [0];
  const seen = (/** @type {number} */ i) => [...model.children(i)].filter((child) => inSight(model, child, area));
  let count = seen(0).length;
  while (level.length > 0) {
    /** @type {Map<string, number[]>} */
    const kin = new Map();
    const todo = level.flatMap(seen);
    for (let k = 0; k < todo.length; k += 1) {
      const i = todo[k];
      const enough = before.has(i) ? 0.92 * STAY : 0.92;
      if (!model.isBox(i)) shut.push(i);
      else if (model.nodes.repeat[i] && room(model, i, view.s) >= enough && count < budget) {
        open.push(i);
        const more = seen(i);
        count += more.length;
        todo.push(...more);
      } else {
        const family = familyOf(model, i);
        kin.set(family, [...(kin.get(family) ?? []), i]);
      }
    }
    level = [];
    for (const family of kin.values()) {
      const rooms = family.map((i) => room(model, i, view.s)).sort((a, b) => a - b);
      const stays = family.some((i) => before.has(i)) ? STAY : 1;
      const more = family.reduce((sum, i) => sum + seen(i).length, 0);
      const most = stays < 1 ? budget * CROWDED : budget;
      const opens = rooms[rooms.length >> 2] >= stays && count + more <= most;
      for (const i of family) {
        if (opens && room(model, i, view.s) >= TOGETHER * stays) level.push(i);
        else shut.push(i);
      }
      if (opens) count += more;
    }
    open.push(...level);
  }
  return { open, shut, isOpen: new Set(open) };
}

/**
 * The innermost visible node under a point of the map, or -1; visits one box per level.
 * @param {MapModel} model
 * @param {Set<number>} isOpen
 * @param {number} x
 * @param {number} y
 */
export function hit(model, isOpen, x, y) {
  const inside = (/** @type {number} */ i) => x >= model.x[i] && y >= model.y[i] && x <= model.x[i] + model.w[i] && y <= model.y[i] + model.h[i];
  if (!inside(0)) return -1;
  let i = 0;
  for (;;) {
    if (!isOpen.has(i)) return i;
    const next = model.children(i).find(inside);
    if (next === undefined) return i;
    i = next;
  }
}

/**
 * The child of `from`'s parent that lies nearest in a direction ([dx, dy]), or -1.
 * @param {MapModel} model
 * @param {number} from
 * @param {number[]} direction
 */
export function sideways(model, from, [dx, dy]) {
  const above = model.nodes.parent[from];
  if (above < 0) return -1;
  const cx = model.x[from] + model.w[from] / 2;
  const cy = model.y[from] + model.h[from] / 2;
  let best = -1;
  let least = Infinity;
  for (const i of model.children(above)) {
    const along = (model.x[i] + model.w[i] / 2 - cx) * dx + (model.y[i] + model.h[i] / 2 - cy) * dy;
    const aside = Math.abs((model.x[i] + model.w[i] / 2 - cx) * dy) + Math.abs((model.y[i] + model.h[i] / 2 - cy) * dx);
    if (i !== from && along > 1e-9 && along + 2 * aside < least) [best, least] = [i, along + 2 * aside];
  }
  return best;
}
