// Everything the page knows of the tensors, for every panel that tells of one (see render/weights/details.py).

import { drawing, element } from './dom.js';
import { unpackHistogram } from './histograms.js';
import { mark, t } from './language.js';
import { exactText, numberText } from './numbers.js';
import { hasPayload, payload } from './payload.js';
import { root } from './root.js';
import { unpackTable } from './rows.js';
import { sparkline } from './sparkline.js';

const SHOWN = ['mean', 'std'];
/** What these columns are called beside a figure. @type {Record<string, string>} */
const WORDS = { mean: mark('mean'), std: mark('std') };
const MANY = 24;
/** @import { Histogram } from './histograms.js' */
/** @import { Table } from './rows.js' */
/** @typedef {[string, string, string, string, string, string?]} Told severity, its word and sign, title, sentence, its place */
/** @typedef {ReturnType<typeof makeFacts>} Facts ways to ask about tensors by the row of their table */

/** @type {{facts: Promise<Facts> | null}} */
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

/**
 * Ways to ask the page's data about tensor i, the row of the table of tensors.
 * @param {Table} table
 * @param {any} histograms
 * @param {any} details
 */
export function makeFacts(table, histograms, details) {
  const places = new Map(table.columns.map((column, i) => [column.id, i]));
  /** @type {Map<number, number[]>} */
  const owned = new Map();
  details.modules.forEach((/** @type {number} */ module, /** @type {number} */ i) => {
    const all = owned.get(module);
    if (all) all.push(i);
    else owned.set(module, [i]);
  });
  return {
    rows: table.rows,
    /** @type {number[]} */
    levels: histograms.levels,
    /** @type {(i: number) => Histogram | null} */
    histogram: (i) => unpackHistogram(histograms.rows[i]),
    /** @type {(i: number, column: string) => string} */
    text: (i, column) => table.columns[places.get(column) ?? -1]?.text(i) ?? '',
    /** @type {(i: number) => Told[]} */
    findings: (i) => (details.findings[i] ?? []).map((/** @type {number} */ index) => details.told[index]),
    /** @type {(i: number) => [string, string][]} */
    lines: (i) => details.lines[i] ?? [],
    /** @type {(i: number) => [number, number, string, number] | null} */
    spectrum: (i) => details.spectra[i] ?? null,
    /** @type {(i: number) => boolean} */
    pictured: (i) => details.pictures.includes(i),
    /** @type {(i: number) => number} */
    module: (i) => details.modules[i],
    /** @type {(module: number) => number[]} */
    of: (module) => owned.get(module) ?? [],
  };
}

/**
 * The worst finding's sign of tensor i, or nothing.
 * @param {Facts} facts
 * @param {number} i
 */
function signOf(facts, i) {
  const [first] = facts.findings(i);
  return first ? element('span', { class: `is-${first[0]}`, title: `${first[1]}: ${first[3]}` }, `${first[2]} `) : null;
}

/**
 * Whether a tensor has one value, which needs no picture.
 * @param {Histogram | null} histogram
 */
export function isSingle(histogram) {
  return histogram !== null && histogram.exact && histogram.counts.reduce((sum, count) => sum + count, 0) === 1;
}

/**
 * One tensor as a line: a link to its row, shape, distribution, mean and spread.
 * @param {Facts} facts
 * @param {number} i
 */
export function tensorLine(facts, i, prefix = '') {
  const name = facts.rows[i].cell(0).text;
  const short = prefix && name.startsWith(prefix) ? name.slice(prefix.length) : name;
  const histogram = facts.histogram(i);
  const single = isSingle(histogram); // it is its own mean
  const figures = SHOWN.map((column) => [column, facts.text(i, column)]).filter(([, text]) => text !== '' && text !== '–');
  return element(
    'li', { class: 'tensor' },
    element('span', { class: 'tensor-name' }, signOf(facts, i), element('a', { href: `#${facts.rows[i].id}` }, element('bdi', {}, short)), ` ${facts.text(i, 'shape')}`),
    histogram && !single ? element('span', { class: 'spark' }, sparkline(histogram.counts)) : null,
    figures.length > 0 ? element('span', { class: 'muted' }, single ? `= ${figures[0][1]}` : figures.map(([column, text]) => `${t(WORDS[column])} ${text}`).join(' · ')) : null,
  );
}

/**
 * Tensors as a list, the first of many; nothing for none.
 * @param {Facts} facts
 * @param {number[]} every
 */
export function tensorList(facts, every, prefix = '') {
  if (every.length === 0) return null;
  const lines = every.slice(0, MANY).map((i) => tensorLine(facts, i, prefix));
  if (every.length > MANY) lines.push(element('li', { class: 'muted' }, t('and {count} more', { count: exactText(every.length - MANY) })));
  return element('ul', { class: 'tensors' }, ...lines);
}

/**
 * Findings that point at something, the worst first, each as a paragraph.
 * @param {Told[]} findings
 */
export function findingLines(findings) {
  return findings.map(([severity, word, sign, title, sentence, place]) => element(
    'p', { class: 'map-finding' },
    element('span', { class: `pill is-${severity}` }, `${sign} ${word}`), ' ', element('strong', {}, place ? element('a', { href: `#${place}` }, title) : title), ` ${sentence}`,
  ));
}

/**
 * The singular values of one matrix as a small curve on a logarithmic scale, with what its ends stand for.
 * @param {[number, number, string, number]} spectrum the largest, decades, heights as signs, how many
 */
export function spectrumCurve([largest, decades, signs, last]) {
  const heights = Array.from(signs, (sign) => (sign.charCodeAt(0) - 35 - (sign > '\\' ? 1 : 0)) / 90);
  const step = 300 / Math.max(heights.length - 1, 1);
  const path = heights.map((height, k) => `${k ? 'L' : 'M'}${(k * step).toFixed(1)} ${(56 - 52 * height).toFixed(1)}`).join('');
  const svg = drawing('svg', { viewBox: '0 0 300 60', role: 'img', 'aria-label': t('Singular values from {largest} downwards', { largest: numberText(largest) }) });
  svg.append(drawing('path', { d: path }));
  const words = t('{largest} to {smallest}, logarithmic, {count} values', { largest: numberText(largest), smallest: numberText(largest / 10 ** decades), count: exactText(last) });
  return element('div', { class: 'curve' }, svg, element('p', { class: 'small muted' }, words));
}

/**
 * A button that leads to the box of a module on the map.
 * @param {number} module
 */
export function mapButton(module) {
  return element('button', {
    type: 'button', class: 'map-link', onclick: () => root.dispatchEvent(new CustomEvent('showonmap', { detail: { module } })),
  }, t('Show on the map'));
}
