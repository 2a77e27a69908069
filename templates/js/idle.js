// Work that can wait, done in moments in which the page has nothing better to do.

/** What a browser may do before it must answer again, in ms: less than a frame. */
export const PIECE_MS = 8;

/**
 * The next such moment, at most so many ms away.
 * @param {number} [most]
 * @returns {Promise<void>}
 */
export function idle(most = 100) {
  return new Promise((resolve) => {
    if ('requestIdleCallback' in globalThis) requestIdleCallback(() => resolve(), { timeout: most });
    else setTimeout(resolve, 1);
  });
}

const CALM_MS = 250;
const PATIENCE_MS = 2000;
const state = { touched: -Infinity };

/** The reader does something that has to be answered at once. */
export function touch() {
  state.touched = performance.now();
}

/**
 * Whether the reader has done anything yet, or since a time.
 * @param {number} [since] as `performance.now()` tells it
 */
export function isTouched(since = -Infinity) {
  return state.touched > since;
}

for (const kind of ['wheel', 'pointerdown', 'pointerup', 'keydown', 'touchmove']) {
  globalThis.addEventListener?.(kind, touch, { capture: true, passive: true });
}

/**
 * The next idle moment in which the reader is not in the middle of something, for work that takes longer than a frame;
 * after two seconds whatever the reader does.
 */
export async function calm() {
  const until = performance.now() + PATIENCE_MS;
  await idle();
  for (let now = performance.now(); now < Math.min(until, state.touched + CALM_MS); now = performance.now()) {
    const left = Math.min(until, state.touched + CALM_MS) - now;
    await new Promise((resolve) => { setTimeout(resolve, left); });
    await idle();
  }
}

/** Let the browser answer: in the next idle moment while the reader is in the middle of something, else at once. */
async function breath() {
  if (performance.now() < state.touched + CALM_MS) await idle();
  else await new Promise((resolve) => { setTimeout(resolve); });
}

/**
 * Do work piece by piece, with a pause whenever it has taken as long as a browser may do without answering.
 * @param {() => boolean} piece does a little and says whether all is done
 * @param {() => Promise<void>} [pause]
 */
export async function inPieces(piece, pause = breath) {
  let until = performance.now() + PIECE_MS;
  while (!piece()) {
    if (performance.now() > until) {
      await pause();
      until = performance.now() + PIECE_MS;
    }
  }
}

/**
 * Comes true when everything in the page is there to be found.
 * @param {Document} page
 * @returns {Promise<void>}
 */
export function parsed(page) {
  return new Promise((resolve) => {
    if (page.readyState !== 'loading') resolve();
    else page.addEventListener('DOMContentLoaded', () => resolve(), { once: true });
  });
}
