// The map when the browser prints: below the whole model, what is inside the boxes that are shut there, each structure once.

import { drawing, element } from './dom.js';
import { t } from './language.js';
import { pathOf } from './map-address.js';
import { classes } from './map-color.js';
import { COLORS, drawingOf } from './map-layers.js';
import { titleOf } from './map-model.js';
import { picture } from './map-picture.js';
import { fillLegend } from './map-tools.js';
import { fitView, lod } from './map-view.js';
import { exactText } from './numbers.js';
import { color, inLight, learn } from './theme.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-layers.js').Drawing} Drawing */
/** @typedef {{w: number, h: number}} Pane */
/** @typedef {{i: number, alike: number}} Sheet a box, and how many boxes there are of its structure */

const WHOLE = { w: 1000, h: 625 }; // the drawing in the markup
const PAPER = { w: 850, h: 1100 }; // what a page holds, in pixels of a drawing
const SHOWN = 0.8; // of which so many are one of the page: paper is read from nearer
const EDGE = 5; // pixels around a box
const LARGEST = 1; // pixels for each unit of what is inside a box
const MOST = 24; // sheets
const UNMARKED = { selected: -1, hovered: -1, start: -1, found: [], path: null, flow: null };

/** What boxes have in common that need to be drawn only once. */
const structure = (/** @type {MapModel} */ model, /** @type {number} */ i) => `${model.frame(i)[2]} ${model.type(i)}`;

/**
 * The size of a box on paper, and the view of it.
 * @param {MapModel} model
 * @param {number} i
 * @param {Pane} [whole] the size of the drawing of everything
 */
export function sheetView(model, i, whole = WHOLE) {
  if (i === 0) return { pane: whole, view: fitView(model, 0, whole) };
  const room = { w: PAPER.w - 2 * EDGE, h: PAPER.h - 2 * EDGE };
  const s = Math.min(room.w / model.w[i], room.h / model.h[i], LARGEST / model.inner[i]);
  const pane = { w: model.w[i] * s + 2 * EDGE, h: model.h[i] * s + 2 * EDGE };
  return { pane, view: { x: model.x[i] - EDGE / s, y: model.y[i] - EDGE / s, s } };
}

/**
 * The boxes to draw by themselves, in the order they are met: what is shut in a drawing before it.
 * @param {MapModel} model
 * @param {number} [most]
 * @param {Pane} [whole]
 * @returns {{sheets: Sheet[], left: number}} and how many structures are left out
 */
export function sheetsOf(model, most = MOST, whole = WHOLE) {
  /** @type {Map<string, Sheet>} */
  const found = new Map();
  const queue = [0];
  for (let at = 0; at < queue.length && at <= 2 * most; at += 1) {
    const { pane, view } = sheetView(model, queue[at], whole);
    for (const i of lod(model, view, pane).shut) {
      const key = structure(model, i);
      if (!model.isBox(i) || found.has(key) || i === queue[at]) continue;
      found.set(key, { i, alike: 0 });
      queue.push(i);
    }
  }
  for (let i = 1; i < model.count; i += 1) if (model.isBox(i)) alike(found.get(structure(model, i)));
  return { sheets: [...found.values()].slice(0, most), left: Math.max(0, found.size - most) };
}

/** @param {Sheet | undefined} sheet */
function alike(sheet) {
  if (sheet) sheet.alike += 1;
}

/**
 * A drawing as an element.
 * @param {Drawing} made
 * @param {string} words
 */
function svgElement(made, words) {
  const svg = drawing('svg', { 'viewBox': `0 0 ${made.width} ${made.height}`, 'width': Math.round(made.width * SHOWN), 'role': 'img', 'aria-label': words, 'font-family': made.font });
  for (const { d, fill, stroke, width, dash } of made.layers) {
    svg.append(drawing('path', { d, 'fill': fill || 'none', 'stroke': stroke || 'none', 'stroke-width': width, 'stroke-dasharray': dash || 'none' }));
  }
  for (const { x, y, size, name, text, anchor, color: own } of made.texts) {
    const line = drawing('text', { x, 'y': y + size * 0.35, 'font-size': size, 'text-anchor': anchor, 'fill': own ?? made.ink });
    const light = drawing('tspan', { fill: made.muted });
    const strong = drawing('tspan', { 'font-weight': 'bold' });
    [light.textContent, strong.textContent] = [name && text ? `${name} ` : name, text];
    line.append(light, strong);
    svg.append(line);
  }
  return svg;
}

/**
 * One box with its title.
 * @param {MapModel} model
 * @param {Sheet} sheet
 * @param {import('./map-layers.js').Look} look
 */
function sheetElement(model, { i, alike: count }, look) {
  const { pane, view } = sheetView(model, i);
  const made = drawingOf(model, picture(model, view, pane, lod(model, view, pane)), pane, look, UNMARKED, color);
  const title = pathOf(model, i) || titleOf(model, i);
  const beside = [model.type(i), count > 1 ? t('1 of {count} alike', { count: exactText(count) }) : ''].filter(Boolean).join(' · ');
  const sheet = element('figure', { class: 'map-sheet' }, element('figcaption', {}, element('strong', {}, element('bdi', {}, title)), ' ', beside), svgElement(made, title));
  sheet.style.maxWidth = `${Math.max(150, Math.ceil(pane.w * SHOWN))}px`;
  return sheet;
}

/**
 * All sheets below one another, in the colours of paper.
 * @param {MapModel} model
 * @param {string} font
 */
function allSheets(model, font) {
  const look = { mode: 'family', classes: classes(model, 'family'), font };
  const { sheets, left } = sheetsOf(model);
  const place = element('div', { class: 'map-sheets' });
  if (sheets.length > 0) place.append(element('h3', {}, t('Inside the boxes')));
  learn([...COLORS, ...look.classes.flatMap(({ fill, edge }) => [fill, edge])]);
  for (const sheet of sheets) place.append(sheetElement(model, sheet, look));
  if (left > 0) place.append(element('p', {}, t('{count} more kinds of boxes are on the page itself.', { count: exactText(left) })));
  return place;
}

/**
 * Draw the sheets whenever the page is about to be printed, and take them away afterwards.
 * @param {HTMLElement} place the map
 * @param {{model: MapModel, mode: string, mark: (nodes: number[]) => void}} map
 */
export function followPrint(place, map) {
  const legend = (/** @type {string} */ mode) => fillLegend(/** @type {HTMLElement} */ (place.querySelector('.map-legend')), map.model, mode, (nodes) => map.mark(nodes));
  /** @type {HTMLElement | null} */
  let made = null;
  window.addEventListener('beforeprint', () => {
    made?.remove();
    made = inLight(() => allSheets(map.model, getComputedStyle(place).fontFamily));
    place.append(made);
    if (map.mode !== 'family') legend('family'); // that of the drawing in the markup
  });
  window.addEventListener('afterprint', () => {
    made?.remove();
    made = null;
    if (map.mode !== 'family') legend(map.mode);
  });
}
