import { drawing } from './dom.js';

/**
 * The path of a histogram in a box: one step for each bin, the highest bin the full height; a single value is a line.
 * @param {number[]} counts
 * @param {number} width
 * @param {number} height
 * @returns {string} for the attribute d
 */
export function steps(counts, width, height) {
  if (counts.length === 1) return `M${width / 2 - 1} ${height}V0H${width / 2 + 1}V${height}Z`;
  const most = Math.max(...counts, 1);
  const step = width / counts.length;
  let path = `M0 ${height}`;
  counts.forEach((count, i) => {
    const top = (height - (count / most) * height).toFixed(1);
    path += `V${top}H${((i + 1) * step).toFixed(1)}`;
  });
  return `${path}V${height}Z`;
}

/**
 * Counts in fewer bins: a few values in many bins would only be lines.
 * @param {number[]} counts
 * @returns {number[]}
 */
export function coarser(counts) {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (counts.filter((count) => count > 0).length === 1) return [total];
  const together = Math.max(1, Math.round(counts.length / (total < 256 ? 12 : 32)));
  const result = [];
  for (let i = 0; i < counts.length; i += together) {
    result.push(counts.slice(i, i + together).reduce((sum, count) => sum + count, 0));
  }
  return result;
}

/**
 * A histogram as small as a word.
 * @param {number[]} counts
 * @returns {SVGSVGElement}
 */
export function sparkline(counts) {
  const svg = drawing('svg', { viewBox: '0 0 88 20', 'aria-hidden': 'true' });
  svg.append(drawing('path', { d: steps(coarser(counts), 88, 20) }));
  return svg;
}
