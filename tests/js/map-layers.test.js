import assert from 'node:assert/strict';
import { test } from 'node:test';

import { classes } from '../../templates/js/map-color.js';
import { around, pathBetween } from '../../templates/js/map-flow.js';
import { drawingOf, outline } from '../../templates/js/map-layers.js';
import { makeModel } from '../../templates/js/map-model.js';
import { picture } from '../../templates/js/map-picture.js';
import { fitView, lod } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

/** @typedef {import('../../templates/js/map-layers.js').Marked} Marked */

/** @param {import('../../templates/js/map-model.js').MapModel} model @param {number} i @param {string} mode @param {Partial<Marked>} marked */
function paint(model, i, mode = 'family', marked = {}) {
  const view = fitView(model, i, PANE);
  const look = { mode, classes: classes(model, mode), font: 'sans-serif' };
  const shown = picture(model, view, PANE, lod(model, view, PANE));
  const none = { selected: -1, hovered: -1, start: -1, found: [], path: null, flow: null };
  return drawingOf(model, shown, PANE, look, { ...none, ...marked }, (css) => css);
}

/** @param {ReturnType<typeof paint>} drawing @param {string} stroke */
const strokes = (drawing, stroke) => drawing.layers.filter((layer) => layer.stroke === stroke && layer.fill === '').map((layer) => layer.d).join('');

test('no coordinate lies far outside the pane, however near the view', () => {
  for (const layer of paint(makeModel(sample()), 3).layers) {
    for (const [, x, y] of layer.d.matchAll(/(-?[\d.]+),(-?[\d.]+)/g)) {
      assert.ok(Number(x) >= -60 && Number(x) <= PANE.w + 60, layer.d);
      assert.ok(Number(y) >= -60 && Number(y) <= PANE.h + 60, layer.d);
    }
  }
});

test('outlines are closed, cut to the pane, and round where there is room', () => {
  const large = outline({ x: -500, y: 10, w: 2000, h: 80 }, PANE);
  assert.match(large, /^M-18,10L.*Q.*$/);
  const small = outline({ x: 0, y: 0, w: 5, h: 5 }, PANE);
  assert.equal(small, 'M0,0L5,0L5,5L0,5Z');
});

test('the chosen box stands out, with what goes in and what comes out', () => {
  const model = makeModel(sample());
  assert.equal(strokes(paint(model, 0), '--accent').includes('Q'), false);
  const chosen = paint(model, 0, 'family', { selected: 4, flow: around(model, 4) });
  assert.notEqual(strokes(chosen, '--accent'), '');
  assert.notEqual(strokes(chosen, '--flow-in'), '');
  assert.notEqual(strokes(chosen, '--flow-out'), '');
});

test('what is found inside a shut box is marked on the box', () => {
  const model = makeModel(sample());
  const pane = { w: 200, h: 200 };
  const view = fitView(model, 0, pane);
  const shown = lod(model, view, pane);
  assert.deepEqual(shown.open, [0]);
  const look = { mode: 'family', classes: classes(model, 'family'), font: '' };
  const none = { selected: -1, hovered: -1, start: -1, path: null, flow: null };
  const drawing = drawingOf(model, picture(model, view, pane, shown), pane, look, { ...none, found: [3, 4] }, (css) => css);
  assert.equal(strokes(drawing, '--warn').split('M').length - 1, 1);
});

test('a path is drawn along its edges, the shortest way above the others', () => {
  const model = makeModel(sample());
  const drawing = paint(model, 0, 'family', { path: pathBetween(model, 1, 10) });
  assert.notEqual(strokes(drawing, '--flow-path'), '');
  const hues = drawing.layers.map((layer) => layer.stroke);
  assert.ok(hues.indexOf('--flow-path') > hues.findIndex((hue) => hue.includes('55%')));
});

test('errors always carry their sign, warnings where findings are asked for', () => {
  const data = sample();
  const signs = (/** @type {string} */ mode) => paint(makeModel(data), 0, mode).texts.filter(({ text }) => /[✖▲●]/.test(text)).length;
  assert.equal(signs('family'), 0);
  assert.ok(signs('findings') > 0);
  assert.ok(signs('health') > 0);
  data.nodes.findings[7] = 1;
  assert.ok(signs('family') > 0);
});

test('a map without data flow is dashed', () => {
  const data = sample();
  assert.ok(paint(makeModel(data), 0).layers.every((layer) => layer.dash === ''));
  data.flow = false;
  assert.ok(paint(makeModel(data), 0).layers.some((layer) => layer.dash !== ''));
});
