import assert from 'node:assert/strict';
import { test } from 'node:test';

import { figureOf } from '../../templates/js/map-paint.js';

/** @type {import('../../templates/js/map-layers.js').Drawing} */
const view = {
  width: 800, height: 600, background: 'white', ink: 'black', muted: 'grey', font: 'sans-serif', texts: [],
  layers: [{ d: 'M0,0L9,9', fill: '', stroke: 'red', width: 2, dash: '4 3' }, { d: 'M0,0L9,9L0,9Z', fill: 'blue', stroke: '', width: 1, dash: '' }],
};

test('each layer is one shape, in order, and takes the place of pixels', () => {
  const { layout } = figureOf(view);
  assert.deepEqual(layout.shapes.map((shape) => shape.path), ['M0,0L9,9', 'M0,0L9,9L0,9Z']);
  assert.deepEqual(layout.shapes[0].line, { color: 'red', width: 2, dash: '4px,3px' });
  assert.deepEqual([layout.shapes[1].fillcolor, layout.shapes[1].line.width], ['blue', 0]);
  assert.deepEqual([layout.xaxis.range, layout.yaxis.range], [[0, 800], [600, 0]]);
});

test('the figure takes no input of its own and has no traces', () => {
  const { data, layout } = figureOf(view);
  assert.deepEqual([data.length, layout.hovermode, layout.dragmode], [0, false, false]);
});
