// The side panel: everything known about the chosen box, as text.

import { copyButton } from './cells.js';
import { element } from './dom.js';
import { hasFocus } from './focus.js';
import { t } from './language.js';
import { addressOf, pathOf } from './map-address.js';
import { healthWords, usable } from './map-color.js';
import { around } from './map-flow.js';
import { ancestry, titleOf } from './map-model.js';
import { exactText } from './numbers.js';
import { link } from './root.js';
import { findingLines, hasTensors, tensorFacts, tensorLine } from './tensors.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/**
 * What the panel lets its reader do.
 * @typedef {object} Actions
 * @property {(i: number) => void} go lead to another node
 * @property {(i: number) => void} path begin a path at a node
 */

/**
 * The payload `map-details` (see render/map/payload.py).
 * @typedef {object} Details
 * @property {string[]} strings
 * @property {number[][]} specs
 * @property {number[][]} weights
 * @property {number[][]} attributes
 * @property {[number, number, number, number, boolean][]} figures
 * @property {[number, number][]} [memory]
 * @property {number[][]} links
 * @property {Record<string, import('./tensors.js').Told>} findings
 * @property {Record<string, number[]>} nodes
 */

const MANY = 8;
const READS = 24;

/**
 * A share of 0–1 in percent, never rounded to nothing or everything.
 * @param {number} part
 * @param {number} whole
 */
export function shareText(part, whole) {
  if (!(whole > 0) || !(part >= 0)) return '';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.05) return '<0.1 %';
  if (percent >= 99.95 && percent < 100) return '>99.9 %';
  return `${percent.toFixed(1).replace(/\.0$/, '')} %`;
}

/**
 * The details of node i with all tables looked up.
 * @param {Details} details
 * @param {number} i
 */
export function detailsOf(details, i) {
  const at = (/** @type {string} */ column) => details.nodes[column][i];
  const words = (/** @type {number[]} */ ids) => ids.map((id) => details.strings[id]);
  const [parameters, macs, flops, bytes, exact] = details.figures[at('figures')];
  const [written, alive] = details.memory?.[at('memory')] ?? [-1, -1];
  const attributes = words(details.attributes[at('attributes')]);
  return {
    path: details.strings[at('path')],
    module: at('module'),
    inputs: words(details.specs[at('inputs')]),
    outputs: words(details.specs[at('outputs')]),
    weights: pairsOf(details.weights[at('weights')]).map(([id, place]) => /** @type {[string, number]} */ ([details.strings[id], place])),
    attributes: attributes.flatMap((name, k) => (k % 2 ? [] : [[name, attributes[k + 1]]])),
    parameters: details.strings[parameters],
    macs: details.strings[macs],
    flops: details.strings[flops],
    bytes: details.strings[bytes],
    written: details.strings[written] ?? '',
    alive: details.strings[alive] ?? '',
    exact,
    findings: details.links[at('findings')].map((index) => details.findings[index]),
  };
}

/** @typedef {ReturnType<typeof detailsOf>} Known */

/** @param {number[]} flat */
function pairsOf(flat) {
  return flat.flatMap((value, k) => (k % 2 ? [] : [[value, flat[k + 1]]]));
}

/** @param {HTMLElement} list @param {string} term @param {...(Node | string | null | undefined)} values */
function row(list, term, ...values) {
  const shown = values.filter((value) => value !== '' && value !== null && value !== undefined);
  if (shown.length > 0) list.append(element('dt', {}, term), element('dd', {}, ...shown));
}

/** @param {HTMLElement} list @param {string} term @param {string} text @param {number | null} value @param {number} total */
function figure(list, term, text, value, total) {
  const share = value ? shareText(value, total) : '';
  const title = value === null ? null : exactText(value);
  row(list, term, element('span', { title }, text), share ? element('span', { class: 'muted' }, ` ${share}`) : null);
}

/** @param {number} left */
function more(left) {
  return element('span', { class: 'muted' }, t('and {left} more', { left: exactText(left) }));
}

/** @param {string[]} lines */
function mono(lines) {
  const shown = lines.slice(0, 24).map((line) => element('div', {}, element('bdi', {}, line)));
  if (lines.length > 24) shown.push(element('div', {}, more(lines.length - 24)));
  return shown.length > 0 ? element('div', { class: 'mono' }, ...shown) : null;
}

/** @param {string} text @param {() => void} act @param {Record<string, any>} [attributes] */
function linkButton(text, act, attributes = {}) {
  return element('button', { type: 'button', class: 'map-link', onclick: act, ...attributes }, element('bdi', {}, text));
}

/**
 * The cards that a box exchanges data with, as buttons; with the path where names say too little.
 * @param {MapModel} model
 * @param {HTMLElement} list
 * @param {string} term
 * @param {number} i
 * @param {number[]} nodes
 * @param {Actions} actions
 */
function cards(model, list, term, i, nodes, actions) {
  if (nodes.length === 0) return;
  const buttons = nodes.slice(0, MANY).map((k) => {
    const beside = model.nodes.parent[k] === model.nodes.parent[i];
    return linkButton(beside ? titleOf(model, k) : `${pathOf(model, k)} ${model.type(k)}`.trim(), () => actions.go(k));
  });
  row(list, term, element('div', { class: 'map-cards' }, ...buttons, nodes.length > MANY ? more(nodes.length - MANY) : null));
}

/** @param {MapModel} model @param {HTMLElement} list @param {Known} known @param {number} i */
function figures(model, list, known, i) {
  const { nodes, total } = model;
  if (!['input', 'output'].includes(model.kind(i))) figure(list, t('Parameters'), known.parameters, nodes.parameters[i], total.parameters);
  const ran = model.flow && nodes.flops[i] > 0;
  if (ran) figure(list, t('Multiply-adds'), known.macs, null, 0);
  if (ran) figure(list, t('FLOPs'), known.flops, nodes.flops[i], total.flops);
  if (nodes.bytes[i] > 0) figure(list, t('Weights'), known.bytes, nodes.bytes[i], total.bytes);
  if (known.written) figure(list, t('Activations written'), known.written, nodes.activations[i], total.activations);
  if (known.alive) row(list, t('Alive meanwhile'), element('span', { title: t('The most memory that activations take at once while it runs') }, known.alive));
  if (usable(model).some(([mode]) => mode === 'health') && nodes.bytes[i] > 0) row(list, t('Weight health'), ...healthWords(model, i).map((words) => element('div', {}, words)));
  if (model.flow && !known.exact && i > 0 && !model.isBox(i)) row(list, t('Cost'), element('span', { class: 'muted' }, t('no formula, or rests on a guess')));
}

/** What a box is, also where it is not a module: ×N, or a range of steps. */
function whatIs(/** @type {MapModel} */ model, /** @type {number} */ i) {
  const kind = model.kind(i);
  const [type, repeat] = [model.type(i), model.nodes.repeat[i]];
  if (kind === 'group') return groupWords(repeat, type);
  if (kind === 'segment') return t('steps {range} of a long list, gathered by the map: {types} …', { range: model.name(i), types: type });
  if (kind === 'operation') return t('operation {type}', { type });
  return repeat ? t('{type}, {count} identical blocks', { type, count: repeat }) : type;
}

/**
 * Fill the panel for node i.
 * @param {HTMLElement} panel
 * @param {MapModel} model
 * @param {Details} details
 * @param {number} i
 * @param {Actions} actions
 */
export function fillPanel(panel, model, details, i, actions) {
  const known = detailsOf(details, i);
  const list = element('dl', { class: 'facts' });
  const inside = model.children(i).length;
  const path = known.path || pathOf(model, i);
  row(list, t('Type'), whatIs(model, i));
  row(list, t('Path'), element('code', {}, element('bdi', {}, path || t('the model itself'))), path ? copyButton(path) : null);
  row(list, t('Input'), mono(known.inputs));
  row(list, t('Output'), mono(known.outputs));
  figures(model, list, known, i);
  row(list, t('Reads'), readsOf(known.weights));
  const { inputs, outputs } = around(model, i);
  cards(model, list, t('Comes from'), i, inputs, actions);
  cards(model, list, t('Goes to'), i, outputs, actions);
  if (inside > 0) row(list, t('Inside'), insideWords(inside, model.end[i] - i - 1));
  for (const [name, value] of known.attributes) row(list, name, element('code', {}, element('bdi', {}, value)));
  const heading = element('h3', { tabindex: '-1' }, element('bdi', {}, titleOf(model, i)));
  const focused = hasFocus(panel);
  panel.replaceChildren(heading, ...linksOf(model, known, i, actions), ...findingLines(known.findings), list);
  panel.scrollTop = 0;
  if (focused) heading.focus({ preventScroll: true }); // whoever followed a link of the panel goes on in it
}

/** @param {number} boxes @param {number} all */
function insideWords(boxes, all) {
  const counts = { count: exactText(boxes), all: exactText(all) };
  if (all > boxes) return t('{count} boxes, {all} at all levels', counts);
  return boxes === 1 ? t('1 box') : t('{count} boxes', counts);
}

/**
 * The tensors that a box reads: as text at once, with distribution and figures where they were measured.
 * @param {[string, number][]} weights
 */
function readsOf(weights) {
  if (weights.length === 0) return null;
  const place = element('div', {}, mono(weights.map(([text]) => text)));
  if (hasTensors() && weights.some(([, i]) => i >= 0)) fillReads(place, weights).catch(() => {});
  return place;
}

/** @param {HTMLElement} place @param {[string, number][]} weights */
async function fillReads(place, weights) {
  const facts = await tensorFacts();
  const lines = weights.slice(0, READS).map(([text, i]) => (i >= 0 ? tensorLine(facts, i, prefixOf(facts, i, text)) : element('li', {}, element('bdi', {}, text))));
  if (weights.length > READS) lines.push(element('li', {}, more(weights.length - READS)));
  place.replaceChildren(element('ul', { class: 'tensors' }, ...lines));
}

/** What of a tensor's name the box itself says: the text tells the name relative to it. */
function prefixOf(/** @type {any} */ facts, /** @type {number} */ i, /** @type {string} */ text) {
  const name = facts.rows[i].cells[0].text;
  const short = text.split(' ')[0];
  return name.endsWith(short) ? name.slice(0, name.length - short.length) : '';
}

/** @param {MapModel} model @param {Known} known @param {number} i @param {Actions} actions */
function linksOf(model, known, i, actions) {
  const links = [];
  const address = addressOf(model, i);
  if (known.module >= 0) links.push(element('a', { href: `#layer-${known.module}` }, t('Row in the layer table')));
  if (i > 0 && address) links.push(element('span', { class: 'map-copy' }, element('a', { href: `#${address}` }, t('Link to this box')), copyButton(new URL(link(address), location.href).href)));
  if (i > 0 && model.flow) links.push(linkButton(t('Path from here'), () => actions.path(i), { title: t('Then choose where it ends. Shift-click does the same.') }));
  return links.length > 0 ? [element('p', { class: 'map-more' }, ...links)] : [];
}

/**
 * The way from the model down to node i, each step a button.
 * @param {HTMLElement} place
 * @param {MapModel} model
 * @param {number} i
 * @param {(i: number) => void} go
 */
export function fillCrumbs(place, model, i, go) {
  const way = ancestry(model, i);
  const focused = hasFocus(place);
  place.replaceChildren(...way.map((k) => element('li', {}, element(
    'button', { 'type': 'button', 'aria-current': k === i ? 'true' : null, 'onclick': () => go(k) }, element('bdi', {}, k ? model.name(k) || model.type(k) : titleOf(model, 0)),
  ))));
  if (focused) /** @type {HTMLElement | null} */ (place.querySelector('[aria-current]'))?.focus({ preventScroll: true });
}

/**
 * What a box of repeats holds: one kind of block, or several that take turns.
 * @param {number} repeat
 * @param {string} type
 */
export function groupWords(repeat, type) {
  const values = { count: repeat, type };
  return type.includes(', ') ? t('{count} times the same in turn: {type}', values) : t('{count} identical blocks in a row, {type}', values);
}
