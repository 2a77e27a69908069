// What a reader chose to see of a table: order, filter, folds, columns. Kept while the page is open, nowhere else.

import { compile } from './filter.js';
import { t } from './language.js';
import { exactText } from './numbers.js';
import { openTo, ordered, visible } from './order.js';
import { counted } from './rows.js';
import { together } from './totals.js';

/** @import { Row, Table } from './rows.js' */
/** @import { Sort } from './order.js' */
/** @import { Listed } from './export.js' */

/** What the address of a row is called, by what the panel beside its table tells of. */
export const ADDRESSES = /** @type {Record<string, string>} */ ({ modules: 'layer', tensors: 'tensor' });

/** The reader's choices, and what follows from them. */
export class TableState {
  /** @param {Table} table */
  constructor(table) {
    this.table = table;
    /** @type {Sort[]} */
    this.sorts = [];
    this.query = '';
    /** @type {((i: number) => boolean) | null} */
    this.fits = null;
    /** What of the query cannot be understood. */
    this.problem = '';
    this.flat = false;
    /** @type {Set<number>} */
    this.open = new Set(table.rows.filter((row) => row.inner && !row.folded).map((row) => row.index));
    /** @type {Set<number>} */
    this.peeked = new Set();
    /** @type {Set<number>} */
    this.shut = new Set();
    this.shown = this.usual();
    this.order = ordered(table, []);
    /** The row that is told about beside the table, and the one that the keyboard is at. */
    this.marked = -1;
    this.current = -1;
    /** @type {number[]} */
    this.rows = [];
    /** @type {Set<number>} */
    this.ways = new Set();
    /** @type {Set<number>} */
    this.leads = new Set();
    /** @type {number[]} */
    this.hits = [];
    /** @type {Map<string, number> | null} rows by their ids, once somebody asks */
    this.places = null;
    this.work();
  }

  /** @returns {number[]} places of the columns that are seen at first */
  usual() {
    return this.table.columns.flatMap((column, i) => (column.shown ? [i] : []));
  }

  /** Work out which rows are shown. */
  work() {
    Object.assign(this, visible(this.table, this.order, this));
  }

  /** Work out the order of the rows. */
  arrange() {
    this.order = ordered(this.table, this.sorts, this.flat);
  }

  /**
   * Order by a column: first the useful direction, then the other, then as it was. Further ones decide between equals.
   * @param {number} place
   * @param {boolean} [further] keep the columns that are ordered by already
   */
  turn(place, further = false) {
    const first = this.table.columns[place].numeric ? -1 : 1;
    const known = this.sorts.find((sort) => sort.place === place);
    const kept = further ? this.sorts.filter((sort) => sort.place !== place) : [];
    if (!known || (!further && this.sorts.length > 1)) this.sorts = [...kept, { place, direction: first }];
    else if (known.direction === first) this.sorts = [...kept, { place, direction: first > 0 ? -1 : 1 }];
    else this.sorts = kept;
  }

  /**
   * Take only the rows that fit a query. What cannot be understood leaves the rows as they are.
   * @param {string} query
   * @returns {boolean} whether it is understood
   */
  ask(query) {
    const searched = [...new Set([...this.usual(), ...this.shown])].filter((i) => !this.table.columns[i].numeric && this.table.columns[i].kind !== 'spark');
    const { fits, problem } = compile(query, this.table, searched);
    this.problem = problem;
    this.query = query;
    if (problem !== '') return false;
    this.fits = fits;
    this.peeked.clear();
    this.shut.clear();
    return true;
  }

  /** How many rows there are and are seen; of a filter what they come to together. */
  told() {
    const here = this.hits.reduce((sum, i) => sum + Number(this.table.states[i] < 2), 0);
    const sums = this.fits ? together(this.table, this.hits, this.shown) : '';
    const held = counted(here, this.table.size, this.table.noun);
    if (!this.fits && !this.table.left && here < this.table.size) {
      return this.flat ? t('{count}; those that hold others are left out', { count: held }) : t('{count}; the others are in folded rows', { count: held });
    }
    const text = this.table.left ? t('{count} here; {left} more in the JSON report', { count: held, left: exactText(this.table.left) }) : held;
    return sums ? t('{count}; sum of these rows: {sums}', { count: text, sums }) : text;
  }

  /**
   * Whether there is anything in a row that could be shown below it.
   * @param {number} index
   */
  unfolds(index) {
    return this.table.ends[index] > index + 1;
  }

  /**
   * Whether what is in a row is shown below it.
   * @param {number} index
   */
  unfolded(index) {
    if (!this.fits) return this.open.has(index);
    return this.peeked.has(index) || (this.leads.has(index) && !this.shut.has(index));
  }

  /**
   * Fold a row that is open, unfold one that is not. With a filter a row on the way closes, any other opens whole.
   * @param {number} index
   */
  fold(index) {
    const open = this.unfolded(index);
    if (!this.fits) {
      if (open) this.open.delete(index);
      else this.open.add(index);
    } else if (open) {
      this.peeked.delete(index);
      this.shut.add(index);
    } else {
      this.shut.delete(index);
      if (!this.leads.has(index)) this.peeked.add(index);
    }
  }

  /**
   * Unfold so many levels and fold the rest; Infinity for everything, repeats too.
   * @param {number} levels
   */
  unfoldTo(levels) {
    this.open = openTo(this.table, levels);
  }

  /**
   * Clear the way to a row: open what it is in, and drop a filter or a flat list.
   * @param {Row} row
   * @returns {boolean} whether filter or list were dropped
   */
  clear(row) {
    for (let up = row.parent; up >= 0; up = this.table.parents[up]) this.open.add(up);
    if (this.query === '' && !this.flat) return false;
    this.ask('');
    this.flat = false;
    this.arrange();
    return true;
  }

  /**
   * The row of an address.
   * @param {string} id of the row, or 'layer=' or 'tensor=' and its full name
   * @returns {Row | undefined}
   */
  find(id) {
    const word = ADDRESSES[this.table.details];
    if (word && id.startsWith(`${word}=`)) {
      const path = id.slice(word.length + 1);
      return this.table.rows.find((row) => !row.group && row.path === path);
    }
    this.places ??= new Map(this.table.ids.map((each, i) => [each, i]));
    const index = this.places.get(id);
    return index === undefined ? undefined : this.table.rows[index];
  }

  /**
   * What is seen, for other programs: the columns shown, rows in their order, folded ones not; rows that only lead to
   * others are no answer to the filter.
   * @param {boolean} [everything] all columns, and what is folded away too; then no rows that stand for several
   * @returns {Listed}
   */
  listed(everything = false) {
    const columns = everything ? this.table.columns.map((_, i) => i) : this.shown;
    const rows = everything ? this.everyRow() : this.rows.filter((i) => !this.ways.has(i));
    return {
      columns: columns.map((i) => this.table.columns[i]),
      rows: rows.map((i) => {
        const row = this.table.rows[i];
        return { cells: columns.map((place) => this.cellFor(row, place)), note: row.note, depth: row.depth };
      }),
    };
  }

  /** @returns {number[]} rows that fit the filter, folded or not, in their order */
  everyRow() {
    const { fits, flat } = this;
    return [...this.order].filter((i) => this.table.states[i] < 2 && (!flat || !this.unfolds(i)) && (!fits || fits(i)));
  }

  /**
   * A cell as another program gets it: the name of a row that stands for several says where they are, and how many.
   * @param {Row} row
   * @param {number} place
   */
  cellFor(row, place) {
    const cell = row.cell(place);
    if (!row.group || this.table.columns[place].kind !== 'name') return cell;
    let up = row.parent;
    while (up >= 0 && this.table.states[up] > 1) up = this.table.parents[up];
    const above = up >= 0 && this.table.depths[up] > 0 ? `${this.table.path(up)}.` : '';
    return { ...cell, exact: `${above}${cell.text}` };
  }
}
