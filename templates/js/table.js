import { element } from './dom.js';
import { countsOf } from './histograms.js';
import { startTools } from './tools.js';
import { makePanel } from './panel.js';
import { hasPayload, payload } from './payload.js';
import { here, root, selected } from './root.js';
import { ordered, rowWindow, unpackTable, visible, wordsOf } from './rows.js';
import { sparkline } from './sparkline.js';

const ROW_HEIGHT = 27;
const VIEW_HEIGHT = 720; // the most that the style sheet gives a table
const WHOLE = 300;
const TALL = 30;
const TOOLS_FROM = 8;

/** One table of the page: what is shown of it, and how. The rows stay data; only those in view are on the page. */
export class TableView {
  constructor(place, packed, histograms) {
    this.place = place;
    this.table = unpackTable(packed);
    this.histograms = histograms;
    this.sort = null;
    this.query = '';
    this.flat = false;
    this.open = new Set(this.table.rows.filter((row) => row.children.length > 0 && !row.folded).map((row) => row.index));
    this.shown = this.table.columns.map((column, i) => (column.shown ? i : -1)).filter((i) => i >= 0);
    this.order = this.table.rows;
    this.marked = -1;
    this.window = [0, 0];
    this.build();
  }

  build() {
    this.scroller = this.place.querySelector('.table-scroll');
    this.still = this.scroller.querySelector('table');
    this.head = element('thead');
    this.body = element('tbody');
    const caption = element('caption', { class: 'hidden-text' }, this.table.caption);
    this.live = element('table', { class: `data${this.table.tree ? ' tree' : ''}` }, caption, this.head, this.body);
    this.place.querySelector('.count')?.remove();
    this.count = element('p', { class: 'count', role: 'status' });
    this.place.append(this.count);
    if (this.table.details !== '') this.addPanel();
    if (this.table.rows.length >= TOOLS_FROM) startTools(this);
    this.scroller.replaceChildren(this.live);
    this.scroller.classList.add('live');
    this.scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    this.body.addEventListener('click', (event) => this.clicked(event));
    window.addEventListener('beforeprint', () => this.scroller.replaceChildren(this.still));
    window.addEventListener('afterprint', () => this.scroller.replaceChildren(this.live));
    this.drawHead();
    this.update();
  }

  addPanel() {
    this.panel = makePanel(this.table, (row) => this.rowElement(row)?.querySelector('button')?.focus());
    const pair = element('div', { class: 'with-panel' });
    this.place.replaceWith(pair);
    pair.append(this.place, this.panel.place);
  }

  drawHead() {
    const cells = this.shown.map((i) => {
      const column = this.table.columns[i];
      const numeric = column.kind === 'number' || column.kind === 'share';
      const sorted = this.sort?.place === i ? (this.sort.direction > 0 ? 'ascending' : 'descending') : null;
      const title = column.kind === 'spark' ? column.title
        : element('button', { type: 'button', class: 'sort', onclick: () => this.sortBy(i, numeric) }, column.title);
      const css = numeric ? 'n' : column.kind === 'spark' ? 'spark' : null;
      return element('th', { scope: 'col', class: css, title: column.help || null, 'aria-sort': sorted }, title);
    });
    this.head.replaceChildren(element('tr', {}, ...cells));
  }

  /** Order by a column: first the useful direction, then the other, then the order of the file again. */
  sortBy(place, numeric) {
    const first = numeric ? -1 : 1;
    if (this.sort?.place !== place) this.sort = { place, direction: first };
    else if (this.sort.direction === first) this.sort = { place, direction: -first };
    else this.sort = null;
    const focus = this.shown.indexOf(place);
    this.drawHead();
    this.head.querySelectorAll('th')[focus].querySelector('button').focus();
    this.reorder();
  }

  reorder() {
    this.order = ordered(this.table, this.sort, this.flat);
    this.scroller.scrollTop = 0;
    this.update();
  }

  /** Work out again which rows are shown, and show them. */
  update() {
    const words = wordsOf(this.query);
    const { rows, ancestors } = visible(this.table, this.order, { open: this.open, words, flat: this.flat });
    this.rows = rows;
    this.ancestors = ancestors;
    const [one, many] = this.table.noun;
    const all = this.table.rows.filter((row) => !row.group).length;
    const here = rows.filter((row) => !row.group && !ancestors.has(row.index)).length;
    const noun = all === 1 ? one : many;
    this.count.textContent = here === all ? `${all.toLocaleString('en')} ${noun}` : `${here.toLocaleString('en')} of ${all.toLocaleString('en')} ${noun}`;
    this.scroller.classList.toggle('tall', rows.length > TALL);
    this.window = [-1, -1];
    this.draw();
  }

  /** Put the rows in view on the page. */
  draw() {
    const count = this.rows.length;
    const whole = count <= WHOLE;
    const [first, last] = whole ? [0, count] : rowWindow(this.scroller.scrollTop, VIEW_HEIGHT, ROW_HEIGHT, count);
    if (first === this.window[0] && last === this.window[1]) return;
    this.window = [first, last];
    const rows = this.rows.slice(first, last).map((row, i) => this.rowOf(row, whole ? 0 : first + i + 2));
    if (count === 0) rows.push(element('tr', { class: 'filler' }, element('td', { colspan: this.shown.length }, 'Nothing fits the filter.')));
    const kept = root.activeElement?.closest?.('tr')?.id;
    this.body.replaceChildren(this.filler(first), ...rows, this.filler(count - last));
    if (kept && (root.activeElement ?? document.body) === document.body) root.getElementById(kept)?.querySelector('button')?.focus({ preventScroll: true });
    if (whole) this.live.removeAttribute('aria-rowcount');
    else this.holdWidths(count);
  }

  /** Columns that may grow but not shrink while rows come and go. */
  holdWidths(count) {
    this.live.setAttribute('aria-rowcount', count + 1);
    for (const cell of this.head.querySelectorAll('th')) cell.style.minWidth = `${cell.offsetWidth}px`;
  }

  filler(rows) {
    if (rows <= 0) return '';
    const cell = element('td', { colspan: this.shown.length });
    cell.style.height = `${rows * ROW_HEIGHT}px`;
    return element('tr', { class: 'filler', 'aria-hidden': 'true' }, cell);
  }

  rowOf(row, place) {
    const css = [row.depth > 0 && !this.flat ? `d${Math.min(row.depth, 12)}` : '', this.ancestors.has(row.index) ? 'ancestor' : '',
      row.index === this.marked ? 'marked' : ''].filter(Boolean).join(' ');
    const cells = this.shown.map((i) => this.cellOf(row, this.table.columns[i], row.cells[i]));
    return element('tr', { id: row.id, class: css || null, 'aria-rowindex': place || null }, ...cells);
  }

  cellOf(row, column, cell) {
    const title = cell.exact || null;
    switch (column.kind) {
      case 'name': return this.nameOf(row, cell, title);
      case 'number': return element('td', { class: 'n', title }, cell.text);
      case 'share': {
        const made = element('td', { class: 'n share', title }, cell.text);
        if (cell.exact) made.style.setProperty('--part', cell.exact);
        return made;
      }
      case 'family': {
        const dot = element('span', { class: 'dot' });
        dot.style.background = /^[a-z]+$/.test(cell.text) ? `var(--${cell.text})` : '';
        return element('td', {}, dot, cell.text);
      }
      case 'spark': return element('td', { class: 'spark' }, this.sparkOf(row));
      default: {
        const text = element('bdi', {}, cell.text);
        const css = column.kind === 'code' ? 'c cut' : 'cut';
        return element('td', { class: css, title: title ?? (cell.text.length > 30 ? cell.text : null) }, cell.href ? element('a', { href: cell.href }, text) : text);
      }
    }
  }

  nameOf(row, cell, title) {
    const text = element('bdi', {}, this.flat ? cell.exact || cell.text : cell.text);
    const name = cell.href && !this.panel ? element('a', { href: cell.href }, text) : text;
    const parts = [this.panel ? element('button', { type: 'button', class: 'open-row', 'data-open': row.index }, text) : name];
    if (row.note) parts.push(element('span', { class: 'note' }, ` ${row.note}`));
    if (row.children.length > 0 && !this.flat) parts.unshift(this.twistOf(row, cell));
    return element('th', { scope: 'row', title: title ?? (cell.text.length > 40 ? cell.text : null) }, ...parts);
  }

  twistOf(row, cell) {
    const open = this.query !== '' || this.open.has(row.index);
    return element('button', {
      type: 'button', class: 'twist', 'data-twist': row.index, 'aria-expanded': String(open), 'aria-label': `What is in ${cell.text}`,
      disabled: this.query !== '',
    }, open ? '▾' : '▸');
  }

  sparkOf(row) {
    const histogram = this.histograms?.rows[row.index];
    return histogram ? sparkline(countsOf(histogram[3], histogram[2])) : '';
  }

  clicked(event) {
    const button = event.target.closest('button');
    if (button?.dataset.twist) this.toggle(Number(button.dataset.twist));
    else if (button?.dataset.open) this.choose(this.table.rows[Number(button.dataset.open)]);
    else if (!button) this.clickedBeside(event.target);
  }

  /** A click anywhere else on a row does what its name does, unless text was being selected. */
  clickedBeside(target) {
    if (target.closest('a') || selected() !== '') return;
    const name = target.closest('tr')?.querySelector('[data-open]');
    if (name) this.choose(this.table.rows[Number(name.dataset.open)]);
  }

  toggle(index) {
    if (this.open.has(index)) this.open.delete(index);
    else this.open.add(index);
    this.update();
    this.rowElement(this.table.rows[index])?.querySelector('.twist')?.focus({ preventScroll: true });
  }

  choose(row) {
    this.marked = row.index;
    this.window = [-1, -1];
    this.draw();
    this.panel?.show(row);
  }

  rowElement(row) {
    return this.body.querySelector(`#${CSS.escape(row.id)}`);
  }

  /** Bring a row into view, whatever is folded or filtered; the row of that id, or nothing. */
  reveal(id) {
    this.byId ??= new Map(this.table.rows.map((row) => [row.id, row]));
    const row = this.byId.get(id);
    if (!row) return false;
    for (let up = row.parent; up >= 0; up = this.table.rows[up].parent) this.open.add(up);
    if (this.query !== '' || this.flat) {
      this.query = '';
      this.flat = false;
      this.order = ordered(this.table, this.sort);
      this.showTools?.();
    }
    this.marked = row.index;
    this.update();
    this.scroller.scrollTop = Math.max(0, this.rows.indexOf(row) * ROW_HEIGHT - this.scroller.clientHeight / 2);
    this.draw();
    this.scroller.scrollIntoView({ block: 'nearest' });
    if (this.table.details === 'tensors' && matchMedia('(min-width: 1001px)').matches) this.panel.show(row);
    return true;
  }
}

const views = [];

/** Bring the row that the address names into view. */
function follow() {
  const id = here();
  if (id) views.some((view) => view.reveal(id));
}

/** Make one table live; where there is no data for it, it stays as it stands in the markup. */
async function startTable(place, name) {
  if (!hasPayload(name)) return;
  const packed = await payload(name);
  const histograms = packed.histograms && hasPayload(packed.histograms) ? await payload(packed.histograms) : null;
  views.push(new TableView(place, packed, histograms));
}

/** Make every table of the page sortable and the rest, one after the other; those in a fold when it is opened. */
export async function startTables() {
  for (const place of root.querySelectorAll('[data-table]')) {
    const name = `table-${place.dataset.table}`;
    const fold = place.closest('details:not([open])');
    if (fold) fold.addEventListener('toggle', () => startTable(place, name), { once: true });
    else await startTable(place, name);
  }
  follow();
  window.addEventListener('hashchange', follow);
  root.addEventListener('click', (event) => {
    const link = event.target.closest?.('a[href^="#"]');
    if (link && link.hash === location.hash) follow();
  });
}
