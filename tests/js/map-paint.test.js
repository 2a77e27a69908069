import assert from 'node:assert/strict';
import { test } from 'node:test';

import { classOf, classes, present, stepOf } from '../../templates/js/map-color.js';
import { makeModel } from '../../templates/js/map-model.js';
import { escapeText, figureOf, makePainter, outline } from '../../templates/js/map-paint.js';
import { picture } from '../../templates/js/map-picture.js';
import { fitView, lod } from '../../templates/js/map-view.js';
import { PANE, sample } from './map-sample.js';

function paint(model, i, mode = 'family', marked = {}) {
  const view = fitView(model, i, PANE);
  const look = { mode, classes: classes(model, mode), font: 'sans-serif' };
  const shown = picture(model, view, PANE, lod(model, view, PANE));
  return figureOf(model, shown, PANE, look, { selected: -1, hovered: -1, found: new Set(), ...marked }, (css) => css);
}

test('text is shown as it is, whatever is in it', () => {
  assert.equal(escapeText('<b>&amp;</b>'), '&lt;b&gt;&amp;amp;&lt;/b&gt;');
  const data = sample();
  data.strings[data.strings.indexOf('Conv2d')] = '<img>';
  const text = paint(makeModel(data), 2).data.at(-1).text.join('');
  assert.ok(!text.includes('<img'));
  assert.ok(text.includes('&lt;img'));
});

test('every view has the same traces in the same order, so that nothing is rebuilt', () => {
  const model = makeModel(sample());
  const kinds = (figure) => figure.data.map((trace) => [trace.mode, trace.fill]);
  assert.deepEqual(kinds(paint(model, 0)), kinds(paint(model, 3)));
  assert.deepEqual(kinds(paint(model, 0)), kinds(paint(model, 0, 'flops', { selected: 2, found: new Set([3]) })));
});

test('the figure takes no input of its own and no coordinate lies far outside the pane', () => {
  const figure = paint(makeModel(sample()), 3);
  assert.equal(figure.layout.hovermode, false);
  assert.equal(figure.layout.dragmode, false);
  for (const trace of figure.data.slice(0, -1)) {
    for (const x of trace.x) assert.ok(x === null || (x >= -40 && x <= PANE.w + 40));
    for (const y of trace.y) assert.ok(y === null || (y >= -40 && y <= PANE.h + 40));
  }
});

test('outlines are closed and cut to the pane', () => {
  const points = outline({ x: -500, y: 10, w: 2000, h: 80 }, PANE);
  assert.deepEqual(points[0], points.at(-1));
  assert.ok(points.every(([x]) => x >= -24 && x <= PANE.w + 24));
  assert.equal(outline({ x: 0, y: 0, w: 5, h: 5 }, PANE).length, 5);
});

test('the chosen box and the edges at it stand out', () => {
  const model = makeModel(sample());
  const points = (figure, at) => figure.data.at(at).x.filter((x) => x !== null).length;
  const plain = paint(model, 0);
  const chosen = paint(model, 0, 'family', { selected: 2 });
  assert.equal(points(plain, -2), 0);
  assert.ok(points(chosen, -2) > 4);
});

test('errors always carry their sign, warnings where findings are asked for', () => {
  const data = sample();
  const signs = (mode) => paint(makeModel(data), 0, mode).data.at(-1).text.filter((text) => /[✖▲●]/.test(text)).length;
  assert.equal(signs('family'), 0);
  assert.ok(signs('findings') > 0);
  data.nodes.findings[7] = 1;
  assert.ok(signs('family') > 0);
});

test('shares fall into steps', () => {
  assert.deepEqual([0, null, 0.0005, 0.001, 0.02, 0.05, 0.2, 0.3, 1].map(stepOf), [0, 0, 1, 2, 3, 4, 5, 6, 6]);
});

test('each mode has a class for every node and colours for every class', () => {
  const model = makeModel(sample());
  for (const mode of ['family', 'parameters', 'flops', 'bytes', 'findings']) {
    const all = classes(model, mode);
    for (let i = 0; i < model.count; i += 1) assert.ok(all[classOf(model, mode, i)].fill);
    assert.ok(present(model, mode).every((k) => all[k].words));
  }
  assert.deepEqual(present(model, 'family').map((k) => model.data.families[k]), ['conv', 'activation', 'arithmetic', 'io', 'module']);
});

test('the painter gives Plotly the figure and keeps it still', () => {
  const calls = [];
  const painter = makePainter({ react: (...all) => calls.push(all), purge: (place) => calls.push([place]) }, 'place');
  painter.draw({ data: [1], layout: {} });
  assert.deepEqual(calls[0].slice(0, 3), ['place', [1], {}]);
  assert.equal(calls[0][3].staticPlot, true);
});
