import assert from 'node:assert/strict';
import { test } from 'node:test';

import { unpackTable } from '../../templates/js/rows.js';
import { TableState } from '../../templates/js/table-state.js';
import { step } from '../../templates/js/table-keys.js';
import { outermost, together } from '../../templates/js/totals.js';
import { TREE } from './packed.js';

const state = () => new TableState(unpackTable(TREE));

test('a column is ordered by its useful direction first, then the other, then not', () => {
  const made = state();
  const turns = [3, 3, 3].map((place) => {
    made.turn(place);
    return made.sorts.map((sort) => sort.direction);
  });
  assert.deepEqual(turns, [[-1], [1], []]);
  made.turn(1);
  assert.deepEqual(made.sorts, [{ place: 1, direction: 1 }]);
  made.turn(3, true);
  assert.deepEqual(made.sorts, [{ place: 1, direction: 1 }, { place: 3, direction: -1 }]);
  made.turn(1, true);
  assert.deepEqual(made.sorts, [{ place: 3, direction: -1 }, { place: 1, direction: -1 }]);
  made.turn(3);
  assert.deepEqual(made.sorts, [{ place: 3, direction: -1 }]);
});

test('what is not understood leaves the rows as they are', () => {
  const made = state();
  assert.equal(made.ask('linear'), true);
  assert.equal(made.ask('linear >'), true, 'a half-written comparison is a word');
  made.ask('linear');
  assert.equal(made.ask('parameters > x'), false);
  made.work();
  assert.deepEqual(made.hits, [4]);
});

test('what is shown is counted, and of a filter what it comes to', () => {
  const made = state();
  assert.equal(made.told(), '3 of 6 modules; the others are in folded rows');
  made.ask('type=block | linear');
  made.work();
  assert.equal(made.told(), '3 of 6 modules; sum of these rows: Parameters 900, Bytes 3.52 KiB');
});

test('of a flat list it is said that it leaves out what holds others', () => {
  const made = state();
  made.flat = true;
  made.arrange();
  made.work();
  assert.equal(made.told(), '4 of 6 modules; those that hold others are left out');
});

test('a sum leaves out what is inside another row of it', () => {
  const { table } = state();
  assert.deepEqual(outermost(table, [3, 4, 5]), [3, 5]);
  assert.equal(together(table, [4], [3]), '');
  assert.equal(together(table, [3, 4, 5], [3]), 'Parameters 900');
});

test('the way to a row is cleared of filter, list and folds', () => {
  const made = state();
  made.ask('relu');
  assert.equal(made.clear(made.table.rows[4]), true);
  made.work();
  assert.ok(made.rows.includes(4));
  assert.equal(made.clear(made.table.rows[4]), false);
});

test('a row is found by its id', () => {
  assert.equal(state().find('r-4')?.index, 4);
  assert.equal(state().find('r-44'), undefined);
});

test('a row of an address is found by its full name', () => {
  const made = new TableState(unpackTable({ ...TREE, details: 'modules' }));
  assert.equal(made.find('layer=1.fc')?.index, 4);
  assert.equal(made.find('layer=1…2'), undefined);
});

test('keys walk within the rows', () => {
  assert.equal(step('ArrowDown', 4, 5, 3), 4);
  assert.equal(step('ArrowUp', 0, 5, 3), 0);
  assert.equal(step('PageDown', 0, 5, 3), 3);
  assert.equal(step('PageUp', 4, 5, 3), 1);
  assert.equal(step('End', 0, 5, 3), 4);
  assert.equal(step('Home', 3, 5, 3), 0);
  assert.equal(step('a', 3, 5, 3), null);
});
