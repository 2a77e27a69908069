// While the page comes to life, what lies below the map is not laid out: on large models that takes longer than all else.

import { embedded, host } from './root.js';

/**
 * Whether the page is opened at its top: no address of a place below, nothing that the browser scrolls back to.
 * @param {string} hash of the address
 * @param {string} kind of navigation, as the browser names it
 */
export function fromTop(hash, kind) {
  return (hash === '' || hash.startsWith('#map=')) && (kind === 'navigate' || kind === 'prerender');
}

/** How the reader came to the page, as the browser names it: 'navigate', 'reload', 'back_forward', 'prerender'. */
function visit() {
  const [entry] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  return entry?.type ?? '';
}

/** Whether the browser brings the reader back to where they were on the page before. */
export function isReturn() {
  return ['reload', 'back_forward'].includes(visit());
}

/** Pass over what lies below the map, if nobody asks for a place in it; until somebody does, or `endEarly` is called. */
export function beginEarly() {
  if (embedded || !fromTop(location.hash, visit())) return;
  host.classList.add('early');
  addEventListener('click', (event) => { if (/** @type {Element} */ (event.target).closest?.('a[href^="#"]')) endEarly(); }, { capture: true });
  addEventListener('hashchange', endEarly);
}

/** Everything that has no height of its own yet is laid out again. */
export function endEarly() {
  host.classList.remove('early');
}
