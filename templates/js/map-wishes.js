// When the map is needed, and what is asked of it before it is there.

import { embedded, here, root } from './root.js';

const NEAR = 600; // pixels from the window at which a map is about to be needed
const WIDE = '(min-width: 861px)';

/** Whether the map is nearly in sight, without waiting for a frame that would tell. */
function isNear(/** @type {HTMLElement} */ place) {
  place.classList.add('live'); // without the drawing: to lay it out takes half as long as all that is above it
  const { top, bottom } = place.getBoundingClientRect();
  const near = top < window.innerHeight + NEAR && bottom > -NEAR;
  place.classList.toggle('live', near);
  return near;
}

/** Whether a key asks for the search of the map. */
export function isSearch(/** @type {any} */ event) {
  const typing = event.target.closest?.('input, textarea, select, [contenteditable]');
  return event.key === '/' && !event.defaultPrevented && !typing && !event.ctrlKey && !event.metaKey;
}

/**
 * What is asked of a map before it is there, by a key or another part of the page: kept until it is, the last counts.
 * @typedef {{module: number} | 'search' | null} Wish
 */
export function awaitWishes() {
  /** @type {Wish} */
  let wish = null;
  let call = () => {};
  /** @type {Promise<void>} */
  const called = new Promise((resolve) => { call = resolve; });
  const asked = (/** @type {any} */ event) => {
    if (event.type === 'keydown' && !isSearch(event)) return;
    event.preventDefault();
    wish = event.type === 'keydown' ? 'search' : event.detail;
    call();
  };
  for (const kind of ['keydown', 'showonmap']) root.addEventListener(kind, asked);
  const end = () => {
    for (const kind of ['keydown', 'showonmap']) root.removeEventListener(kind, asked);
    return wish;
  };
  return { called, end };
}

/**
 * Comes true when the map is nearly in sight, or a key, the address or another part of the page asks for it. On a page of
 * its own, and wide, it is near the top: to find out where takes a layout more before the first one.
 * @param {HTMLElement} place
 * @param {Promise<void>} called
 * @returns {Promise<void>}
 */
export function needed(place, called) {
  if (!embedded && matchMedia(WIDE).matches) return Promise.resolve();
  return new Promise((resolve) => {
    const observer = new IntersectionObserver((entries) => {
      if (entries.some((entry) => entry.isIntersecting)) done();
    }, { rootMargin: `${NEAR}px` });
    const moved = () => { if (here().startsWith('map=')) done(); };
    const done = () => {
      observer.disconnect();
      removeEventListener('hashchange', moved);
      resolve();
    };
    observer.observe(place);
    addEventListener('hashchange', moved);
    called.then(done);
    if (isNear(place)) done();
    else moved();
  });
}
