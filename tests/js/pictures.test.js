import assert from 'node:assert/strict';
import { test } from 'node:test';

import { fittedAxis, resolveColors, shortened, signsOf, without } from '../../templates/js/charts.js';
import { histogramFigure, short } from '../../templates/js/panel.js';
import { coarser, steps } from '../../templates/js/sparkline.js';
import { rgb } from '../../templates/js/theme.js';

test('colour tokens are resolved wherever they stand and nothing else is touched', () => {
  const figure = { data: [{ marker: { color: ['var(--conv)', '#fff'] }, x: [1, null], name: 'a var(--conv)' }] };
  assert.deepEqual(resolveColors(figure, (token) => `<${token}>`), {
    data: [{ marker: { color: ['<var(--conv)>', '#fff'] }, x: [1, null], name: 'a var(--conv)' }],
  });
});

test('mixed colours become what the chart library reads', () => {
  assert.equal(rgb('color(srgb 1 0.5 0)'), 'rgb(255, 128, 0)');
  assert.equal(rgb('color(srgb 1 0.5 0 / 0.25)'), 'rgba(255, 128, 0, 0.25)');
  assert.equal(rgb('rgb(1, 2, 3)'), 'rgb(1, 2, 3)');
});

test('a histogram has bins of equal width, marks its median and its tails', () => {
  const histogram = { ends: /** @type {[number, number]} */ ([-1, 1]), counts: [1, 2, 4, 1], exact: true, quantiles: [-0.9, 0.1, 0.8] };
  const { data, layout } = histogramFigure(histogram, [0.01, 0.5, 0.99], true);
  assert.deepEqual(data[0].x, [-0.75, -0.25, 0.25, 0.75]);
  assert.equal(data[0].width, 0.5);
  assert.deepEqual(layout.shapes.map((shape) => shape.x0), [-0.9, 0.1, 0.8]);
  assert.equal(layout.yaxis.type, 'log');
});

test('a constant tensor still has a bar with a width', () => {
  const { data } = histogramFigure({ ends: [1, 1], counts: [64], exact: true, quantiles: [] }, [], false);
  assert.ok(data[0].width > 0);
  assert.deepEqual(data[0].x, [1]);
});

test('numbers are short', () => {
  assert.deepEqual([0, 0.5, 1234.5678, 1e-5, -2.5e9].map(short), ['0', '0.5', '1235', '1.00e-5', '-2.50e+9']);
});

test('a sparkline is as high as its box and keeps all counts', () => {
  assert.equal(steps([1, 2], 10, 20), 'M0 20V10.0H5.0V0.0H10.0V20Z');
  assert.equal(steps([0, 0], 10, 20), 'M0 20V20.0H5.0V20.0H10.0V20Z');
  const counts = Array.from({ length: 64 }, (_, i) => i);
  assert.equal(coarser(counts).length, 32);
  assert.equal(coarser(counts).reduce((a, b) => a + b), counts.reduce((a, b) => a + b));
  assert.deepEqual(coarser([0, 0, 9, 0]), [9]);
});

test('a long label keeps its end and no half entity', () => {
  assert.equal(shortened('encoder.layer.0.attention', 10), '…attention');
  assert.equal(shortened('&lt;b&gt;', 3), '&lt;b&gt;');
  assert.equal(shortened('a&lt;b&gt;', 3), '…b&gt;');
  assert.equal(shortened('', 3), '');
});

test('a label in wide signs has room for half as many', () => {
  assert.equal(shortened('注意力层输出投影', 9), '…输出投影');
  assert.equal(shortened('层输出', 6), '层输出');
  assert.deepEqual(signsOf('e\u0301👩‍👩‍👧x'), ['e\u0301', '👩‍👩‍👧', 'x']);
});

test('a browser that does not tell what readers count as one sign takes code points', () => {
  const known = Intl.Segmenter;
  Reflect.deleteProperty(Intl, 'Segmenter');
  try {
    assert.deepEqual(signsOf('a&lt;👩'), ['a', '&lt;', '👩']);
  } finally {
    Object.assign(Intl, { Segmenter: known });
  }
});

test('an axis has only as many ticks as fit, and of names those that do not touch', () => {
  assert.equal(fittedAxis({ nticks: 8 }, 330).nticks, 5);
  assert.equal(fittedAxis({ nticks: 8 }, 20).nticks, 4);
  assert.deepEqual(fittedAxis({ tickvals: [1, 2] }, 300), { tickvals: [1, 2] });
  assert.deepEqual(fittedAxis({ dtick: 1 }, 300), { dtick: 1 });
  assert.equal(fittedAxis(undefined, 300), undefined);
  const words = ['min', '0.1 %', '1 %', '5 %'];
  assert.deepEqual(fittedAxis({ ticktext: words, tickvals: [0, 1, 2, 3] }, 80), { ticktext: ['min', '1 %'], tickvals: [0, 2] });
  assert.deepEqual(fittedAxis({ ticktext: words, tickvals: [0, 1, 2, 3] }, 400).ticktext, words);
});

test('a series that is put out is not drawn, and what stood for all of them is not said', () => {
  const figure = { data: [{ type: 'bar' }, { type: 'bar', text: ['5'] }], layout: {} };
  assert.equal(without(figure, new Set()), figure);
  assert.deepEqual(without(figure, new Set([0])).data, [{ type: 'bar', visible: false }, { type: 'bar', text: undefined }]);
});
