// A chart as a picture of its own: its title, its legend and its drawing on the page's background, as SVG.

/** @typedef {{title: string, keys: {sign: string, room: number, name: string}[], ramp: string, chart: string, width: number, height: number}} Parts */
/** @typedef {{background: string, ink: string, muted: string, family: string}} Look */

const PAD = 16;
const LINE = 20;
const KEY = 17;

/**
 * Text as markup of an SVG file.
 * @param {string} text
 */
export function escaped(text) {
  /** @type {Record<string, string>} */
  const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  // eslint-disable-next-line no-control-regex -- these signs may not stand in XML, not even written as entities
  return text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '').replace(/[&<>"]/g, (sign) => entities[sign]);
}

/**
 * A text in lines no wider than there is room; a word that is wider has a line of its own.
 * @param {string} text
 * @param {number} room
 * @param {(text: string) => number} measure
 * @returns {string[]}
 */
export function lines(text, room, measure) {
  /** @type {string[]} */
  const found = [];
  for (const word of text.split(' ')) {
    const longer = found.length > 0 ? `${found[found.length - 1]} ${word}` : '';
    if (longer && measure(longer) <= room) found[found.length - 1] = longer;
    else found.push(word);
  }
  return found;
}

/**
 * A drawing in the colours in force: nothing of it may ask the page for its tokens.
 * @param {string} markup of an SVG element
 * @param {(token: string) => string} lookup
 */
export function settled(markup, lookup) {
  return markup.replace(/var\(--[\w-]+\)/g, (token) => lookup(token));
}

/**
 * Entries of a legend in lines.
 * @param {Parts['keys']} keys
 * @param {number} room
 * @param {(text: string) => number} measure
 * @param {Look} look
 * @returns {{markup: string, height: number}}
 */
function legend(keys, room, measure, look) {
  let [x, y, markup] = [0, 0, ''];
  for (const { sign, room: before, name } of keys) {
    const wide = before + 5 + measure(name) + 14;
    if (x > 0 && x + wide > room) [x, y] = [0, y + KEY];
    markup += `<g transform="translate(${x} ${y})"><g transform="translate(0 2)">${sign}</g><text x="${before + 5}" y="11" fill="${look.muted}">${escaped(name)}</text></g>`;
    x += wide;
  }
  return { markup, height: keys.length > 0 ? y + KEY + 4 : 0 };
}

/**
 * The whole picture as an SVG file.
 * @param {Parts} parts
 * @param {Look} look
 * @param {(text: string, size: number, weight: number) => number} measure width of a text in pixels
 * @returns {{markup: string, width: number, height: number}}
 */
export function picture(parts, look, measure) {
  const width = parts.width + 2 * PAD;
  const titles = lines(parts.title, parts.width, (text) => measure(text, 14, 600));
  const heading = titles.map((line, i) => `<text x="${PAD}" y="${PAD + 12 + i * LINE}" font-size="14" font-weight="600" fill="${look.ink}">${escaped(line)}</text>`);
  let top = PAD + titles.length * LINE + 4;
  const told = legend(parts.keys, parts.width, (text) => measure(text, 11, 400), look);
  const keys = `<g transform="translate(${PAD} ${top})" font-size="11">${told.markup}</g>`;
  top += told.height;
  const ramp = parts.ramp ? `<g transform="translate(${PAD} ${top})" font-size="11">${parts.ramp}</g>` : '';
  top += parts.ramp ? 34 : 0;
  const height = Math.ceil(top + parts.height + PAD);
  const markup = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${escaped(look.family)}">`
    + `<rect width="${width}" height="${height}" fill="${look.background}"/>${heading.join('')}${keys}${ramp}`
    + `<g transform="translate(${PAD} ${top})">${parts.chart}</g></svg>`;
  return { markup, width, height };
}

/**
 * A name as part of a file's name.
 * @param {string} text
 */
export function slug(text) {
  return text.normalize('NFC').replace(/[^\p{L}\p{N}._]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '').slice(0, 60) || 'report';
}
