// The words on the map: what stands on a box at one size, never smaller than can be read. The same rules as in
// render/map/labels.py.

import { wordings } from './map-model.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */
/** @typedef {import('./map-picture.js').Box} Box */
/** @typedef {import('./map-picture.js').Label} Label */
/** @typedef {import('./map-picture.js').Pane} Pane */
/** @typedef {{labels: Label[], below: number}} Told labels, and how much of the height at the top they take */

export const MOST = 12.5;
const USUAL = 10; // a label is not made smaller while there is room for it
export const LEAST = 9.5; // and left out below this
export const LETTER = 0.6;
const CARD = 11.5;
const LINE = 9.5;
const STEP = 14;
const KEPT = 3; // letters of a label that is cut at least
const BARE = 2; // and of one without which a card would say nothing
const MUCH = 8; // letters from which the beginning of a card's type is as good as the whole beside it
export const BOLD = 1.0625; // how much wider bold letters are
const MARK = '…';
const HIGH = 1.25;
const BAR = 0.7;
const INSIDE = 1.6; // lines of text that what is inside a shut box needs below its labels
const APART = 2; // letters between the title of a box and what it holds
const WORDS = 0.4; // share of the height of a shut box that words take at most, if they are more than a line
export const UNTYPED = 'Module'; // type of the boxes of graphs that name scopes, not classes
const SIDE = 2;
const INSET = 4;

/** Width of the letters that are not of mean width, in mean letters. @type {Map<string, number>} */
const WIDTHS = new Map([
  ...[..."fijlrtIJ.,:;'!|()[]{}-_/\" "].map((char) => /** @type {[string, number]} */ ([char, 0.625])),
  ...[...'ABCDEFGHKLNOPQRSTUVXYZ'].map((char) => /** @type {[string, number]} */ ([char, 1.125])),
  ...[...'mwMW@%…→↔'].map((char) => /** @type {[string, number]} */ ([char, 1.5])),
]);
const SPACE = 0.625;

/** @type {Map<string, number>} */
const measured = new Map();

/**
 * Length of a label in mean letters, by how wide letters are in fonts without serifs; East Asian ones are wide.
 * @param {string} text
 */
export function letters(text) {
  let sum = measured.get(text);
  if (sum === undefined) {
    sum = 0;
    for (const char of text) sum += (char.codePointAt(0) ?? 0) < 0x2e80 ? WIDTHS.get(char) ?? 1 : 1.75;
    measured.set(text, sum);
  }
  return sum;
}

/** Letters of a name and a type, which is bold, on one line. */
const together = (/** @type {string} */ name, /** @type {string} */ type) => letters(name) + BOLD * letters(type) + (name && type ? SPACE : 0);

/**
 * As much of a label as fits into so many letters with a mark that it goes on; empty where it tells too little.
 * @param {string} words
 * @param {number} space
 * @param {number} [least]
 */
export function beginning(words, space, least = KEPT) {
  let left = space - letters(MARK);
  const kept = [];
  for (const char of words) {
    left -= letters(char);
    if (left < 0) break;
    kept.push(char);
  }
  return kept.length >= least ? kept.join('') + MARK : '';
}

/**
 * The size of letters at which both fit.
 * @param {string} name
 * @param {string} type
 * @param {number} space
 * @param {number} most
 */
function fitting(name, type, space, most) {
  return Math.min(most, Math.max(0, space) / Math.max(1, together(name, type)) / LETTER);
}

/**
 * Name and type cut to a number of letters: both, one of them, or the beginning.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} space
 * @returns {[string, string]}
 */
export function cut(model, i, space) {
  const ways = wordings(model, i);
  /** @type {[string, string][]} */
  const ends = endings(model.name(i)).map((each) => [each, '']);
  const good = [...ways, ...ends].find(([name, type]) => together(name, type) <= space);
  if (good) return good;
  const whole = ways[0].filter(Boolean).join(' ');
  return ['', beginning(whole, space / BOLD)];
}

/** @type {WeakMap<MapModel, Map<number, string>>} */
const known = new WeakMap();

/**
 * What a box holds if that is several blocks of one type: `6 Bottleneck`; a box of ×N says so itself.
 * @param {MapModel} model
 * @param {number} i
 */
export function blocks(model, i) {
  const found = known.get(model) ?? new Map();
  known.set(model, found);
  if (!found.has(i)) found.set(i, countBlocks(model, i));
  return /** @type {string} */ (found.get(i));
}

/** @param {MapModel} model @param {number} i */
function countBlocks(model, i) {
  if (model.nodes.repeat[i]) return '';
  const inside = [...model.children(i)].flatMap((child) => allOf(model, child));
  const [first] = inside;
  const alike = inside.length > 1 && inside.every((child) => model.isBox(child) && model.kind(child) === 'module'
    && !model.nodes.repeat[child] && model.type(child) === model.type(first));
  return alike && !['', UNTYPED].includes(model.type(first)) ? `${inside.length} ${model.type(first)}` : '';
}

/** @param {MapModel} model @param {number} i @returns {number[]} what stands in a group, at all levels */
function allOf(model, i) {
  return model.kind(i) === 'group' ? [...model.children(i)].flatMap((child) => allOf(model, child)) : [i];
}

const insetOf = (/** @type {Box} */ box) => Math.max(INSET, 7 * Math.min(1, box.scale));

/**
 * The label in the title bar of an open box; it stays in sight when the box reaches past the left edge of the pane.
 * @param {MapModel} model
 * @param {Box} box
 * @param {Pane} pane
 * @returns {Label[]}
 */
export function headLabels(model, box, pane) {
  const { bar } = box;
  const size = Math.min(MOST, Math.max(USUAL, bar * BAR));
  const inset = insetOf(box);
  const left = Math.max(box.x, 0) + inset;
  const right = Math.min(box.x + box.w, pane.w) - inset;
  const [name, type] = cut(model, box.i, (right - left) / (size * LETTER));
  if (bar < size * 1.1 || (!name && !type)) return [];
  const y = box.y + bar * 0.52;
  const inside = blocks(model, box.i);
  const small = Math.min(size, USUAL);
  /** @type {[string, string][]} */
  const ways = inside ? [[name, type], [model.name(box.i), '']] : [];
  for (const [first, second] of ways) {
    const both = ((right - left) / LETTER - letters(inside) * small) / (together(first, second) + APART);
    if (first && both >= USUAL) {
      return [
        { x: left, y, size: Math.min(size, both), name: first, text: second, anchor: 'start' },
        { x: right, y, size: small, name: inside, text: '', anchor: 'end' },
      ];
    }
  }
  return [{ x: left, y, size, name, text: type, anchor: 'start' }];
}

/**
 * Shorter forms of a name: without its first parts, and the number at its end.
 * @param {string} name
 */
function endings(name) {
  const parts = name.split('.');
  const [digits] = /\d*$/.exec(name) ?? [''];
  const tails = parts.slice(1).map((_, k) => parts.slice(k + 1).join('.'));
  return [...new Set([...tails, digits])].filter((each) => each && each !== name);
}

/**
 * As much of a label as fits in small letters, where that is enough to tell it by.
 * @param {string} words
 * @param {Box} box
 * @param {number} [least]
 * @returns {Label[]}
 */
function cutLabel(words, box, least = KEPT) {
  const name = box.h >= LEAST * 1.2 ? beginning(words, (box.w - 2 * SIDE) / LEAST / LETTER, least) : '';
  return name ? [{ x: box.x + box.w / 2, y: box.y + box.h / 2, size: LEAST, name, text: '', anchor: 'middle' }] : [];
}

/**
 * The first letters of a card's type, for one that has no other label and no room beside it.
 * @param {MapModel} model
 * @param {Box} box
 */
export function cutCard(model, box) {
  return cutLabel(model.type(box.i) || model.name(box.i), box, BARE);
}

/**
 * The labels of a card: name and type, or one of them, or much of it; and further lines where they can be read.
 * @param {MapModel} model
 * @param {Box} box
 * @returns {Label[]}
 */
export function cardLabels(model, box) {
  const space = box.w - 2 * SIDE;
  const most = Math.min(MOST, Math.max(box.scale * CARD, Math.min(USUAL, box.h * 0.8)));
  const bare = (/** @type {string} */ name) => /^\d+$/.test(name) && model.type(box.i) !== '';
  const way = wordings(model, box.i).find(([name, type]) => (type || !bare(name)) && fitting(name, type, space, most) >= LEAST);
  if (!way) return cutLabel(model.type(box.i) || model.name(box.i), box, MUCH);
  const small = Math.min(USUAL, Math.max(LEAST, box.scale * LINE));
  const lines = box.scale * STEP >= small * 1.1 ? model.lines(box.i) : [];
  const x = box.x + box.w / 2;
  const y = box.y + (lines.length > 0 ? 13 * box.scale : box.h / 2);
  const [name, text] = way;
  const made = [{ x, y, size: fitting(name, text, space, most), name, text, anchor: 'middle' }];
  lines.forEach((line, k) => {
    if (letters(line) * small * LETTER <= space) {
      made.push({ x, y: y + STEP * box.scale * (k + 1), size: small, name: line, text: '', anchor: 'middle' });
    }
  });
  return made;
}

/**
 * The labels of a shut box: at its top left, where the title bar will be, if there is room below for its inside; else
 * one line in the middle.
 * @param {MapModel} model
 * @param {Box} box
 * @param {Pane} pane
 * @returns {Told}
 */
export function shutLabels(model, box, pane) {
  const inset = insetOf(box);
  const left = Math.max(box.x, 0) + inset;
  const space = (Math.min(box.x + box.w, Math.max(pane.w, box.x + inset)) - left - SIDE) / LETTER;
  let size = Math.max(USUAL, Math.min(MOST, box.bar * BAR));
  let lines = told(model, box.i, space / size);
  if (lines.length === 0) {
    size = LEAST;
    lines = told(model, box.i, space / size);
    if (lines.length === 0) lines = cutName(model, box.i, space / size);
  }
  const first = Math.max(box.bar * 0.52, size * 0.8);
  const step = size * HIGH;
  const count = Math.min(lines.length, Math.max(1, Math.floor((box.h * WORDS) / step)), Math.floor((box.h - first) / step - INSIDE));
  const below = first + (count - 0.4) * step;
  if (count < 1) return { labels: smallLabels(model, box), below: 0 };
  const labels = lines.slice(0, count).map(([name, text], k) => ({ x: left, y: box.y + first + step * k, size, name, text, anchor: 'start' }));
  return { labels, below };
}

/**
 * Name and type in so many letters, on one line or two, what is inside and what comes out; empty if nothing fits.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} space
 * @returns {[string, string][]}
 */
function told(model, i, space) {
  const [name, type] = wordings(model, i)[0];
  /** @type {[string, string][]} */
  let made = [];
  if (together(name, type) <= space) made = [[name, type]];
  else {
    const short = [name, ...endings(name)].find((part) => part && letters(part) <= space);
    if (short) made.push([short, '']);
    const kind = together('', type) <= space ? type : repeats(model, i, space);
    if (kind) made.push(['', kind]);
  }
  const output = model.output(i);
  const flows = output && `→ ${output}`;
  if (made.length > 0) for (const more of [blocks(model, i), flows]) if (more && letters(more) <= space) made.push([more, '']);
  return made;
}

/**
 * What a box of ×N repeats, cut to so many letters, with the number; empty for other boxes.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} space
 */
function repeats(model, i, space) {
  const count = model.nodes.repeat[i];
  if (!count) return '';
  const number = ` ×${count}`;
  const whole = (beginning(model.type(i), space / BOLD - letters(number)) + number).trim();
  return [whole, number.trim()].find((part) => together('', part) <= space) ?? '';
}

/**
 * The beginning of the name, or of the type of a box without one.
 * @param {MapModel} model
 * @param {number} i
 * @param {number} space
 * @returns {[string, string][]}
 */
function cutName(model, i, space) {
  const [name, type] = wordings(model, i)[0];
  const words = beginning(name || type, space);
  return words ? [[words, '']] : [];
}

/**
 * One line in the middle of a box that has room for no more: its name, or what tells it.
 * @param {MapModel} model
 * @param {Box} box
 * @returns {Label[]}
 */
function smallLabels(model, box) {
  const [name, type] = wordings(model, box.i)[0];
  const most = Math.min(USUAL, box.h * 0.8);
  /** @type {[string, string][]} */
  const both = [[name, ''], ['', type]];
  /** @type {[string, string][]} */
  const ways = [[name, type], ...(model.nodes.repeat[box.i] ? both.reverse() : both)];
  for (const last of endings(name)) ways.push([last, '']);
  for (const [first, second] of ways) {
    const size = fitting(first, second, box.w - 2 * SIDE, most);
    if ((first || second) && size >= LEAST) return [{ x: box.x + box.w / 2, y: box.y + box.h / 2, size, name: first, text: second, anchor: 'middle' }];
  }
  return cutLabel(name || type, box);
}
