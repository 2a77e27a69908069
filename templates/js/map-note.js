// What the map says over itself: a hint that goes away, and the path that is marked.

import { element } from './dom.js';
import { t } from './language.js';
import { pathOf } from './map-address.js';
import { titleOf } from './map-model.js';
import { exactText } from './numbers.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-flow.js').Path} Path */

const HINT_MS = 1800;
const NAMED = 80; // letters of a path that are repeated

/**
 * A hint in the middle of the pane.
 * @param {HTMLElement} pane
 * @returns {(text: string) => void} shows a text for a moment
 */
export function makeHint(pane) {
  const place = element('div', { 'class': 'map-hint', 'aria-hidden': 'true' });
  pane.append(place);
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  let timer;
  return (text) => {
    place.textContent = text;
    place.classList.add('shown');
    clearTimeout(timer);
    timer = setTimeout(() => place.classList.remove('shown'), HINT_MS);
  };
}

/** @param {MapModel} model @param {number} i */
function name(model, i) {
  return model.nodes.parent[i] > 0 ? `${pathOf(model, i)} ${model.type(i)}` : titleOf(model, i);
}

/** @param {number} count */
function cards(count) {
  return count === 1 ? t('1 box') : t('{count} boxes', { count: exactText(count) });
}

/**
 * What there is to say of a path, in words.
 * @param {MapModel} model
 * @param {Path | null} path
 * @param {number} start where a path begins that has no end yet, or -1
 * @param {[number, number] | null} failed two nodes without a path
 */
export function pathWords(model, path, start, failed) {
  if (path) {
    const ends = { from: name(model, path.from), to: name(model, path.to) };
    const counts = { short: cards(path.shortest.length), all: cards(path.all.length) };
    if (path.all.length === path.shortest.length) return t('The only way from {from} to {to}: {short}', { ...ends, ...counts });
    return t('From {from} to {to}: {short} on the shortest way, {all} on any', { ...ends, ...counts });
  }
  if (failed) {
    const [from, to] = failed.map((i) => name(model, i));
    const [first, last] = [Math.min(...failed), Math.max(...failed)];
    if (last < model.end[first]) return t('{box} holds {inner}', { box: name(model, first), inner: name(model, last) });
    return t('No data flows between {from} and {to}', { from, to });
  }
  return start > 0 ? t('Path from {from}: choose where it ends', { from: name(model, start) }) : '';
}

/**
 * What there is to say of an address that names no box.
 * @param {string} path
 */
export function missingWords(path) {
  const shown = path.length > NAMED ? `${path.slice(0, NAMED)}…` : path;
  return t('This map has no box {path}; the link may be for another model', { path: shown });
}

/**
 * The note of the path: what is marked, and a way to see it whole and to clear it.
 * @param {HTMLElement} pane
 * @param {{fit: () => void, clear: () => void}} actions
 * @returns {(words: string, whole: boolean) => void} shows words, or nothing for none
 */
export function makeNote(pane, actions) {
  const text = element('span', { role: 'status' });
  const fit = element('button', { type: 'button', onclick: actions.fit }, t('Show all of it'));
  const place = element('div', { class: 'map-note', hidden: true }, text, fit, element('button', { type: 'button', onclick: actions.clear }, t('Clear')));
  pane.append(place);
  return (words, whole) => {
    text.textContent = words;
    fit.hidden = !whole;
    place.hidden = words === '';
  };
}
