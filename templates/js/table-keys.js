// Walking a table by keyboard, as the pattern of a tree grid has it: rows take the focus, one of them is on the way of Tab.

import { element } from './dom.js';
import { t } from './language.js';

/** @import { TableView } from './table.js' */

/**
 * Where a key leads from a row: its place among the rows shown, within them.
 * @param {string} key
 * @param {number} place
 * @param {number} count
 * @param {number} page rows in view
 * @returns {number | null} null for a key that does not walk
 */
export function step(key, place, count, page) {
  const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: count - 1, PageDown: place + page, PageUp: place - page }[key];
  return to === undefined ? null : Math.max(0, Math.min(count - 1, to));
}

/**
 * Let the keyboard walk and fold the rows of a table.
 * @param {TableView} view
 */
export function startKeys(view) {
  const hint = element('span', { class: 'hidden-text', id: `${view.place.id}-keys` }, view.table.tree
    ? t('Arrow keys walk through the rows and fold them, Enter opens the details.')
    : t('Arrow keys walk through the rows, Enter opens the details.'));
  view.place.append(hint);
  view.live.setAttribute('aria-describedby', hint.id);
  view.scroller.addEventListener('keydown', (event) => {
    const target = /** @type {Element} */ (event.target);
    if (event.ctrlKey || event.altKey || event.metaKey || target.closest('thead') || (target.closest('a, button') && event.key === 'Enter')) return;
    if (pressed(view, event.key)) event.preventDefault();
  });
  view.body.addEventListener('focusin', (event) => {
    const row = /** @type {HTMLElement | null} */ (/** @type {Element} */ (event.target).closest('tr[data-row]'));
    if (row) view.current = Number(row.dataset.row);
  });
}

/**
 * @param {TableView} view
 * @param {string} key
 * @returns {boolean} whether the key did something
 */
function pressed(view, key) {
  if (view.rows.length === 0) return false;
  const at = view.rows.indexOf(view.current);
  const page = Math.max(1, Math.floor(view.scroller.clientHeight / view.rowHeight) - 2);
  const to = at < 0 ? step(key, view.window[0] - 1, view.rows.length, page) : step(key, at, view.rows.length, page);
  if (to !== null) {
    view.current = view.rows[to];
    view.focusRow();
    return true;
  }
  if (at < 0) return false;
  switch (key) {
    case 'ArrowRight': return into(view, at);
    case 'ArrowLeft': return out(view);
    case 'Enter':
    case ' ': return opened(view);
    case '*': return unfoldSiblings(view);
    case 'Escape': return view.panel?.leave() ?? false;
    default: return false;
  }
}

/**
 * Unfold the row; one that is open already leads to the first row in it.
 * @param {TableView} view
 * @param {number} at
 */
function into(view, at) {
  if (!view.table.tree || view.flat || !view.unfolds(view.current)) return false;
  if (!view.unfolded(view.current)) view.toggle(view.current);
  else {
    view.current = view.rows[Math.min(at + 1, view.rows.length - 1)];
    view.focusRow();
  }
  return true;
}

/**
 * Fold the row; one that is closed or has nothing in it leads to the row that it is in.
 * @param {TableView} view
 */
function out(view) {
  if (!view.table.tree || view.flat) return false;
  if (view.unfolds(view.current) && view.unfolded(view.current)) view.toggle(view.current);
  else if (view.table.parents[view.current] >= 0) {
    view.current = view.table.parents[view.current];
    view.focusRow();
  }
  return true;
}

/**
 * Tell about the row beside the table; where there is no such panel, follow its link or fold it.
 * @param {TableView} view
 */
function opened(view) {
  if (view.panel) view.choose(view.table.rows[view.current]);
  else {
    const way = view.drawn.get(view.current)?.querySelector('a');
    if (way) way.click();
    else if (view.unfolds(view.current)) view.toggle(view.current);
  }
  return true;
}

/**
 * Unfold the row and all that stand beside it in the same row.
 * @param {TableView} view
 */
function unfoldSiblings(view) {
  if (!view.table.tree || view.flat || view.fits) return false;
  const parent = view.table.parents[view.current];
  for (const index of parent < 0 ? view.table.roots : view.table.childrenOf(parent)) if (view.unfolds(index)) view.open.add(index);
  view.update();
  view.focusRow();
  return true;
}
