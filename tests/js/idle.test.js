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

/**
 * How long work takes by a clock of its own, which goes from one thing that waits to the next at once.
 * @param {import('node:test').TestContext} t
 * @param {() => Promise<void>} work
 */
async function lasts(t, work) {
  let now = 1e6;
  let done = false;
  /** @type {{at: number, act: () => void}[]} */
  const waiting = [];
  t.mock.method(performance, 'now', () => now);
  t.mock.method(globalThis, 'setTimeout', (/** @type {() => void} */ act, ms = 0) => { waiting.push({ at: now + ms, act }); });
  const began = now;
  work().then(() => { done = true; });
  for (;;) {
    await new Promise((resolve) => { setImmediate(resolve); });
    if (done) return now - began;
    waiting.sort((a, b) => a.at - b.at);
    const next = /** @type {{at: number, act: () => void}} */ (waiting.shift());
    now = next.at;
    next.act();
  }
}

test('heavy work waits until the reader has paused', async (t) => {
  const waited = await lasts(t, () => {
    touch();
    setTimeout(touch, 100);
    return calm();
  });
  assert.ok(waited >= 350 && waited < 360, `a quarter of a second after what the reader did last: ${waited} ms`);
});

test('a reader who never pauses does not keep it away for good', async (t) => {
  const waited = await lasts(t, () => {
    const again = () => {
      touch();
      setTimeout(again, 20);
    };
    again();
    return calm();
  });
  assert.ok(waited >= 2000 && waited < 2010, `${waited} ms`);
});
