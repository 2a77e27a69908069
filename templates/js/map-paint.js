// Plotly as the painter of the map: layers are its shapes. A shape costs a third of what a trace of the same outlines
// does, and its corners are exact. Labels stand in an SVG above: as a trace of text they took three quarters of the
// time of a frame, since Plotly parses and styles every label twice.

import { drawing } from './dom.js';

/** @typedef {import('./map-layers.js').Drawing} Drawing */
/** @typedef {import('./map-layers.js').Label} Label */

/**
 * What the map asks of a painter: draw all of a view at once, and let go of everything.
 * @typedef {{draw: (view: Drawing) => void, end: () => void}} Painter
 */

const NONE = 'rgba(0,0,0,0)';
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
 * The painter: draws into an element with Plotly, labels above.
 * @param {any} library
 * @param {HTMLElement} place
 * @returns {Painter}
 */
export function makePainter(library, place) {
  const ground = document.createElement('div');
  const sheet = drawing('svg', { class: 'map-labels' });
  place.append(ground, sheet);
  /** @type {LabelElement[]} */
  const labels = [];
  let shown = 0;
  return {
    draw: (view) => {
      const { data, layout } = figureOf(view);
      library.react(ground, data, layout, SETTINGS);
      while (labels.length < view.texts.length) labels.push(new LabelElement());
      view.texts.forEach((label, k) => labels[k].show(label, view));
      for (let k = shown; k < view.texts.length; k += 1) sheet.append(labels[k].element);
      for (let k = view.texts.length; k < shown; k += 1) labels[k].element.remove();
      shown = view.texts.length;
    },
    end: () => {
      library.purge(ground);
      place.replaceChildren();
    },
  };
}
