import assert from 'node:assert/strict';
import { test } from 'node:test';

import { compile } from '../../templates/js/filter.js';
import { levelsOf, openTo, ordered, visible } from '../../templates/js/order.js';
import { unpackTable } from '../../templates/js/rows.js';
import { packed, TREE } from './packed.js';

const table = unpackTable(TREE);
const everything = new Set(table.rows.map((row) => row.index));
const plain = ordered(table, []);
/** @param {Iterable<number>} rows */
const ids = (rows) => [...rows].join('');
/** @param {string} query */
const found = (query) => compile(query, table).fits;

test('sorting a tree sorts siblings, children stay under their parent, no value comes last', () => {
  assert.equal(ids(ordered(table, [{ place: 3, direction: -1 }])), '0234516');
  assert.equal(ids(ordered(table, [{ place: 3, direction: 1 }])), '0125346');
  assert.equal(ids(plain), '0123456');
});

test('a flat list sorts everything', () => {
  assert.equal(ids(ordered(table, [{ place: 3, direction: -1 }], true)), '0234516');
  assert.equal(ids(ordered(table, [{ place: 3, direction: 1 }], true)), '1534206');
});

test('a further column decides between equals', () => {
  assert.equal(ids(ordered(table, [{ place: 1, direction: 1 }, { place: 3, direction: -1 }], true)), '2351406');
  assert.equal(ids(ordered(table, [{ place: 1, direction: 1 }, { place: 3, direction: 1 }], true)), '5321406');
});

test('text sorts like people count', () => {
  const list = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1]] }, ['layer10', 'Layer2', 'layer1', ''].map((name, i) => [`r-${i}`, 0, 0, '', name])));
  assert.equal(ids(ordered(list, [{ place: 0, direction: 1 }])), '2103');
  assert.equal(ids(ordered(list, [{ place: 0, direction: -1 }])), '0123');
});

test('folded rows hide what is below them', () => {
  const shown = (/** @type {number[]} */ open) => ids(visible(table, plain, { open: new Set(open), fits: null }).rows);
  assert.equal(shown([0]), '0126');
  assert.equal(shown([0, 2]), '012356');
  assert.equal(shown([2, 3]), '0');
  assert.equal(ids(visible(table, plain, { open: everything, fits: null }).rows), '0123456');
});

test('a filter finds folded rows and shows the way to them', () => {
  const { rows, ways, hits } = visible(table, plain, { open: new Set(), fits: found('linear') });
  assert.equal(ids(rows), '0234');
  assert.deepEqual([...ways].sort(), [0, 2, 3]);
  assert.deepEqual(hits, [4]);
});

test('what a filter found can be folded away, and opened beyond what it found', () => {
  const fits = found('conv | linear');
  assert.equal(ids(visible(table, plain, { open: new Set(), fits, shut: new Set([2]) }).rows), '012');
  assert.equal(ids(visible(table, plain, { open: new Set(), fits: found('type=block'), peeked: new Set([3]) }).rows), '02345');
});

test('rows that stand for several are never found themselves', () => {
  assert.deepEqual(visible(table, plain, { open: new Set(), fits: found('type=block') }).hits, [3, 5]);
});

test('a flat list shows only rows with nothing inside', () => {
  assert.equal(ids(visible(table, plain, { open: new Set(), fits: null, flat: true }).rows), '1456');
  assert.equal(ids(visible(table, plain, { open: new Set(), fits: found('conv'), flat: true }).rows), '1');
});

test('a tree unfolds to a depth, repeats only with everything', () => {
  assert.deepEqual([...openTo(table, 0)], []);
  assert.deepEqual([...openTo(table, 1)], [0]);
  assert.deepEqual([...openTo(table, 3)], [0, 3]);
  assert.deepEqual([...openTo(table, Infinity)], [0, 2, 3]);
  assert.equal(levelsOf(table), 3);
});
