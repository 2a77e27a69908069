import assert from 'node:assert/strict';
import { test } from 'node:test';

import { MODES, classOf, classes, healthWords, present, signOf, stepOf, usable } from '../../templates/js/map-color.js';
import { makeModel } from '../../templates/js/map-model.js';
import { contrast, difference, resolved, tokens } from './color-vision.js';
import { sample } from './map-sample.js';

const model = makeModel(sample());

test('shares fall into steps', () => {
  assert.deepEqual([0, Number.NaN, 0.0005, 0.001, 0.02, 0.05, 0.2, 0.3, 1].map(stepOf), [0, 0, 1, 2, 3, 4, 5, 6, 6]);
});

test('each mode has a class for every node and colours for every class', () => {
  for (const [mode] of MODES) {
    const all = classes(model, mode);
    for (let i = 0; i < model.count; i += 1) assert.ok(all[classOf(model, mode, i)].fill);
    assert.ok(present(model, mode).every(([k]) => all[k].words));
  }
});

test('the legend tells the families that are there with their boxes, and of shares the whole scale', () => {
  assert.deepEqual(present(model, 'family').map(([k]) => model.data.families[k]), ['conv', 'activation', 'arithmetic', 'io', 'module']);
  assert.deepEqual(present(model, 'family')[0], [0, [3, 7]]);
  assert.deepEqual(present(model, 'flops').map(([k]) => k), [0, 1, 2, 3, 4, 5, 6]);
});

test('only what the model has figures for can be chosen', () => {
  assert.deepEqual(usable(model).map(([mode]) => mode), MODES.map(([mode]) => mode));
  const bare = sample();
  for (const column of ['flops', 'activations', 'findings', 'health']) bare.nodes[column].fill(0);
  assert.deepEqual(usable(makeModel(bare)).map(([mode]) => mode), ['family', 'parameters', 'bytes']);
});

test('a box says how many of its tensors are ill, and a card with one tensor only what is wrong', () => {
  assert.deepEqual(healthWords(model, 0), ['1 of 4 tensors: NaN or infinite values']);
  assert.deepEqual(healthWords(model, 7), ['NaN or infinite values']);
  assert.deepEqual(healthWords(model, 4), []);
  const sound = sample();
  sound.tallies[0] = [2, 1200];
  assert.deepEqual(healthWords(makeModel(sound), 0), ['all 1,200 tensors: nothing found']);
});

test('colour is never alone: what is wrong with weights has a sign', () => {
  assert.equal(signOf(model, 'health', 7)?.[0], '✖');
  assert.equal(signOf(model, 'health', 3), null);
  assert.equal(signOf(model, 'findings', 7)?.[0], '▲');
  assert.equal(signOf(model, 'family', 7), null);
});

test('classes of weight health can be told apart by all readers, in light and dark, and labels on them be read', () => {
  const all = sample();
  all.healths = ['none', 'broken', 'dead', 'fresh', 'odd', 'noted', 'unread', 'sound'].map((id) => [id, id]);
  const fills = classes(makeModel(all), 'health').map(({ fill }) => fill);
  for (const theme of [0, 1]) {
    const known = tokens(theme);
    const colors = fills.map((fill) => resolved(fill, known));
    colors.forEach((color, k) => {
      assert.ok(contrast(color, known['--ink']) >= 4.5, all.healths[k][0]);
      for (let j = 0; j < k; j += 1) assert.ok(difference(color, colors[j]) >= 9, `${all.healths[k][0]} and ${all.healths[j][0]}`);
    });
  }
});
