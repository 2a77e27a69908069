import { rowElement, ruler } from './cells.js';
import { element } from './dom.js';
import { keepingFocus } from './focus.js';
import { t } from './language.js';
import { makePanel } from './panel.js';
import { link, root, selected, width } from './root.js';
import { rowWindow, unpackTable } from './rows.js';
import { startKeys } from './table-keys.js';
import { ADDRESSES, TableState } from './table-state.js';
import { startTools } from './table-tools.js';

/** @import { Row } from './rows.js' */

const ROW_HEIGHT = 27;
const VIEW_HEIGHT = 720; // the most that the style sheet gives a table
const WHOLE = 300;
const TALL = 30;
const TOOLS_FROM = 8;

/** One table of the page: what is shown of it, and how. The rows stay data; only those in view are on the page. */
export class TableView extends TableState {
  /**
   * @param {HTMLElement} place
   * @param {any} packed
   * @param {any} [histograms]
   */
  constructor(place, packed, histograms = null) {
    super(unpackTable(packed));
    this.place = place;
    this.histograms = histograms;
    this.window = [-1, -1];
    /** @type {Map<number, HTMLTableRowElement>} */
    this.drawn = new Map();
    /** @type {(() => void) | null} */
    this.showTools = null;
    this.rowHeight = ROW_HEIGHT;
    this.measured = false;
    /** @type {HTMLTableRowElement | null} the row that holds the widths of the columns shown */
    this.ruler = null;
    this.large = this.table.count > WHOLE;
    this.grid = this.table.tree || this.table.details !== '' || this.large;
    this.panel = this.table.details === '' ? null : makePanel(this.table, () => this.focusRow());
    this.scroller = /** @type {HTMLElement} */ (place.querySelector('.table-scroll'));
    this.still = /** @type {HTMLTableElement} */ (this.scroller.querySelector('table'));
    this.head = element('thead');
    this.body = element('tbody');
    this.live = this.makeTable();
    this.count = element('p', { class: 'count', role: 'status' });
    this.build();
  }

  makeTable() {
    const caption = element('caption', { class: 'hidden-text' }, this.table.caption);
    const role = this.grid ? (this.table.tree ? 'treegrid' : 'grid') : null;
    return element('table', { class: `data${this.table.tree ? ' tree' : ''}`, role }, caption, this.head, this.body);
  }

  build() {
    this.place.querySelector('.count')?.remove();
    this.place.append(this.count);
    if (this.panel) {
      const pair = element('div', { class: 'with-panel' });
      this.place.replaceWith(pair);
      pair.append(this.place, this.panel.place);
    }
    if (this.table.count >= TOOLS_FROM) startTools(this);
    this.scroller.replaceChildren(this.live);
    this.scroller.classList.add('live');
    this.scroller.addEventListener('scroll', () => this.draw(), { passive: true });
    this.body.addEventListener('click', (event) => this.clicked(event));
    if (this.grid) startKeys(this);
    this.followPrint();
    this.drawHead();
    this.update();
  }

  /** On paper stands the whole table; afterwards the reader is where they were. */
  followPrint() {
    let top = 0;
    const put = (/** @type {HTMLElement} */ table) => keepingFocus(this.scroller, () => this.scroller.replaceChildren(table));
    window.addEventListener('beforeprint', () => {
      top = this.scroller.scrollTop;
      put(this.still);
    });
    window.addEventListener('afterprint', () => {
      put(this.live);
      if (top !== this.scroller.scrollTop) this.scroller.scrollTop = top;
    });
  }

  drawHead() {
    const cells = this.shown.map((i) => {
      const column = this.table.columns[i];
      const turn = this.sorts.findIndex((sort) => sort.place === i);
      const direction = turn === 0 ? (this.sorts[0].direction > 0 ? 'ascending' : 'descending') : null;
      const sign = turn < 0 ? '↕' : `${this.sorts[turn].direction > 0 ? '↑' : '↓'}${turn > 0 ? turn + 1 : ''}`;
      const title = column.kind === 'spark' ? column.title
        : element('button', { 'type': 'button', 'class': 'sort', 'title': column.help || null, 'onclick': (/** @type {MouseEvent} */ event) => this.sortBy(i, event.shiftKey) },
          column.title, element('span', { 'class': turn < 0 ? 'sign off-sign' : 'sign', 'aria-hidden': 'true' }, sign));
      const css = column.numeric ? 'n' : column.kind === 'spark' ? 'spark' : null;
      return element('th', { 'scope': 'col', 'class': css, 'aria-sort': direction }, title);
    });
    this.ruler = null;
    this.head.replaceChildren(element('tr', { 'aria-rowindex': this.large || this.grid ? 1 : null }, ...cells));
  }

  /**
   * Order by a column: first the useful direction, then the other, then as it was. With others: after those.
   * @param {number} place
   * @param {boolean} [further] keep the columns that are ordered by already
   */
  sortBy(place, further = false) {
    this.turn(place, further);
    this.drawHead();
    this.head.querySelectorAll('th')[this.shown.indexOf(place)].querySelector('button')?.focus();
    this.reorder();
  }

  reorder() {
    this.arrange();
    this.ruler = null;
    this.scroller.scrollTop = 0;
    this.update();
  }

  /**
   * Show only the rows that fit what the reader typed. What cannot be understood leaves the rows as they are.
   * @param {string} query
   */
  filter(query) {
    if (this.ask(query)) this.scroller.scrollTop = 0;
    this.update();
  }

  /** Work out again which rows are shown, and show them. */
  update() {
    this.work();
    const unseen = this.large && !this.fits && !this.problem ? ` · ${t('the browser’s own search sees only rows in view, the filter all')}` : '';
    this.count.textContent = (this.problem || this.told()) + unseen;
    this.count.classList.toggle('is-error', this.problem !== '');
    this.scroller.classList.toggle('tall', this.rows.length > TALL);
    this.redraw();
  }

  /** Draw every row in view anew. */
  redraw() {
    this.window = [-1, -1];
    this.drawn.clear();
    this.draw();
  }

  /** Put the rows in view on the page; rows that stay keep their elements. */
  draw() {
    const count = this.rows.length;
    const whole = count <= WHOLE;
    const scrolled = this.scroller.scrollTop; // asked once: after the rows change it costs a layout
    const [first, last] = whole ? [0, count] : rowWindow(scrolled, VIEW_HEIGHT, this.rowHeight, count);
    if (first === this.window[0] && last === this.window[1]) return;
    const focused = this.focusedRow();
    this.window = [first, last];
    const rows = this.rows.slice(first, last).map((index, i) => this.drawn.get(index) ?? rowElement(this, this.table.rows[index], first + i));
    this.drawn = new Map(rows.map((row, i) => [this.rows[first + i], row]));
    const none = count === 0 ? [element('tr', { class: 'filler' }, element('td', { colspan: this.shown.length }, t('Nothing fits the filter.')))] : [];
    this.body.replaceChildren(...(this.large ? [this.ruler ??= ruler(this)] : []), ...this.filler(first), ...rows, ...none, ...this.filler(count - last));
    if (this.large || this.grid) this.live.setAttribute('aria-rowcount', String(count + 1));
    if (!whole && !this.measured) this.measure(rows[0]);
    if (this.grid) this.rove(focused, Math.ceil(scrolled / this.rowHeight));
  }

  /**
   * One row of the table can be reached by Tab: where the reader was, else the first in view.
   * @param {boolean} focused whether a row had the focus
   * @param {number} top place of the first row in view
   */
  rove(focused, top) {
    const row = this.drawn.get(this.current);
    const entry = row ?? this.drawn.get(this.rows[top]) ?? this.drawn.values().next().value;
    for (const each of this.drawn.values()) each.tabIndex = each === entry ? 0 : -1;
    if (!focused) return;
    if (row) row.focus({ preventScroll: true });
    else this.scroller.focus({ preventScroll: true });
  }

  /**
   * Take the height of rows as they are drawn here: readers have their own sizes of letters.
   * @param {HTMLElement} row
   */
  measure(row) {
    this.measured = true;
    const height = row.offsetHeight;
    if (height === 0 || height === this.rowHeight) return;
    this.rowHeight = height;
    this.redraw();
  }

  /** Whether the reader's focus is on a row, or where rows left it. */
  focusedRow() {
    const active = root.activeElement;
    return this.grid && active !== null && (this.body.contains(active) || active === this.scroller);
  }

  /**
   * @param {number} rows
   * @returns {HTMLElement[]}
   */
  filler(rows) {
    if (rows <= 0) return [];
    const cell = element('td', { colspan: this.shown.length });
    cell.style.height = `${rows * this.rowHeight}px`;
    return [element('tr', { 'class': 'filler', 'aria-hidden': 'true' }, cell)];
  }

  /** @param {MouseEvent} event */
  clicked(event) {
    const target = /** @type {Element} */ (event.target);
    const button = /** @type {HTMLElement | null} */ (target.closest('button'));
    const row = Number(/** @type {HTMLElement | null} */ (target.closest('tr'))?.dataset.row ?? -1);
    if (row < 0) return;
    this.current = row;
    if (button?.dataset.twist) this.toggle(row);
    else if (button?.dataset.open) this.choose(this.table.rows[row]);
    else if (!button && !target.closest('a') && selected() === '') this.choose(this.table.rows[row]);
  }

  /**
   * Fold or unfold a row.
   * @param {number} index
   */
  toggle(index) {
    this.fold(index);
    this.current = index;
    this.update();
    this.focusRow();
  }

  /**
   * Mark a row and tell everything about it beside the table.
   * @param {Row} row
   */
  choose(row) {
    if (!this.panel) return;
    this.marked = row.index;
    this.redraw();
    this.panel.show(row);
    this.address(row);
  }

  /**
   * The address bar names the row, so that the address can be sent to somebody.
   * @param {Row} row
   */
  address(row) {
    const word = ADDRESSES[this.table.details];
    if (!word || row.group) return;
    try {
      history.replaceState(history.state, '', link(`${word}=${encodeURIComponent(row.path)}`));
    } catch {
      // A page in a sandbox has no address to change.
    }
  }

  /** Go from the bar above into the rows: to where the reader was, else to the first. */
  enter() {
    if (!this.rows.includes(this.current)) this.current = this.rows[0] ?? -1;
    this.focusRow();
  }

  /** Put the focus on the row that the reader is at, in view. */
  focusRow() {
    const place = this.rows.indexOf(this.current);
    if (place < 0) return;
    this.bring(place);
    (this.drawn.get(this.current) ?? this.scroller).focus({ preventScroll: true });
  }

  /**
   * Scroll so that a row is in view, not under the head.
   * @param {number} place among the rows shown
   */
  bring(place) {
    const head = this.head.offsetHeight;
    const top = place * this.rowHeight;
    const room = this.scroller.clientHeight - head;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + this.rowHeight > this.scroller.scrollTop + room) this.scroller.scrollTop = top + this.rowHeight - room;
    this.draw();
  }

  /**
   * Bring a row into view, whatever is folded or filtered.
   * @param {string} id of the row, or 'layer=' or 'tensor=' and its full name
   * @param {boolean} [stay] the page is not scrolled
   * @returns {boolean} whether there is such a row
   */
  reveal(id, stay = false) {
    const row = this.find(id);
    if (!row) return false;
    if (this.clear(row)) this.showTools?.();
    this.marked = row.index;
    this.current = row.index;
    this.update();
    const place = this.rows.indexOf(row.index);
    this.scroller.scrollTop = Math.max(0, place * this.rowHeight - this.scroller.clientHeight / 2);
    this.draw();
    if (!stay) this.scroller.scrollIntoView({ block: 'nearest', behavior: 'instant' });
    if (this.panel && width() > 1000 && (this.table.details === 'tensors' || id.includes('='))) this.panel.show(row);
    return true;
  }
}
