import assert from 'node:assert/strict';
import { test } from 'node:test';

import { arrowhead, clipLine, clipPiece, headSize, near, smooth } from '../../templates/js/map-route.js';

test('straight lines stay as they are', () => {
  assert.deepEqual(smooth([[0, 0], [0, 50]], 8), [[0, 0], [0, 50]]);
});

test('right angles are rounded within the radius', () => {
  const line = smooth([[0, 0], [0, 50], [80, 50]], 8);
  assert.ok(!line.some(([x, y]) => x === 0 && y === 50));
  assert.deepEqual(line[1], [0, 42]);
  assert.deepEqual(line.at(-2), [8, 50]);
  assert.deepEqual(line.at(-1), [80, 50]);
});

test('slanted pieces become curves that leave and arrive vertically', () => {
  const line = smooth([[0, 0], [60, 100]], 8);
  assert.deepEqual(line.at(-1), [60, 100]);
  const [x, y] = line[1];
  assert.ok(y / x > 3, 'it starts steeply');
});

test('arrowheads point along the last piece', () => {
  assert.deepEqual(arrowhead([[0, 0], [0, 50]], 6), [[0, 50], [-3, 44], [3, 44]]);
  assert.deepEqual(arrowhead([[90, 50], [40, 50]], 6), [[40, 50], [46, 47], [46, 53]]);
});

test('pieces are cut at the pane', () => {
  assert.deepEqual(clipPiece([-100, 50], [200, 50], 100, 100, 0), [[0, 50], [100, 50]]);
  assert.equal(clipPiece([-100, -50], [200, -50], 100, 100, 0), null);
  assert.equal(clipPiece([200, 0], [200, 100], 100, 100, 0), null);
});

test('a line that leaves the pane and comes back is two lines, and nothing lies far outside', () => {
  const runs = clipLine([[50, 50], [1e9, 50], [1e9, 80], [50, 80]], 100, 100, 30);
  assert.equal(runs.length, 2);
  assert.ok(runs.flat().every(([x, y]) => Math.abs(x) <= 130 && Math.abs(y) <= 130));
});

test('lines wholly beside the pane are known without drawing them', () => {
  assert.equal(near([[-50, 20], [-5, 90]], 100, 100), false);
  assert.equal(near([[-50, 20], [150, 20]], 100, 100), true);
});

test('an arrowhead is seen at any zoom, but no larger than its piece bears', () => {
  const sizes = [[60, 2], [60, 0.3], [6, 0.3]].map(([long, scale]) => headSize([[0, 0], [0, long]], scale));
  assert.deepEqual(sizes, [7, 5, 3]);
});
