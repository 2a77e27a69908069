// Layers as plain SVG paths: the painter before Plotly is there, and while the view moves.

import { drawing } from './dom.js';

/** @typedef {import('./map-layers.js').Drawing} Drawing */
/** @typedef {import('./map-layers.js').Layer} Layer */

/**
 * The attributes of the path that a layer is.
 * @param {Layer} layer
 * @returns {Record<string, string>}
 */
export function attributesOf({ d, fill, stroke, width, dash }) {
  return { d, fill: fill || 'none', stroke: stroke || 'none', 'stroke-width': String(stroke ? width : 0), 'stroke-dasharray': dash.replaceAll(' ', ',') || 'none' };
}

/**
 * Paths in an element, used again and again: only what changed is set.
 * @param {HTMLElement} place
 * @returns {{draw: (view: Drawing) => void, clear: () => void}}
 */
export function makeLayers(place) {
  const sheet = drawing('svg', { class: 'map-quick' });
  /** @type {{element: SVGElement, known: Record<string, string>}[]} */
  const paths = [];
  let shown = 0;
  let ground = '';
  return {
    draw: ({ layers, background }) => {
      while (paths.length < layers.length) paths.push({ element: drawing('path'), known: {} });
      layers.forEach((layer, k) => {
        const { element, known } = paths[k];
        for (const [name, value] of Object.entries(attributesOf(layer))) {
          if (known[name] === value) continue;
          known[name] = value;
          element.setAttribute(name, value);
        }
      });
      for (let k = shown; k < layers.length; k += 1) sheet.append(paths[k].element);
      for (let k = layers.length; k < shown; k += 1) paths[k].element.remove();
      shown = layers.length;
      if (ground !== background) sheet.style.background = background;
      ground = background;
      if (!sheet.parentNode) place.prepend(sheet);
    },
    clear: () => sheet.remove(),
  };
}
