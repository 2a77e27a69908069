import assert from 'node:assert/strict';
import { test } from 'node:test';

import { escapeXml, fileName, svgOf } from '../../templates/js/map-export.js';

/** @type {import('../../templates/js/map-layers.js').Drawing} */
const drawing = {
  width: 300, height: 200, background: '#fff', ink: '#111', muted: '#777', font: '"Noto Sans", sans-serif',
  layers: [{ d: 'M0,0L5,5', fill: '', stroke: 'rgb(1, 2, 3)', width: 1.5, dash: '4 3' }],
  texts: [{ x: 10, y: 20, size: 12, name: '<b>', text: 'a & "b"', anchor: 'start' }],
};

test('the picture holds layers and labels, and names are only text', () => {
  const svg = svgOf(drawing, 'Net <script>', [{ words: 'conv', fill: 'red', edge: 'blue' }]);
  assert.match(svg, /<path d="M0,0L5,5" fill="none" stroke="rgb\(1, 2, 3\)" stroke-width="1.5" stroke-dasharray="4 3"\/>/);
  assert.ok(svg.includes('&lt;b&gt; </tspan>'));
  assert.ok(svg.includes('a &amp; &quot;b&quot;'));
  assert.ok(!svg.includes('<script'));
  assert.ok(svg.includes('font-family="&quot;Noto Sans&quot;, sans-serif"'));
  assert.ok(svg.includes('>conv</text>'));
});

test('a long legend wraps and the picture grows', () => {
  const height = (/** @type {number} */ count) => Number(/height="(\d+)"/.exec(svgOf(drawing, 'x', Array(count).fill({ words: 'input and output', fill: 'red', edge: 'red' })))?.[1]);
  assert.ok(height(9) > height(1) && height(1) > drawing.height);
});

test('signs that XML does not take are replaced', () => {
  assert.equal(escapeXml('a\u0000b\ud800c\u{1f600}'), 'a\ufffdb\ufffdc\u{1f600}');
});

test('the file is named after the model', () => {
  assert.equal(fileName('resnet50 ResNet', 'svg'), 'resnet50-ResNet-map.svg');
  assert.equal(fileName('../../etc/passwd', 'png'), 'etc-passwd-map.png');
  assert.equal(fileName('模型 v2', 'png'), '模型-v2-map.png');
  assert.equal(fileName('///', 'svg'), 'model-map.svg');
});
