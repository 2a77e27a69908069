import { element } from './dom.js';
import { body, root } from './root.js';
import { csv, matches, tabbed, wordsOf } from './rows.js';

const DELAY_MS = 80;

/** The bar above a table: filter, folding, columns, copy and CSV. */
export function startTools(view) {
  const search = element('input', {
    type: 'search', placeholder: `Filter ${view.table.noun[1]}`, 'aria-label': `Filter ${view.table.noun[1]}`, autocomplete: 'off', spellcheck: 'false',
  });
  let timer = 0;
  search.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      view.query = search.value.trim();
      view.scroller.scrollTop = 0;
      view.update();
    }, DELAY_MS);
  });
  const bar = element('div', { class: 'tools' }, search);
  const flat = element('input', { type: 'checkbox' });
  if (view.table.tree) addFolding(bar, view, flat);
  bar.append(columnsMenu(view), copyButton(view), button('CSV', 'Save all columns as a CSV file', () => save(view)));
  view.showTools = () => {
    search.value = view.query;
    flat.checked = view.flat;
  };
  view.scroller.before(bar);
}

function button(text, title, onclick) {
  return element('button', { type: 'button', title, onclick }, text);
}

function addFolding(bar, view, flat) {
  flat.addEventListener('change', () => {
    view.flat = flat.checked;
    view.reorder();
  });
  const parents = view.table.rows.filter((row) => row.children.length > 0).map((row) => row.index);
  bar.append(
    button('Unfold all', 'Show every row', () => { view.open = new Set(parents); view.update(); }),
    button('Fold all', 'Show the outermost rows', () => {
      view.open = new Set(parents.filter((index) => view.table.rows[index].parent < 0));
      view.update();
    }),
    element('label', { title: 'Only rows without children, in one list: sort it to find the heaviest layers' }, flat, ' Flat list'),
  );
}

function columnsMenu(view) {
  const list = element('div');
  view.table.columns.forEach((column, i) => {
    if (column.kind === 'name') return;
    const box = element('input', { type: 'checkbox', checked: column.shown });
    box.addEventListener('change', () => {
      view.shown = view.table.columns.map((_, at) => at).filter((at) => (at === i ? box.checked : view.shown.includes(at)));
      view.drawHead();
      view.update();
    });
    if (column.group !== '' && column.group !== view.table.columns[i - 1]?.group) list.append(element('strong', {}, column.group));
    list.append(element('label', { title: column.help || null }, box, column.title));
  });
  const menu = element('details', { class: 'popup' }, element('summary', {}, 'Columns'), list);
  menu.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      menu.open = false;
      menu.querySelector('summary').focus();
    }
  });
  root.addEventListener('click', (event) => { if (!menu.contains(event.target)) menu.open = false; });
  return menu;
}

/** The rows that the filter lets through, in the order shown, folded or not; no rows that stand for several. */
function wanted(view) {
  const words = wordsOf(view.query);
  return view.order.filter((row) => !row.group && (words.length === 0 || matches(row, words)));
}

function copyButton(view) {
  const made = button('Copy', 'Copy the visible columns for a spreadsheet', async () => {
    const columns = view.shown.map((i) => view.table.columns[i]);
    const rows = wanted(view).map((row) => ({ ...row, cells: view.shown.map((i) => row.cells[i]) }));
    const done = await copy(tabbed(columns, rows));
    made.textContent = done ? 'Copied' : 'Not allowed';
    setTimeout(() => { made.textContent = 'Copy'; }, 1500);
  });
  return made;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    const area = element('textarea', { class: 'hidden-text', 'aria-hidden': 'true' });
    area.value = text;
    body().append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    return done;
  }
}

function save(view) {
  const file = new Blob(['\ufeff', csv(view.table.columns, wanted(view))], { type: 'text/csv;charset=utf-8' });
  const url = URL.createObjectURL(file);
  element('a', { href: url, download: `${view.place.dataset.table}.csv` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}
