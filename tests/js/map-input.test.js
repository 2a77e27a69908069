import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wheelAction, wheelFactor } from '../../templates/js/map-input.js';

const wheel = { deltaX: 0, deltaY: -100, ctrlKey: false, metaKey: false, shiftKey: false };
const still = { active: false, passing: false, outermost: false };

test('a notch of the wheel zooms moderately, whatever the device counts in', () => {
  assert.ok(wheelFactor({ deltaY: -100, deltaMode: 0 }) > 1.1);
  assert.ok(wheelFactor({ deltaY: 100, deltaMode: 0 }) < 0.9);
  assert.ok(wheelFactor({ deltaY: -3, deltaMode: 1 }) < 1.2);
  assert.ok(wheelFactor({ deltaY: -4, deltaMode: 0, ctrlKey: true }) > 1.02);
  assert.equal(wheelFactor({ deltaY: -1e6, deltaMode: 0 }), 2);
});

test('the page scrolls past a map that was not clicked, and Ctrl or a pinch zooms it', () => {
  assert.equal(wheelAction(wheel, still), 'pass');
  assert.equal(wheelAction({ ...wheel, ctrlKey: true }, still), 'zoom');
  assert.equal(wheelAction({ ...wheel, metaKey: true }, still), 'zoom');
});

test('a map that was clicked zooms, pans sideways, and lets go where there is nothing to zoom out to', () => {
  const active = { ...still, active: true };
  assert.equal(wheelAction(wheel, active), 'zoom');
  assert.equal(wheelAction({ ...wheel, shiftKey: true }, active), 'pan');
  assert.equal(wheelAction({ ...wheel, deltaX: 300 }, active), 'pan');
  assert.equal(wheelAction({ ...wheel, deltaY: 100 }, { ...active, outermost: true }), 'pass');
  assert.equal(wheelAction(wheel, { ...active, outermost: true }), 'zoom');
});

test('a page being scrolled goes on scrolling over the map', () => {
  assert.equal(wheelAction(wheel, { active: true, passing: true, outermost: false }), 'pass');
});
