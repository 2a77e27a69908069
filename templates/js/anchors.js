// What a browser may hold on to while heights above it change.

import { root } from './root.js';

/**
 * Nothing in a section whose contents the browser passes over is held on to. Firefox would: the first time that such a
 * section comes into sight its contents move to where they belong, and the page is scrolled after them, past what was
 * asked for. From the moment on at which a section is laid out it may be held on to.
 */
export function startAnchors() {
  root.addEventListener('contentvisibilityautostatechange', (event) => {
    const part = /** @type {Element} */ (event.target);
    if (part.matches('.part')) part.classList.toggle('passed', /** @type {any} */ (event).skipped);
  }, { capture: true }); // it does not bubble everywhere
}
