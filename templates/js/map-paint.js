// Plotly as the painter of the map: layers are its shapes. A shape costs a third of what a trace of the same outlines
// does, and its corners are exact. It takes some ten times as long as plain paths: those follow movements. Labels stand in an SVG above: as a trace of text they took three quarters of the
// time of a frame, since Plotly parses and styles every label twice.

import { drawing } from './dom.js';
import { makeLayers } from './map-quick.js';

/** @typedef {import('./map-layers.js').Drawing} Drawing */
/** @typedef {import('./map-layers.js').Label} Label */

/**
 * What the map asks of a painter: draw all of a view at once, use Plotly from now on, and let go of everything.
 * @typedef {{draw: (view: Drawing) => void, use: (library: any) => void, end: () => void}} Painter
 */

const NONE = 'rgba(0,0,0,0)';
const REST_MS = 300; // without a change until Plotly draws: longer than from one notch of a wheel to the next
const SETTINGS = { staticPlot: true, displayModeBar: false, responsive: false };

/**
 * The Plotly figure of a drawing; one unit of its axes is one pixel.
 * @param {Drawing} view
 */
export function figureOf({ width, height, background, font, layers }) {
  const shapes = layers.map((layer) => ({
    type: 'path', layer: 'below', path: layer.d, fillcolor: layer.fill || NONE, fillrule: 'nonzero',
    line: { color: layer.stroke || NONE, width: layer.stroke ? layer.width : 0, dash: layer.dash ? layer.dash.split(' ').map((part) => `${part}px`).join(',') : 'solid' },
  }));
  const axis = { visible: false, fixedrange: true, showgrid: false, zeroline: false };
  const layout = {
    width, height, margin: { l: 0, r: 0, t: 0, b: 0, pad: 0 }, hovermode: false, dragmode: false, showlegend: false,
    paper_bgcolor: background, plot_bgcolor: NONE, font: { family: font }, shapes,
    xaxis: { ...axis, range: [0, width] }, yaxis: { ...axis, range: [height, 0] },
  };
  return { data: [], layout };
}

/** @param {SVGElement} target @param {Record<string, string>} before @param {string} name @param {string} value */
function set(target, before, name, value) {
  if (before[name] === value) return;
  before[name] = value;
  target.setAttribute(name, value);
}

/** One label, used again and again: only what changed is set. */
class LabelElement {
  constructor() {
    this.light = drawing('tspan');
    this.strong = drawing('tspan', { 'font-weight': 'bold' });
    this.element = drawing('text');
    this.element.append(this.light, this.strong);
    /** @type {Record<string, string>} */
    this.known = {};
    this.words = ['', ''];
  }

  /** @param {Label} label @param {Drawing} view */
  show({ x, y, size, name, text, anchor, color }, { ink, muted }) {
    const rounded = Math.round(size * 2) / 2;
    set(this.element, this.known, 'x', x.toFixed(1));
    set(this.element, this.known, 'y', (y + rounded * 0.35).toFixed(1));
    set(this.element, this.known, 'font-size', String(rounded));
    set(this.element, this.known, 'text-anchor', anchor);
    set(this.element, this.known, 'fill', color ?? (text ? ink : muted));
    if (name && text && this.known.muted !== muted) {
      this.known.muted = muted;
      this.light.setAttribute('fill', muted);
    }
    const words = [name && text ? `${name} ` : name, text];
    if (words[0] !== this.words[0]) this.light.textContent = words[0];
    if (words[1] !== this.words[1]) this.strong.textContent = words[1];
    this.words = words;
  }
}

/**
 * Labels above the layers.
 * @param {HTMLElement} place
 */
function makeLabels(place) {
  const sheet = drawing('svg', { class: 'map-labels' });
  place.append(sheet);
  /** @type {LabelElement[]} */
  const labels = [];
  let shown = 0;
  return (/** @type {Drawing} */ view) => {
    while (labels.length < view.texts.length) labels.push(new LabelElement());
    view.texts.forEach((label, k) => labels[k].show(label, view));
    for (let k = shown; k < view.texts.length; k += 1) sheet.append(labels[k].element);
    for (let k = view.texts.length; k < shown; k += 1) labels[k].element.remove();
    shown = view.texts.length;
  };
}

/**
 * The painter: draws into an element, labels above. Plain paths follow every movement; as soon as the library is there,
 * it draws what has come to rest.
 * @param {HTMLElement} place
 * @returns {Painter}
 */
export function makePainter(place) {
  const ground = document.createElement('div');
  place.append(ground);
  const [layers, labels] = [makeLayers(place), makeLabels(place)];
  /** @type {any} */
  let library = null;
  /** @type {Drawing | null} */
  let latest = null;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  const settle = () => {
    if (!library || !latest) return;
    const { data, layout } = figureOf(latest);
    ground.hidden = false;
    library.react(ground, data, layout, SETTINGS);
    layers.clear();
    place.dataset.painter = 'plotly';
  };
  let moved = -REST_MS;
  const later = () => {
    clearTimeout(timer);
    if (library) timer = setTimeout(settle, Math.max(0, moved + REST_MS - performance.now()));
  };
  return {
    draw: (view) => {
      latest = view;
      moved = performance.now();
      layers.draw(view);
      ground.hidden = true;
      place.dataset.painter = 'paths';
      labels(view);
      later();
    },
    use: (given) => {
      library = given;
      later();
    },
    end: () => {
      clearTimeout(timer);
      library?.purge(ground);
      place.replaceChildren();
    },
  };
}
