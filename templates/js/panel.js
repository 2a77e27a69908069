// The panel beside a table: everything about one of its rows.

import { copyButton } from './cells.js';
import { drawFigure, eraseFigure } from './charts.js';
import { element } from './dom.js';
import { keepingFocus } from './focus.js';
import { t } from './language.js';
import { exactText } from './numbers.js';
import { root, width } from './root.js';
import { findingLines, hasTensors, mapButton, spectrumCurve, tensorFacts, tensorList } from './tensors.js';

/** @import { Histogram } from './histograms.js' */
/** @import { Cell, Column, Row, Table } from './rows.js' */
/** @typedef {[string, string, string?]} Pair a term, what it is, and where that leads */
/** @typedef {{addHistogram: (histogram: Histogram, levels: number[]) => void}} Adds */

/**
 * The Plotly figure of one tensor's histogram: counts over bins, the median and tails marked.
 * @param {Histogram} histogram
 * @param {number[]} levels
 * @param {boolean} logarithmic
 */
export function histogramFigure(histogram, levels, logarithmic) {
  const [low, high] = histogram.ends;
  const step = (high - low) / histogram.counts.length;
  const middles = histogram.counts.map((_, i) => low + step * (i + 0.5));
  const text = histogram.counts.map((count, i) => hover(count, histogram.exact, short(low + step * i), short(low + step * (i + 1))));
  const marks = [[0.01, 'dot'], [0.5, 'solid'], [0.99, 'dot']]
    .map(([level, dash]) => /** @type {[number, string]} */ ([histogram.quantiles[levels.indexOf(Number(level))], dash]))
    .filter(([value]) => Number.isFinite(value));
  return {
    data: [{
      type: 'bar', x: middles, y: histogram.counts, width: step || 1, text, textposition: 'none',
      hovertemplate: '%{text}<extra></extra>', marker: { color: 'var(--accent-tint)', line: { width: 1, color: 'var(--accent)' } },
    }],
    layout: {
      height: 200, margin: { l: 8, r: 8, t: 8, b: 8 }, bargap: 0, showlegend: false,
      paper_bgcolor: 'rgba(0,0,0,0)', plot_bgcolor: 'rgba(0,0,0,0)', font: { color: 'var(--muted)', size: 11 },
      xaxis: { automargin: true, gridcolor: 'var(--line)', zerolinecolor: 'var(--muted)', nticks: 6 },
      yaxis: { automargin: true, gridcolor: 'var(--line)', type: logarithmic ? 'log' : 'linear', rangemode: 'tozero', nticks: 5 },
      hoverlabel: { bgcolor: 'var(--surface)', bordercolor: 'var(--line)', font: { color: 'var(--ink)' } },
      shapes: marks.map(([x, dash]) => ({
        type: 'line', x0: x, x1: x, y0: 0, y1: 1, yref: 'paper', line: { color: 'var(--muted)', width: 1, dash },
      })),
    },
  };
}

/**
 * @param {number} count
 * @param {boolean} exact
 * @param {string} low
 * @param {string} high
 */
function hover(count, exact, low, high) {
  const values = { count: exactText(count), low, high };
  return exact || count === 0 ? t('{count} from {low} to {high}', values) : t('about {count} from {low} to {high}', values);
}

/**
 * A number to four significant digits.
 * @param {number} value
 */
export function short(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

/** @param {Pair[]} pairs */
function facts(pairs) {
  const list = element('dl', { class: 'facts' });
  for (const [name, value, href] of pairs) {
    const text = element('bdi', {}, value);
    list.append(element('dt', {}, name), element('dd', {}, href ? element('a', { href }, text) : text));
  }
  return list;
}

/**
 * What the columns say of a row, by heading; without the first column, pictures and what is not known.
 * @param {Pick<Column, 'kind' | 'title' | 'group'>[]} columns
 * @param {Cell[]} cells
 * @returns {[string, Pair[]][]}
 */
export function groupsOf(columns, cells) {
  /** @type {Map<string, Pair[]>} */
  const groups = new Map([['', []]]);
  columns.forEach((column, i) => {
    const cell = cells[i];
    if (i === 0 || column.kind === 'spark' || cell.text === '' || cell.text === '–') return;
    const pairs = groups.get(column.group) ?? [];
    groups.set(column.group, pairs);
    pairs.push([column.title, column.kind === 'share' ? cell.text : cell.exact || cell.text, cell.href]);
  });
  return [...groups].filter(([, pairs]) => pairs.length > 0);
}

/**
 * The modules in a row of the table of layers and in the rows below it.
 * @param {Pick<Row, 'id' | 'children'>[]} rows
 * @param {Pick<Row, 'index'>} row
 * @returns {number[]}
 */
export function modulesBelow(rows, row) {
  const found = [];
  const todo = [row.index];
  while (todo.length > 0) {
    const { id, children } = rows[/** @type {number} */ (todo.pop())];
    const number = /^layer-(\d+)$/.exec(id);
    if (number) found.push(Number(number[1]));
    todo.push(...[...children].reverse());
  }
  return found;
}

/**
 * @param {DocumentFragment} place
 * @param {Table} table
 * @param {Row} row
 * @param {Adds} adds
 */
async function addTensor(place, table, row, adds) {
  const known = await tensorFacts();
  place.append(...findingLines(known.findings(row.index)));
  const histogram = known.histogram(row.index);
  if (histogram) adds.addHistogram(histogram, known.levels);
  const lines = known.lines(row.index);
  for (const [heading, pairs] of groupsOf(table.columns, row.cells)) {
    if (heading !== '') place.append(element('h4', {}, heading));
    place.append(facts(pairs));
  }
  if (lines.length > 0) place.append(element('h4', {}, t('In detail')), facts(lines));
  const spectrum = known.spectrum(row.index);
  if (spectrum) place.append(element('h4', {}, t('Singular values')), spectrumCurve(spectrum));
  if (histogram && histogram.quantiles.length > 0) {
    place.append(element('h4', {}, t('Quantiles')), facts(known.levels.map((level, i) => [`${Number((level * 100).toFixed(1))} %`, short(Number(histogram.quantiles[i]))])));
  }
  const module = known.module(row.index);
  const links = module >= 0 ? [element('a', { href: `#layer-${module}` }, t('Row in the layer table')), mapButton(module)] : [];
  if (known.pictured(row.index)) links.unshift(element('a', { href: '#weights-pictures' }, t('Picture of these weights')));
  if (links.length > 0) place.append(element('p', { class: 'map-more' }, ...links));
}

/**
 * @param {DocumentFragment} place
 * @param {Table} table
 * @param {Row} row
 */
async function addModule(place, table, row) {
  const modules = modulesBelow(table.rows, row);
  const own = /^layer-(\d+)$/.exec(row.id);
  for (const [, pairs] of groupsOf(table.columns, row.cells)) place.append(facts(pairs));
  if (hasTensors()) {
    const known = await tensorFacts();
    const every = modules.flatMap((module) => known.of(module));
    const list = tensorList(known, every, own ? `${row.path}.` : '');
    if (list) place.append(element('h4', {}, t('Weights ({count})', { count: exactText(every.length) })), list);
  }
  if (modules.length > 0) place.append(element('p', { class: 'map-more' }, mapButton(modules[0])));
}

/**
 * @param {DocumentFragment} place
 * @param {Table} table
 * @param {Row} row
 */
function addOperation(place, table, row) {
  for (const [, pairs] of groupsOf(table.columns, row.cells)) place.append(facts(pairs));
  const module = table.columns.findIndex((column) => column.id === 'module');
  const number = /^#layer-(\d+)$/.exec(row.cell(module).href);
  if (number) place.append(element('p', { class: 'map-more' }, element('a', { href: number[0] }, t('Row in the layer table')), mapButton(Number(number[1]))));
}

/**
 * The head of the panel: the full name, a way to copy it, and the way out.
 * @param {Row} row
 * @param {() => void} leave
 */
function headOf(row, leave) {
  const close = element('button', { 'type': 'button', 'class': 'close', 'aria-label': t('Close the details'), 'onclick': leave }, '✕');
  const name = element('h3', {}, element('bdi', {}, row.path), row.note ? element('span', { class: 'note' }, ` ${row.note}`) : null);
  return element('header', {}, name, row.group ? null : copyButton(row.path), close);
}

/** The live histogram of a panel, and how it is drawn again. */
class Figure {
  /**
   * @param {DocumentFragment} place
   * @param {boolean} logarithmic
   */
  constructor(place, logarithmic) {
    this.place = place;
    this.logarithmic = logarithmic;
    /** @type {HTMLElement | null} */
    this.live = null;
    /** @type {((logarithmic: boolean) => any) | null} */
    this.made = null;
  }

  /**
   * @param {Histogram} histogram
   * @param {number[]} levels
   */
  addHistogram(histogram, levels) {
    this.live = element('div', { 'class': 'live', 'role': 'img', 'aria-label': t('Histogram of the values') });
    const scale = element('label', { class: 'small' }, element('input', {
      type: 'checkbox', checked: this.logarithmic,
      onchange: (/** @type {Event} */ event) => {
        this.logarithmic = /** @type {HTMLInputElement} */ (event.target).checked;
        this.draw();
      },
    }), ` ${t('logarithmic counts')}`);
    this.place.append(element('div', { class: 'chart-area' }, this.live), scale);
    this.made = (logarithmic) => histogramFigure(histogram, levels, logarithmic);
  }

  async draw() {
    const { live, made } = this;
    if (live && made) await drawFigure(live, made(this.logarithmic), { displayModeBar: false }).catch(() => live.remove());
  }

  erase() {
    if (this.live) eraseFigure(this.live).catch(() => {});
    this.live = null;
    this.made = null;
  }
}

/**
 * A panel beside a table that tells everything about one of its rows: a tensor, a module or an operation.
 * @param {Table} table
 * @param {() => void} onClose
 */
export function makePanel(table, onClose) {
  const place = element('aside', { 'class': 'panel card', 'aria-label': t('Details'), 'hidden': true });
  let figure = new Figure(new DocumentFragment(), false);
  let turn = 0;

  /** Empty the panel; what is on its way into it stays out. */
  function hide() {
    turn += 1;
    figure.erase();
    place.replaceChildren();
    place.hidden = true;
    place.parentElement?.classList.remove('open');
  }

  /** Close the panel and go back to the row. */
  function leave() {
    if (place.hidden) return false;
    hide();
    onClose();
    return true;
  }

  /** @param {Row} row */
  async function show(row) {
    keepingFocus(place, () => {
      hide();
      place.append(headOf(row, leave));
      place.hidden = false;
      place.parentElement?.classList.add('open');
    });
    const mine = turn;
    place.scrollTop = 0;
    if (width() <= 1000) place.scrollIntoView({ block: 'start' }); // there it stands above the table
    const content = new DocumentFragment();
    const pictured = new Figure(content, figure.logarithmic);
    if (table.details === 'tensors') await addTensor(content, table, row, pictured);
    else if (table.details === 'modules') await addModule(content, table, row);
    else addOperation(content, table, row);
    if (mine !== turn) return;
    figure = pictured;
    place.append(content);
    await figure.draw();
  }

  place.addEventListener('keydown', (event) => { if (event.key === 'Escape' && leave()) event.preventDefault(); });
  root.addEventListener('themechange', () => figure.draw());
  return { place, show, hide, leave };
}
