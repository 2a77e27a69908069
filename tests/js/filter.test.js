import assert from 'node:assert/strict';
import { test } from 'node:test';

import { columnOf, compile, parsed } from '../../templates/js/filter.js';
import { unpackTable } from '../../templates/js/rows.js';
import { packed, TREE } from './packed.js';

const table = unpackTable(TREE);
/** @param {string} query */
const found = (query) => {
  const { fits, problem } = compile(query, table);
  assert.equal(problem, '', query);
  return table.rows.filter((row) => fits?.(row.index) ?? true).map((row) => row.index).join('');
};

test('every word must be somewhere, in any case, also in the full name', () => {
  assert.equal(found('LINEAR'), '4');
  assert.equal(found('  linear 1.fc '), '4');
  assert.equal(found('linear conv'), '');
  assert.equal(found(''), '0123456');
});

test('wildcards stand for the rest of a whole name', () => {
  assert.equal(found('1.*'), '4');
  assert.equal(found('*.f?'), '4');
  assert.equal(found('con*'), '1');
  assert.equal(found('onv*'), '');
});

test('words in quotation marks are one, and have no wildcards', () => {
  assert.equal(found('"1.fc"'), '4');
  assert.equal(found('"1.*"'), '');
});

test('a column is asked for its text or the whole of it', () => {
  assert.equal(found('type:conv'), '1');
  assert.equal(found('type=conv'), '');
  assert.equal(found('type = conv2d'), '1');
  assert.equal(found('type=conv*'), '1');
  assert.equal(found('type!=block'), '0146');
  assert.equal(found('Name:re'), '6');
});

test('numbers are compared as people write them', () => {
  assert.equal(found('parameters > 500'), '0234');
  assert.equal(found('parameters>=0.6k'), '0234');
  assert.equal(found('params <= 3e2'), '15');
  assert.equal(found('parameters = 1,000'), '0');
  assert.equal(found('parameters != 600'), '0125');
  assert.equal(found('bytes >= 2 KiB'), '0234');
  assert.equal(found('size < 1kB'), '16');
  assert.equal(found('parameters:100..700'), '345');
});

test('a share is in percent, with the sign or without', () => {
  assert.equal(found('share > 50%'), '0234');
  assert.equal(found('share > 50'), '0234');
  assert.equal(found('share > 0.5'), '0234');
});

test('settings of a module are asked by their name', () => {
  assert.equal(found('kernel_size=3'), '1');
  assert.equal(found('out_features > 100'), '4');
  assert.equal(found('out_features > 200'), '');
  assert.equal(found('stride=2'), '1');
});

test('shapes are typed with an x', () => {
  assert.equal(found('7x7'), '12356');
  assert.equal(found('1x10'), '04');
  assert.equal(found('output:1x64*'), '12356');
});

test('terms are left out, or either is enough', () => {
  assert.equal(found('-type:block -net'), '146');
  assert.equal(found('linear | relu'), '46');
  assert.equal(found('!linear output:1x10'), '0');
});

test('the tree is asked for levels and ends', () => {
  assert.equal(found('depth <= 1'), '0126');
  assert.equal(found('is:leaf'), '1456');
});

test('a note beside a name is found', () => {
  assert.equal(found('×2'), '2');
});

test('what looks like a column but is none is a word', () => {
  const names = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1]] }, [['a', 0, 0, '', 'aten::conv2d'], ['b', 0, 0, '', 'x=1']]));
  assert.deepEqual(names.rows.filter((row) => compile('aten::conv2d', names).fits?.(row.index)).map((row) => row.id), ['a']);
  assert.deepEqual(names.rows.filter((row) => compile('x=1', names).fits?.(row.index)).map((row) => row.id), ['b']);
});

test('what cannot be understood is said, and filters nothing', () => {
  for (const [query, words] of [['parms > 1', 'parms'], ['parameters > many', 'many'], ['type > 3', 'Type'], ['depth > x', 'x']]) {
    const { fits, problem } = compile(query, table);
    assert.equal(fits, null);
    assert.ok(problem.includes(words), problem);
  }
});

test('hostile names and queries are only text', () => {
  const odd = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1]] }, [['a', 0, 0, '', '((((a+)+)+)+$ [x](y) \\']]));
  for (const query of ['((((a+)', '[x](y)', '\\', '(*', '?*[', '"', '-', '|||', '>', 'a >', '..', '1..2', '=', ':::']) {
    const { fits, problem } = compile(query, odd);
    assert.ok(fits === null || typeof fits(0) === 'boolean', `${query} ${problem}`);
  }
  assert.equal(compile('((((a+)', odd).fits?.(0), true);
});

test('a long row of stars is quick', () => {
  const odd = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1]] }, [['a', 0, 0, '', 'a'.repeat(200)]]));
  const start = process.cpuUsage();
  assert.equal(compile(`${'*a'.repeat(30)}*b`, odd).fits?.(0), false);
  assert.ok(process.cpuUsage(start).user < 5e6, 'µs: tried one by one it took longer than anybody waits');
});

test('numbers are read with their units', () => {
  for (const [text, value] of /** @type {[string, number | null][]} */ ([['1e6', 1e6], ['2.5M', 2.5e6], ['10MiB', 10485760], ['10Mi', 10485760], ['5 %', 0.05], ['7B', 7e9], ['1,000', 1000], ['.5', 0.5], ['-3', -3], ['x', null], ['1k2', null], ['', null]])) {
    assert.equal(parsed(text, false), value, text);
  }
  assert.equal(parsed('512B', true), 512);
});

test('a column is found by its id, title, beginning or another usual word', () => {
  assert.deepEqual(['parameters', 'Param', 'params', 'size', 'TYPE', 'shape'].map((name) => columnOf(table, name)?.id), ['parameters', 'parameters', 'parameters', 'bytes', 'type', 'output']);
  assert.equal(columnOf(table, 'nothing'), undefined);
});
