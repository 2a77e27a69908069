// The present view as a picture: the same drawing as on the screen, with its legend and where it is.

import { element } from './dom.js';

/** @typedef {import('./map-layers.js').Drawing} Drawing */
/** @typedef {{words: string, fill: string, edge: string}} Sign colours resolved */

const FOOT = 20;
const MARGIN = 12;
const ANCHORS = /** @type {Record<string, string>} */ ({ start: 'start', middle: 'middle', end: 'end' });
// eslint-disable-next-line no-control-regex -- what XML does not take
const FORBIDDEN = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Text as XML, also in attributes.
 * @param {string} text
 */
export function escapeXml(text) {
  return text.replace(FORBIDDEN, '\ufffd').replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');
}

/** @param {import('./map-layers.js').Layer} layer */
function pathElement({ d, fill, stroke, width, dash }) {
  const line = stroke ? ` stroke="${escapeXml(stroke)}" stroke-width="${width}"${dash ? ` stroke-dasharray="${dash}"` : ''}` : '';
  return `<path d="${d}" fill="${escapeXml(fill || 'none')}"${line}/>`;
}

/** @param {import('./map-layers.js').Label} label @param {Drawing} drawing */
function textElement({ x, y, size, name, text, anchor, color }, { ink, muted }) {
  const light = name ? `<tspan fill="${escapeXml(muted)}">${escapeXml(name)}${text ? ' ' : ''}</tspan>` : '';
  const strong = text ? `<tspan font-weight="bold">${escapeXml(text)}</tspan>` : '';
  const place = `x="${x.toFixed(1)}" y="${(y + size * 0.35).toFixed(1)}"`;
  return `<text ${place} font-size="${size.toFixed(1)}" text-anchor="${ANCHORS[anchor]}" fill="${escapeXml(color ?? ink)}" xml:space="preserve">${light}${strong}</text>`;
}

/** About how wide a text is at 11 pixels. */
const wide = (/** @type {string} */ text) => [...text].reduce((sum, sign) => sum + ((sign.codePointAt(0) ?? 0) > 0x2e80 ? 11 : 6.2), 0);

/** @param {Sign[]} legend @param {Drawing} drawing @returns {{parts: string[], height: number}} */
function legendOf(legend, drawing) {
  let [x, y] = [MARGIN, drawing.height + FOOT + 8];
  const parts = legend.map(({ words, fill, edge }) => {
    const space = 18 + wide(words) + 14;
    if (x > MARGIN && x + space > drawing.width) [x, y] = [MARGIN, y + FOOT];
    const sign = `<rect x="${x}" y="${y - 9}" width="11" height="11" rx="3" fill="${escapeXml(fill)}" stroke="${escapeXml(edge)}"/>`;
    const text = `<text x="${x + 17}" y="${y + 1}" font-size="11" fill="${escapeXml(drawing.muted)}">${escapeXml(words)}</text>`;
    x += space;
    return sign + text;
  });
  return { parts, height: y + MARGIN };
}

/**
 * A drawing as an SVG document with a title, a line that says where it is, and the legend.
 * @param {Drawing} drawing
 * @param {string} title
 * @param {Sign[]} legend
 */
export function svgOf(drawing, title, legend) {
  const { width, height } = drawing;
  const foot = legendOf(legend, drawing);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${foot.height}" viewBox="0 0 ${width} ${foot.height}" font-family="${escapeXml(drawing.font)}" role="img">`,
    `<title>${escapeXml(title)}</title>`,
    `<defs><clipPath id="view"><rect width="${width}" height="${height}"/></clipPath></defs>`,
    `<rect width="${width}" height="${foot.height}" fill="${escapeXml(drawing.background)}"/>`,
    '<g clip-path="url(#view)">', ...drawing.layers.map(pathElement), ...drawing.texts.map((label) => textElement(label, drawing)), '</g>',
    `<text x="${MARGIN}" y="${height + 12}" font-size="11" font-weight="bold" fill="${escapeXml(drawing.ink)}">${escapeXml(title)}</text>`,
    ...foot.parts, '</svg>',
  ].join('\n');
}

/**
 * A file name from a model's title: letters and digits of any script, the rest as '-'.
 * @param {string} title
 * @param {string} kind
 */
export function fileName(title, kind) {
  const safe = title.normalize('NFC').replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 80);
  return `${safe || 'model'}-map.${kind}`;
}

/**
 * An SVG as a PNG of so many pixels for each of its own.
 * @param {string} svg
 * @param {number} scale
 * @returns {Promise<Blob>} rejects where the browser does not draw it
 */
export async function pngOf(svg, scale = 2) {
  const url = URL.createObjectURL(new Blob([svg], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = element('canvas', { width: image.naturalWidth * scale, height: image.naturalHeight * scale });
    canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve, reject) => {
      canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('no picture'))), 'image/png');
    });
  } finally {
    URL.revokeObjectURL(url);
  }
}

/**
 * Hand a file to the reader.
 * @param {Blob} file
 * @param {string} name
 */
export function saveFile(file, name) {
  const url = URL.createObjectURL(file);
  element('a', { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
