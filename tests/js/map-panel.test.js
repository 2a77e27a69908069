import assert from 'node:assert/strict';
import { test } from 'node:test';

import { detailsOf, groupWords, shareText } from '../../templates/js/map-panel.js';

test('shares are never rounded to nothing or everything', () => {
  assert.equal(shareText(1, 3), '33.3 %');
  assert.equal(shareText(1, 1e6), '<0.1 %');
  assert.equal(shareText(999999, 1e6), '>99.9 %');
  assert.equal(shareText(5, 5), '100 %');
  assert.equal(shareText(5, 0), '');
});

test('details are looked up in their tables', () => {
  /** @type {import('../../templates/js/map-panel.js').Details} */
  const details = {
    strings: ['a.b', '1×3 float32', 'weight 3×3 float32', 'stride', '2', '9', '4 MAC', '8 FLOP', '36 B', '12 B'],
    specs: [[], [1]], weights: [[2, 7]], attributes: [[3, 4]], figures: [[5, 6, 7, 8, true]], memory: [[9, -1]], links: [[7]],
    findings: { 7: ['warning', 'Warning', '▲', 'T', 'S', 'finding-W1'] },
    nodes: { path: [0], module: [4], inputs: [1], outputs: [0], weights: [0], attributes: [0], figures: [0], memory: [0], findings: [0] },
  };
  const known = detailsOf(details, 0);
  assert.deepEqual(known.attributes, [['stride', '2']]);
  assert.deepEqual([known.path, known.inputs, known.outputs, known.weights], ['a.b', ['1×3 float32'], [], [['weight 3×3 float32', 7]]]);
  assert.deepEqual(known.findings, [['warning', 'Warning', '▲', 'T', 'S', 'finding-W1']]);
  assert.deepEqual([known.parameters, known.exact, known.written, known.alive], ['9', true, '12 B', '']);
});

test('a box of repeats says whether one kind repeats or several take turns', () => {
  assert.equal(groupWords(12, 'BertLayer'), '12 identical blocks in a row, BertLayer');
  assert.equal(groupWords(3, 'Dense, Routed'), '3 times the same in turn: Dense, Routed');
});
