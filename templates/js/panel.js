import { drawFigure, eraseFigure } from './charts.js';
import { element } from './dom.js';

/** The Plotly figure of one tensor's histogram (see sections/weights.py): counts over bins, the median and tails marked. */
export function histogramFigure(histogram, levels, logarithmic) {
  const [low, high] = histogram.ends;
  const step = (high - low) / histogram.counts.length;
  const middles = histogram.counts.map((_, i) => low + step * (i + 0.5));
  const text = histogram.counts.map((count, i) => `${count.toLocaleString('en')} from ${short(low + step * i)} to ${short(low + step * (i + 1))}`);
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
  for (const [name, value] of pairs) list.append(element('dt', {}, name), element('dd', {}, element('bdi', {}, value)));
  return list;
}

/**
 * A panel beside a table that tells everything about one of its rows.
 * @param {{columns: Array, title: string}} table
 * @returns {{place: HTMLElement, show: function, hide: function}}
 */
export function makePanel(table, onClose) {
  const place = element('aside', { class: 'panel card', 'aria-label': 'Details', hidden: true });
  const state = { figure: null, logarithmic: false, live: null };

  async function hide() {
    if (state.live) await eraseFigure(state.live).catch(() => {});
    state.live = null;
    state.figure = null;
    place.replaceChildren();
    place.hidden = true;
    place.parentElement?.classList.remove('open');
  }

  async function redraw() {
    if (!state.figure) return;
    await drawFigure(state.live, state.figure(state.logarithmic), { displayModeBar: false }).catch(() => state.live.remove());
  }

  async function show(row, histogram, levels) {
    await hide();
    const name = row.cells[0];
    const close = element('button', { type: 'button', 'aria-label': 'Close the details', onclick: () => { hide(); onClose(row); } }, '✕');
    place.append(element('header', {}, element('h3', {}, element('bdi', {}, name.exact || name.text)), close));
    if (histogram) {
      state.live = element('div', { class: 'live', role: 'img', 'aria-label': 'Histogram of the values' });
      const scale = element('label', { class: 'small' }, element('input', {
        type: 'checkbox', checked: state.logarithmic, onchange: (event) => { state.logarithmic = event.target.checked; redraw(); },
      }), ' logarithmic counts');
      place.append(element('div', { class: 'chart-area' }, state.live), scale);
      state.figure = (logarithmic) => histogramFigure(histogram, levels, logarithmic);
    }
    const pairs = table.columns.map((column, i) => [column, row.cells[i]]).slice(1)
      .filter(([column, cell]) => column.kind !== 'spark' && cell.text !== '' && cell.text !== '–')
      .map(([column, cell]) => [column.title, column.kind === 'share' ? cell.text : cell.exact || cell.text]);
    place.append(facts(pairs));
    if (histogram && histogram.quantiles.length > 0) {
      place.append(element('h4', {}, 'Quantiles'), facts(levels.map((level, i) => [`${Number((level * 100).toFixed(1))} %`, short(histogram.quantiles[i])])));
    }
    place.hidden = false;
    place.parentElement?.classList.add('open');
    await redraw();
  }

  document.addEventListener('themechange', redraw);
  return { place, show, hide };
}
