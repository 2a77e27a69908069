// Everything to paint for one view, in pixels: boxes, lines, labels. The same as render/map/picture.py draws on paper.

import { wordings } from './map-model.js';
import { near } from './map-route.js';

/** @import { MapModel } from './map-model.js' */
/** @typedef {{x: number, y: number, s: number}} View the corner of what is seen, and pixels for each unit of the map */
/** @typedef {{w: number, h: number}} Pane */
/** @typedef {{i: number, x: number, y: number, w: number, h: number, scale: number, depth: number, bar: number}} Box */
/** @typedef {{x: number, y: number, size: number, name: string, text: string, anchor: string}} Label */
/** @typedef {{source: number, target: number, arrow: boolean, kind: string, points: number[][], scale: number, shape: string}} Way */
/** @typedef {Pick<Way, 'points' | 'scale' | 'shape'>} Told a line with the shape that flows */

const TEXT_MAX = 12.5;
export const TEXT_MIN = 6;
const LINE_MIN = 6.4;
const ENOUGH = 6; // letters of a label that is cut at least
const SMALL = 8.5;
const CARD = 11.5;
const LINE = 9.5;
const LETTER = 0.6;
const STEP = 14;
const DOWN = 0.45;

/**
 * Length of a label in mean letters; East Asian wide ones count more.
 * @param {string} text
 */
export function letters(text) {
  let sum = 0;
  for (const char of text) sum += (char.codePointAt(0) ?? 0) > 0x2e80 ? 1.75 : 1;
  return sum;
}

/**
 * The size of letters at which both fit.
 * @param {string} name
 * @param {string} type
 * @param {number} space
 * @param {number} most
 */
function fitting(name, type, space, most) {
  const long = letters(name) + letters(type) + (name && type ? 1 : 0);
  return Math.min(most, Math.max(0, space) / Math.max(1, long) / LETTER);
}

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
 * Name and type cut to a number of letters: both, one of them, or the beginning.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} space
 * @returns {[string, string]}
 */
export function cut(model, i, space) {
  const ways = wordings(model, i);
  const good = ways.find(([name, type]) => letters(name) + letters(type) + (name && type ? 1 : 0) <= space);
  if (good) return good;
  const whole = ways[0].filter(Boolean).join(' ');
  return space >= 4 ? ['', `${whole.slice(0, Math.floor(space) - 1)}…`] : ['', ''];
}

/**
 * The label in the title bar of an open box; it stays in sight when the box reaches past the left edge of the pane.
 * @param {MapModel} model
 * @param {Box} box
 * @param {Pane} pane
 * @returns {Label[]}
 */
function headLabels(model, box, pane) {
  const { bar } = box;
  const size = Math.min(TEXT_MAX, bar * 0.7);
  const inset = 7 * Math.min(1, box.scale);
  const left = Math.max(box.x, 0) + inset;
  const right = Math.min(box.x + box.w, pane.w) - inset;
  const [name, type] = cut(model, box.i, (right - left) / (size * LETTER));
  if (size < TEXT_MIN || (!name && !type)) return [];
  return [{ x: left, y: box.y + bar * 0.52, size, name, text: type, anchor: 'start' }];
}

/**
 * Shorter forms of a name: its last part, and the number at its end.
 * @param {string} name
 */
function endings(name) {
  const last = name.slice(name.lastIndexOf('.') + 1);
  const [digits] = /\d*$/.exec(last) ?? [''];
  return [...new Set([last, digits])].filter((each) => each && each !== name);
}

/**
 * As much of a label as fits in small letters, where that is enough to tell it by.
 * @param {string} words
 * @param {Box} box
 * @returns {Label[]}
 */
function beginning(words, box) {
  const size = TEXT_MIN + 0.5;
  const space = Math.floor((box.w - 4) / size / LETTER);
  if (!words || space < ENOUGH || box.h < size * 1.2) return [];
  return [{ x: box.x + box.w / 2, y: box.y + box.h / 2, size, name: `${[...words].slice(0, space - 1).join('')}…`, text: '', anchor: 'middle' }];
}

/**
 * @param {MapModel} model
 * @param {Box} box
 * @returns {Label[]}
 */
function shutLabels(model, box) {
  const most = Math.min(TEXT_MAX, Math.max(SMALL, box.scale * CARD), box.h * 0.42);
  const [name, type] = wordings(model, box.i)[0];
  const [x, y] = [box.x + box.w / 2, box.y + box.h / 2];
  const top = fitting(name, '', box.w - 4, most);
  const low = fitting('', type, box.w - 4, most);
  /** @type {(text: string, at: number, size: number, strong: boolean) => Label} */
  const label = (text, at, size, strong) => ({ x, y: at, size, name: strong ? '' : text, text: strong ? text : '', anchor: 'middle' });
  if (name && type && Math.min(top, low) >= TEXT_MIN && box.h >= (top + low) * 1.35) {
    return [label(name, y - low * 0.62, top, false), label(type, y + top * 0.68, low, true)];
  }
  if (model.nodes.repeat[box.i] && low >= TEXT_MIN) return [label(type, y, low, true)];
  if (name && top >= TEXT_MIN) return [label(name, y, top, false)];
  for (const last of endings(name)) {
    const short = fitting(last, '', box.w - 4, most);
    if (short >= TEXT_MIN) return [label(last, y, short, false)];
  }
  return type && low >= TEXT_MIN ? [label(type, y, low, true)] : beginning(name || type, box);
}

/**
 * The labels of a shut box or a card: name and type, and further lines where they can be read.
 * @param {MapModel} model
 * @param {Box} box
 * @returns {Label[]}
 */
export function cardLabels(model, box) {
  if (model.isBox(box.i)) return shutLabels(model, box);
  const lines = box.scale * LINE >= LINE_MIN ? model.lines(box.i) : [];
  const most = Math.min(TEXT_MAX, Math.max(box.scale * CARD, Math.min(SMALL, box.h * 0.6)));
  /** @type {{size: number, name: string, text: string} | null} */
  let best = null;
  for (const [name, type] of wordings(model, box.i)) {
    const size = fitting(name, type, box.w - 4, most);
    if (!best || Math.round((size * 2) / most) > Math.round((best.size * 2) / most)) best = { size, name, text: type };
  }
  if (!best || best.size < TEXT_MIN) return beginning(model.type(box.i) || model.name(box.i), box);
  const small = Math.min(10, box.scale * LINE);
  const x = box.x + box.w / 2;
  const y = box.y + (lines.length > 0 ? 13 * box.scale : box.h / 2);
  const made = [{ ...best, x, y, anchor: 'middle' }];
  lines.forEach((line, k) => {
    if (letters(line) * small * LETTER <= box.w - 3) {
      made.push({ x, y: y + STEP * box.scale * (k + 1), size: small, name: line, text: '', anchor: 'middle' });
    }
  });
  return made;
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
 * Places for the label of a line: right and left of its beginning, then of its end.
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
    const gap = Math.min(y1 - y0, 30 * line.scale);
    if (gap < size * 1.3) continue;
    const straight = Math.abs(x1 - x0) < 1;
    const [x, y] = ends ? [x1, y1 - gap * (1 - DOWN)] : [x0, y0 + gap * DOWN];
    for (const side of straight || (x1 < x0) !== ends ? [1, -1] : [-1, 1]) {
      const at = x + side * 4 * Math.min(1.5, line.scale);
      const close = x + side * 1.5; // nothing may come between the line and its label
      const rect = [side > 0 ? close : at - wide, y - size * 0.6, side > 0 ? at + wide : close, y + size * 0.6];
      made.push([{ x: at, y, size, name: line.shape, text: '', anchor: side > 0 ? 'start' : 'end' }, rect]);
    }
    if (!straight) break;
  }
  return made;
}

/**
 * Shapes of tensors beside the lines, where they touch neither a shut box, a title bar, a border, a line nor another.
 * @param {Told[]} lines
 * @param {Pane} pane
 * @param {{x: number, y: number, w: number, h: number, bar?: number}[]} [boxes] open ones
 * @param {{x: number, y: number, w: number, h: number}[]} [cards] shut ones
 * @returns {Label[]}
 */
export function shapeLabels(lines, pane, boxes = [], cards = []) {
  /** @type {(box: {x: number, y: number, w: number, h: number}) => Rect} */
  const rectOf = ({ x, y, w, h }) => [x, y, x + w, y + h];
  const frames = boxes.map(rectOf);
  const taken = [...cards.map(rectOf), ...boxes.map(({ x, y, w, bar }) => [x, y, x + w, y + (bar ?? 0)])];
  const drawn = lines.filter(({ points }) => near(points, pane.w, pane.h)).flatMap(({ points }) => pieces(points));
  /** @type {Label[]} */
  const made = [];
  for (const line of lines) {
    const size = Math.min(10, LINE * line.scale);
    if (!line.shape || size < LINE_MIN) continue;
    const good = spots(line, size).find(([{ x, y }, rect]) => x > 0 && y > -20 && x < pane.w && y < pane.h
      && ![...taken, ...drawn].some((other) => meet(rect, other))
      && !frames.some((frame) => meet(rect, frame) && !within(rect, frame)));
    if (!good) continue;
    taken.push(good[1]);
    made.push(good[0]);
  }
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
  const labels = [
    ...boxes.flatMap((box) => headLabels(model, box, pane)),
    ...cards.flatMap((box) => cardLabels(model, box)),
    ...shapeLabels(lines, pane, boxes, cards),
  ];
  return { boxes, cards, lines, labels: labels.filter((each) => each.y > -20 && each.y < pane.h + 20) };
}
