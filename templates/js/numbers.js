// Measured numbers as text: the same as render/format.py writes them.

/** A value a hair nearer to zero where the digits to be dropped are exactly a half and the digit before is even. */
function settled(value, digits) {
  const [whole] = Math.abs(value).toExponential(40).split('e');
  const all = whole.replace('.', '');
  const tie = /^50*$/.test(all.slice(digits)) && Number(all[digits - 1]) % 2 === 0;
  return tie ? value * (1 - 1e-13) : value;
}

/** A whole number, halves to the even one, thousands separated. */
function whole(value) {
  const rounded = Math.round(value);
  const even = Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
  return (even === 0 ? 0 : even).toLocaleString('en-US');
}

/** A number to three significant digits: '0.0123', '1.2e-4' below 1e-3, whole numbers as they are. */
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
