import { hasPayload, payload } from './payload.js';
import { hasPlotly, plotly } from './plotly.js';
import { body, root } from './root.js';
import { color } from './theme.js';

const LIMIT = 60;
const GLYPH = 6; // pixels, about, of a sign in a tick label
const CONFIG = {
  displaylogo: false,
  responsive: true,
  modeBarButtonsToRemove: ['select2d', 'lasso2d', 'autoScale2d', 'toggleSpikelines'],
};

/** A figure with every 'var(--token)' replaced by its colour in the theme in force. */
export function resolveColors(value, lookup) {
  if (Array.isArray(value)) return value.map((item) => resolveColors(item, lookup));
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolveColors(item, lookup)]));
  }
  return typeof value === 'string' && value.startsWith('var(--') ? lookup(value) : value;
}

/** The end of a label that is too long; an entity such as '&lt;' counts as the one sign it is. */
export function shortened(label, most) {
  const signs = label.match(/&[#\w]+;|./gsu) ?? [];
  return signs.length <= most ? label : `…${signs.slice(1 - most).join('')}`;
}

/** An axis whose title is as small as its ticks and which has as many ticks as fit side by side. */
export function fittedAxis(axis, width) {
  if (!axis) return axis;
  const title = { ...axis.title, font: { size: 11, color: color('--muted'), ...axis.title?.font } };
  const ticks = axis.tickvals ? {} : { nticks: Math.max(3, Math.min(axis.nticks ?? 10, Math.floor(width / 60))) };
  return { ...axis, ...ticks, title };
}

/** The height that a plot needs beside a legend of one entry a line, as it is on a narrow page; 0 where that is wide. */
export function legendHeight({ data, layout }, width) {
  const keys = layout.showlegend ? data.filter((trace) => trace.name && trace.showlegend !== false).length : 0;
  return width < 460 && keys > 2 ? 260 + (keys - 2) * 19 : 0;
}

/** Draw a figure into an element, or draw it anew in the theme in force. Returns when it stands there. */
export async function drawFigure(place, figure, options = {}) {
  const library = await plotly();
  const resolved = resolveColors(figure, color);
  const font = { family: getComputedStyle(body()).fontFamily, ...resolved.layout.font };
  const most = Math.max(12, Math.floor(place.clientWidth * 0.4 / GLYPH));
  const labels = resolved.layout.yaxis?.ticktext?.map((label) => shortened(label, most));
  const longest = Math.max(0, ...(labels ?? []).map((label) => label.length));
  const axes = {
    xaxis: fittedAxis(resolved.layout.xaxis, place.clientWidth - 60 - longest * GLYPH),
    yaxis: { ...fittedAxis(resolved.layout.yaxis, 800), ...(labels ? { ticktext: labels } : {}) },
  };
  const height = Math.max(resolved.layout.height ?? 0, legendHeight(resolved, place.clientWidth));
  const layout = { ...resolved.layout, ...axes, ...(height ? { height } : {}), font, autosize: true };
  await library.react(place, resolved.data, layout, { ...CONFIG, ...options });
}

/** Take a drawn figure away and free what it held. */
export async function eraseFigure(place) {
  const library = await plotly();
  library.purge(place);
}

const drawn = new Map();
const queue = [];
const state = { busy: false, failed: false };

async function work() {
  if (state.busy) return;
  state.busy = true;
  while (queue.length > 0 && !state.failed) {
    const figure = queue.shift();
    if (!drawn.has(figure)) {
      try {
        await draw(figure);
      } catch {
        // Without the library, or with a figure it does not take, the drawing in the markup stays.
        figure.querySelector('.chart-area').classList.remove('drawn');
        figure.querySelector('.live')?.remove();
        figure.dataset.state = 'static';
        state.failed = !(await hasPlotly());
      }
      await new Promise((resolve) => { setTimeout(resolve); });
    }
  }
  state.busy = false;
}

async function draw(element) {
  const name = `charts-${element.closest('[data-charts]')?.dataset.charts ?? element.closest('section').id}`;
  const figure = hasPayload(name) ? (await payload(name))[element.dataset.chart] : null;
  if (!figure) return;
  const area = element.querySelector('.chart-area');
  const live = document.createElement('div');
  live.className = 'live';
  area.append(live);
  area.classList.add('drawn');
  await drawFigure(live, figure);
  element.dataset.state = 'live';
  drawn.set(element, { live, figure, seen: true });
  await trim();
}

async function erase(element) {
  const { live } = drawn.get(element);
  drawn.delete(element);
  await eraseFigure(live);
  live.remove();
  element.querySelector('.chart-area').classList.remove('drawn');
  element.dataset.state = 'static';
}

async function trim() {
  for (const [element, { seen }] of drawn) {
    if (drawn.size <= LIMIT) return;
    if (!seen) await erase(element);
  }
}

async function recolor() {
  for (const { live, figure } of drawn.values()) await drawFigure(live, figure);
}

/** Let every chart of the page come alive when it comes into view, and follow the theme. */
export function startCharts() {
  const observer = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const known = drawn.get(target);
      if (known) known.seen = isIntersecting;
      else if (isIntersecting && !queue.includes(target)) queue.push(target);
    }
    work();
  }, { rootMargin: '300px' });
  const figures = root.querySelectorAll('figure[data-chart]');
  for (const element of figures) observer.observe(element);
  // The library inflates while the rest of the page starts; where it cannot, the drawings stay.
  if (figures.length > 0) plotly().catch(() => {});
  root.addEventListener('themechange', recolor);
}
