// The reader's focus while scripts put live parts in the place of those in the markup.

import { root } from './root.js';

const REACHED = 'a[href], button, input, select, summary, [tabindex]';

/**
 * Whether the reader is at an element or at something in it.
 * @param {Element} place
 */
export function hasFocus(place) {
  return root.activeElement !== null && place.contains(root.activeElement);
}

/**
 * What stands in a place for an element that was taken out of it: a link to the same, else what is reached around it.
 * @param {Element} place
 * @param {Element} gone
 * @returns {HTMLElement | null}
 */
function successor(place, gone) {
  const target = gone.getAttribute('href');
  const same = target === null ? undefined
    : [.../** @type {NodeListOf<HTMLElement>} */ (place.querySelectorAll('a[href]'))].find((link) => link.getAttribute('href') === target);
  return same ?? /** @type {HTMLElement | null} */ (place.matches(REACHED) ? place : place.querySelector(REACHED));
}

/**
 * Change a part of the page; a focus that stood in it does not fall back to the top of the page. It stays where it was,
 * or goes to what now stands there.
 * @param {Element} place stays on the page, maybe elsewhere
 * @param {() => void} change
 */
export function keepingFocus(place, change) {
  const held = hasFocus(place) ? /** @type {HTMLElement} */ (root.activeElement) : null;
  change();
  if (!held || root.activeElement === held) return;
  const heir = held.isConnected ? held : successor(place, held);
  heir?.focus({ preventScroll: true });
}

/**
 * Change what a box scrolls over, or take the box elsewhere: it shows the same place of it afterwards.
 * @param {Element} box
 * @param {() => void} change
 */
export function keepingScroll(box, change) {
  const { scrollTop: top, scrollLeft: left } = box;
  change();
  if (top !== box.scrollTop || left !== box.scrollLeft) box.scrollTo({ top, left, behavior: 'instant' });
}
