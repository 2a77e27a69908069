import assert from 'node:assert/strict';
import { test } from 'node:test';

import { wheelFactor } from '../../templates/js/map-input.js';
import { command, walk } from '../../templates/js/map-keys.js';
import { makeModel } from '../../templates/js/map-model.js';
import { detailsOf, groupWords, shareText } from '../../templates/js/map-panel.js';
import { pathOf, search, wordsOf } from '../../templates/js/map-search.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('boxes are found by name, type, attribute, shape and path', () => {
  assert.deepEqual(search(model, 'first').hits, [3, 7]);
  assert.deepEqual(search(model, 'CONV2D').hits, [3, 7]);
  assert.deepEqual(search(model, '3x3').hits, [3, 7]);
  assert.deepEqual(search(model, '16x8x8').hits, [3, 4, 5, 7]);
  assert.deepEqual(search(model, 'B.first').hits, [7]);
  assert.deepEqual(search(model, 'block b').hits, [6, 2]);
  assert.deepEqual(search(model, 'nothing'), { hits: [], all: [], total: 0 });
  assert.deepEqual(search(model, '  ').total, 0);
});

test('an exact name comes first', () => {
  assert.equal(search(model, 'a').hits[0], 2);
});

test('sizes may be written with x', () => {
  assert.deepEqual(wordsOf('Conv 3x3 64*64 x'), ['conv', '3×3', '64×64', 'x']);
  assert.equal(pathOf(model, 7), 'B.first');
});

test('at most a dozen hits are listed and the others counted', () => {
  const data = sample();
  const count = 500;
  const many = { ...data, nodes: Object.fromEntries(Object.entries(data.nodes).map(([key, list]) => [key, Array(count).fill(list[3])])) };
  many.nodes.parent = [-1, ...Array(count - 1).fill(0)];
  many.nodes.frame[0] = 1;
  many.frames[1] = [60, 26, 0, 1, 0, 0, 1];
  many.contents[0] = [1, 1, Array(2 * count).fill(0), []];
  const { hits, all, total } = search(makeModel(many), 'conv2d');
  assert.deepEqual([hits.length, all.length, total], [12, 300, count - 1]);
});

test('arrow keys follow the data flow and stop at the ends', () => {
  assert.equal(walk(model, -1, 'ArrowDown'), 1);
  assert.equal(walk(model, 1, 'ArrowDown'), 2);
  assert.equal(walk(model, 6, 'ArrowUp'), 2);
  assert.equal(walk(model, 1, 'ArrowUp'), 1);
  assert.equal(walk(model, 3, 'ArrowDown'), 4);
});

test('keys ask for what they should and leave the rest to the browser', () => {
  const key = (name, more = {}) => command(model, 2, { key: name, ...more });
  assert.deepEqual(key('Enter'), ['into', 3]);
  assert.deepEqual(command(model, 3, { key: 'Enter' }), ['fit']);
  assert.deepEqual(key('Escape'), ['up']);
  assert.deepEqual(key('/'), ['search']);
  assert.deepEqual(key('0'), ['whole']);
  assert.equal(key('+')[0], 'zoom');
  assert.equal(key('f', { ctrlKey: true }), null);
  assert.equal(key('Tab'), null);
});

test('a notch of the wheel zooms moderately, whatever the device counts in', () => {
  assert.ok(wheelFactor({ deltaY: -100, deltaMode: 0 }) > 1.1);
  assert.ok(wheelFactor({ deltaY: 100, deltaMode: 0 }) < 0.9);
  assert.ok(wheelFactor({ deltaY: -3, deltaMode: 1 }) < 1.2);
  assert.equal(wheelFactor({ deltaY: -1e6, deltaMode: 0 }), 2);
});

test('shares are never rounded to nothing or everything', () => {
  assert.equal(shareText(1, 3), '33.3 %');
  assert.equal(shareText(1, 1e6), '<0.1 %');
  assert.equal(shareText(999999, 1e6), '>99.9 %');
  assert.equal(shareText(5, 5), '100 %');
  assert.equal(shareText(5, 0), '');
});

test('details are looked up in their tables', () => {
  const details = {
    strings: ['a.b', '1×3 float32', 'weight 3×3 float32', 'stride', '2', '9', '4 MAC', '8 FLOP', '36 B'],
    specs: [[], [1]], weights: [[2, 7]], attributes: [[3, 4]], figures: [[5, 6, 7, 8, true]], links: [[7]], findings: { 7: ['warning', 'Warning', '▲', 'T', 'S'] },
    nodes: { path: [0], module: [4], inputs: [1], outputs: [0], weights: [0], attributes: [0], figures: [0], findings: [0] },
  };
  const known = detailsOf(details, 0);
  assert.deepEqual(known.attributes, [['stride', '2']]);
  assert.deepEqual([known.path, known.inputs, known.outputs, known.weights], ['a.b', ['1×3 float32'], [], [['weight 3×3 float32', 7]]]);
  assert.deepEqual(known.findings, [['warning', 'Warning', '▲', 'T', 'S']]);
  assert.deepEqual([known.parameters, known.exact], ['9', true]);
});

test('a box of repeats says whether one kind repeats or several take turns', () => {
  assert.equal(groupWords(12, 'BertLayer'), '12 identical blocks in a row, BertLayer');
  assert.equal(groupWords(3, 'Dense, Routed'), '3 times the same in turn: Dense, Routed');
});
