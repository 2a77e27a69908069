// Histograms as they travel in the page (see render/weights/histograms.py): a sign for the height of each bin.

const SIGNS = Array.from({ length: 92 }, (_, i) => String.fromCharCode(35 + i)).filter((sign) => sign !== '\\').join('');
const TOP = SIGNS.length - 1;

/**
 * The counts behind signs: exact while the highest is small, else of the size that can be seen.
 * @param {string} signs one for each bin
 * @param {number} most the highest count
 * @returns {number[]}
 */
export function countsOf(signs, most) {
  return Array.from(signs, (sign) => {
    const level = SIGNS.indexOf(sign);
    return most <= TOP ? level : Math.round(most * (level / TOP) ** 2);
  });
}

/**
 * @typedef {object} Histogram
 * @property {[number, number]} ends of the bins together
 * @property {number[]} counts of each bin
 * @property {boolean} exact whether the counts are, or only as good as can be seen
 * @property {(number | null)[]} quantiles at the levels that the table tells
 */

/**
 * One packed histogram, or nothing.
 * @param {[number, number, number, string, (number | null)[]] | null} packed lowest, highest, highest count, signs, quantiles
 * @returns {Histogram | null}
 */
export function unpackHistogram(packed) {
  if (!packed) return null;
  const [low, high, most, signs, quantiles] = packed;
  return { ends: [low, high], counts: countsOf(signs, most), exact: most <= TOP, quantiles };
}
