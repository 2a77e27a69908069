import assert from 'node:assert/strict';
import { test } from 'node:test';

import { countsOf, unpackHistogram } from '../../templates/js/histograms.js';
import { numberText } from '../../templates/js/numbers.js';
import { groupsOf, modulesBelow } from '../../templates/js/panel.js';
import { unpackTable } from '../../templates/js/rows.js';
import { isSingle, makeFacts } from '../../templates/js/tensors.js';
import { packed } from './packed.js';

test('few values are counted exactly, many to a hundredth of the highest bin', () => {
  assert.deepEqual(countsOf('#$~', 90), [0, 1, 90]);
  assert.deepEqual(countsOf('#$~', 810_000), [0, 100, 810_000]);
  assert.equal(unpackHistogram(null), null);
  assert.deepEqual(unpackHistogram([-1, 1, 90, '#~', [0.5]]), { ends: [-1, 1], counts: [0, 90], exact: true, quantiles: [0.5] });
});

test('numbers read as the report writes them', () => {
  const pairs = [[0, '0'], [0.0123, '0.0123'], [-1.2e-4, '-1.2e-4'], [1234567, '1.23e6'], [12345.6, '12,346'], [2, '2'], [0.3125, '0.312'], [2.135, '2.13']];
  for (const [value, text] of /** @type {[number, string][]} */ (pairs)) assert.equal(numberText(value), text);
});

const table = unpackTable(packed({
  noun: ['{count} tensor', '{count} tensors'], details: 'tensors',
  columns: [['name', 'Tensor', 'name', '', 1], ['shape', 'Shape', 'code', '', 1], ['histogram', 'D', 'spark', '', 1],
    ['mean', 'Mean', 'number', '', 1, 'Values'], ['sqnr', 'SQNR', 'number', '', 0, 'Formats'], ['module', 'Module', 'code', '', 0]],
}, [['weight-0', 0, 0, '', 'a.weight', '3×3', '', 0.0125, null, ['a', '', '#layer-1']], ['weight-1', 0, 0, '', 'b.weight', '3', '', null, 41.5, '–']], { 3: ['number'], 4: ['number'] }));

test('a number of the table is read and written by the page itself', () => {
  assert.deepEqual(table.rows[0].cells[3], { text: '0.0125', exact: '0.0125', href: '' });
  assert.deepEqual(table.rows[1].cells[4], { text: '41.5', exact: '41.5', href: '' });
});

test('a panel tells the figures that are known under their headings', () => {
  assert.deepEqual(groupsOf(table.columns, table.rows[0].cells), [
    ['', [['Shape', '3×3', ''], ['Module', 'a', '#layer-1']]], ['Values', [['Mean', '0.0125', '']]],
  ]);
  assert.deepEqual(groupsOf(table.columns, table.rows[1].cells), [['', [['Shape', '3', '']]], ['Formats', [['SQNR', '41.5', '']]]]);
});

test('facts are found by the row of the tensor and tensors by their module', () => {
  const details = { modules: [1, -1], findings: { 1: [4] }, told: { 4: ['note', 'Note', '●', 'T', 'S'] }, lines: { 0: [['A', 'b']] }, spectra: {}, pictures: [1] };
  const facts = makeFacts(table, { levels: [0.5], rows: [[0, 1, 2, '$%', [0.5]], null] }, details);
  assert.deepEqual(facts.of(1), [0]);
  assert.deepEqual(facts.of(7), []);
  assert.deepEqual(facts.findings(1), [['note', 'Note', '●', 'T', 'S']]);
  assert.deepEqual(facts.findings(0), []);
  assert.deepEqual(facts.lines(0), [['A', 'b']]);
  assert.deepEqual(facts.histogram(0)?.counts, [1, 2]);
  assert.equal(facts.histogram(1), null);
  assert.deepEqual([null, unpackHistogram([2, 2, 1, '$', [2]]), facts.histogram(0)].map(isSingle), [false, true, false]);
  assert.equal(facts.spectrum(0), null);
  assert.deepEqual([facts.pictured(0), facts.pictured(1)], [false, true]);
  assert.equal(facts.text(0, 'shape'), '3×3');
  assert.equal(facts.text(0, 'nothing'), '');
});

test('a row of layers holds its own module and those below, repeats included', () => {
  const rows = [
    { id: 'layer-0', index: 0, children: [1, 4] }, { id: 'layers-1-2', index: 1, children: [2, 3] },
    { id: 'layer-1', index: 2, children: [] }, { id: 'layer-2', index: 3, children: [] }, { id: 'layer-3', index: 4, children: [] },
  ];
  assert.deepEqual(modulesBelow(rows, rows[0]), [0, 1, 2, 3]);
  assert.deepEqual(modulesBelow(rows, rows[1]), [1, 2]);
});
