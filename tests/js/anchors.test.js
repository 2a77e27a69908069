import assert from 'node:assert/strict';
import { test } from 'node:test';

test('a section that the browser passes over is held on to again once it is laid out', async () => {
  const page = new EventTarget();
  /** @type {any} */ (globalThis).document = page;
  const { startAnchors } = await import('../../templates/js/anchors.js');
  startAnchors();
  const classes = new Set();
  const toggle = (/** @type {string} */ name, /** @type {boolean} */ on) => { if (on) classes.add(name); else classes.delete(name); };
  const tell = (/** @type {string} */ place, /** @type {boolean} */ skipped) => {
    const event = Object.assign(new Event('contentvisibilityautostatechange'), { skipped });
    Object.defineProperty(event, 'target', { value: { matches: (/** @type {string} */ of) => of === place, classList: { toggle } } });
    page.dispatchEvent(event);
  };
  tell('.part', true);
  assert.deepEqual([...classes], ['passed']);
  tell('.table-scroll', false);
  assert.deepEqual([...classes], ['passed'], 'a table in it says nothing of the section');
  tell('.part', false);
  assert.deepEqual([...classes], []);
});
