// The order of a table's rows, and which of them are shown. Orders are arrays of row numbers.

/** @import { Column, Table } from './rows.js' */
/** @typedef {{place: number, direction: 1 | -1}} Sort a column and whether its smallest value comes first */

const BLOCK = 12;

/**
 * Text so that plain comparison orders it as people count: 'layer2' before 'layer10', upper and lower case alike.
 * @param {string} text
 */
function naturalKey(text) {
  return text.toLowerCase().replace(/\d+/g, (digits) => digits.padStart(BLOCK, '0'));
}

/**
 * The rank of each row in a column, ascending, equal values equal; NaN for cells without a value.
 * @param {Column} column
 * @param {number} count
 * @param {(i: number) => string} [textOf] what is compared in place of the cell's text
 * @returns {Float64Array}
 */
function ranks(column, count, textOf = (i) => column.text(i)) {
  const result = new Float64Array(count);
  if (column.numeric) {
    for (let i = 0; i < count; i += 1) result[i] = column.number(i);
    return result;
  }
  const texts = Array.from(result, (_, i) => textOf(i));
  const keys = new Map();
  for (const text of texts) if (!keys.has(text)) keys.set(text, naturalKey(text));
  const order = [...new Set(keys.values())].sort((a, b) => (a < b ? -1 : Number(a > b)));
  const places = new Map(order.map((key, place) => [key, place]));
  texts.forEach((text, i) => { result[i] = text === '' || text === '–' ? NaN : places.get(keys.get(text)) ?? NaN; });
  return result;
}

/**
 * How two rows compare by some columns, the first that differs decides. No value comes last in both directions; equal
 * rows keep the order of the report.
 * @param {Table} table
 * @param {Sort[]} sorts
 * @param {boolean} flat whether names are compared in full
 * @returns {(a: number, b: number) => number}
 */
export function comparison(table, sorts, flat = false) {
  const keys = sorts.map(({ place, direction }) => {
    const column = table.columns[place];
    const full = flat && column.kind === 'name';
    return { direction, rank: ranks(column, table.count, full ? (i) => table.path(i) : undefined) };
  });
  return (a, b) => {
    for (const { direction, rank } of keys) {
      const [x, y] = [rank[a], rank[b]];
      if (x !== y) {
        if (Number.isNaN(x) || Number.isNaN(y)) {
          if (!Number.isNaN(x)) return -1;
          if (!Number.isNaN(y)) return 1;
        } else {
          return x < y ? -direction : direction;
        }
      }
    }
    return a - b;
  };
}

/**
 * All rows in the order of some columns; in a tree what is in one row is ordered and stays in it.
 * @param {Table} table
 * @param {Sort[]} sorts none: the order of the report
 * @param {boolean} [flat]
 * @returns {Uint32Array}
 */
export function ordered(table, sorts, flat = false) {
  const result = Uint32Array.from({ length: table.count }, (_, i) => i);
  if (sorts.length === 0) return result;
  const compare = comparison(table, sorts, flat);
  if (!table.tree || flat) return result.sort(compare);
  const todo = table.roots.sort(compare).reverse();
  for (let place = 0; todo.length > 0; place += 1) {
    const row = /** @type {number} */ (todo.pop());
    result[place] = row;
    if (table.ends[row] > row + 1) {
      const below = table.childrenOf(row).sort(compare);
      for (let i = below.length - 1; i >= 0; i -= 1) todo.push(below[i]);
    }
  }
  return result;
}

/**
 * @typedef {object} View what a reader chose to see
 * @property {Set<number>} open rows whose inside is shown
 * @property {((i: number) => boolean) | null} fits the filter; null for none
 * @property {boolean} [flat] only rows with nothing inside, in one list
 * @property {Set<number>} [peeked] with a filter: rows that were opened all the same
 * @property {Set<number>} [shut] with a filter: rows on the way that were closed
 */

/**
 * @typedef {object} Shown
 * @property {number[]} rows in their order
 * @property {Set<number>} ways rows that only lead to others
 * @property {Set<number>} leads rows that lead to others, whether they fit or not
 * @property {number[]} hits rows that fit
 */

/**
 * The rows to show, in order. Without a filter those whose way is open; with one those that fit, and the rows they are
 * in (`ways` where they do not fit themselves). A group never fits by itself.
 * @param {Table} table
 * @param {Uint32Array} order
 * @param {View} view
 * @returns {Shown}
 */
export function visible(table, order, { open, fits, flat = false, peeked = new Set(), shut = new Set() }) {
  /** @type {number[]} */
  const rows = [];
  if (!table.tree || flat) {
    for (const i of order) if ((!flat || table.ends[i] === i + 1) && (!fits || fits(i))) rows.push(i);
    return { rows, ways: new Set(), leads: new Set(), hits: rows };
  }
  if (fits) return found(table, order, fits, peeked, shut);
  for (let place = 0; place < order.length;) {
    const i = order[place];
    rows.push(i);
    place += open.has(i) ? 1 : table.ends[i] - i;
  }
  return { rows, ways: new Set(), leads: new Set(), hits: rows };
}

/**
 * @param {Table} table
 * @param {Uint32Array} order
 * @param {(i: number) => boolean} fits
 * @param {Set<number>} peeked
 * @param {Set<number>} shut
 */
function found(table, order, fits, peeked, shut) {
  const hit = new Uint8Array(table.count);
  const hits = [];
  const ways = new Set();
  for (const i of order) {
    if (table.states[i] < 2 && fits(i)) {
      hit[i] = 1;
      hits.push(i);
      for (let up = table.parents[i]; up >= 0 && !ways.has(up); up = table.parents[up]) ways.add(up);
    }
  }
  const rows = [];
  for (let place = 0; place < order.length;) {
    const i = order[place];
    const shown = hit[i] || ways.has(i) || peeked.has(table.parents[i]);
    if (shown) rows.push(i);
    const into = shown && ((ways.has(i) && !shut.has(i)) || peeked.has(i));
    place += into ? 1 : table.ends[i] - i;
  }
  return { rows, ways: new Set([...ways].filter((i) => !hit[i])), leads: ways, hits };
}

/**
 * The rows that are open when a tree is unfolded so far: 1 shows what is in the outermost rows. Repeats stay folded.
 * @param {Table} table
 * @param {number} levels
 */
export function openTo(table, levels) {
  const open = new Set();
  for (const { index, depth, group, inner } of table.rows) if (inner && depth < levels && (!group || levels === Infinity)) open.add(index);
  return open;
}

/**
 * How many levels a tree has below its outermost rows.
 * @param {Table} table
 */
export function levelsOf(table) {
  return table.depths.reduce((most, depth) => Math.max(most, depth), 0);
}
