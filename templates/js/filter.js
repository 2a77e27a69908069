// What a reader types above a table: words, wildcards, columns, numbers.
//
//   conv relu          both words, anywhere in a row's names
//   layer3.*.conv?     wildcards: a whole name or path, type, shape …
//   type:conv          in that column; type=Conv2d the whole of it
//   parameters > 1M    numbers: 1e6, 1M, 10MiB, 5 %, 1k..2k; < <= > >= = !=
//   kernel_size=3      a setting; out_features > 1000
//   -bias  a | b       without; either

import { t } from './language.js';

/** @import { Column, Table } from './rows.js' */
/** @typedef {(i: number) => boolean} Fits whether a row fits */
/** @typedef {{fits: Fits | null, problem: string}} Filter nothing to filter: null; what cannot be understood, in words */

const NUMBER = String.raw`[-+]?[\d.,]*\d(?:e[-+]?\d+)?(?: ?(?:[kmgtpe]i?b?|%|b)(?![\w%]))?`;
const TERM = new RegExp(String.raw`(-|!)?(?:(?:"([^"]+)"|([A-Za-z#_][\w#./-]*))\s*(>=|<=|!=|>|<|=|:)\s*(${NUMBER}\.\.${NUMBER}|${NUMBER}(?=[\s|]|$)|"[^"]*"|[^\s|"]+)|"([^"]*)"|([^\s|]+))|(\|)`, 'gi');
const POWERS = 'kmgtpe';
/** What else people call a column. */
const ALIASES = new Map(Object.entries({ size: 'bytes', shape: 'output', class: 'type', module: 'path', elements: 'count', memory: 'bytes', params: 'parameters' }));

/** What was typed cannot be understood. */
class Misread extends Error {}

/**
 * What a query asks of a table's rows.
 * @param {string} query
 * @param {Table} table
 * @param {number[]} [searched] places of the columns that words are looked for in
 * @returns {Filter}
 */
export function compile(query, table, searched = textColumns(table)) {
  /** @type {Fits[][]} */
  const either = [[]];
  try {
    for (const found of query.matchAll(TERM)) {
      if (found[8]) either.push([]);
      else either.at(-1)?.push(term(found, table, searched));
    }
  } catch (error) {
    if (error instanceof Misread) return { fits: null, problem: error.message };
    throw error;
  }
  const groups = either.filter((all) => all.length > 0);
  if (groups.length === 0) return { fits: null, problem: '' };
  return { fits: (i) => groups.some((all) => all.every((fits) => fits(i))), problem: '' };
}

/**
 * Places of the columns that words are looked for in when the reader chose none: texts that are seen at first.
 * @param {Table} table
 * @returns {number[]}
 */
function textColumns(table) {
  return table.columns.flatMap((column, place) => (column.shown && !column.numeric && column.kind !== 'spark' ? [place] : []));
}

/**
 * One term: maybe negated, a comparison or a word.
 * @param {RegExpMatchArray} found
 * @param {Table} table
 * @param {number[]} searched
 * @returns {Fits}
 */
function term([raw, not, quotedField, field, operator, value, quoted, bare], table, searched) {
  const fits = operator ? comparison(quotedField ?? field, operator, value, not ? raw.slice(1) : raw, table) : word(quoted ?? bare, quoted !== undefined, table, searched);
  return not ? (i) => !fits(i) : fits;
}

/**
 * A comparison with a column; where there is none of that name, with a setting of the module.
 * @param {string} field
 * @param {string} operator
 * @param {string} value
 * @param {string} raw the whole term
 * @param {Table} table
 * @returns {Fits}
 */
function comparison(field, operator, value, raw, table) {
  const name = field.toLowerCase();
  if (table.tree && name === 'depth') return numeric((i) => table.depths[i], operator, value, field, false);
  if (name === 'is' && value.toLowerCase() === 'leaf') return (i) => table.ends[i] === i + 1;
  const column = columnOf(table, name);
  if (!column) return setting(field, operator, value, raw, table);
  if (column.numeric) return numeric((i) => column.number(i), operator, value, column.title, column.kind === 'share', column.form === 'bytes');
  if (operator !== '=' && operator !== ':' && operator !== '!=') throw new Misread(t('“{column}” is not a column of numbers.', { column: column.title }));
  const text = value.replace(/^"(.*)"$/, '$1');
  const same = inColumn(column, table, operator === ':' ? test(text) : whole(text));
  return operator === '!=' ? (i) => !same(i) : same;
}

/**
 * The column that a name means: by its id or title, what it begins with, or its letters in their order.
 * @param {Table} table
 * @param {string} name in lower case
 * @returns {Column | undefined}
 */
export function columnOf(table, name) {
  const plain = (/** @type {string} */ text) => text.toLowerCase().replace(/[\s_-]+/g, '-');
  const asked = plain(name);
  const named = (/** @type {(text: string) => boolean} */ fits) => table.columns.find((column) => column.kind !== 'spark' && (fits(plain(column.id)) || fits(plain(column.title))));
  const alias = ALIASES.get(asked);
  return named((text) => text === asked) ?? (alias ? named((text) => text === alias) : undefined)
    ?? (asked.length > 2 ? named((text) => text.startsWith(asked)) : undefined);
}

/**
 * A comparison with what the settings of a module say: `out_features > 1000`.
 * @param {string} field
 * @param {string} operator
 * @param {string} value
 * @param {string} raw
 * @param {Table} table
 * @returns {Fits}
 */
function setting(field, operator, value, raw, table) {
  const column = columnOf(table, 'settings') ?? columnOf(table, 'label');
  const known = new RegExp(`(?:^|[\\s,(])${escaped(field)}=([^\\s,]+)`, 'i');
  const words = column?.words.map((entry) => known.exec(typeof entry === 'string' ? entry : entry[0])?.[1] ?? '') ?? [];
  if (column && words.some((text) => text !== '')) {
    const numbers = words.map((text) => (text === '' ? NaN : Number(text)));
    const many = parsed(value, false) !== null && numbers.some((number) => !Number.isNaN(number));
    if (many) return numeric((i) => numbers[column.which[i]], operator, value, field, false);
    if (operator === '=' || operator === ':') return inColumn(column, table, test(`${field}=${value}`));
  }
  if (operator === ':' || operator === '=') return word(raw, false, table, table.columns.flatMap((each, place) => (each.numeric ? [] : [place])));
  throw new Misread(t('There is no column “{column}”.', { column: field }));
}

/**
 * A number against a number, or between two.
 * @param {(i: number) => number} valueOf
 * @param {string} operator
 * @param {string} text
 * @param {string} title
 * @param {boolean} share a column of shares: 5 means 5 %
 * @param {boolean} [bytes] B means bytes, not billions
 * @returns {Fits}
 */
function numeric(valueOf, operator, text, title, share, bytes = false) {
  const read = (/** @type {string} */ words) => {
    const value = parsed(words, bytes);
    if (value === null) throw new Misread(t('“{text}” is not a number to compare “{column}” with.', { text: words, column: title }));
    return share && value > 1 && !words.includes('%') ? value / 100 : value;
  };
  if (text.includes('..')) {
    const [low, high] = text.split('..').map(read);
    return (i) => valueOf(i) >= low && valueOf(i) <= high;
  }
  const limit = read(text);
  switch (operator) {
    case '>': return (i) => valueOf(i) > limit;
    case '>=': return (i) => valueOf(i) >= limit;
    case '<': return (i) => valueOf(i) < limit;
    case '<=': return (i) => valueOf(i) <= limit;
    case '!=': return (i) => valueOf(i) !== limit && !Number.isNaN(valueOf(i));
    default: return (i) => valueOf(i) === limit;
  }
}

/**
 * The number that a reader wrote: `1e6`, `2.5M`, `10MiB`, `5 %`, `7B`, `1,000`; null for none.
 * @param {string} text
 * @param {boolean} bytes
 * @returns {number | null}
 */
export function parsed(text, bytes) {
  const found = /^([-+]?(?:[\d,]*\.?\d+|\d[\d,]*\.)(?:e[-+]?\d+)?) ?(?:([kmgtpe])(i)?b?|(%)|(b))?$/i.exec(text.trim());
  if (!found) return null;
  const [, digits, power, binary, percent, billion] = found;
  const value = Number(digits.replaceAll(',', ''));
  if (power) return value * (binary ? 1024 : 1000) ** (POWERS.indexOf(power.toLowerCase()) + 1);
  if (billion) return bytes ? value : value * 1e9;
  return percent ? value / 100 : value;
}

/**
 * A word, wherever it is in a row: in full names, texts of the columns, notes.
 * @param {string} text
 * @param {boolean} literal in quotation marks: no wildcards
 * @param {Table} table
 * @param {number[]} searched
 * @returns {Fits}
 */
function word(text, literal, table, searched) {
  if (text === '') return () => true;
  const asked = test(text, literal);
  const each = searched.map((place) => inColumn(table.columns[place], table, asked));
  return (i) => each.some((fits) => fits(i)) || (table.notes[i] !== undefined && asked(table.notes[i]));
}

/**
 * Whether a cell's text is like something: every word of the column is asked once, full names row by row.
 * @param {Column} column
 * @param {Table} table
 * @param {(text: string) => boolean} asked
 * @returns {Fits}
 */
function inColumn(column, table, asked) {
  if (column.words.length === 0) return (i) => asked(column.text(i));
  const known = Uint8Array.from(column.words, (entry) => Number(typeof entry === 'string' ? asked(entry) : asked(entry[0]) || asked(entry[1])));
  if (column.kind !== 'name') return (i) => known[column.which[i]] === 1;
  return (i) => known[column.which[i]] === 1 || asked(table.path(i));
}

/**
 * Whether a text holds what is asked for; with wildcards, whether the whole of it is like that.
 * @param {string} asked
 * @param {boolean} [literal]
 * @returns {(text: string) => boolean}
 */
function test(asked, literal = false) {
  if (!literal && /[*?]/.test(asked)) return whole(asked);
  const low = asked.toLowerCase();
  const shape = signs(low);
  return (text) => {
    const own = text.toLowerCase();
    return own.includes(low) || (shape !== low && own.includes(shape));
  };
}

/**
 * Whether a whole text is like what is asked for: `*` stands for anything, `?` for one character.
 * @param {string} asked
 * @returns {(text: string) => boolean}
 */
function whole(asked) {
  const own = [...asked.toLowerCase()];
  const shape = [...signs(asked).toLowerCase()];
  return (text) => {
    const letters = [...text.toLowerCase()];
    return like(letters, own) || like(letters, shape);
  };
}

/**
 * Whether letters are like a pattern, in time of one by the other at most: a star is tried again only from the last one.
 * @param {string[]} letters
 * @param {string[]} pattern
 */
function like(letters, pattern) {
  let [i, k, star, from] = [0, 0, -1, 0];
  while (i < letters.length) {
    if (pattern[k] === '*') {
      star = k;
      from = i;
      k += 1;
    } else if (k < pattern.length && (pattern[k] === '?' || pattern[k] === letters[i])) {
      i += 1;
      k += 1;
    } else if (star >= 0) {
      from += 1;
      i = from;
      k = star + 1;
    } else {
      return false;
    }
  }
  return pattern.slice(k).every((sign) => sign === '*');
}

/**
 * `3x3` with the sign that shapes are written with.
 * @param {string} text
 */
function signs(text) {
  return text.replace(/(\d)x(?=[\d?*])/gi, '$1×');
}

/** @param {string} text */
function escaped(text) {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
