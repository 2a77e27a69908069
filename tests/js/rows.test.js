import assert from 'node:assert/strict';
import { test } from 'node:test';

import { counted, numberOf, rowWindow, unpackTable } from '../../templates/js/rows.js';
import { packed, TREE } from './packed.js';

const table = unpackTable(TREE);

test('rows know their parents and children', () => {
  assert.deepEqual(table.rows.map((row) => row.parent), [-1, 0, 0, 2, 3, 2, 0]);
  assert.deepEqual(table.rows[0].children, [1, 2, 6]);
  assert.deepEqual(table.rows[2].children, [3, 5]);
  assert.deepEqual(table.rows[4].children, []);
  assert.deepEqual(table.roots, [0]);
  assert.deepEqual([table.rows[2].group, table.rows[3].group, table.rows[3].folded], [true, false, true]);
  assert.equal(table.size, 6);
});

test('several outermost rows are all found', () => {
  const forest = unpackTable(packed({ tree: true, columns: [['name', 'Name', 'name', '', 1]] }, [['a', 0, 0, '', 'a'], ['b', 1, 0, '', 'b'], ['c', 0, 0, '', 'c'], ['d', 0, 0, '', 'd']]));
  assert.deepEqual(forest.roots, [0, 2, 3]);
  assert.deepEqual(forest.rows.map((row) => row.inner), [true, false, false, false]);
});

test('a full name follows from the rows above, those that stand for several do not count', () => {
  assert.equal(table.rows[4].path, '1.fc');
  assert.equal(table.rows[4].cell(0).exact, '1.fc');
  assert.equal(table.rows[4].cell(0).text, 'fc');
  assert.equal(table.rows[2].path, '1…2');
});

test('numbers are read as the report writes them, with the exact one behind', () => {
  assert.deepEqual(table.rows[0].cells.slice(3, 6), [
    { text: '1,000', exact: '', href: '' }, { text: '100 %', exact: '1.000000', href: '' }, { text: '3.91 KiB', exact: '4,000', href: '' },
  ]);
  assert.deepEqual(table.rows[6].cell(3), { text: '–', exact: '', href: '' });
  assert.equal(table.columns[4].number(3), 0.6);
  assert.ok(Number.isNaN(table.columns[3].number(6)));
  assert.equal(table.rows[4].cell(2).href, '#x');
});

test('the number of a text is its exact value', () => {
  assert.equal(numberOf('4,089,184,256'), 4089184256);
  assert.equal(numberOf('62.3 %'), 0.623);
  assert.equal(numberOf('1.2e-4'), 0.00012);
  assert.equal(numberOf('-0.5'), -0.5);
  assert.equal(numberOf('-∞'), -Infinity);
  assert.equal(numberOf('∞'), Infinity);
  for (const text of ['–', '', 'lossless', '-a']) assert.ok(Number.isNaN(numberOf(text)), text);
});

test('only rows around the view are on the page', () => {
  assert.deepEqual(rowWindow(0, 720, 27, 50000, 20), [0, 47]);
  assert.deepEqual(rowWindow(27 * 1000, 720, 27, 50000, 20), [980, 1047]);
  assert.deepEqual(rowWindow(27 * 50000, 720, 27, 50000, 20), [49980, 50000]);
  assert.deepEqual(rowWindow(0, 720, 27, 0, 20), [0, 0]);
  assert.deepEqual(rowWindow(1e9, 720, 27, 5, 20), [4, 5]);
});

test('a name of a prototype property is only a name', () => {
  const odd = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1], ['type', 'Type', 'text', '', 1]] }, [['r-0', 0, 0, '', '__proto__', 'constructor']]));
  assert.equal(odd.rows[0].cell(0).text, '__proto__');
  assert.equal(odd.rows[0].path, '__proto__');
  assert.equal(/** @type {any} */ ({}).polluted, undefined);
});

test('how many rows are seen is said of how many there are', () => {
  assert.equal(counted(151, 151, ['{count} module', '{count} modules']), '151 modules');
  assert.equal(counted(1, 1, ['{count} module', '{count} modules']), '1 module');
  assert.equal(counted(19, 50000, ['{count} module', '{count} modules']), '19 of 50,000 modules');
});
