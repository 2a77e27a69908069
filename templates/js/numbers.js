// Numbers as text: the same as render/format.py writes them.

const DECIMAL = ['', 'k', 'M', 'G', 'T', 'P', 'E'];
const BINARY = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];
/** What is not known. */
export const UNKNOWN = '–';

/**
 * A value a hair nearer to zero where the digits to be dropped are exactly a half and the digit before is even.
 * @param {number} value
 * @param {number} digits that are kept
 */
function settled(value, digits) {
  const [mantissa] = Math.abs(value).toExponential(40).split('e');
  const all = mantissa.replace('.', '');
  const tie = /^50*$/.test(all.slice(digits)) && Number(all[digits - 1]) % 2 === 0;
  return tie ? value * (1 - 1e-13) : value;
}

/**
 * A whole number, halves to the even one, thousands separated.
 * @param {number} value
 */
function whole(value) {
  const rounded = Math.round(value);
  const even = Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
  return exactText(even === 0 ? 0 : even);
}

/**
 * A number to three significant digits: '0.0123', '1.2e-4' below 1e-3, whole numbers as they are.
 * @param {number} value
 */
export function numberText(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.9995e-3 || size >= 999999.5) {
    const [mantissa, power] = settled(value, 3).toExponential(2).split('e');
    return `${mantissa.replace(/\.?0+$/, '')}e${Number(power)}`;
  }
  if (size >= 999.5 || Number.isInteger(value)) return whole(value);
  return settled(value, 3).toPrecision(3);
}

/**
 * So many decimals, halves to the even digit.
 * @param {number} value
 * @param {number} digits
 */
function decimals(value, digits) {
  const long = Math.abs(value).toFixed(60);
  const end = long.indexOf('.') + 1 + digits;
  const tie = /^50*$/.test(long.slice(end)) && Number(long.slice(0, end).replace('.', '').at(-1)) % 2 === 0;
  return (tie ? value * (1 - 1e-13) : value).toFixed(digits);
}

/** @param {number} value */
const threeDigits = (value) => settled(value, 3).toPrecision(3);

/** @param {number} value */
const fourDigits = (value) => (Math.abs(value) >= 99.995 ? decimals(value, 1) : decimals(value, 2));

/**
 * The value in the largest unit that keeps it at one or more.
 * @param {number} value
 * @param {number} base
 * @param {string[]} units
 * @param {(value: number) => string} digits
 */
function scaled(value, base, units, digits) {
  for (let power = 0; power < units.length; power += 1) {
    if (Math.abs(value) < Math.floor((9995 * base ** power) / 10)) {
      return power === 0 ? `${value} ${units[0]}` : `${digits(value / base ** power)} ${units[power]}`;
    }
  }
  return `${numberText(value)} ${units[0]}`;
}

/**
 * Every digit, thousands separated; by hand, since a browser takes 20 ms to find out how Americans do it.
 * @param {number} value a whole number
 */
export function exactText(value) {
  return String(value).replace(/\d(?=(\d{3})+$)/g, '$&,');
}

/**
 * A count at a glance: '9,408', '25.56 M'.
 * @param {number} value
 */
function countText(value) {
  return Math.abs(value) < 10_000 ? exactText(value) : scaled(value, 1000, DECIMAL, fourDigits).trimEnd();
}

/**
 * Bytes in memory: '97.5 MiB'.
 * @param {number} value
 */
function binaryText(value) {
  return scaled(value, 1024, BINARY, threeDigits);
}

/**
 * A share of 0–1 in percent: '62.3 %'; never rounded to nothing or to everything.
 * @param {number} value
 */
export function shareText(value) {
  const percent = value * 100;
  if (percent > 0 && percent < 0.05) return '<0.1 %';
  if (percent >= 99.95 && percent < 100) return '>99.9 %';
  return `${decimals(percent, 1).replace(/\.0$/, '')} %`;
}

/**
 * A number of a table as it is read, and what stands behind it where that says more (see `Cell` of render/table.py).
 * @param {string} form
 * @param {number} value
 * @param {number} [part] for a share: what it is a share of
 * @returns {{text: string, exact: string}}
 */
export function written(form, value, part = 1) {
  switch (form) {
    case 'exact': return { text: exactText(value), exact: '' };
    case 'count': return { text: countText(value), exact: value >= 10_000 ? exactText(value) : '' };
    case 'bytes': return { text: binaryText(value), exact: exactText(value) };
    case 'share': return { text: shareText(value / part), exact: decimals(value / part, 6) };
    default: return { text: numberText(value), exact: String(value) };
  }
}
