// Rows of a table as text for other programs. Nothing that a name says may become a formula or markup there.

/** @import { Cell, Column } from './rows.js' */
/** @typedef {{columns: Column[], rows: {cells: Cell[], note: string, depth: number}[]}} Listed columns, and the rows' cells in those */

/**
 * The text of a cell for a file: the exact number where it is one, the full name else.
 * @param {Cell} cell
 * @param {{kind: string}} column
 * @returns {string}
 */
export function valueOf(cell, column) {
  const numeric = column.kind === 'number' || column.kind === 'share';
  const text = numeric || column.kind === 'name' ? cell.exact || cell.text : cell.text;
  if (!numeric) return text;
  return text === '–' ? '' : text.replaceAll(',', '');
}

/**
 * A value as a field of a CSV file (RFC 4180). A text that a spreadsheet would run as a formula gets an apostrophe; a
 * number stays a number.
 * @param {string} text
 */
export function csvField(text) {
  const number = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(text);
  const safe = !number && /^[\s]*[=+\-@\t\r＝＋－＠]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== text ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/**
 * The columns that are text, and the cells of each row in them.
 * @param {Listed} listed
 * @returns {{columns: Column[], rows: {cells: Cell[], note: string}[]}}
 */
function texts({ columns, rows }) {
  const places = columns.flatMap((column, place) => (column.kind === 'spark' ? [] : [place]));
  return { columns: places.map((place) => columns[place]), rows: rows.map(({ cells, note }) => ({ cells: places.map((place) => cells[place]), note })) };
}

/**
 * Rows as a CSV file: a line of titles, then a line for each row.
 * @param {Listed} listed
 */
export function csv(listed) {
  const { columns, rows } = texts(listed);
  const lines = [columns.map((column) => csvField(column.title))];
  for (const { cells } of rows) lines.push(cells.map((cell, place) => csvField(valueOf(cell, columns[place]))));
  return `${lines.map((line) => line.join(',')).join('\r\n')}\r\n`;
}

/**
 * Rows as text for a spreadsheet's paste: tabs between the cells, no formulas.
 * @param {Listed} listed
 */
export function tabbed(listed) {
  const { columns, rows } = texts(listed);
  const clean = (/** @type {string} */ text) => {
    const line = text.replace(/[\t\r\n]+/g, ' ');
    return csvField(line).startsWith('"\'') ? `'${line}` : line;
  };
  const lines = [columns.map((column) => column.title)];
  for (const { cells } of rows) lines.push(cells.map((cell, place) => clean(valueOf(cell, columns[place]))));
  return `${lines.map((line) => line.join('\t')).join('\n')}\n`;
}

/**
 * Text in Markdown that says only what it says: no markup, no link, no mention, no entity; it cannot end a table's cell.
 * @param {string} text
 */
export function escapeMarkdown(text) {
  return text.replace(/\s+/g, ' ').replace(/[\\`*_[\]<>|~$&{}#]/g, '\\$&').replaceAll('://', '\\://').replaceAll('@', '@\u003c!-- -->').replaceAll('www.', 'www\\.');
}

/**
 * A name as code in a Markdown table: in a fence longer than any it holds; a pipe in it ends no cell.
 * @param {string} text
 */
export function codeSpan(text) {
  const line = text.replace(/\s+/g, ' ').trim();
  if (line === '') return '';
  const safe = line.replace(/(\\*)\|/g, (_, slashes) => `${slashes.replaceAll('\\', '\\x5c')}\\|`);
  const fence = '`'.repeat(Math.max(0, ...(safe.match(/`+/g) ?? []).map((run) => run.length)) + 1);
  const pad = /^`|`$/.test(safe) ? ' ' : '';
  return `${fence}${pad}${safe}${pad}${fence}`;
}

/**
 * Rows as a table of Markdown, as people read them: names as code, rounded numbers to the right.
 * @param {Listed} listed
 */
export function markdown(listed) {
  const { columns, rows } = texts(listed);
  const numeric = columns.map((column) => column.kind === 'number' || column.kind === 'share');
  const line = (/** @type {string[]} */ cells) => `| ${cells.join(' | ')} |`;
  const lines = [line(columns.map((column) => escapeMarkdown(column.title))), line(numeric.map((right) => (right ? '--:' : '---')))];
  for (const { cells, note } of rows) lines.push(line(cells.map((cell, place) => markdownCell(cell, columns[place], note))));
  return `${lines.join('\n')}\n`;
}

/**
 * @param {Cell} cell
 * @param {Column} column
 * @param {string} note
 */
function markdownCell(cell, column, note) {
  if (column.kind === 'name') return `${codeSpan(cell.exact || cell.text)}${note ? ` ${escapeMarkdown(note)}` : ''}`;
  if (column.kind === 'code' || column.kind === 'hash') return cell.text === '–' ? '–' : codeSpan(cell.text);
  return escapeMarkdown(cell.text);
}
