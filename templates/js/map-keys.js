// Walking the map with the keyboard.

import { neighbours } from './map-model.js';
import { sideways } from './map-view.js';

const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** Where an arrow key leads from node i: down and up along the data flow, else to the nearest box that way. */
export function walk(model, i, key) {
  if (i <= 0) return model.children(0)[0] ?? 0;
  const { from, to } = neighbours(model, i);
  const inner = (nodes) => nodes.filter((k) => k >= 0);
  if (key === 'ArrowDown' && inner(to).length > 0) return Math.min(...inner(to));
  if (key === 'ArrowUp' && inner(from).length > 0) return Math.max(...inner(from));
  const beside = sideways(model, i, WAYS[key]);
  return beside >= 0 ? beside : i;
}

/**
 * What a key asks for: ['select', node], ['into', node], ['up'], ['fit'], ['whole'], ['zoom', factor], ['search'], or null.
 */
export function command(model, selected, { key, ctrlKey, metaKey, altKey }) {
  if (ctrlKey || metaKey || altKey) return null;
  if (key in WAYS) return ['select', walk(model, selected, key)];
  if (key === 'Enter') {
    const inside = model.children(Math.max(0, selected));
    return inside.length > 0 ? ['into', inside[0]] : ['fit'];
  }
  const others = { Escape: ['up'], f: ['fit'], F: ['fit'], 0: ['whole'], '+': ['zoom', 1.35], '=': ['zoom', 1.35], '-': ['zoom', 1 / 1.35], '/': ['search'] };
  return others[key] ?? null;
}
