import assert from 'node:assert/strict';
import { test } from 'node:test';

import { escaped, lines, picture, settled, slug } from '../../templates/js/chart-picture.js';

const measure = (/** @type {string} */ text) => text.length * 6;
const look = { background: '#000', ink: '#fff', muted: '#999', family: '"Noto Sans", sans-serif' };
const parts = { title: 'a <b> & c', keys: [{ sign: '<svg/>', room: 10, name: '"x"' }], ramp: '', chart: '<svg id="c"/>', width: 300, height: 100 };

test('names become text of the file, whatever is in them', () => {
  assert.equal(escaped('<a href="&">\u0000\uffff'), '&lt;a href=&quot;&amp;&quot;&gt;');
  const { markup } = picture(parts, look, measure);
  assert.ok(markup.includes('>a &lt;b&gt; &amp; c</text>'));
  assert.ok(markup.includes('&quot;x&quot;'));
  assert.ok(markup.includes('font-family="&quot;Noto Sans&quot;, sans-serif"'));
});

test('a title too long for one line has several', () => {
  assert.deepEqual(lines('one two three', 50, measure), ['one two', 'three']);
  assert.deepEqual(lines('a-word-without-a-break', 12, measure), ['a-word-without-a-break']);
  const long = { ...parts, title: 'word '.repeat(40).trim() };
  assert.ok(picture(long, look, measure).height > picture(parts, look, measure).height);
});

test('a picture has the ground of its page and holds everything', () => {
  const { markup, width, height } = picture({ ...parts, ramp: '<svg id="r"/>' }, look, measure);
  assert.ok(markup.startsWith(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"`));
  assert.ok(markup.includes(`<rect width="${width}" height="${height}" fill="#000"/>`));
  assert.ok(markup.includes('<svg id="c"/>') && markup.includes('<svg id="r"/>'));
  assert.ok(height > 100 + 32 && width === 332);
});

test('no token of the page is left', () => {
  assert.equal(settled('<a fill="var(--ramp-3)" stroke="var(--ink)"/>', (token) => token.length.toString()), '<a fill="13" stroke="10"/>');
});

test('a name of a file has no path in it and is never empty', () => {
  assert.equal(slug('../../etc/passwd'), 'etc-passwd');
  assert.equal(slug('模型 v1.2'), '模型-v1.2');
  assert.equal(slug('///'), 'report');
  assert.equal(slug('a'.repeat(200)).length, 60);
});
