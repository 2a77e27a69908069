import { picture, settled, slug } from './chart-picture.js';
import { element, saveFile } from './dom.js';
import { t } from './language.js';
import { plotly } from './plotly.js';
import { body, root } from './root.js';
import { color } from './theme.js';

const LEAST = 640; // pixels: a picture for a slide is no narrower, also from a telephone
const SCALE = 2;

/**
 * Markup of an element as XML, its colours those in force.
 * @param {Element} drawing
 */
function markupOf(drawing) {
  return settled(new XMLSerializer().serializeToString(drawing), color);
}

/**
 * The drawing of a chart: what the reader has before them where it is alive, else the one in the page.
 * @param {HTMLElement} figure
 * @param {HTMLElement | null} live
 * @returns {Promise<{chart: string, width: number, height: number}>}
 */
async function drawingOf(figure, live) {
  if (live) {
    const [width, height] = [Math.max(LEAST, live.clientWidth), live.clientHeight];
    const library = await plotly();
    const chart = await library.toImage(live, { format: 'svg', width, height, imageDataOnly: true });
    return { chart, width, height };
  }
  const still = /** @type {SVGSVGElement} */ (figure.querySelector('.static svg'));
  const { width, height } = still.viewBox.baseVal;
  return { chart: markupOf(still), width, height };
}

/** @returns {(text: string, size: number, weight: number) => number} */
function measure() {
  const pen = document.createElement('canvas').getContext('2d');
  const family = getComputedStyle(body()).fontFamily;
  return (text, size, weight) => {
    if (!pen) return text.length * size * 0.6;
    pen.font = `${weight} ${size}px ${family}`;
    return pen.measureText(text).width;
  };
}

/**
 * The chart with its title and its legend as a picture of its own.
 * @param {HTMLElement} figure
 * @param {HTMLElement | null} live
 */
async function whole(figure, live) {
  const keys = [...figure.querySelectorAll('.keys > li')].filter((entry) => !entry.querySelector('[aria-pressed="false"]'));
  const ramp = figure.querySelector('svg.ramp');
  const parts = {
    ...await drawingOf(figure, live),
    title: figure.querySelector('figcaption strong')?.textContent ?? '',
    keys: keys.map((entry) => {
      const sign = /** @type {SVGSVGElement} */ (entry.querySelector('svg'));
      return { sign: markupOf(sign), room: sign.viewBox.baseVal.width, name: entry.textContent.trim() };
    }),
    ramp: ramp ? markupOf(ramp) : '',
  };
  const look = { background: color('--bg'), ink: color('--ink'), muted: color('--muted'), family: getComputedStyle(body()).fontFamily };
  return picture(parts, look, measure());
}

/**
 * A picture as dots, so many for each of its pixels.
 * @param {{markup: string, width: number, height: number}} made
 * @returns {Promise<Blob>}
 */
async function dots({ markup, width, height }) {
  const image = new Image(width, height);
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup)}`;
  await image.decode();
  const canvas = element('canvas', { width: width * SCALE, height: height * SCALE });
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))), 'image/png');
  });
}

/**
 * Put the buttons under a chart that save it as a picture.
 * @param {HTMLElement} figure
 * @param {() => HTMLElement | null} live where the chart is alive, if it is
 */
export function chartTools(figure, live) {
  const foot = figure.querySelector('.chart-foot');
  if (!foot) return;
  const name = () => `${slug(root.querySelector('h1')?.textContent ?? '')}-${figure.dataset.chart}`;
  const title = figure.querySelector('figcaption strong')?.textContent ?? '';
  const kinds = {
    PNG: async () => saveFile(`${name()}.png`, await dots(await whole(figure, live()))),
    SVG: async () => saveFile(`${name()}.svg`, new Blob([(await whole(figure, live())).markup], { type: 'image/svg+xml' })),
  };
  const buttons = Object.entries(kinds).map(([kind, save]) => {
    const button = element('button', { type: 'button', title: t('Save this chart as {kind}', { kind }), 'aria-label': t('{kind}: {title}', { kind, title }) }, kind);
    button.addEventListener('click', async () => {
      try {
        await save();
      } catch {
        button.textContent = t('Not possible');
      }
    });
    return button;
  });
  foot.append(element('div', { class: 'chart-tools' }, ...buttons));
}
