import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fromTop, shown } from '../../templates/js/early.js';

test('a page opened at its top, or at a box of the map, may pass over what lies below', () => {
  assert.ok(fromTop('', 'navigate'));
  assert.ok(fromTop('#map=layer3', 'navigate'));
});

test('one opened at a place below, or scrolled back to where it was, may not', () => {
  assert.ok(!fromTop('#weights', 'navigate'));
  assert.ok(!fromTop('#weight-41234', 'navigate'));
  assert.ok(!fromTop('', 'reload'));
  assert.ok(!fromTop('', 'back_forward'));
});

/**
 * A browser that tells of frames and of tasks as given, until the test ends.
 * @param {import('node:test').TestContext} context
 * @param {Record<string, unknown>} given
 */
function browser(context, given) {
  Object.assign(globalThis, given);
  context.after(() => { for (const name of Object.keys(given)) delete (/** @type {any} */ (globalThis)[name]); });
}

test('what waits for the first picture comes after its frame, ahead of what the browser has to read', async (context) => {
  /** @type {string[]} */
  const order = [];
  browser(context, {
    requestAnimationFrame: (/** @type {() => void} */ act) => {
      act();
      order.push('frame');
    },
    scheduler: {
      postTask: (/** @type {() => void} */ act, /** @type {{priority: string}} */ { priority }) => {
        setImmediate(() => {
          order.push(priority);
          act();
        });
      },
    },
  });
  await shown();
  assert.deepEqual(order, ['frame', 'user-blocking']);
});

test('it comes in browsers that order no tasks, and in pages of which no picture is made', async (context) => {
  browser(context, { requestAnimationFrame: (/** @type {() => void} */ act) => act() });
  await shown();
  browser(context, { requestAnimationFrame: () => {} });
  await shown();
});
