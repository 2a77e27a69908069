// Everything to paint for one view, in pixels: boxes, lines, labels. The same as render/map/picture.py draws on paper.

import { share, tilesOf } from './map-inside.js';
import { BOLD, LEAST, LETTER, cardLabels, cutCard, headLabels, letters, shutLabels } from './map-labels.js';
import { near } from './map-route.js';

/** @import { MapModel } from './map-model.js' */
/** @typedef {{x: number, y: number, s: number}} View the corner of what is seen, and pixels for each unit of the map */
/** @typedef {{w: number, h: number}} Pane */
/** @typedef {{i: number, x: number, y: number, w: number, h: number, scale: number, depth: number, bar: number}} Box */
/** @typedef {{x: number, y: number, size: number, name: string, text: string, anchor: string}} Label */
/** @typedef {{source: number, target: number, arrow: boolean, kind: string, points: number[][], scale: number, shape: string}} Way */
/** @typedef {import('./map-inside.js').Tile} Tile */
/** @typedef {Pick<Way, 'points' | 'scale' | 'shape'>} Told a line with the shape that flows */

const LINE = 9.5;
const MOST = 10; // size of a shape's letters
const DOWN = 0.45;
const NAMES = 60; // cards named beside them at most: of more none is, they are seen from afar
const LOW = 6; // height from which a card is named beside it
const [CLEAR, ASIDE] = [1.5, 3.5]; // between a label and what it stands beside

/**
 * A node's rectangle in pixels.
 * @param {MapModel} model
 * @param {View} view
 * @param {number} i
 * @returns {Box}
 */
export function boxOf(model, view, i) {
  return {
    i, x: (model.x[i] - view.x) * view.s, y: (model.y[i] - view.y) * view.s, w: model.w[i] * view.s, h: model.h[i] * view.s,
    scale: model.unit[i] * view.s, depth: model.depth[i], bar: model.isBox(i) ? model.frame(i)[7] * model.unit[i] * view.s : 0,
  };
}

/**
 * The edges inside an open box: corner points in pixels, kind, whether an arrowhead ends them, and the shape that flows.
 * @param {MapModel} model
 * @param {View} view
 * @param {number} i
 * @returns {Way[]}
 */
export function linesOf(model, view, i) {
  const content = model.content(i);
  const [, , , , dx, dy] = model.frame(i);
  const kin = model.children(i);
  const inner = model.inner[i] * view.s;
  const x0 = (model.x[i] + dx * model.unit[i] - view.x) * view.s;
  const y0 = (model.y[i] + dy * model.unit[i] - view.y) * view.s;
  const shapes = model.shapes(i);
  const told = new Set();
  return content[3].map((route, k) => {
    const [kind, source, target] = route;
    const points = [];
    for (let at = 3; at < route.length; at += 2) points.push([x0 + route[at] * inner, y0 + route[at + 1] * inner]);
    const shape = source < kin.length && !told.has(source) ? model.data.strings[shapes[k]] : '';
    told.add(source);
    const ends = { source: kin[source] ?? -1, target: kin[target] ?? -1, arrow: target < kin.length };
    return { ...ends, kind: model.data.routes[kind], points, scale: inner, shape };
  });
}

/** @typedef {number[]} Rect x0, y0, x1, y1 */

/** @param {Rect} a @param {Rect} b */
const meet = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
/** @param {Rect} a @param {Rect} b */
const within = (a, b) => b[0] <= a[0] && b[1] <= a[1] && a[2] <= b[2] && a[3] <= b[3];
/** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 @returns {Rect} */
const thin = (x0, y0, x1, y1) => [Math.min(x0, x1) - 1, Math.min(y0, y1) - 1, Math.max(x0, x1) + 1, Math.max(y0, y1) + 1];

/**
 * The straight pieces of a line as thin rectangles; an S-curve is taken for its two uprights and its crossbar.
 * @param {number[][]} points
 * @returns {Rect[]}
 */
function pieces(points) {
  const made = [];
  for (let k = 1; k < points.length; k += 1) {
    const [[x0, y0], [x1, y1]] = [points[k - 1], points[k]];
    if (Math.abs(x1 - x0) > 0.01 && Math.abs(y1 - y0) > 0.01) {
      const quarter = (y1 - y0) / 4;
      made.push(thin(x0, y0, x0, y0 + quarter), thin(x0, y0 + quarter, x1, y1 - quarter), thin(x1, y1 - quarter, x1, y1));
    } else made.push(thin(x0, y0, x1, y1));
  }
  return made;
}

/**
 * Places for the label of a line: right and left of its beginning, then of its end, then along a level piece.
 * @param {Told} line
 * @param {number} size
 * @returns {[Label, Rect][]}
 */
function spots(line, size) {
  const wide = letters(line.shape) * size * LETTER;
  /** @type {[Label, Rect][]} */
  const made = [];
  /** @type {[number[], number[], boolean][]} */
  const both = [[line.points[0], line.points[1], false], [line.points[line.points.length - 2], line.points[line.points.length - 1], true]];
  for (const [[x0, y0], [x1, y1], ends] of both) {
    const gap = Math.min(y1 - y0, Math.max(30 * line.scale, size * 2));
    if (gap < size * 1.3) continue;
    const straight = Math.abs(x1 - x0) < 1;
    const [x, y] = ends ? [x1, y1 - gap * (1 - DOWN)] : [x0, y0 + gap * DOWN];
    for (const side of straight || (x1 < x0) !== ends ? [1, -1] : [-1, 1]) {
      const at = x + side * Math.min(6, Math.max(3.5, 4 * line.scale));
      const close = x + side * 1.5; // nothing may come between the line and its label
      const rect = [side > 0 ? close : at - wide, y - size * 0.6, side > 0 ? at + wide : close, y + size * 0.6];
      made.push([{ x: at, y, size, name: line.shape, text: '', anchor: side > 0 ? 'start' : 'end' }, rect]);
    }
    if (!straight) return made;
  }
  return [...made, ...levelSpots(line, size, wide)];
}

/**
 * Above and below the middle of the longest level piece of a line that is long enough.
 * @param {Told} line
 * @param {number} size
 * @param {number} wide
 */
function levelSpots({ points, shape }, size, wide) {
  /** @type {[Label, Rect][]} */
  const made = [];
  let [long, x, y0] = [0, 0, 0];
  for (let k = 1; k < points.length; k += 1) {
    const [a, b] = [points[k - 1], points[k]];
    const length = Math.abs(b[0] - a[0]);
    if (Math.abs(b[1] - a[1]) <= 0.01 && length > long) [long, x, y0] = [length, (a[0] + b[0]) / 2, a[1]];
  }
  if (long < wide + 2 * size) return made;
  for (const side of [-1, 1]) {
    const y = y0 + side * (1.5 + size * 0.7);
    if (y > size * 0.6) made.push([{ x, y, size, name: shape, text: '', anchor: 'middle' }, [x - wide / 2, y - size * 0.6, x + wide / 2, y + size * 0.6]]);
  }
  return made;
}

/**
 * Places for the name of a card that has no room for it: right of it, left of it.
 * @param {{x: number, y: number, w: number, h: number}} card
 * @param {string} text
 * @param {Pane} pane
 * @returns {[Label, Rect][]}
 */
function nameSpots({ x, y, w, h }, text, pane) {
  if (h < LOW || !text) return [];
  const [middle, wide] = [y + h / 2, letters(text) * BOLD * LEAST * LETTER];
  /** @type {[number, string, number][]} */
  const sides = [[x + w + ASIDE, 'start', x + w + CLEAR], [x - ASIDE, 'end', x - wide - ASIDE]];
  return sides.flatMap(([at, anchor, left]) => {
    const right = left + wide + ASIDE - CLEAR;
    /** @type {[Label, Rect]} */
    const spot = [{ x: at, y: middle, size: LEAST, name: '', text, anchor }, [left, middle - LEAST * 0.6, right, middle + LEAST * 0.6]];
    return left > 0 && right < pane.w ? [spot] : [];
  });
}

/**
 * Names beside cards that have no room for them, and shapes of tensors beside the lines, where they touch neither a
 * shut box, a title bar, a border, a line nor another.
 * @param {Told[]} lines
 * @param {Pane} pane
 * @param {{x: number, y: number, w: number, h: number, bar?: number}[]} [boxes] open ones
 * @param {{x: number, y: number, w: number, h: number}[]} [cards] shut ones
 * @param {[{x: number, y: number, w: number, h: number}, string, Label[]][]} [names] cards without words, what they
 *   are, and what is told in them where there is no room beside them
 * @param {boolean} [whole] whether the whole breadth of the map is in sight: nothing is cut by the pane then
 * @returns {Label[]}
 */
export function shapeLabels(lines, pane, boxes = [], cards = [], names = [], whole = false) {
  /** @type {(box: {x: number, y: number, w: number, h: number}) => Rect} */
  const rectOf = ({ x, y, w, h }) => [x, y, x + w, y + h];
  const frames = boxes.map(rectOf);
  const taken = [...cards.map(rectOf), ...boxes.map(({ x, y, w, bar }) => [x, y, x + w, y + (bar ?? 0)])];
  const drawn = lines.filter(({ points }) => near(points, pane.w, pane.h)).flatMap(({ points }) => pieces(points));
  /** @type {Label[]} */
  const made = [];
  const take = (/** @type {[Label, Rect][]} */ places) => {
    const good = places.find(([{ x, y }, rect]) => x > 0 && y > -20 && x < pane.w && y < pane.h
      && !taken.some((other) => meet(rect, other)) && !drawn.some((other) => meet(rect, other))
      && !frames.some((frame) => meet(rect, frame) && !within(rect, frame)));
    if (!good) return false;
    taken.push(good[1]);
    made.push(good[0]);
    return true;
  };
  for (const [card, text, inner] of names) if (names.length > NAMES || !take(nameSpots(card, text, pane))) made.push(...inner);
  const fits = (/** @type {[Label, Rect]} */ [, [x0, , x1]]) => !whole || (x0 >= 0 && x1 <= pane.w);
  for (const line of lines) if (line.shape) take(spots(line, Math.min(MOST, Math.max(LEAST, LINE * line.scale))).filter(fits));
  return made;
}

/**
 * The picture of a view whose open and shut boxes are known (see lod in map-view.js).
 * @param {MapModel} model
 * @param {View} view
 * @param {Pane} pane
 * @param {{open: number[], shut: number[]}} boxes
 */
export function picture(model, view, pane, { open, shut }) {
  const boxes = open.slice(1).map((i) => boxOf(model, view, i)).sort((a, b) => a.depth - b.depth);
  const cards = shut.map((i) => boxOf(model, view, i)).filter((box) => box.w > 0.7 && box.h > 0.7);
  const lines = open.flatMap((i) => linesOf(model, view, i));
  const labels = boxes.flatMap((box) => headLabels(model, box, pane));
  /** @type {Tile[]} */
  const tiles = [];
  /** @type {[Box, string, Label[]][]} */
  const names = [];
  const most = share(cards.filter((box) => model.isBox(box.i)).length);
  for (const box of cards) {
    if (!model.isBox(box.i)) {
      const inner = cardLabels(model, box);
      labels.push(...inner);
      if (inner.length === 0) names.push([box, model.type(box.i) || model.name(box.i), cutCard(model, box)]);
    } else {
      const told = shutLabels(model, box, pane);
      labels.push(...told.labels);
      if (told.below) tiles.push(...tilesOf(model, box, told.below, pane, most));
    }
  }
  const whole = view.x <= 0 && model.w[0] <= view.x + pane.w / view.s;
  labels.push(...shapeLabels(lines, pane, boxes, cards, names, whole));
  return { boxes, cards, tiles, lines, labels: labels.filter((each) => each.y > -20 && each.y < pane.h + 20) };
}
