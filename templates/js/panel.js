import { drawFigure, eraseFigure } from './charts.js';
import { element } from './dom.js';
import { root } from './root.js';
import { findingLines, hasTensors, mapButton, spectrumCurve, tensorFacts, tensorList } from './tensors.js';

/** The Plotly figure of one tensor's histogram: counts over bins, the median and tails marked. */
export function histogramFigure(histogram, levels, logarithmic) {
  const [low, high] = histogram.ends;
  const step = (high - low) / histogram.counts.length;
  const about = histogram.exact === false ? 'about ' : '';
  const middles = histogram.counts.map((_, i) => low + step * (i + 0.5));
  const text = histogram.counts.map((count, i) => `${count ? about : ''}${count.toLocaleString('en')} from ${short(low + step * i)} to ${short(low + step * (i + 1))}`);
  const marks = [[0.01, 'dot'], [0.5, 'solid'], [0.99, 'dot']]
    .map(([level, dash]) => [histogram.quantiles[levels.indexOf(level)], dash])
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

/** A number to four significant digits. */
export function short(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  return size < 1e-3 || size >= 1e6 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}

function facts(pairs) {
  const list = element('dl', { class: 'facts' });
  for (const [name, value, href] of pairs) {
    const text = element('bdi', {}, value);
    list.append(element('dt', {}, name), element('dd', {}, href ? element('a', { href }, text) : text));
  }
  return list;
}

/**
 * What the columns say of a row, by heading: [[heading, [[term, value, link] …]] …]; without the first column, pictures
 * and what is not known.
 */
export function groupsOf(columns, cells) {
  const groups = new Map([['', []]]);
  columns.forEach((column, i) => {
    const cell = cells[i];
    if (i === 0 || column.kind === 'spark' || cell.text === '' || cell.text === '–') return;
    if (!groups.has(column.group)) groups.set(column.group, []);
    groups.get(column.group).push([column.title, column.kind === 'share' ? cell.text : cell.exact || cell.text, cell.href]);
  });
  return [...groups].filter(([, pairs]) => pairs.length > 0);
}

/** The modules in a row of the table of layers and in the rows below it. */
export function modulesBelow(rows, row) {
  const found = [];
  const todo = [row.index];
  while (todo.length > 0) {
    const { id, children } = rows[todo.pop()];
    const number = /^layer-(\d+)$/.exec(id);
    if (number) found.push(Number(number[1]));
    todo.push(...[...children].reverse());
  }
  return found;
}

async function addTensor(place, table, row, state) {
  const known = await tensorFacts();
  place.append(...findingLines(known.findings(row.index)));
  const histogram = known.histogram(row.index);
  if (histogram) state.addHistogram(histogram, known.levels);
  const lines = known.lines(row.index);
  for (const [heading, pairs] of groupsOf(table.columns, row.cells)) {
    if (heading !== '') place.append(element('h4', {}, heading));
    place.append(facts(pairs));
  }
  if (lines.length > 0) place.append(element('h4', {}, 'In detail'), facts(lines));
  const spectrum = known.spectrum(row.index);
  if (spectrum) place.append(element('h4', {}, 'Singular values'), spectrumCurve(spectrum));
  if (histogram && histogram.quantiles.length > 0) {
    place.append(element('h4', {}, 'Quantiles'), facts(known.levels.map((level, i) => [`${Number((level * 100).toFixed(1))} %`, short(histogram.quantiles[i])])));
  }
  const module = known.module(row.index);
  const links = module >= 0 ? [element('a', { href: `#layer-${module}` }, 'Row in the layer table'), mapButton(module)] : [];
  if (known.pictured(row.index)) links.unshift(element('a', { href: '#weights-pictures' }, 'Picture of these weights'));
  if (links.length > 0) place.append(element('p', { class: 'map-more' }, ...links));
}

async function addModule(place, table, row) {
  const modules = modulesBelow(table.rows, row);
  const own = /^layer-(\d+)$/.exec(row.id);
  for (const [, pairs] of groupsOf(table.columns, row.cells)) place.append(facts(pairs));
  if (hasTensors()) {
    const known = await tensorFacts();
    const every = modules.flatMap((module) => known.of(module));
    const path = row.cells[0].exact || row.cells[0].text;
    const list = tensorList(known, every, own ? `${path}.` : '');
    if (list) place.append(element('h4', {}, `Weights (${every.length.toLocaleString('en')})`), list);
  }
  if (modules.length > 0) place.append(element('p', { class: 'map-more' }, mapButton(modules[0])));
}

/**
 * A panel beside a table that tells everything about one of its rows: a tensor or a module.
 * @param {{columns: Array, rows: Array, details: string}} table
 * @returns {{place: HTMLElement, show: function, hide: function}}
 */
export function makePanel(table, onClose) {
  const place = element('aside', { class: 'panel card', 'aria-label': 'Details', hidden: true });
  const state = { figure: null, logarithmic: false, live: null, turn: 0, addHistogram };

  async function hide() {
    state.turn += 1;
    if (state.live) await eraseFigure(state.live).catch(() => {});
    state.live = null;
    state.figure = null;
    place.replaceChildren();
    place.hidden = true;
    place.parentElement?.classList.remove('open');
  }

  async function redraw() {
    const { live, figure } = state;
    if (figure) await drawFigure(live, figure(state.logarithmic), { displayModeBar: false }).catch(() => live.remove());
  }

  function addHistogram(histogram, levels) {
    state.live = element('div', { class: 'live', role: 'img', 'aria-label': 'Histogram of the values' });
    const scale = element('label', { class: 'small' }, element('input', {
      type: 'checkbox', checked: state.logarithmic, onchange: (event) => { state.logarithmic = event.target.checked; redraw(); },
    }), ' logarithmic counts');
    place.append(element('div', { class: 'chart-area' }, state.live), scale);
    state.figure = (logarithmic) => histogramFigure(histogram, levels, logarithmic);
  }

  async function show(row) {
    await hide();
    const { turn } = state;
    const name = row.cells[0];
    const close = element('button', { type: 'button', 'aria-label': 'Close the details', onclick: () => { hide(); onClose(row); } }, '✕');
    place.append(element('header', {}, element('h3', {}, element('bdi', {}, name.exact || name.text)), close));
    place.hidden = false;
    place.parentElement?.classList.add('open');
    place.scrollTop = 0;
    if (matchMedia('(max-width: 1000px)').matches) place.scrollIntoView({ block: 'start' }); // there it stands above the table
    await (table.details === 'tensors' ? addTensor(place, table, row, state) : addModule(place, table, row));
    if (turn === state.turn) await redraw();
  }

  root.addEventListener('themechange', redraw);
  return { place, show, hide };
}
