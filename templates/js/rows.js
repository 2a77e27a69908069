// Tables as data: order, filter, fold, export. Nothing here touches the page.

import { numberText } from './numbers.js';

const NUMERIC = new Set(['number', 'share']);

/** A packed table (see render/table.py) as columns and rows; each row knows its place, its parent and its children. */
export function unpackTable(packed) {
  const columns = packed.columns.map(([id, title, kind, help, shown, group = '']) => ({ id, title, kind, help, shown: Boolean(shown), group }));
  const searched = columns.map((column, i) => (column.shown && !NUMERIC.has(column.kind) ? i : -1)).filter((i) => i >= 0);
  const above = [];
  const rows = packed.rows.map(([id, depth, folded, note, ...cells], index) => {
    above.length = depth;
    const parent = depth > 0 ? above[depth - 1] ?? -1 : -1;
    above[depth] = index;
    return { id, index, depth, parent, folded: folded > 0, group: folded > 1, note, cells: cells.map(cellOf), searched, children: [] };
  });
  for (const row of rows) if (row.parent >= 0) rows[row.parent].children.push(row.index);
  return { columns, rows, tree: packed.tree, noun: packed.noun, caption: packed.caption, details: packed.details ?? '' };
}

function cellOf(packed) {
  if (typeof packed === 'number') return { text: numberText(packed), exact: String(packed), href: '' };
  return typeof packed === 'string' ? { text: packed, exact: '', href: '' } : { text: packed[0], exact: packed[1], href: packed[2] };
}

/** The number in a cell, exact where it is known; NaN where there is none. */
export function numberOf(cell) {
  const text = (cell.exact || cell.text).replaceAll(',', '').replace(/ ?%$/, '').trim();
  return text === '' || !/^[-+]?(\d|\.\d|∞)/.test(text) ? NaN : Number(text.replace('∞', 'Infinity'));
}

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/**
 * How two rows compare by a column, for sort(): -1, 0, 1 in a direction of 1 (ascending) or -1. Cells without a value come
 * last in both directions; equal rows keep their order in the file.
 */
export function comparison(column, place, direction) {
  const numeric = NUMERIC.has(column.kind);
  return (a, b) => {
    const [x, y] = numeric ? [numberOf(a.cells[place]), numberOf(b.cells[place])] : [a.cells[place].text, b.cells[place].text];
    const [missingX, missingY] = numeric ? [Number.isNaN(x), Number.isNaN(y)] : [x === '' || x === '–', y === '' || y === '–'];
    if (missingX || missingY) return missingX === missingY ? a.index - b.index : missingX ? 1 : -1;
    const order = numeric ? Math.sign(x - y) : collator.compare(x, y);
    return order === 0 ? a.index - b.index : order * direction;
  };
}

/** All rows in the order of a column; in a tree siblings are ordered and children stay under their parent. */
export function ordered(table, sort, flat = false) {
  const { rows, columns } = table;
  if (!sort) return rows;
  const compare = comparison(columns[sort.place], sort.place, sort.direction);
  if (!table.tree || flat) return [...rows].sort(compare);
  const result = [];
  const todo = rows.filter((row) => row.parent < 0).sort(compare).reverse();
  while (todo.length > 0) {
    const row = todo.pop();
    result.push(row);
    const below = row.children.map((child) => rows[child]).sort(compare);
    for (let i = below.length - 1; i >= 0; i -= 1) todo.push(below[i]);
  }
  return result;
}

/** Whether every word of a query is somewhere in the row's names and words, upper and lower case alike. */
export function matches(row, words) {
  return words.every((word) => haystack(row).includes(word));
}

const texts = new WeakMap();

function haystack(row) {
  if (!texts.has(row)) {
    const cells = row.searched.map((i) => row.cells[i]);
    texts.set(row, [row.note, ...cells.flatMap((cell) => [cell.text, cell.exact])].join('\n').toLowerCase());
  }
  return texts.get(row);
}

/** The words of a query. */
export function wordsOf(query) {
  return query.toLowerCase().split(/\s+/).filter(Boolean);
}

/**
 * The rows to show, in order. Without a query: those whose ancestors are all open. With one: those that match, under
 * their ancestors (in `ancestors`, which do not match themselves). A flat tree shows only rows without children.
 */
export function visible(table, order, { open, words = [], flat = false }) {
  if (!table.tree || flat) {
    const leaves = flat ? order.filter((row) => row.children.length === 0) : order;
    return { rows: words.length > 0 ? leaves.filter((row) => matches(row, words)) : leaves, ancestors: new Set() };
  }
  if (words.length > 0) return found(table, order, words);
  const shown = new Set();
  const rows = order.filter((row) => {
    const seen = row.parent < 0 || (shown.has(row.parent) && open.has(row.parent));
    if (seen) shown.add(row.index);
    return seen;
  });
  return { rows, ancestors: new Set() };
}

function found(table, order, words) {
  const hits = new Set(order.filter((row) => matches(row, words)).map((row) => row.index));
  const ancestors = new Set();
  for (const index of hits) {
    for (let up = table.rows[index].parent; up >= 0 && !ancestors.has(up); up = table.rows[up].parent) ancestors.add(up);
  }
  for (const index of hits) ancestors.delete(index);
  return { rows: order.filter((row) => hits.has(row.index) || ancestors.has(row.index)), ancestors };
}

/** The text of a cell for a file: the exact number where it is one, the full text else. */
export function valueOf(cell, column) {
  const text = column.kind === 'name' || NUMERIC.has(column.kind) ? cell.exact || cell.text : cell.text;
  if (!NUMERIC.has(column.kind)) return text;
  return text === '–' ? '' : text.replaceAll(',', '');
}

/**
 * A value as a field of a CSV file (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe; a
 * number stays a number.
 */
export function csvField(text) {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
  const safe = !number && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as a CSV file: a line of titles, then a line for each row. */
export function csv(columns, rows) {
  const used = columns.map((column, place) => [column, place]).filter(([column]) => column.kind !== 'spark');
  const lines = [used.map(([column]) => csvField(column.title))];
  for (const row of rows) lines.push(used.map(([column, place]) => csvField(valueOf(row.cells[place], column))));
  return lines.map((line) => line.join(',')).join('\r\n') + '\r\n';
}

/** Rows as text for a spreadsheet's paste: tabs between the cells, no formulas. */
export function tabbed(columns, rows) {
  const used = columns.map((column, place) => [column, place]).filter(([column]) => column.kind !== 'spark');
  const clean = (text) => {
    const line = text.replace(/[\t\r\n]+/g, ' ');
    return csvField(line).startsWith('"\'') ? `'${line}` : line;
  };
  const lines = [used.map(([column]) => column.title)];
  for (const row of rows) lines.push(used.map(([column, place]) => clean(valueOf(row.cells[place], column))));
  return lines.map((line) => line.join('\t')).join('\n') + '\n';
}

/** Which of `count` rows of one height to have on the page for a scrolled view: [first, one past the last). */
export function rowWindow(scrolled, height, rowHeight, count, around = 20) {
  const first = Math.max(0, Math.floor(scrolled / rowHeight) - around);
  const last = Math.min(count, Math.ceil((scrolled + height) / rowHeight) + around);
  return [Math.min(first, Math.max(0, count - 1)), Math.max(last, Math.min(count, first + 1))];
}
