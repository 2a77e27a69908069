// The side panel: everything known about the chosen box, as text.

import { element } from './dom.js';
import { ancestry, neighbours, titleOf } from './map-model.js';
import { pathOf } from './map-search.js';
import { findingLines, hasTensors, tensorFacts, tensorLine } from './tensors.js';

const MANY = 8;
const READS = 24;

/** A share of 0–1 in percent, never rounded to nothing or everything. */
export function shareText(part, whole) {
  if (!(whole > 0) || !(part >= 0)) return '';
  const percent = (part / whole) * 100;
  if (percent > 0 && percent < 0.05) return '<0.1 %';
  if (percent >= 99.95 && percent < 100) return '>99.9 %';
  return `${percent.toFixed(1).replace(/\.0$/, '')} %`;
}

/** The details of node i with all tables looked up. */
export function detailsOf(details, i) {
  const at = (column) => details.nodes[column][i];
  const words = (ids) => ids.map((id) => details.strings[id]);
  const [parameters, macs, flops, bytes, exact] = details.figures[at('figures')];
  const attributes = words(details.attributes[at('attributes')]);
  return {
    path: details.strings[at('path')],
    module: at('module'),
    inputs: words(details.specs[at('inputs')]),
    outputs: words(details.specs[at('outputs')]),
    weights: pairsOf(details.weights[at('weights')]).map(([id, row]) => [details.strings[id], row]),
    attributes: attributes.flatMap((name, k) => (k % 2 ? [] : [[name, attributes[k + 1]]])),
    parameters: details.strings[parameters],
    macs: details.strings[macs],
    flops: details.strings[flops],
    bytes: details.strings[bytes],
    exact,
    findings: details.links[at('findings')].map((index) => details.findings[index]),
  };
}

function pairsOf(flat) {
  return flat.flatMap((value, k) => (k % 2 ? [] : [[value, flat[k + 1]]]));
}

function row(list, term, ...values) {
  const shown = values.filter((value) => value !== '' && value !== null && value !== undefined);
  if (shown.length > 0) list.append(element('dt', {}, term), element('dd', {}, ...shown));
}

function figure(list, term, text, value, total, show) {
  if (!show) return;
  const share = shareText(value, total);
  row(list, term, element('span', { title: value === null ? null : value.toLocaleString('en-US') }, text), share ? element('span', { class: 'muted' }, ` ${share}`) : null);
}

function mono(lines) {
  const shown = lines.slice(0, 24).map((line) => element('div', {}, element('bdi', {}, line)));
  if (lines.length > 24) shown.push(element('div', { class: 'muted' }, `and ${lines.length - 24} more`));
  return shown.length > 0 ? element('div', { class: 'mono' }, ...shown) : null;
}

function nodeLinks(model, list, term, nodes, go) {
  const inner = nodes.filter((i) => i >= 0);
  if (nodes.length === 0) return;
  const buttons = inner.slice(0, MANY).map((i) => element('button', { type: 'button', class: 'map-link', onclick: () => go(i) }, titleOf(model, i)));
  if (inner.length > MANY) buttons.push(element('span', { class: 'muted' }, ` and ${inner.length - MANY} more`));
  if (inner.length < nodes.length) buttons.push(element('span', { class: 'muted' }, 'outside'));
  row(list, term, ...buttons);
}

function figures(model, list, known, i) {
  const { nodes, total } = model;
  figure(list, 'Parameters', known.parameters, nodes.parameters[i], total.parameters, true);
  const ran = model.flow && nodes.flops[i] > 0;
  figure(list, 'Multiply-adds', known.macs, null, 0, ran);
  figure(list, 'FLOPs', known.flops, nodes.flops[i], total.flops, ran);
  figure(list, 'Weights', known.bytes, nodes.bytes[i], total.bytes, nodes.bytes[i] > 0);
  if (model.flow && !known.exact && i > 0 && !model.isBox(i)) row(list, 'Cost', element('span', { class: 'muted' }, 'no formula, or rests on a guess'));
}

/** The names of the steps inside a box that is not a module: ×N and a range. */
function whatIs(model, i) {
  const kind = model.kind(i);
  if (kind === 'group') return groupWords(model.nodes.repeat[i], model.type(i));
  if (kind === 'segment') return `steps ${model.name(i)} of a long list, gathered by the map: ${model.type(i)} …`;
  if (kind === 'operation') return `operation ${model.type(i)}`;
  const repeat = model.nodes.repeat[i];
  return repeat ? `${model.type(i)}, ${repeat} identical blocks` : model.type(i);
}

/**
 * Fill the panel for node i.
 * @param {object} details the payload `map-details`
 * @param {(i: number) => void} go what a link to another node does
 */
export function fillPanel(panel, model, details, i, go) {
  const known = detailsOf(details, i);
  const list = element('dl', { class: 'facts' });
  const inside = model.children(i).length;
  row(list, 'Type', whatIs(model, i));
  row(list, 'Path', element('code', {}, element('bdi', {}, known.path || pathOf(model, i) || 'the model itself')));
  figures(model, list, known, i);
  row(list, 'Input', mono(known.inputs));
  row(list, 'Output', mono(known.outputs));
  row(list, 'Reads', readsOf(known.weights));
  const { from, to } = neighbours(model, i);
  nodeLinks(model, list, 'Comes from', from, go);
  nodeLinks(model, list, 'Goes to', to, go);
  if (inside > 0) row(list, 'Inside', `${inside} ${inside === 1 ? 'box' : 'boxes'}`);
  for (const [name, value] of known.attributes) row(list, name, element('code', {}, element('bdi', {}, value)));
  panel.replaceChildren(element('h3', {}, element('bdi', {}, titleOf(model, i))), ...findingLines(known.findings), list, ...linksOf(model, known, i, go));
  panel.scrollTop = 0;
}

/** The tensors that a box reads: as text at once, with distribution and figures where they were measured. */
function readsOf(weights) {
  if (weights.length === 0) return null;
  const place = element('div', {}, mono(weights.map(([text]) => text)));
  if (hasTensors() && weights.some(([, i]) => i >= 0)) fillReads(place, weights).catch(() => {});
  return place;
}

async function fillReads(place, weights) {
  const facts = await tensorFacts();
  const lines = weights.slice(0, READS).map(([text, i]) => (i >= 0 ? tensorLine(facts, i, prefixOf(facts, i, text)) : element('li', {}, element('bdi', {}, text))));
  if (weights.length > READS) lines.push(element('li', { class: 'muted' }, `and ${weights.length - READS} more`));
  place.replaceChildren(element('ul', { class: 'tensors' }, ...lines));
}

/** What of a tensor's name the box itself says: the text tells the name relative to it. */
function prefixOf(facts, i, text) {
  const name = facts.rows[i].cells[0].text;
  const short = text.split(' ')[0];
  return name.endsWith(short) ? name.slice(0, name.length - short.length) : '';
}

function linksOf(model, known, i, go) {
  const above = model.nodes.parent[i];
  const links = [];
  if (known.module >= 0 && i > 0) links.push(element('a', { href: `#layer-${known.module}` }, 'Row in the layer table'));
  if (above >= 0) links.push(element('button', { type: 'button', class: 'map-link', onclick: () => go(above) }, `Up to ${titleOf(model, above)}`));
  return links.length > 0 ? [element('p', { class: 'map-more' }, ...links)] : [];
}

/** The way from the model down to node i, each step a button. */
export function fillCrumbs(place, model, i, go) {
  const way = ancestry(model, i);
  place.replaceChildren(...way.map((k) => element('li', {}, element(
    'button', { type: 'button', 'aria-current': k === i ? 'true' : null, onclick: () => go(k) }, element('bdi', {}, k ? model.name(k) || model.type(k) : titleOf(model, 0)),
  ))));
}

/** What a box of repeats holds: one kind of block, or several that take turns. */
export function groupWords(repeat, type) {
  return type.includes(', ') ? `${repeat} times the same in turn: ${type}` : `${repeat} identical blocks in a row, ${type}`;
}
