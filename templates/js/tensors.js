// Everything the page knows of the tensors, for every panel that tells of one (see render/weights/details.py).

import { drawing, element } from './dom.js';
import { unpackHistogram } from './histograms.js';
import { numberText } from './numbers.js';
import { hasPayload, payload } from './payload.js';
import { root } from './root.js';
import { unpackTable } from './rows.js';
import { sparkline } from './sparkline.js';

const SHOWN = ['mean', 'std'];
const MANY = 24;
const known = { facts: null };

/** Whether the page holds tensors whose values were measured. */
export function hasTensors() {
  return hasPayload('tensors') && hasPayload('table-weights');
}

async function read() {
  const [table, histograms, details] = await Promise.all(['table-weights', 'histograms', 'tensors'].map(payload));
  return makeFacts(unpackTable(table), histograms, details);
}

/** The facts of all tensors, read once. */
export function tensorFacts() {
  known.facts ??= read();
  return known.facts;
}

/** Ways to ask the page's data about tensor i, the row of the table of tensors. */
export function makeFacts(table, histograms, details) {
  const places = new Map(table.columns.map((column, i) => [column.id, i]));
  const owned = new Map();
  details.modules.forEach((module, i) => {
    if (!owned.has(module)) owned.set(module, []);
    owned.get(module).push(i);
  });
  return {
    rows: table.rows,
    levels: histograms.levels,
    histogram: (i) => unpackHistogram(histograms.rows[i]),
    text: (i, column) => (places.has(column) ? table.rows[i].cells[places.get(column)].text : ''),
    findings: (i) => (details.findings[i] ?? []).map((index) => details.told[index]),
    lines: (i) => details.lines[i] ?? [],
    spectrum: (i) => details.spectra[i] ?? null,
    pictured: (i) => details.pictures.includes(i),
    module: (i) => details.modules[i],
    of: (module) => owned.get(module) ?? [],
  };
}

/** The worst finding's sign of tensor i, or nothing. */
function signOf(facts, i) {
  const [first] = facts.findings(i);
  return first ? element('span', { class: `is-${first[0]}`, title: `${first[1]}: ${first[3]}` }, `${first[2]} `) : null;
}

/** One tensor as a line: a link to its row, shape, distribution, mean and spread. */
export function tensorLine(facts, i, prefix = '') {
  const name = facts.rows[i].cells[0].text;
  const short = prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const histogram = facts.histogram(i);
  const figures = SHOWN.map((column) => [column, facts.text(i, column)]).filter(([, text]) => text !== '' && text !== '–');
  return element(
    'li', { class: 'tensor' },
    element('span', { class: 'tensor-name' }, signOf(facts, i), element('a', { href: `#${facts.rows[i].id}` }, element('bdi', {}, short)), ` ${facts.text(i, 'shape')}`),
    histogram ? element('span', { class: 'spark' }, sparkline(histogram.counts)) : null,
    figures.length > 0 ? element('span', { class: 'muted' }, figures.map(([column, text]) => `${column} ${text}`).join(' · ')) : null,
  );
}

/** Tensors as a list, the first of many; nothing for none. */
export function tensorList(facts, every, prefix = '') {
  if (every.length === 0) return null;
  const lines = every.slice(0, MANY).map((i) => tensorLine(facts, i, prefix));
  if (every.length > MANY) lines.push(element('li', { class: 'muted' }, `and ${(every.length - MANY).toLocaleString('en')} more`));
  return element('ul', { class: 'tensors' }, ...lines);
}

/** Findings that point at something, the worst first, each as a paragraph. */
export function findingLines(findings) {
  return findings.map(([severity, word, sign, title, sentence, place]) => element(
    'p', { class: 'map-finding' },
    element('span', { class: `pill is-${severity}` }, `${sign} ${word}`), ' ', element('strong', {}, place ? element('a', { href: `#${place}` }, title) : title), ` ${sentence}`,
  ));
}

/** The singular values of one matrix as a small curve on a logarithmic scale, with what its ends stand for. */
export function spectrumCurve([largest, decades, signs, last]) {
  const heights = Array.from(signs, (sign) => (sign.charCodeAt(0) - 35 - (sign > '\\' ? 1 : 0)) / 90);
  const step = 300 / Math.max(heights.length - 1, 1);
  const path = heights.map((height, k) => `${k ? 'L' : 'M'}${(k * step).toFixed(1)} ${(56 - 52 * height).toFixed(1)}`).join('');
  const svg = drawing('svg', { viewBox: '0 0 300 60', role: 'img', 'aria-label': `Singular values from ${numberText(largest)} downwards` });
  svg.append(drawing('path', { d: path }));
  const words = `${numberText(largest)} to ${numberText(largest / 10 ** decades)}, logarithmic, ${last.toLocaleString('en')} values`;
  return element('div', { class: 'curve' }, svg, element('p', { class: 'small muted' }, words));
}

/** A button that leads to the box of a module on the map. */
export function mapButton(module) {
  return element('button', {
    type: 'button', class: 'map-link', onclick: () => root.dispatchEvent(new CustomEvent('showonmap', { detail: { module } })),
  }, 'Show on the map');
}
