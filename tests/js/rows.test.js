import assert from 'node:assert/strict';
import { test } from 'node:test';

import { csv, csvField, matches, numberOf, ordered, rowWindow, tabbed, unpackTable, valueOf, visible, wordsOf } from '../../templates/js/rows.js';

const packed = {
  caption: 'Modules',
  noun: ['module', 'modules'],
  tree: true,
  columns: [
    ['name', 'Name', 'name', '', 1],
    ['type', 'Type', 'text', '', 1],
    ['parameters', 'Parameters', 'number', '', 1],
  ],
  rows: [
    ['r-0', 0, 0, '', 'net', 'Net', '1,000'],
    ['r-1', 1, 0, '', ['conv', 'net.conv', ''], 'Conv2d', '10'],
    ['r-2', 1, 2, '×2', '1…2', 'Block', '900'],
    ['r-3', 2, 1, '', ['1', 'net.1', ''], 'Block', '600'],
    ['r-4', 3, 0, '', ['fc', 'net.1.fc', ''], 'Linear', ['600', '600.5', '']],
    ['r-5', 2, 0, '', ['2', 'net.2', ''], 'Block', '300'],
    ['r-6', 1, 0, '', ['relu', 'net.relu', ''], 'ReLU', '–'],
  ],
};
const table = unpackTable(packed);
const ids = (rows) => rows.map((row) => row.id.slice(2)).join('');
const everything = new Set(table.rows.map((row) => row.index));

test('rows know their parents and children', () => {
  assert.deepEqual(table.rows.map((row) => row.parent), [-1, 0, 0, 2, 3, 2, 0]);
  assert.deepEqual(table.rows[2].children, [3, 5]);
  assert.equal(table.rows[2].group, true);
  assert.equal(table.rows[3].group, false);
  assert.equal(table.rows[3].folded, true);
});

test('the number of a cell is its exact value', () => {
  assert.equal(numberOf({ text: '4.09 G', exact: '4,089,184,256' }), 4089184256);
  assert.equal(numberOf({ text: '62.3 %', exact: '' }), 62.3);
  assert.equal(numberOf({ text: '1.2e-4', exact: '' }), 0.00012);
  assert.equal(numberOf({ text: '-0.5', exact: '' }), -0.5);
  assert.equal(numberOf({ text: '-∞', exact: '' }), -Infinity);
  assert.equal(numberOf({ text: '∞', exact: '' }), Infinity);
  assert.equal(numberOf({ text: '–', exact: '' }), NaN);
  assert.equal(numberOf({ text: '', exact: '' }), NaN);
});

test('sorting a tree sorts siblings, children stay under their parent, no value comes last', () => {
  assert.equal(ids(ordered(table, { place: 2, direction: -1 })), '0234516');
  assert.equal(ids(ordered(table, { place: 2, direction: 1 })), '0125346');
  assert.equal(ids(ordered(table, null)), '0123456');
});

test('a flat list sorts everything', () => {
  assert.equal(ids(ordered(table, { place: 2, direction: -1 }, true)), '0243516');
});

test('text sorts like people count', () => {
  const flat = unpackTable({ ...packed, tree: false, rows: ['layer10', 'Layer2', 'layer1', ''].map((name, i) => [`r-${i}`, 0, 0, '', name, '', '']) });
  assert.equal(ids(ordered(flat, { place: 0, direction: 1 })), '2103');
  assert.equal(ids(ordered(flat, { place: 0, direction: -1 })), '0123');
});

test('folded rows hide what is below them', () => {
  assert.equal(ids(visible(table, table.rows, { open: new Set([0]) }).rows), '0126');
  assert.equal(ids(visible(table, table.rows, { open: new Set([0, 2]) }).rows), '012356');
  assert.equal(ids(visible(table, table.rows, { open: everything }).rows), '0123456');
  assert.equal(ids(visible(table, table.rows, { open: new Set([2, 3]) }).rows), '0');
});

test('a filter finds folded rows and shows the way to them', () => {
  const { rows, ancestors } = visible(table, table.rows, { open: new Set(), words: wordsOf('linear') });
  assert.equal(ids(rows), '0234');
  assert.deepEqual([...ancestors].sort(), [0, 2, 3]);
});

test('a flat list shows only rows without children', () => {
  assert.equal(ids(visible(table, table.rows, { open: new Set(), flat: true }).rows), '1456');
  assert.equal(ids(visible(table, table.rows, { open: new Set(), flat: true, words: ['conv'] }).rows), '1');
});

test('every word of a filter must be there, in any case, also in the full name', () => {
  assert.ok(matches(table.rows[4], wordsOf('  LINEAR net.1 ')));
  assert.ok(!matches(table.rows[4], wordsOf('linear conv')));
});

test('a file gets exact numbers and full names', () => {
  assert.equal(valueOf({ text: '4.09 G', exact: '4,089' }, { kind: 'number' }), '4089');
  assert.equal(valueOf({ text: '–', exact: '' }, { kind: 'number' }), '');
  assert.equal(valueOf({ text: 'fc', exact: 'net.fc' }, { kind: 'name' }), 'net.fc');
  assert.equal(valueOf({ text: 'a, b', exact: 'long' }, { kind: 'text' }), 'a, b');
});

test('a spreadsheet runs nothing', () => {
  assert.equal(csvField('=HYPERLINK("http://example.org")'), '"\'=HYPERLINK(""http://example.org"")"');
  for (const text of ['+1+cmd', '-a', '@SUM(A1)', '\tx', '\rx', '=1']) assert.match(csvField(text), /^"'/);
  assert.equal(csvField('-0.5'), '-0.5');
  assert.equal(csvField('+1.5e-7'), '+1.5e-7');
  assert.equal(csvField('plain'), 'plain');
  assert.equal(csvField('a,b'), '"a,b"');
  assert.equal(csvField('say "x"\n'), '"say ""x""\n"');
});

test('a CSV file has a line for each row', () => {
  const text = csv(table.columns, table.rows.slice(0, 2));
  assert.equal(text, 'Name,Type,Parameters\r\nnet,Net,1000\r\nnet.conv,Conv2d,10\r\n');
});

test('copied text has tabs and no formulas', () => {
  const rows = [{ cells: [{ text: '=1+1', exact: '' }, { text: 'a\tb', exact: '' }, { text: '1,000', exact: '' }] }];
  assert.equal(tabbed(table.columns, rows), "Name\tType\tParameters\n'=1+1\ta b\t1000\n");
});

test('only rows around the view are on the page', () => {
  assert.deepEqual(rowWindow(0, 720, 27, 50000, 20), [0, 47]);
  assert.deepEqual(rowWindow(27 * 1000, 720, 27, 50000, 20), [980, 1047]);
  assert.deepEqual(rowWindow(27 * 50000, 720, 27, 50000, 20), [49980, 50000]);
  assert.deepEqual(rowWindow(0, 720, 27, 0, 20), [0, 0]);
  assert.deepEqual(rowWindow(1e9, 720, 27, 5, 20), [4, 5]);
});

test('a name of a prototype property is only a name', () => {
  const odd = unpackTable({ ...packed, rows: [['r-0', 0, 0, '', '__proto__', 'constructor', '1']] });
  assert.equal(odd.rows[0].cells[0].text, '__proto__');
  assert.ok(matches(odd.rows[0], ['__proto__']));
  assert.equal({}.polluted, undefined);
});
