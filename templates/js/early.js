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

/** Pass over what lies below the map, if nobody asks for a place in it; until somebody does, or `endEarly` is called. */
export function beginEarly() {
  const [visit] = /** @type {PerformanceNavigationTiming[]} */ (performance.getEntriesByType('navigation'));
  if (embedded || !fromTop(location.hash, visit?.type)) return;
  host.classList.add('early');
  addEventListener('click', (event) => { if (/** @type {Element} */ (event.target).closest?.('a[href^="#"]')) endEarly(); }, { capture: true });
  addEventListener('hashchange', endEarly);
}

/** Everything that has no height of its own yet is laid out again. */
export function endEarly() {
  host.classList.remove('early');
}
