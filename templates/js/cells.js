// One row of a live table as elements.

import { element } from './dom.js';
import { countsOf } from './histograms.js';
import { t } from './language.js';
import { exactText } from './numbers.js';
import { root } from './root.js';
import { sparkline } from './sparkline.js';

/** @import { Column, Row } from './rows.js' */
/** @import { TableView } from './table.js' */

const LONG = 30;
const DEEPEST = 12;

/**
 * A row as it stands in the body of a table.
 * @param {TableView} view
 * @param {Row} row
 * @param {number} place among the rows shown
 * @returns {HTMLTableRowElement}
 */
export function rowElement(view, row, place) {
  const css = [row.depth > 0 && !view.flat ? `d${Math.min(row.depth, DEEPEST)}` : '', view.ways.has(row.index) ? 'ancestor' : '', row.index === view.marked ? 'marked' : ''];
  const cells = view.shown.map((i) => cellElement(view, row, i));
  const made = element('tr', { 'id': row.id, 'class': css.filter(Boolean).join(' ') || null, 'data-row': row.index, 'aria-rowindex': view.large || view.grid ? place + 2 : null }, ...cells);
  if (!view.grid) return made;
  made.tabIndex = -1;
  if (view.panel) made.setAttribute('aria-selected', String(row.index === view.marked));
  if (view.table.tree && !view.flat) {
    made.setAttribute('aria-level', String(row.depth + 1));
    if (view.unfolds(row.index)) made.setAttribute('aria-expanded', String(view.unfolded(row.index)));
  }
  return made;
}

/**
 * @param {TableView} view
 * @param {Row} row
 * @param {number} i place of the column
 * @returns {HTMLTableCellElement}
 */
function cellElement(view, row, i) {
  const column = view.table.columns[i];
  const cell = row.cell(i);
  const title = cell.exact || null;
  const tabindex = view.grid ? -1 : null;
  switch (column.kind) {
    case 'name': return nameElement(view, row, i);
    case 'number': return element('td', { class: 'n', title }, linked(cell, element('span', {}, cell.text), tabindex));
    case 'share': {
      const made = element('td', { class: 'n share', title }, cell.text);
      if (cell.exact) made.style.setProperty('--part', cell.exact);
      return made;
    }
    case 'family': {
      const dot = element('span', { class: 'dot' });
      const family = cell.exact || cell.text;
      dot.style.background = /^[a-z]+$/.test(family) ? `var(--${family})` : '';
      return element('td', {}, dot, cell.text);
    }
    case 'spark': return element('td', { class: 'spark' }, sparkOf(view, row));
    case 'hash': return element('td', { class: 'c' }, element('code', {}, cell.text), copyable(cell.text) ? copyButton(cell.text) : null);
    default: {
      const css = column.kind === 'code' ? 'c cut' : 'cut';
      return element('td', { class: css, title: title ?? (cell.text.length > LONG ? cell.text : null) }, linked(cell, element('bdi', {}, cell.text), tabindex));
    }
  }
}

/**
 * @param {{href: string}} cell
 * @param {HTMLElement} text
 * @param {number | null} tabindex
 */
function linked(cell, text, tabindex) {
  return cell.href ? element('a', { href: cell.href, tabindex }, text) : text;
}

/**
 * @param {TableView} view
 * @param {Row} row
 * @param {number} place
 */
function nameElement(view, row, place) {
  const cell = row.cell(place);
  const shown = view.flat ? row.path : cell.text;
  const text = element('bdi', {}, shown);
  const tabindex = view.grid ? -1 : null;
  const open = () => element('button', { 'type': 'button', 'class': 'open-row', 'data-open': row.index, tabindex }, text);
  const parts = [view.panel ? open() : linked(cell, text, tabindex)];
  if (row.note) parts.push(element('span', { class: 'note' }, ` ${row.note}`));
  if (view.table.tree && !view.flat && view.unfolds(row.index)) parts.unshift(twist(view, row, cell.text));
  return element('th', { scope: 'row', title: row.path === shown && shown.length <= 40 ? null : row.path }, ...parts);
}

/**
 * @param {TableView} view
 * @param {Row} row
 * @param {string} name
 */
function twist(view, row, name) {
  const open = view.unfolded(row.index);
  return element('button', {
    'type': 'button', 'class': 'twist', 'data-twist': row.index, 'tabindex': -1, 'aria-expanded': String(open), 'aria-label': t('What is in {name}', { name }),
  }, open ? '▾' : '▸');
}

/**
 * @param {TableView} view
 * @param {Row} row
 */
function sparkOf(view, row) {
  const histogram = view.histograms?.rows[row.index];
  return histogram ? sparkline(countsOf(histogram[3], histogram[2])) : '';
}

/** @param {string} text */
const copyable = (text) => /^[0-9a-f]{16,}$/i.test(text);

/**
 * A button that copies a text.
 * @param {string} text
 * @returns {HTMLButtonElement}
 */
export function copyButton(text) {
  const made = element('button', { 'type': 'button', 'class': 'copy', 'title': t('Copy'), 'aria-label': t('Copy {text}', { text: text.length > 20 ? `${text.slice(0, 8)}…` : text }) }, '⧉');
  made.addEventListener('click', async () => {
    made.textContent = await toClipboard(text) ? '✓' : '✕';
    setTimeout(() => { made.textContent = '⧉'; }, 1500);
  });
  return made;
}

/**
 * Put a text on the clipboard, also where the page may not ask for it: then by the old way of a selection.
 * @param {string} text
 * @returns {Promise<boolean>} whether it is there
 */
export async function toClipboard(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const held = /** @type {HTMLElement | null} */ (root.activeElement);
    const area = element('textarea', { 'class': 'hidden-text', 'aria-hidden': 'true' });
    area.value = text;
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    held?.focus({ preventScroll: true });
    return done;
  }
}

/**
 * The widest text of each column as a row that only holds the widths: rows come and go, columns stay.
 * @param {TableView} view
 * @returns {HTMLTableRowElement}
 */
export function ruler(view) {
  const cells = view.shown.map((i) => {
    const column = view.table.columns[i];
    const css = column.kind === 'code' ? 'c cut' : column.kind === 'share' ? 'n share' : column.numeric ? 'n' : column.kind === 'spark' ? 'spark' : 'cut';
    if (column.kind !== 'name') return element('td', { class: css }, widest(column));
    const row = view.table.rows[view.flat ? longest(view, (each) => each.path.length) : longest(view, (each) => each.cell(i).text.length + each.note.length + each.depth * 2.3)];
    const text = row ? `${view.flat ? row.path : row.cell(i).text} ${row.note}` : '';
    return element('th', { class: row && !view.flat ? `d${Math.min(row.depth, DEEPEST)}` : null }, text);
  });
  return element('tr', { 'class': 'ruler', 'aria-hidden': 'true' }, ...cells);
}

/**
 * @param {TableView} view
 * @param {(row: Row) => number} measure
 */
function longest(view, measure) {
  let [best, most] = [0, -1];
  for (const row of view.table.rows) {
    const size = measure(row);
    if (size > most) [best, most] = [row.index, size];
  }
  return best;
}

/**
 * @param {Column} column
 * @returns {string}
 */
function widest(column) {
  switch (column.form) {
    case 'words': return column.words.reduce((/** @type {string} */ most, word) => {
      const text = typeof word === 'string' ? word : word[0];
      return text.length > most.length ? text : most;
    }, '');
    case 'exact': return exactText(column.values.reduce((most, value) => (value > most ? value : most), 0));
    case 'share': return '>99.9 %';
    case 'number': return '-8.88e-88';
    default: return '888.88 MiB';
  }
}
