// The map by keyboard: what each key asks for, and where the arrows lead.

import { mark } from './language.js';
import { nearest, shownFor } from './map-flow.js';
import { neighbours } from './map-model.js';
import { sideways } from './map-view.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/** @type {Record<string, number[]>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** @type {Record<string, [string, number?]>} */
const OTHERS = {
  Escape: ['up'], f: ['fit'], F: ['fit'], 0: ['whole'], '+': ['zoom', 1.35], '=': ['zoom', 1.35], '-': ['zoom', 1 / 1.35], '/': ['search'],
  '?': ['help'], p: ['path'], P: ['path'], c: ['copy'], C: ['copy'], m: ['full'], M: ['full'],
};

/**
 * The keys and what they do, for the list of keys.
 * @type {[string[], string][]}
 */
export const KEYS = [
  [['↑', '↓'], mark('Walk along the data flow')],
  [['←', '→'], mark('To the box beside')],
  [['Enter'], mark('Go into the box')],
  [['Esc'], mark('Out of the box; first ends a search or a path')],
  [['/'], mark('Search')],
  [['f'], mark('Fit the chosen box')],
  [['0'], mark('Fit the whole map')],
  [['+', '−'], mark('Zoom')],
  [['p'], mark('Begin a path at the chosen box; again: end it')],
  [['c'], mark('Copy the path of the chosen box')],
  [['m'], mark('Full screen')],
  [['?'], mark('Show the keys')],
];

/**
 * Where an arrow key leads from node i: down and up along the data flow, also out of a box, else to the nearest box
 * that way.
 * @param {MapModel} model
 * @param {number} i
 * @param {string} key
 * @param {Set<number>} isOpen
 */
export function walk(model, i, key, isOpen) {
  if (i <= 0) return model.children(0)[0] ?? 0;
  const { from, to } = neighbours(model, i);
  const inner = (/** @type {number[]} */ nodes) => nodes.filter((k) => k >= 0);
  if (key === 'ArrowDown' && inner(to).length > 0) return Math.min(...inner(to));
  if (key === 'ArrowUp' && inner(from).length > 0) return Math.max(...inner(from));
  if (key === 'ArrowDown' || key === 'ArrowUp') {
    const next = nearest(model, i, key === 'ArrowDown' ? 'outputs' : 'inputs');
    if (next >= 0) return shownFor(model, isOpen, next);
  }
  const beside = sideways(model, i, WAYS[key]);
  return beside >= 0 ? beside : i;
}

/**
 * What a key asks for, [what, node or factor], or null where it is none of the map's.
 * @param {MapModel} model
 * @param {number} selected
 * @param {{key: string, ctrlKey?: boolean, metaKey?: boolean, altKey?: boolean}} event
 * @param {Set<number>} [isOpen]
 * @returns {[string, number?] | null}
 */
export function command(model, selected, { key, ctrlKey, metaKey, altKey }, isOpen = new Set([0])) {
  if (ctrlKey || metaKey || altKey) return null;
  if (Object.hasOwn(WAYS, key)) return ['select', walk(model, selected, key, isOpen)];
  if (key === 'Enter') {
    const inside = model.children(Math.max(0, selected));
    return inside.length > 0 ? ['into', inside[0]] : ['fit'];
  }
  return Object.hasOwn(OTHERS, key) ? OTHERS[key] : null;
}
