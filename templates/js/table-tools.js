// The bar above a table: filter, folding, columns, copying and saving.

import { toClipboard } from './cells.js';
import { element } from './dom.js';
import { csv, markdown, tabbed } from './export.js';
import { t } from './language.js';
import { levelsOf } from './order.js';
import { host, root } from './root.js';

/** @import { TableView } from './table.js' */

const DELAY_MS = 80;
const LEVELS = 8; // that one can unfold to from the list
const SHOWN_MS = 1500;
const MARGIN = 8; // between a list and the edge of the report

/**
 * Put the bar above a table.
 * @param {TableView} view
 */
export function startTools(view) {
  const search = filterField(view);
  const bar = element('div', { class: 'tools' }, search, helpMenu(view, search));
  const flat = element('input', { type: 'checkbox' });
  if (view.table.tree) bar.append(folding(view), flatList(view, flat));
  bar.append(columnsMenu(view), exportMenu(view));
  view.showTools = () => {
    search.value = view.query;
    flat.checked = view.flat;
  };
  view.scroller.before(bar);
}

/** @param {TableView} view */
function filterField(view) {
  const words = t('Filter: words, layer1.*, column > 1M');
  const search = element('input', { 'type': 'search', 'placeholder': words, 'aria-label': t('Filter the rows of: {table}', { table: view.table.caption }), 'autocomplete': 'off', 'spellcheck': 'false' });
  let timer = 0;
  const read = () => {
    view.filter(search.value.trim());
    if (view.problem) search.setAttribute('aria-invalid', 'true');
    else search.removeAttribute('aria-invalid');
  };
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = window.setTimeout(read, DELAY_MS);
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'ArrowDown') view.enter();
    else if (event.key === 'Escape' && search.value !== '') search.value = '';
    else return;
    event.preventDefault();
    clearTimeout(timer);
    read();
    if (event.key === 'ArrowDown') view.enter();
  });
  return search;
}

/**
 * What can be typed into the filter, as examples that do it.
 * @param {TableView} view
 * @param {HTMLInputElement} search
 */
function helpMenu(view, search) {
  const number = view.table.columns.find((column) => column.numeric && column.shown);
  const text = view.table.columns.find((column) => column.kind !== 'name' && !column.numeric && column.kind !== 'spark' && column.shown);
  const name = view.table.rows.find((row) => row.path.includes('.') && !row.group)?.path ?? '';
  const sample = text?.text(Math.min(1, view.table.count - 1)).split(/[,\s]/)[0] ?? '';
  /** @type {[string, string][]} */
  const examples = [];
  if (name) examples.push([`${name.slice(0, name.lastIndexOf('.'))}.*`, t('wildcards stand for the rest of a whole name')]);
  if (text && sample) examples.push([`${text.id}:${sample}`, t('only in this column; = for the whole text')]);
  if (number) examples.push([`${number.id} > 1k`, t('numbers: 1e6, 2.5M, 10MiB, 5%, 1k..2k')]);
  if (sample) examples.push([`-${sample}`, t('without; a | b for either')]);
  if (view.table.tree) examples.push(['is:leaf', t('rows with nothing inside; depth <= 2 for levels')]);
  const list = element('div', {}, ...examples.map(([query, meaning]) => element('p', {}, element('button', {
    type: 'button', class: 'example', onclick: () => { search.value = query; search.dispatchEvent(new Event('input')); search.focus(); },
  }, element('code', {}, element('bdi', {}, query))), ' ', meaning)));
  if (view.grid) list.append(element('p', { class: 'muted' }, t('Keys: arrows walk and fold, Home, End, Page Up and Down, * unfolds all beside, Enter tells more. Shift with a heading orders by it as well.')));
  return popup('?', list, t('What can be typed into the filter'));
}

/** @param {TableView} view */
function folding(view) {
  const most = levelsOf(view.table);
  const choice = (/** @type {string} */ value, /** @type {string} */ text) => element('option', { value }, text);
  const levels = Array.from({ length: Math.min(most - 1, LEVELS) }, (_, i) => choice(String(i + 1), t('to depth {depth}', { depth: i + 1 })));
  const select = element('select', { 'aria-label': t('Fold the rows') }, choice('', t('Fold …')), choice('0', t('everything')), ...levels, choice('Infinity', t('nothing: unfold all')));
  select.addEventListener('change', () => {
    if (select.value !== '') {
      view.unfoldTo(Number(select.value));
      view.update();
    }
    select.value = '';
  });
  return select;
}

/**
 * @param {TableView} view
 * @param {HTMLInputElement} flat
 */
function flatList(view, flat) {
  flat.addEventListener('change', () => {
    view.flat = flat.checked;
    view.reorder();
  });
  return element('label', { title: t('Only rows with nothing inside, in one list: sort it to find the heaviest') }, flat, ` ${t('Flat list')}`);
}

/**
 * How far a list has to move to the left to end inside the report; it never begins outside of it.
 * @param {{left: number, right: number}} list
 * @param {{left: number, right: number}} around the report
 */
export function overhang(list, around) {
  return Math.max(0, Math.min(list.right + MARGIN - around.right, list.left - MARGIN - around.left));
}

/**
 * A button with a list that it opens; Escape and a click elsewhere close it.
 * @param {string} title
 * @param {HTMLElement} content
 * @param {string} [label] what the button is called, where its title is only a sign
 * @returns {HTMLDetailsElement}
 */
function popup(title, content, label = '') {
  const summary = element('summary', { 'aria-label': label || null, 'title': label || null }, title);
  const menu = element('details', { class: 'popup' }, summary, content);
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape' && menu.open) {
      menu.open = false;
      summary.focus();
      event.stopPropagation();
    }
  });
  menu.addEventListener('toggle', () => {
    content.style.left = '';
    if (menu.open) content.style.left = `${-overhang(content.getBoundingClientRect(), host.getBoundingClientRect())}px`;
  });
  root.addEventListener('click', (event) => { if (!menu.contains(/** @type {Node} */ (event.target))) menu.open = false; });
  return menu;
}

/** @param {TableView} view */
function columnsMenu(view) {
  const list = element('div');
  /** @type {HTMLInputElement[]} */
  const boxes = [];
  const show = (/** @type {number[]} */ places) => {
    view.shown = places;
    view.drawHead();
    view.update();
  };
  view.table.columns.forEach((column, i) => {
    const box = element('input', { type: 'checkbox', checked: column.shown });
    boxes.push(box);
    if (column.kind === 'name') return;
    box.addEventListener('change', () => show(view.table.columns.flatMap((_, at) => ((at === i ? box.checked : view.shown.includes(at)) ? [at] : []))));
    if (column.group !== '' && column.group !== view.table.columns[i - 1]?.group) list.append(element('strong', {}, column.group));
    list.append(element('label', { title: column.help || null }, box, column.title));
  });
  const set = (/** @type {number[]} */ places) => {
    boxes.forEach((box, i) => { box.checked = places.includes(i); });
    show(places);
  };
  list.append(element('p', {}, button(t('As at first'), () => set(view.usual())), ' ', button(t('All'), () => set(view.table.columns.map((_, i) => i)))));
  return popup(t('Columns'), list);
}

/**
 * @param {string} text
 * @param {() => void} onclick
 */
function button(text, onclick) {
  return element('button', { type: 'button', onclick }, text);
}

/** @param {TableView} view */
function exportMenu(view) {
  const menu = popup(t('Copy'), element('div', { class: 'actions' },
    button(t('Copy as Markdown'), () => copy(markdown(view.listed()))),
    button(t('Copy as CSV'), () => copy(csv(view.listed()))),
    button(t('Copy for a spreadsheet'), () => copy(tabbed(view.listed()))),
    button(t('Save as CSV'), () => save(view, csv(view.listed()))),
    button(t('Save all columns as CSV'), () => save(view, csv(view.listed(true)))),
  ));
  const summary = /** @type {HTMLElement} */ (menu.querySelector('summary'));
  const title = summary.textContent;
  const say = (/** @type {string} */ text) => {
    menu.open = false;
    summary.textContent = text;
    summary.focus();
    setTimeout(() => { summary.textContent = title; }, SHOWN_MS);
  };
  const copy = async (/** @type {string} */ text) => say(await toClipboard(text) ? t('Copied') : t('Not allowed'));
  return menu;
}

/**
 * @param {TableView} view
 * @param {string} text
 */
function save(view, text) {
  const file = new Blob(['\ufeff', text], { type: 'text/csv;charset=utf-8' });
  const url = URL.createObjectURL(file);
  element('a', { href: url, download: `${view.place.dataset.table}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
