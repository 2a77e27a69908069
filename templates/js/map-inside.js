// What is inside shut boxes, in small: their cards where they will be once the box is opened, without words. The same
// choice as in render/map/inside.py.

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-picture.js').Box} Box */
/** @typedef {{i: number, x: number, y: number, w: number, h: number}} Tile */

const MOST = 96; // of one box
const ALL = 1000; // of a picture, divided evenly
const SMALLEST = 1.2; // height worth drawing
const WHOLE = 0.4; // a tile of which no more than this share lies below the labels is left out
const AIR = 2;

/**
 * Tiles that each of so many shut boxes may have.
 * @param {number} boxes
 */
export function share(boxes) {
  return Math.min(MOST, ALL / Math.max(1, boxes));
}

/**
 * The nodes that stand for the inside of a box: level by level, while they are not too many.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} [most]
 */
export function standIns(model, i, most = MOST) {
  let level = [i];
  for (;;) {
    /** @type {number[]} */
    const next = level.flatMap((/** @type {number} */ node) => (model.isBox(node) ? [...model.children(node)] : [node]));
    if (next.length > most || !level.some((node) => model.isBox(node))) break;
    level = next;
  }
  return level.filter((node) => node !== i);
}

/**
 * What shows inside a shut box below its labels.
 * @param {MapModel} model
 * @param {Box} box
 * @param {number} below
 * @param {{w: number, h: number}} pane
 * @param {number} [most]
 * @returns {Tile[]}
 */
export function tilesOf(model, box, below, pane, most = MOST) {
  const top = box.y + below + AIR;
  const s = box.w / model.w[box.i];
  /** @type {Tile[]} */
  const made = [];
  for (const i of standIns(model, box.i, most)) {
    const [x, y] = [box.x + (model.x[i] - model.x[box.i]) * s, box.y + (model.y[i] - model.y[box.i]) * s];
    const [w, h] = [model.w[i] * s, y + model.h[i] * s - Math.max(y, top)];
    if (h >= Math.max(SMALLEST, WHOLE * model.h[i] * s) && x < pane.w && x + w > 0 && y < pane.h && y + h > 0) made.push({ i, x, y: Math.max(y, top), w, h });
  }
  return made;
}

/** @type {WeakMap<MapModel, Map<number, number>>} */
const leads = new WeakMap();

/**
 * The family most of the floating-point operations of node i are in; without any, most of its cards.
 * @param {MapModel} model
 * @param {number} i
 */
export function leadOf(model, i) {
  if (!model.isBox(i)) return model.nodes.family[i];
  const found = leads.get(model) ?? new Map();
  leads.set(model, found);
  if (!found.has(i)) {
    const weights = model.data.families.map(() => 0);
    for (let k = i; k < model.end[i]; k += 1) if (!model.isBox(k)) weights[model.nodes.family[k]] += model.nodes.flops[k] + 1;
    found.set(i, weights.indexOf(Math.max(...weights)));
  }
  return /** @type {number} */ (found.get(i));
}
