import assert from 'node:assert/strict';
import { test } from 'node:test';

import { codeSpan, csv, csvField, escapeMarkdown, markdown, tabbed, valueOf } from '../../templates/js/export.js';
import { unpackTable } from '../../templates/js/rows.js';
import { TableState } from '../../templates/js/table-state.js';
import { packed, TREE } from './packed.js';

const state = () => new TableState(unpackTable(TREE));

test('a file gets exact numbers and full names', () => {
  assert.equal(valueOf({ text: '4.09 G', exact: '4,089', href: '' }, { kind: 'number' }), '4089');
  assert.equal(valueOf({ text: '–', exact: '', href: '' }, { kind: 'number' }), '');
  assert.equal(valueOf({ text: 'fc', exact: 'net.fc', href: '' }, { kind: 'name' }), 'net.fc');
  assert.equal(valueOf({ text: 'a, b', exact: 'long', href: '' }, { kind: 'text' }), 'a, b');
});

test('a spreadsheet runs nothing', () => {
  assert.equal(csvField('=HYPERLINK("http://example.org")'), '"\'=HYPERLINK(""http://example.org"")"');
  for (const text of ['+1+cmd', '-a', '@SUM(A1)', '\tx', '\rx', '=1', ' =1', '＝1']) assert.match(csvField(text), /^"'/, text);
  assert.equal(csvField('-0.5'), '-0.5');
  assert.equal(csvField('+1.5e-7'), '+1.5e-7');
  assert.equal(csvField('plain'), 'plain');
  assert.equal(csvField('a,b'), '"a,b"');
  assert.equal(csvField('say "x"\n'), '"say ""x""\n"');
});

test('what is seen is copied: order, folds, columns', () => {
  const made = state();
  made.shown = [0, 3];
  assert.equal(csv(made.listed()), 'Name,Parameters\r\nnet,1000\r\nconv,10\r\n1…2,900\r\nrelu,\r\n');
  made.turn(3);
  made.arrange();
  made.work();
  assert.equal(csv(made.listed()), 'Name,Parameters\r\nnet,1000\r\n1…2,900\r\nconv,10\r\nrelu,\r\n');
});

test('of a filter what fits is copied, not the way to it', () => {
  const made = state();
  made.shown = [0, 2, 3];
  made.ask('linear');
  made.work();
  assert.equal(csv(made.listed()), 'Name,Output,Parameters\r\n1.fc,1×10,600\r\n');
});

test('all columns are saved with every row, folded or not, and none twice', () => {
  const lines = csv(state().listed(true)).trim().split('\r\n');
  assert.equal(lines[0], 'Name,Type,Output,Parameters,Share,Bytes,Settings');
  assert.equal(lines.length, 7);
  assert.equal(lines[4], '1.fc,Linear,1×10,600,0.600000,2400,"in_features=5, out_features=120"');
});

test('copied text has tabs and no formulas', () => {
  const odd = unpackTable(packed({ columns: [['name', 'Name', 'name', '', 1], ['type', 'Type', 'text', '', 1]] }, [['r-0', 0, 0, '', '=1+1', 'a\tb']]));
  assert.equal(tabbed(new TableState(odd).listed()), "Name\tType\n'=1+1\ta b\n");
});

test('a table of Markdown says what people read', () => {
  const made = state();
  made.shown = [0, 1, 2, 3, 5];
  assert.equal(markdown(made.listed()).split('\n').slice(0, 5).join('\n'), [
    '| Name | Type | Output | Parameters | Bytes |',
    '| --- | --- | --- | --: | --: |',
    '| `net` | Net | `1×10` | 1,000 | 3.91 KiB |',
    '| `conv` | Conv2d | `1×64×7×7` | 10 | 40 B |',
    '| `1…2` ×2 | Block | `1×64×7×7` | 900 | 3.52 KiB |',
  ].join('\n'));
});

test('no name becomes markup in Markdown, or ends its cell', () => {
  assert.equal(codeSpan('a|b'), '`a\\|b`');
  assert.equal(codeSpan('a``b`'), '``` a``b` ```');
  assert.equal(codeSpan('line\nbreak'), '`line break`');
  assert.equal(codeSpan('\\|'), '`\\x5c\\|`');
  assert.equal(escapeMarkdown('<img src=x> [a](b) @you www.x.org | `c`'), '\\<img src=x\\> \\[a\\](b) @\u003c!-- -->you www\\.x.org \\| \\`c\\`');
});
