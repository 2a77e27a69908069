// What render/payload.py does, for the tests of what reads it.

const DIGITS = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;[=]?@^_`{|}~';

/**
 * Bytes in base 85.
 * @param {ArrayLike<number>} bytes
 */
export function pack(bytes) {
  let text = '';
  for (let i = 0; i < bytes.length; i += 4) {
    let word = 0;
    for (let k = 0; k < 4; k += 1) word = word * 256 + (bytes[i + k] ?? 0);
    let group = '';
    for (let k = 0; k < 5; k += 1) {
      group = DIGITS[word % 85] + group;
      word = Math.floor(word / 85);
    }
    text += group.slice(0, Math.min(4, bytes.length - i) + 1);
  }
  return text;
}
