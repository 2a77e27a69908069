// A table as data: its columns and rows as they travel in the page (see render/columnar.py). Nothing here touches it.
// Columns are arrays: fifty thousand rows must cost the page a few megabytes, not a million small objects.

import { t } from './language.js';
import { exactText, UNKNOWN, written } from './numbers.js';

const NUMERIC = new Set(['number', 'share']);
const WORDS = 'words';
const JOINED = '.';

/** @typedef {{text: string, exact: string, href: string}} Cell what is read, what is behind it, where it leads */

/** One column: what it is called and the cells of all rows. */
export class Column {
  /**
   * @param {[string, string, string, string, number, string?, number?]} head
   * @param {any[]} packed
   */
  constructor([id, title, kind, help, shown, group = '', total = 0], packed) {
    this.id = id;
    this.title = title;
    this.kind = kind;
    this.help = help;
    this.shown = Boolean(shown);
    this.group = group;
    this.total = Boolean(total);
    this.numeric = NUMERIC.has(kind);
    this.form = /** @type {string} */ (packed[0]);
    /** @type {(string | [string, string, string])[]} */
    this.words = this.form === WORDS ? packed[1] : [];
    this.which = this.form === WORDS ? Uint32Array.from(packed[2]) : new Uint32Array(0);
    this.values = this.form === WORDS ? new Float64Array(0) : Float64Array.from(packed[1], (value) => value ?? NaN);
    this.whole = packed[2] ?? 1;
    /** @type {Float64Array | null} the number that each word says, once somebody asks */
    this.parsed = null;
  }

  /** @param {number} i */
  text(i) {
    if (this.form !== WORDS) return Number.isNaN(this.values[i]) ? UNKNOWN : written(this.form, this.values[i], this.whole).text;
    const word = this.words[this.which[i]];
    return typeof word === 'string' ? word : word[0];
  }

  /**
   * What stands behind the text where that says more, as it travels.
   * @param {number} i
   */
  exact(i) {
    if (this.form !== WORDS) return Number.isNaN(this.values[i]) ? '' : written(this.form, this.values[i], this.whole).exact;
    const word = this.words[this.which[i]];
    return typeof word === 'string' ? '' : word[1];
  }

  /** @param {number} i */
  href(i) {
    const word = this.form === WORDS ? this.words[this.which[i]] : '';
    return typeof word === 'string' ? '' : word[2];
  }

  /**
   * The number of a cell, exact where it is known; NaN where there is none.
   * @param {number} i
   */
  number(i) {
    if (this.form !== WORDS) return this.form === 'share' ? this.values[i] / this.whole : this.values[i];
    this.parsed ??= Float64Array.from(this.words, (word) => numberOf(typeof word === 'string' ? word : word[1] || word[0]));
    return this.parsed[this.which[i]];
  }
}

/**
 * The number that a text says: thousands separated, or in percent; NaN for none.
 * @param {string} text
 */
export function numberOf(text) {
  const percent = text.endsWith('%');
  const bare = text.replaceAll(',', '').replace(/ ?%$/, '').trim();
  if (!/^[-+]?(\d|\.\d|∞)/.test(bare)) return NaN;
  const value = Number(bare.replace('∞', 'Infinity'));
  return percent ? value / 100 : value;
}

/** One row: where it stands in the tree, and its cells. */
export class Row {
  /**
   * @param {Table} table
   * @param {number} index
   */
  constructor(table, index) {
    this.table = table;
    this.index = index;
  }

  get id() { return this.table.ids[this.index]; }
  get depth() { return this.table.depths[this.index]; }
  get parent() { return this.table.parents[this.index]; }
  /** Whether it stands for several rows that follow it. */
  get group() { return this.table.states[this.index] > 1; }
  get folded() { return this.table.states[this.index] > 0; }
  /** Whether there are rows in it. */
  get inner() { return this.table.ends[this.index] > this.index + 1; }
  get note() { return this.table.notes[this.index] ?? ''; }
  /** The full name: of a module its path, where it is a group that of the first and last. */
  get path() { return this.table.path(this.index); }

  /** @returns {number[]} the rows right below it */
  get children() { return this.table.childrenOf(this.index); }

  /** @returns {Cell[]} */
  get cells() { return this.table.columns.map((_, place) => this.cell(place)); }

  /**
   * @param {number} place of the column
   * @returns {Cell}
   */
  cell(place) {
    const column = this.table.columns[place];
    const exact = column.exact(this.index);
    return { text: column.text(this.index), exact: exact === JOINED && column.kind === 'name' ? this.path : exact, href: column.href(this.index) };
  }
}

/** Columns and rows; a tree's rows follow the row they are in. */
export class Table {
  /** @param {any} packed */
  constructor(packed) {
    const { ids, depths, states, notes } = packed.rows;
    this.columns = /** @type {Column[]} */ (packed.columns.map((/** @type {any} */ head, /** @type {number} */ i) => new Column(head, packed.cells[i])));
    /** @type {string[]} */
    this.ids = ids;
    this.count = ids.length;
    this.depths = depths ? Uint16Array.from(depths) : new Uint16Array(this.count);
    this.states = states ? Uint8Array.from(states) : new Uint8Array(this.count);
    /** @type {Record<number, string>} */
    this.notes = notes ?? {};
    this.tree = Boolean(packed.tree);
    /** @type {[string, string]} */
    this.noun = packed.noun;
    /** Rows that the page leaves out to stay small. */
    this.left = Number(packed.left ?? 0);
    /** @type {string} */
    this.caption = packed.caption;
    /** @type {string} */
    this.details = packed.details ?? '';
    this.parents = new Int32Array(this.count);
    /** One past the last row inside each row. */
    this.ends = new Uint32Array(this.count);
    this.climb();
    this.nameColumn = this.columns.find((column) => column.kind === 'name') ?? null;
    this.rows = Array.from(ids, (_, index) => new Row(this, index));
    this.size = this.states.reduce((sum, state) => sum + Number(state < 2), 0);
    /** @type {(string | undefined)[]} */
    this.paths = [];
  }

  /** Work out which row each row is in, and where what is in it ends. */
  climb() {
    /** @type {number[]} */
    const above = [];
    for (let i = 0; i < this.count; i += 1) {
      const depth = this.depths[i];
      for (let closed = above.length - 1; closed >= depth; closed -= 1) this.ends[above[closed]] = i;
      above.length = Math.min(above.length, depth);
      this.parents[i] = above.at(-1) ?? -1;
      above.push(i);
    }
    for (const open of above) this.ends[open] = this.count;
  }

  /**
   * @param {number} index
   * @returns {number[]}
   */
  childrenOf(index) {
    const found = [];
    for (let i = index + 1; i < this.ends[index]; i = this.ends[i]) found.push(i);
    return found;
  }

  /** @returns {number[]} the rows that are in no other */
  get roots() {
    const found = [];
    for (let i = 0; i < this.count; i = this.ends[i]) found.push(i);
    return found;
  }

  /**
   * The full name of a row.
   * @param {number} index
   * @returns {string}
   */
  path(index) {
    const known = this.paths[index];
    if (known !== undefined) return known;
    const column = this.nameColumn;
    const text = column?.text(index) ?? '';
    let exact = column?.exact(index) ?? '';
    if (exact === JOINED) {
      let up = this.parents[index];
      while (up >= 0 && this.states[up] > 1) up = this.parents[up];
      exact = `${up >= 0 ? this.path(up) : ''}.${text}`;
    }
    this.paths[index] = exact || text;
    return exact || text;
  }
}

/**
 * A packed table as columns and rows.
 * @param {any} packed
 */
export function unpackTable(packed) {
  return new Table(packed);
}

/**
 * Which of `count` rows of one height to have on the page for a scrolled view: [first, one past the last).
 * @param {number} scrolled
 * @param {number} height of the view
 * @param {number} rowHeight
 * @param {number} count
 * @param {number} [around] rows before and after those seen
 * @returns {[number, number]}
 */
export function rowWindow(scrolled, height, rowHeight, count, around = 20) {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - around);
  const last = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + around);
  return [Math.min(first, Math.max(0, count - 1)), Math.max(last, Math.min(count, first + 1))];
}

/**
 * How many rows, and what they are called: '19 of 151 modules'.
 * @param {number} here
 * @param {number} all
 * @param {[string, string]} noun such as '{count} module' and '{count} modules'
 */
export function counted(here, all, noun) {
  const every = (all === 1 ? noun[0] : noun[1]).replace('{count}', exactText(all));
  return here === all ? every : t('{shown} of {all}', { shown: exactText(here), all: every });
}
