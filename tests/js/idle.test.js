import assert from 'node:assert/strict';
import { test } from 'node:test';

import { calm, idle, inPieces, parsed, PIECE_MS, touch } from '../../templates/js/idle.js';

/** @param {number} ms */
function busy(ms) {
  const until = performance.now() + ms;
  while (performance.now() < until);
}

test('long work pauses before a frame is lost, and goes on where it stopped', async () => {
  /** @type {number[]} */
  const done = [];
  let pauses = 0;
  const pause = async () => { pauses += 1; };
  await inPieces(() => {
    busy(PIECE_MS * 0.6);
    done.push(done.length);
    return done.length === 6;
  }, pause);
  assert.deepEqual(done, [0, 1, 2, 3, 4, 5]);
  assert.ok(pauses >= 2 && pauses <= 5, `${pauses} pauses`);
});

test('short work does not pause', async () => {
  let pauses = 0;
  await inPieces(() => true, async () => { pauses += 1; });
  assert.equal(pauses, 0);
});

test('an idle moment comes, in browsers that tell of one and in others', async () => {
  await idle();
  /** @type {object[]} */
  const asked = [];
  /** @type {any} */ (globalThis).requestIdleCallback = (/** @type {() => void} */ act, /** @type {object} */ options) => {
    asked.push(options);
    act();
  };
  await idle(70);
  delete /** @type {any} */ (globalThis).requestIdleCallback;
  assert.deepEqual(asked, [{ timeout: 70 }]);
});

test('a page that is read already is not waited for, one that is being read is', async () => {
  /** @type {any} */
  const page = new EventTarget();
  page.readyState = 'interactive';
  await parsed(page);
  page.readyState = 'loading';
  let told = false;
  const waiting = parsed(page).then(() => { told = true; });
  await Promise.resolve();
  assert.equal(told, false);
  page.dispatchEvent(new Event('DOMContentLoaded'));
  await waiting;
  assert.equal(told, true);
});

test('heavy work waits until the reader has paused', async () => {
  touch();
  const began = performance.now();
  setTimeout(touch, 100);
  await calm();
  assert.ok(performance.now() - began >= 340, 'a quarter of a second after what the reader did last');
});

test('a reader who never pauses does not keep it away for good', async () => {
  touch();
  const timer = setInterval(touch, 20);
  const began = performance.now();
  await calm();
  clearInterval(timer);
  const waited = performance.now() - began;
  assert.ok(waited >= 1900 && waited < 4000, `${waited} ms`);
});
