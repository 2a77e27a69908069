// A picture as layers of paths and lines of text with their colours, from the back to the front: what any painter draws.

import { classOf, signOf } from './map-color.js';
import { isOn, shownFor } from './map-flow.js';
import { leadOf } from './map-inside.js';
import { arrowhead, clipLine, headSize, near, smooth } from './map-route.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-flow.js').Path} Path */
/** @typedef {import('./map-flow.js').Ways} Ways */

/**
 * What is marked: nodes are indices or -1.
 * @typedef {object} Marked
 * @property {number} selected
 * @property {number} hovered
 * @property {number} start where a path begins whose end is not chosen yet
 * @property {Iterable<number>} found by the search
 * @property {Path | null} path
 * @property {{inputs: number[], outputs: number[], inWays: Ways, outWays: Ways} | null} flow of the box pointed at
 */

/** @typedef {{i: number, x: number, y: number, w: number, h: number, scale: number, depth: number, bar: number}} Box */
/** @typedef {{points: number[][], kind: string, source: number, target: number, arrow: boolean, scale: number, shape: string}} Line */
/** @typedef {{x: number, y: number, size: number, name: string, text: string, anchor: string, color?: string}} Label */
/** @typedef {import('./map-inside.js').Tile} Tile */
/** @typedef {{boxes: Box[], cards: Box[], tiles: Tile[], lines: Line[], labels: Label[]}} Picture */
/** @typedef {{w: number, h: number}} Pane */
/** @typedef {{mode: string, classes: import('./map-color.js').ColorClass[], font: string}} Look */

/**
 * One path in one style; `fill` or `stroke` is empty for none.
 * @typedef {{d: string, fill: string, stroke: string, width: number, dash: string}} Layer
 */

/**
 * Everything there is to paint.
 * @typedef {object} Drawing
 * @property {number} width
 * @property {number} height
 * @property {string} background
 * @property {string} ink
 * @property {string} muted
 * @property {string} font
 * @property {Layer[]} layers
 * @property {Label[]} texts
 */

const EDGE = 24;
const LEVELS = 8;
const KINDS = ['shared', 'plain', 'skip', 'way', 'in', 'out', 'short'];
/** @type {Record<string, [string, number]>} */
const STROKES = {
  shared: ['color-mix(in srgb, var(--muted) 45%, var(--bg))', 0.9], plain: ['--muted', 1.1], skip: ['--accent', 1.6],
  way: ['color-mix(in srgb, var(--flow-path) 55%, var(--bg))', 2.2], in: ['--flow-in', 2.2], out: ['--flow-out', 2.2], short: ['--flow-path', 3],
};

/** What a drawing is coloured with besides its classes. */
export const COLORS = ['--bg', '--surface', '--line', '--ink', '--warn', ...Object.values(STROKES).map(([token]) => token)];

const round = (/** @type {number} */ value) => Math.round(value * 10) / 10;

/** @param {number[][]} points */
function polyline(points) {
  return points.map(([x, y], k) => `${k ? 'L' : 'M'}${round(x)},${round(y)}`).join('');
}

/**
 * The outline of a box with round corners, cut to the pane.
 * @param {{x: number, y: number, w: number, h: number}} box
 * @param {Pane} pane
 * @param {number} [grow]
 */
export function outline(box, pane, grow = 0) {
  const clamp = (/** @type {number} */ value, /** @type {number} */ most) => round(Math.min(most + EDGE, Math.max(-EDGE, value)));
  const [x0, y0] = [clamp(box.x - grow, pane.w), clamp(box.y - grow, pane.h)];
  const [x1, y1] = [clamp(box.x + box.w + grow, pane.w), clamp(box.y + box.h + grow, pane.h)];
  const r = round(Math.min(6, (x1 - x0) * 0.18, (y1 - y0) * 0.18));
  if (r < 1) return `M${x0},${y0}L${x1},${y0}L${x1},${y1}L${x0},${y1}Z`;
  const [a, b, c, e] = [x0 + r, x1 - r, y0 + r, y1 - r].map(round);
  return `M${a},${y0}L${b},${y0}Q${x1},${y0} ${x1},${c}L${x1},${e}Q${x1},${y1} ${b},${y1}L${a},${y1}Q${x0},${y1} ${x0},${e}L${x0},${c}Q${x0},${y0} ${a},${y0}Z`;
}

/** @param {Box} box @param {Pane} pane */
function inPane(box, pane) {
  return box.x < pane.w && box.y < pane.h && box.x + box.w > 0 && box.y + box.h > 0;
}

/** Open boxes, the deeper above the shallower, and the rules below their titles. */
function levelLayers(/** @type {MapModel} */ model, /** @type {Picture} */ picture, /** @type {Pane} */ pane, /** @type {(css: string) => string} */ color) {
  const dash = model.flow ? '' : '4 3';
  const depths = [...new Set(picture.boxes.map((box) => box.depth))].sort((a, b) => a - b);
  const fills = depths.slice(0, LEVELS).map((depth) => ({ d: '', fill: color(depth % 2 ? '--surface' : '--bg'), stroke: color('--line'), width: 1, dash }));
  const rules = { d: '', fill: '', stroke: color('--line'), width: 1, dash: '' };
  for (const box of picture.boxes) {
    if (!inPane(box, pane)) continue;
    fills[Math.min(depths.indexOf(box.depth), LEVELS - 1)].d += outline(box, pane);
    const bar = Math.min(box.bar, box.h);
    if (bar > 5) for (const run of clipLine([[box.x, box.y + bar], [box.x + box.w, box.y + bar]], pane.w, pane.h)) rules.d += polyline(run);
  }
  return [...fills, rules];
}

/**
 * What kind of stroke an edge is drawn with.
 * @param {MapModel} model
 * @param {Line} line
 * @param {Marked} marked
 */
function strokeOf(model, line, { path, flow }) {
  if (path && isOn(model, path.shortWays, line)) return 'short';
  if (flow && isOn(model, flow.inWays, line)) return 'in';
  if (flow && isOn(model, flow.outWays, line)) return 'out';
  if (path && isOn(model, path.allWays, line)) return 'way';
  return line.kind;
}

function edgeLayers(/** @type {MapModel} */ model, /** @type {Picture} */ picture, /** @type {Pane} */ pane, /** @type {Marked} */ marked, /** @type {(css: string) => string} */ color) {
  /** @type {Record<string, {ways: string, heads: string}>} */
  const made = Object.fromEntries(KINDS.map((kind) => [kind, { ways: '', heads: '' }]));
  for (const line of picture.lines) {
    if (!near(line.points, pane.w, pane.h)) continue;
    const kind = strokeOf(model, line, marked);
    const strong = STROKES[kind][1] > 2;
    for (const run of clipLine(smooth(line.points, Math.min(8, 8 * line.scale)), pane.w, pane.h)) made[kind].ways += polyline(run);
    const size = headSize(line.points, line.scale) * (strong ? 1.3 : 1);
    const [x, y] = line.points[line.points.length - 1];
    if (line.arrow && size >= 2 && x > -10 && y > -10 && x < pane.w + 10 && y < pane.h + 10) made[kind].heads += `${polyline(arrowhead(line.points, size))}Z`;
  }
  return KINDS.flatMap((kind) => {
    const [token, width] = STROKES[kind];
    const hue = color(token);
    return [
      { d: made[kind].ways, fill: '', stroke: hue, width, dash: '' },
      { d: made[kind].heads, fill: hue, stroke: hue, width: 0.5, dash: '' },
    ];
  });
}

/** @param {Tile} box @param {Pane} pane */
function square({ x, y, w, h }, pane) {
  const [x0, y0, x1, y1] = [Math.max(-EDGE, x), Math.max(-EDGE, y), Math.min(pane.w + EDGE, x + w), Math.min(pane.h + EDGE, y + h)].map(round);
  return `M${x0},${y0}H${x1}V${y1}H${x0}Z`;
}

/** Shut boxes, then cards and what is inside those boxes. */
function cardLayers(/** @type {MapModel} */ model, /** @type {Picture} */ picture, /** @type {Pane} */ pane, /** @type {Look} */ look, /** @type {(css: string) => string} */ color) {
  const [shut, paths, small] = [look.classes.map(() => ''), look.classes.map(() => ''), look.classes.map(() => '')];
  for (const box of picture.cards) if (inPane(box, pane)) (model.isBox(box.i) ? shut : paths)[classOf(model, look.mode, box.i)] += outline(box, pane);
  for (const tile of picture.tiles) small[look.mode === 'family' ? leadOf(model, tile.i) : classOf(model, look.mode, tile.i)] += square(tile, pane);
  const dash = model.flow ? '' : '4 3';
  const layer = (/** @type {string} */ d, /** @type {number} */ k, width = 1) => ({ d, fill: d && color(look.classes[k].fill), stroke: d && color(look.classes[k].edge), width, dash: width < 1 ? '' : dash });
  return [...shut.map((d, k) => layer(d, k)), ...paths.map((d, k) => layer(d, k)), ...small.map((d, k) => layer(d, k, 0.6))];
}

/** Frames around what is found, pointed at, chosen, or on the path: around the shut box where a node is inside one. */
function frameLayers(/** @type {MapModel} */ model, /** @type {Picture} */ picture, /** @type {Pane} */ pane, /** @type {Marked} */ marked, /** @type {(css: string) => string} */ color) {
  const drawn = new Map([...picture.boxes, ...picture.cards].map((box) => [box.i, box]));
  const isOpen = new Set([0, ...picture.boxes.map((box) => box.i)]);
  const frame = (/** @type {Iterable<number>} */ nodes, /** @type {string} */ token, /** @type {number} */ width, /** @type {number} */ grow, dash = '') => {
    const shown = new Set();
    for (const i of nodes) if (i > 0) shown.add(shownFor(model, isOpen, i));
    let d = '';
    for (const i of shown) {
      const box = drawn.get(i);
      if (box && inPane(box, pane)) d += outline(box, pane, grow);
    }
    return { d, fill: '', stroke: color(token), width, dash };
  };
  const { path, flow } = marked;
  return [
    frame(path ? path.all : [], STROKES.way[0], 1.6, 1),
    frame(path ? path.shortest : [], '--flow-path', 2.4, 1.5),
    frame(flow ? flow.inputs : [], '--flow-in', 2, 1),
    frame(flow ? flow.outputs : [], '--flow-out', 2, 1),
    frame(marked.found, '--warn', 2, 1.5),
    frame([marked.hovered], '--ink', 1.4, 0.5),
    frame([marked.start], '--flow-path', 2.4, 2.5, '5 3'),
    frame([marked.selected], '--accent', 2.5, 1.5),
  ];
}

/** Signs in the corner of boxes that have something to say about colours. */
function signs(/** @type {MapModel} */ model, /** @type {Picture} */ picture, /** @type {Look} */ look, /** @type {(css: string) => string} */ color) {
  return picture.cards.flatMap((box) => {
    const sign = box.w > 16 && box.h > 9 ? signOf(model, look.mode, box.i) : null;
    if (!sign) return [];
    const size = Math.min(10, Math.max(6, box.h * 0.4));
    return [{ x: box.x + box.w - size * 0.35, y: box.y + size * 0.2, size, name: '', text: sign[0], anchor: 'middle', color: color(sign[1]) }];
  });
}

/**
 * The drawing of a picture.
 * @param {MapModel} model
 * @param {Picture} picture
 * @param {Pane} pane
 * @param {Look} look
 * @param {Marked} marked
 * @param {(css: string) => string} color resolves CSS colours in the theme in force
 * @returns {Drawing}
 */
export function drawingOf(model, picture, pane, look, marked, color) {
  const layers = [
    ...levelLayers(model, picture, pane, color),
    ...edgeLayers(model, picture, pane, marked, color),
    ...cardLayers(model, picture, pane, look, color),
    ...frameLayers(model, picture, pane, marked, color),
  ];
  // Names stand on strong colours where colours are not those of families.
  const muted = color(look.mode === 'family' ? '--muted' : 'color-mix(in srgb, var(--ink) 84%, var(--bg))');
  return {
    width: pane.w, height: pane.h, background: color('--bg'), ink: color('--ink'), muted, font: look.font,
    layers: layers.filter((layer) => layer.d !== ''), texts: [...picture.labels, ...signs(model, picture, look, color)],
  };
}
