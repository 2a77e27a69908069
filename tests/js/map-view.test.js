import assert from 'node:assert/strict';
import { test } from 'node:test';

import { makeModel } from '../../templates/js/map-model.js';
import { between, bounded, fitView, hit, limits, lod, panBy, pinched, sideways, zoomAt } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

const model = makeModel(sample());
const whole = fitView(model, 0, PANE);
const bounds = limits(model, PANE);
/** @param {import('../../templates/js/map-view.js').View} view @param {number} px @param {number} py */
const under = (view, px, py) => [view.x + px / view.s, view.y + py / view.s];
/** @param {number[]} a @param {number[]} b */
const close = (a, b) => a.forEach((value, k) => assert.ok(Math.abs(value - b[k]) < 1e-6, `${a} is not ${b}`));

test('the whole map lies in the middle of the pane, with a margin', () => {
  close(under(whole, PANE.w / 2, PANE.h / 2), [model.w[0] / 2, model.h[0] / 2]);
  assert.ok(model.h[0] * whole.s <= PANE.h && model.w[0] * whole.s <= PANE.w);
});

test('zooming keeps what is under the pointer where it is', () => {
  const next = zoomAt(whole, 130, 470, 1.7, bounds);
  close(under(next, 130, 470), under(whole, 130, 470));
  assert.ok(Math.abs(next.s / whole.s - 1.7) < 1e-9);
});

test('the zoom ends at its bounds without moving', () => {
  const most = zoomAt(whole, 300, 200, 1e9, bounds);
  assert.equal(most.s, bounds.most);
  close(under(most, 300, 200), under(whole, 300, 200));
  assert.equal(zoomAt(whole, 0, 0, 1e-9, bounds).s, bounds.least);
});

test('dragging moves what was under the pointer along', () => {
  close(under(panBy(whole, 40, -25), 140, 75), under(whole, 100, 100));
});

test('two fingers keep what is under them', () => {
  const after = pinched(whole, [[100, 100], [200, 100]], [[150, 200], [350, 200]], bounds);
  close(under(after, 150, 200), under(whole, 100, 100));
  close(under(after, 350, 200), under(whole, 200, 100));
});

test('the middle of the map cannot be lost', () => {
  const lost = bounded(model, { x: 1e6, y: -1e6, s: 2 }, PANE, bounds);
  close(under(lost, PANE.w / 2, PANE.h / 2), [model.w[0], 0]);
});

test('a flight begins and ends where it should and changes its scale evenly', () => {
  const there = fitView(model, 3, PANE);
  const start = between(whole, there, 0, PANE);
  close([start.x, start.y, start.s], [whole.x, whole.y, whole.s]);
  assert.equal(between(whole, there, 1, PANE), there);
  const scales = [0.1, 0.3, 0.5, 0.7, 0.9].map((t) => between(whole, there, t, PANE).s);
  assert.deepEqual([...scales].sort((a, b) => a - b), scales);
  const level = between(whole, panBy(whole, 50, 0), 0.5, PANE);
  assert.ok(Math.abs(level.x - (whole.x - 25 / whole.s)) < 1e-6);
});

test('blocks of one type open together when their children can be labelled, and stay open a little longer', () => {
  const at = (/** @type {number} */ s) => ({ x: 0, y: 0, s });
  const pane = { w: 5000, h: 5000 };
  const just = 0.4 / 0.5;
  assert.deepEqual(lod(model, at(just * 0.99), pane).open, [0]);
  const opened = lod(model, at(just * 1.01), pane);
  assert.deepEqual(opened.open, [0, 2, 6]);
  assert.deepEqual(lod(model, at(just * 0.8), pane, opened.isOpen).open, [0, 2, 6]);
  assert.deepEqual(lod(model, at(just * 0.5), pane, opened.isOpen).open, [0]);
});

test('what is out of sight is not drawn', () => {
  const view = { x: 0, y: 0, s: 4 };
  const { open, shut } = lod(model, view, { w: 800, h: 100 });
  assert.deepEqual(open, [0]);
  assert.deepEqual(shut, [1]);
});

test('no more is drawn than the budget', () => {
  const pane = { w: 9000, h: 9000 };
  assert.deepEqual(lod(model, { x: 0, y: 0, s: 3 }, pane, new Set(), 6).open, [0]);
  assert.deepEqual(lod(model, { x: 0, y: 0, s: 3 }, pane, new Set(), 10).open, [0, 2, 6]);
});

test('the innermost visible box is hit', () => {
  /** @type {[number, number]} */
  const inside = [model.x[3] + 1, model.y[3] + 1];
  assert.equal(hit(model, new Set([0]), ...inside), 2);
  assert.equal(hit(model, new Set([0, 2]), ...inside), 3);
  assert.equal(hit(model, new Set([0, 2]), model.x[2] + 1, model.y[2] + 1), 2);
  assert.equal(hit(model, new Set([0]), -5, 5), -1);
});

test('the nearest neighbour in a direction is found', () => {
  assert.equal(sideways(model, 1, [0, 1]), 2);
  assert.equal(sideways(model, 6, [0, -1]), 2);
  assert.equal(sideways(model, 1, [0, -1]), -1);
});
