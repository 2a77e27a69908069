// Histograms as they travel in the page (see render/weights/histograms.py): a sign for the height of each bin.

const SIGNS = Array.from({ length: 92 }, (_, i) => String.fromCharCode(35 + i)).filter((sign) => sign !== '\\').join('');
const TOP = SIGNS.length - 1;

/** The counts behind signs: exact while the highest is small, else of the size that can be seen. */
export function countsOf(signs, most) {
  return Array.from(signs, (sign) => {
    const level = SIGNS.indexOf(sign);
    return most <= TOP ? level : Math.round(most * (level / TOP) ** 2);
  });
}

/** One packed histogram: the ends of its bins, their counts and whether they are exact, the quantiles; or nothing. */
export function unpackHistogram(packed) {
  if (!packed) return null;
  const [low, high, most, signs, quantiles] = packed;
  return { ends: [low, high], counts: countsOf(signs, most), exact: most <= TOP, quantiles };
}
