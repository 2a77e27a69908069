// Lines: rounded corners, S-curves, arrowheads, and what of them lies in the pane.

const STEPS = 6;

/** @typedef {number[]} Point x and y, in pixels */

/**
 * @param {Point} from
 * @param {Point} to
 * @param {number} length
 * @returns {Point}
 */
function towards([x0, y0], [x1, y1], length) {
  const whole = Math.hypot(x1 - x0, y1 - y0) || 1;
  return [x0 + ((x1 - x0) * length) / whole, y0 + ((y1 - y0) * length) / whole];
}

/**
 * @param {Point[]} out
 * @param {Point} from
 * @param {Point} to
 */
function cubic(out, [x0, y0], [x1, y1]) {
  const middle = (y0 + y1) / 2;
  const steps = Math.max(4, Math.min(2 * STEPS, Math.round((Math.abs(x1 - x0) + Math.abs(y1 - y0)) / 8)));
  for (let k = 1; k <= steps; k += 1) {
    const t = k / steps;
    const u = 1 - t;
    const a = u * u * u;
    const b = 3 * u * u * t;
    const c = 3 * u * t * t;
    const d = t * t * t;
    out.push([a * x0 + b * x0 + c * x1 + d * x1, a * y0 + b * middle + c * middle + d * y1]);
  }
}

/**
 * Corner points as a polyline: slanted pieces become S-curves with vertical ends, right angles are rounded.
 * @param {Point[]} points
 * @param {number} radius
 * @returns {Point[]}
 */
export function smooth(points, radius) {
  const out = [points[0]];
  for (let k = 1; k < points.length; k += 1) {
    const [before, here, after] = [points[k - 1], points[k], points[k + 1]];
    const upright = Math.abs(here[0] - before[0]) <= 0.01;
    const level = Math.abs(here[1] - before[1]) <= 0.01;
    if (!upright && !level) {
      cubic(out, before, here);
      continue;
    }
    const turns = after && (upright ? Math.abs(after[1] - here[1]) <= 0.01 && Math.abs(after[0] - here[0]) > 0.01
      : Math.abs(after[0] - here[0]) <= 0.01 && Math.abs(after[1] - here[1]) > 0.01);
    const cut = turns ? Math.min(radius, Math.hypot(here[0] - before[0], here[1] - before[1]) / 2, Math.hypot(after[0] - here[0], after[1] - here[1]) / 2) : 0;
    if (cut < 2) {
      out.push(here);
      continue;
    }
    const [a, b] = [towards(here, before, cut), towards(here, after, cut)];
    for (let step = 0; step <= STEPS; step += 1) {
      const t = step / STEPS;
      const u = 1 - t;
      out.push([u * u * a[0] + 2 * u * t * here[0] + t * t * b[0], u * u * a[1] + 2 * u * t * here[1] + t * t * b[1]]);
    }
  }
  return out;
}

/**
 * The size of the arrowhead of a line in pixels: to be seen at any zoom, but no more than its last piece bears.
 * @param {Point[]} points
 * @param {number} scale
 */
export function headSize(points, scale) {
  const [[x0, y0], [x1, y1]] = [points[points.length - 2], points[points.length - 1]];
  const room = Math.max(Math.abs(y1 - y0) <= 0.01 ? Math.abs(x1 - x0) : 0, Math.abs(y1 - y0)) / 2;
  return Math.min(7, Math.max(8 * scale, Math.min(5, room)));
}

/**
 * The triangle at the end of a line: tip and two corners. S-curves arrive vertically.
 * @param {Point[]} points
 * @param {number} size
 * @returns {Point[]}
 */
export function arrowhead(points, size) {
  const [x1, y1] = points[points.length - 1];
  const [x0, y0] = points[points.length - 2];
  if (Math.abs(y1 - y0) <= 0.01 && Math.abs(x1 - x0) > 0.01) {
    const back = x1 > x0 ? x1 - size : x1 + size;
    return [[x1, y1], [back, y1 - size / 2], [back, y1 + size / 2]];
  }
  const back = y1 >= y0 ? y1 - size : y1 + size;
  return [[x1, y1], [x1 - size / 2, back], [x1 + size / 2, back]];
}

/**
 * Whether a line could show in the pane at all.
 * @param {Point[]} points
 * @param {number} w
 * @param {number} h
 */
export function near(points, w, h) {
  let [x0, y0, x1, y1] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [x, y] of points) {
    if (x < x0) x0 = x;
    if (x > x1) x1 = x;
    if (y < y0) y0 = y;
    if (y > y1) y1 = y;
  }
  return x0 < w && y0 < h && x1 > 0 && y1 > 0;
}

/**
 * The part of a piece between a and b inside the rectangle from (0, 0) to (w, h) widened by `edge`; null if none.
 * @param {Point} a
 * @param {Point} b
 * @param {number} w
 * @param {number} h
 * @param {number} edge
 * @returns {Point[] | null}
 */
export function clipPiece([x0, y0], [x1, y1], w, h, edge) {
  let from = 0;
  let to = 1;
  const [dx, dy] = [x1 - x0, y1 - y0];
  for (const [p, q] of [[-dx, x0 + edge], [dx, w + edge - x0], [-dy, y0 + edge], [dy, h + edge - y0]]) {
    if (p === 0 && q < 0) return null;
    if (p < 0) from = Math.max(from, q / p);
    if (p > 0) to = Math.min(to, q / p);
    if (from > to) return null;
  }
  return [[x0 + from * dx, y0 + from * dy], [x0 + to * dx, y0 + to * dy]];
}

/**
 * A polyline cut to the pane: a list of polylines, so that no coordinate is ever far outside.
 * @param {Point[]} points
 * @param {number} w
 * @param {number} h
 * @returns {Point[][]}
 */
export function clipLine(points, w, h, edge = 30) {
  /** @type {Point[][]} */
  const runs = [];
  /** @type {Point[] | null} */
  let run = null;
  for (let k = 1; k < points.length; k += 1) {
    const piece = clipPiece(points[k - 1], points[k], w, h, edge);
    if (!piece) {
      run = null;
      continue;
    }
    if (!run || run[run.length - 1][0] !== piece[0][0] || run[run.length - 1][1] !== piece[0][1]) {
      run = [piece[0]];
      runs.push(run);
    }
    run.push(piece[1]);
  }
  return runs;
}
