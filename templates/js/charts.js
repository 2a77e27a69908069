import { chartTools } from './chart-tools.js';
import { calm } from './idle.js';
import { t } from './language.js';
import { element } from './dom.js';
import { hasFocus } from './focus.js';
import { hasPayload, payload } from './payload.js';
import { plotly } from './plotly.js';
import { body, root } from './root.js';
import { color } from './theme.js';

/** @typedef {{data: any[], layout: any}} Figure as Plotly takes it, its colours 'var(--token)' */

const LIMIT = 60;
const GLYPH = 6; // pixels, about, of a sign in a tick label
const TICK = 64; // pixels from one tick to the next at least, as in render/charts/svg.py
const CONFIG = { displaylogo: false, displayModeBar: false, responsive: false };
const WIDE = /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\uff00-\uff60]/u;

/**
 * A figure with every 'var(--token)' replaced by its colour in the theme in force.
 * @param {any} value
 * @param {(token: string) => string} lookup
 * @returns {any}
 */
export function resolveColors(value, lookup) {
  if (Array.isArray(value)) return value.map((item) => resolveColors(item, lookup));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveColors(item, lookup)]));
  }
  return typeof value === 'string' && value.startsWith('var(--') ? lookup(value) : value;
}

/**
 * The signs of a label as readers count them; an entity such as '&lt;' is the one sign it stands for.
 * @param {string} label
 * @returns {string[]}
 */
export function signsOf(label) {
  const segmenter = 'Segmenter' in Intl ? new Intl.Segmenter() : null; // Firefox has it from 125 on
  const signs = (/** @type {string} */ text) => (segmenter ? Array.from(segmenter.segment(text), (each) => each.segment) : Array.from(text));
  return label.split(/(&[#\w]+;)/).flatMap((part, i) => (i % 2 ? [part] : signs(part)));
}

/**
 * How wide signs are, in widths of a Latin one.
 * @param {string[]} signs
 */
function widthOf(signs) {
  return signs.reduce((sum, sign) => sum + (WIDE.test(sign) ? 2 : 1), 0);
}

/**
 * The end of a label that is too long.
 * @param {string} label
 * @param {number} most in widths of a Latin sign
 */
export function shortened(label, most) {
  const signs = signsOf(label);
  if (widthOf(signs) <= most) return label;
  let kept = signs.length;
  for (let room = most - 1; kept > 0 && room >= widthOf([signs[kept - 1]]); kept -= 1) room -= widthOf([signs[kept - 1]]);
  return `…${signs.slice(kept).join('')}`;
}

/**
 * Which words fit side by side under columns of equal width, from the left.
 * @param {string[]} words
 * @param {number} width pixels of all columns
 * @returns {number[]} their places
 */
export function fitting(words, width) {
  const step = width / words.length;
  let taken = -Infinity;
  return words.flatMap((word, i) => {
    const half = widthOf(signsOf(word)) * GLYPH / 2;
    const middle = (i + 0.5) * step;
    if (middle - half <= taken + GLYPH) return [];
    taken = middle + half;
    return [i];
  });
}

/**
 * An axis with as many ticks as fit side by side.
 * @param {any} axis of a figure
 * @param {number} width pixels of the plot
 */
export function fittedAxis(axis, width) {
  if (!axis) return axis;
  if (axis.ticktext) {
    const places = fitting(axis.ticktext, width);
    return { ...axis, ticktext: places.map((i) => axis.ticktext[i]), tickvals: places.map((i) => axis.tickvals[i]) };
  }
  if (axis.tickvals || axis.dtick) return axis;
  return { ...axis, nticks: Math.max(4, Math.floor(width / TICK)) };
}

/**
 * A figure without the series that the reader has put out; words at the ends of whole bars then say nothing true.
 * @param {Figure} figure
 * @param {Set<number>} hidden
 * @returns {Figure}
 */
export function without(figure, hidden) {
  if (hidden.size === 0) return figure;
  const whole = (/** @type {any} */ trace) => (trace.type === 'bar' && trace.text ? { ...trace, text: undefined } : trace);
  return { ...figure, data: figure.data.map((trace, i) => (hidden.has(i) ? { ...trace, visible: false } : whole(trace))) };
}

/**
 * What Plotly is given for a place of this width, in the theme in force.
 * @param {Figure} figure
 * @param {number} width pixels
 * @returns {Figure}
 */
function fitted(figure, width) {
  const resolved = resolveColors(figure, color);
  const { xaxis, yaxis, margin } = resolved.layout;
  const most = Math.max(12, Math.floor((width * 0.42) / GLYPH));
  const labels = yaxis?.ticktext?.map((/** @type {string} */ label) => shortened(label, most));
  const longest = labels ? Math.max(0, ...labels.map((/** @type {string} */ label) => widthOf(signsOf(label)))) : 6;
  const layout = {
    ...resolved.layout,
    xaxis: fittedAxis(xaxis, width - longest * GLYPH - (margin?.l ?? 0) - (margin?.r ?? 0)),
    ...(labels ? { yaxis: { ...yaxis, ticktext: labels } } : {}),
    font: { family: getComputedStyle(body()).fontFamily, ...resolved.layout.font },
    uirevision: 'kept', // a view that the reader has zoomed into outlasts a change of theme or width
    autosize: true,
    ...(matchMedia('(pointer: coarse)').matches ? { dragmode: false } : {}),
  };
  return { data: resolved.data, layout };
}

/** @type {Map<Element, {width: number, redraw: () => Promise<void>}>} */
const places = new Map();

const sizes = typeof ResizeObserver === 'undefined' ? null : new ResizeObserver((entries) => {
  for (const { target } of entries) {
    const known = places.get(target);
    const width = target.clientWidth;
    if (known && width > 0 && width !== known.width) known.redraw().catch(() => {});
  }
});

/**
 * Draw a figure into an element, or draw it anew in the theme in force; it follows the element's width.
 * @param {HTMLElement} place
 * @param {Figure} figure
 * @param {object} [options] of Plotly
 * @returns {Promise<void>} fulfilled when it stands there
 */
export async function drawFigure(place, figure, options = {}) {
  const library = await plotly();
  let themes = -1;
  while (themes !== state.themes) { // once more where the theme changed while it was drawn
    themes = state.themes;
    places.set(place, { width: place.clientWidth, redraw: () => drawFigure(place, figure, options) });
    const { data, layout } = fitted(figure, place.clientWidth);
    await library.react(place, data, layout, { ...CONFIG, ...options });
  }
  sizes?.observe(place);
}

/**
 * Take a drawn figure away and free what it held.
 * @param {HTMLElement} place
 */
export async function eraseFigure(place) {
  places.delete(place);
  sizes?.unobserve(place);
  const library = await plotly();
  library.purge(place);
}

/** @typedef {{live: HTMLElement, figure: Figure, hidden: Set<number>, seen: boolean}} Drawn */
/** @type {Map<HTMLElement, Drawn>} */
const drawn = new Map();
/** @type {HTMLElement[]} */
const queue = [];
const state = { busy: false, failed: false, themes: 0 };

/** @param {HTMLElement} figure */
const areaOf = (figure) => /** @type {HTMLElement} */ (figure.querySelector('.chart-area'));

async function work() {
  if (state.busy) return;
  state.busy = true;
  for (let figure = queue.shift(); figure && !state.failed; figure = queue.shift()) {
    if (!drawn.has(figure)) {
      try {
        await draw(figure);
      } catch {
        // Without the library, or with a figure it does not take, the drawing in the markup stays.
        stayStill(figure);
        await plotly().catch(() => { state.failed = true; });
      }
      await calm();
    }
  }
  state.busy = false;
}

/** @param {HTMLElement} figure */
function stayStill(figure) {
  areaOf(figure).classList.remove('drawn');
  figure.querySelector('.live')?.remove();
  figure.dataset.state = 'static';
}

/** @param {HTMLElement} figure */
function nameOf(figure) {
  const group = /** @type {HTMLElement | null} */ (figure.closest('[data-charts]'));
  return `charts-${group?.dataset.charts ?? figure.closest('section')?.id}`;
}

/** @param {HTMLElement} place */
async function draw(place) {
  const name = nameOf(place);
  const figure = hasPayload(name) ? (await payload(name))[place.dataset.chart ?? ''] : null;
  if (!figure) return;
  const area = areaOf(place);
  const live = element('div', { class: 'live', role: 'img', 'aria-label': place.querySelector('figcaption strong')?.textContent });
  area.append(live);
  area.classList.add('drawn');
  await drawFigure(live, figure);
  const made = { live, figure, hidden: new Set(), seen: true };
  drawn.set(place, made);
  place.dataset.state = 'live';
  startKeys(place, made);
  await trim();
}

/**
 * Let the entries of a chart's legend put its series out and in.
 * @param {HTMLElement} place
 * @param {Drawn} made
 */
function startKeys(place, made) {
  for (const entry of place.querySelectorAll('.keys > li')) {
    const layer = Number(/** @type {HTMLElement} */ (entry).dataset.layer);
    const button = element('button', { type: 'button', 'aria-pressed': 'true', title: t('Show or hide this series') }, ...entry.childNodes);
    button.addEventListener('click', () => {
      if (!made.hidden.delete(layer)) made.hidden.add(layer);
      button.setAttribute('aria-pressed', String(!made.hidden.has(layer)));
      drawFigure(made.live, without(made.figure, made.hidden)).catch(() => {});
    });
    entry.append(button);
  }
}

/** @param {HTMLElement} place */
async function erase(place) {
  const made = /** @type {Drawn} */ (drawn.get(place));
  drawn.delete(place);
  await eraseFigure(made.live);
  stayStill(place);
  for (const button of place.querySelectorAll('.keys button')) button.replaceWith(...button.childNodes);
}

async function trim() {
  for (const [place, { seen }] of drawn) {
    if (drawn.size <= LIMIT) return;
    if (!seen && !hasFocus(place)) await erase(place);
  }
}

async function recolor() {
  for (const { live, figure, hidden } of drawn.values()) await drawFigure(live, without(figure, hidden)).catch(() => {});
}

/** Let every chart of the page come alive when it comes into view, follow the theme, and be taken away as a picture. */
export function startCharts() {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const place = /** @type {HTMLElement} */ (target);
      const known = drawn.get(place);
      if (known) known.seen = isIntersecting;
      else if (isIntersecting && !queue.includes(place)) queue.push(place);
    }
    work();
  }, { rootMargin: '300px' });
  const figures = /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('figure[data-chart]'));
  for (const place of figures) {
    observer.observe(place);
    chartTools(place, () => drawn.get(place)?.live ?? null);
  }
  root.addEventListener('themechange', () => {
    state.themes += 1;
    recolor();
  });
}
