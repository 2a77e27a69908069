// All tables of the page: when each comes alive, and how an address finds its row.

import { isReturn } from './early.js';
import { keepingFocus, keepingScroll } from './focus.js';
import { calm, isTouched } from './idle.js';
import { hasPayload, payload } from './payload.js';
import { here, root } from './root.js';
import { TableView } from './table.js';

const MANY = 2000; // rows from which a table waits until it comes near, or is asked for

/** @type {TableView[]} */
const views = [];
/** Tables that are not live yet, those that are just about to be among them. @type {Map<HTMLElement, () => Promise<void>>} */
const waiting = new Map();

const state = { asked: 0 };

/**
 * Bring the row that the address names into view; tables that wait are asked too, unless another row is asked for meanwhile.
 * @param {string} id
 * @param {boolean} [stay] the page is not scrolled
 * @returns {Promise<boolean>} whether there is such a row, or nobody asks for it any more
 */
async function show(id, stay = false) {
  state.asked += 1;
  const mine = state.asked;
  if (id === '') return false;
  if (views.some((view) => view.reveal(id, stay))) return true;
  if (!/^(layer|weight|tensor|operation)s?[-=]/.test(id)) return false;
  for (const [place, start] of [...waiting]) {
    await start();
    if (mine !== state.asked) return true;
    if (views.find((view) => view.place === place)?.reveal(id, stay)) return true;
  }
  return false;
}

/**
 * Make one table live; where there is no data for it, it stays as it stands in the markup.
 * @param {HTMLElement} place
 */
async function startTable(place) {
  const name = `table-${place.dataset.table}`;
  if (!hasPayload(name)) return;
  const packed = await payload(name);
  const histograms = packed.histograms && hasPayload(packed.histograms) ? await payload(packed.histograms) : null;
  const scroller = /** @type {HTMLElement} */ (place.querySelector('.table-scroll'));
  keepingFocus(scroller, () => keepingScroll(scroller, () => views.push(new TableView(place, packed, histograms))));
}

/**
 * Make a table live later: when it is asked for, or by something that `wake` waits for.
 * @param {HTMLElement} place
 * @param {(start: () => void) => void} wake
 */
function later(place, wake) {
  /** @type {Promise<void> | null} */
  let started = null;
  const start = () => {
    started ??= startTable(place).finally(() => waiting.delete(place));
    return started;
  };
  waiting.set(place, start);
  wake(start);
}

/**
 * @param {HTMLElement} place
 * @param {() => void} start
 */
function whenNear(place, start) {
  const observer = new IntersectionObserver((entries) => {
    if (entries.some((entry) => entry.isIntersecting)) {
      observer.disconnect();
      start();
    }
  }, { rootMargin: '1200px' });
  observer.observe(place);
}

/** Make every table of the page live: long ones when they come near, those in a fold when it is opened. */
export async function startTables() {
  const first = here();
  const led = root.getElementById(first) !== null; // by the browser; the reader may have gone on from there meanwhile
  for (const place of /** @type {NodeListOf<HTMLElement>} */ (root.querySelectorAll('[data-table]'))) {
    const fold = place.closest('details:not([open])');
    if (fold) later(place, (start) => fold.addEventListener('toggle', start, { once: true }));
    else if (Number(place.dataset.rows) > MANY) later(place, (start) => whenNear(place, start));
    else {
      await calm();
      await startTable(place);
    }
  }
  await show(here(), here() === first && (isReturn() || (led && isTouched())));
  window.addEventListener('hashchange', () => show(here()));
  root.addEventListener('click', (event) => {
    const way = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest?.('a[href^="#"]'));
    if (!way) return;
    if (way.dataset.row) {
      event.preventDefault();
      show(way.dataset.row).then((found) => { if (!found) location.hash = way.hash; });
    } else if (way.hash === location.hash) show(here());
  });
}
