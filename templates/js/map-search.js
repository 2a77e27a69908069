// Finding boxes by name, path, type, attribute or shape, also with wildcards.

import { pathsOf } from './map-address.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

const LIMIT = 50;
const MARKS = 2000;

/**
 * The words of a query: lower case, `x` and `*` between digits read as the sign in shapes.
 * @param {string} query
 */
export function wordsOf(query) {
  const sizes = query.toLowerCase().replace(/(\d)\s*[x*×]\s*(?=\d)/g, '$1×');
  return sizes.split(/\s+/).filter(Boolean);
}

/** @param {string} text */
function literal(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * What a word asks of a text in lower case. Whole numbers stand for themselves: 3×3 is not found in 13×3 nor in 3×30.
 * `*` stands for anything and `?` for one sign; such a word is the whole text, or a whole word of it.
 * @param {string} word
 * @returns {(text: string) => boolean}
 */
export function testOf(word) {
  if (/[*?]/.test(word)) {
    const inner = literal(word).replace(/\\\*/g, '\\S*').replace(/\\\?/g, '\\S');
    const pattern = new RegExp(`(^|[\\s,])${inner}($|[\\s,])`, 'su');
    return (text) => pattern.test(text);
  }
  if (/^[\d×]*\d×\d[\d×]*$/.test(word)) {
    const pattern = new RegExp(`(?<!\\d)${literal(word)}(?!\\d)`, 'u');
    return (text) => pattern.test(text);
  }
  return (text) => text.includes(word);
}

/**
 * For each node whether a word is found in it. Every distinct text is looked at once.
 * @param {MapModel} model
 * @param {string} word
 * @returns {(i: number) => boolean}
 */
function finder(model, word) {
  const { data, nodes } = model;
  const test = testOf(word);
  const texts = data.strings.map((text) => test(text.toLowerCase()));
  const lines = data.lines.map((ids) => ids.some((id) => texts[id]));
  const paths = /[.*?]/.test(word) ? pathsOf(model) : null;
  return (i) => texts[nodes.name[i]] || texts[nodes.type[i]] || texts[nodes.output[i]] || lines[nodes.lines[i]]
    || (paths !== null && test(paths[i].toLowerCase()));
}

/**
 * The nodes that every word of the query is found in: in name, type, lines or output shape, or across the path.
 * The best first: exact names and paths, then beginnings, then the rest in order of execution.
 * @param {MapModel} model
 * @param {string} query
 * @returns {{hits: number[], all: number[], total: number}} the first to list, more to mark, and how many there are
 */
export function search(model, query) {
  const words = wordsOf(query);
  if (words.length === 0) return { hits: [], all: [], total: 0 };
  const tests = words.map((word) => finder(model, word));
  const last = words[words.length - 1];
  const whole = words.join(' ');
  const names = model.data.strings.map((text) => {
    const low = text.toLowerCase();
    return low === whole ? 0 : low.startsWith(last) ? 1 : 2;
  });
  const dotted = whole.includes('.') ? pathsOf(model) : null;
  /** @type {number[][]} */
  const ranked = [[], [], []];
  for (let i = 1; i < model.count; i += 1) {
    if (tests.every((found) => found(i))) ranked[dotted && dotted[i].toLowerCase() === whole ? 0 : names[model.nodes.name[i]]].push(i);
  }
  const all = ranked.flat();
  return { hits: all.slice(0, LIMIT), all: all.slice(0, MARKS), total: all.length };
}
