// LZMA as it is specified (Igor Pavlov, LZMA specification, 2015): a sixth smaller than what browsers inflate by themselves.

const STATES = 12;

/** Odds of bits, all even. @param {number} count */
function fresh(count) {
  return new Uint16Array(count).fill(1024);
}

/**
 * Decodes bits by their probabilities: a range coder over the bytes from `at`.
 * @param {Uint8Array} data
 * @param {number} at
 */
function coder(data, at) {
  const now = new Uint32Array([0xffffffff, 0]); // range and code; unsigned, which plain numbers in a closure are not
  let place = at + 1;
  for (let i = 0; i < 4; i += 1) {
    now[1] = (now[1] << 8) | data[place];
    place += 1;
  }
  const shift = () => {
    if (now[0] < 0x1000000) {
      now[0] <<= 8;
      now[1] = (now[1] << 8) | data[place];
      place += 1;
    }
  };
  /** @type {(odds: Uint16Array, i: number) => 0 | 1} */
  const bit = (odds, i) => {
    const bound = (now[0] >>> 11) * odds[i];
    const one = now[1] >= bound;
    if (one) {
      now[0] -= bound;
      now[1] -= bound;
      odds[i] -= odds[i] >> 5;
    } else {
      now[0] = bound;
      odds[i] += (2048 - odds[i]) >> 5;
    }
    shift();
    return one ? 1 : 0;
  };
  /** @type {(count: number) => number} */
  const even = (count) => {
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      now[0] >>>= 1;
      const one = now[1] >= now[0];
      if (one) now[1] -= now[0];
      value = value * 2 + (one ? 1 : 0);
      shift();
    }
    return value;
  };
  /** @type {(odds: Uint16Array, from: number, count: number) => number} */
  const tree = (odds, from, count) => {
    let node = 1;
    for (let i = 0; i < count; i += 1) node = node * 2 + bit(odds, from + node);
    return node - (1 << count);
  };
  /** @type {(odds: Uint16Array, from: number, count: number) => number} */
  const reversed = (odds, from, count) => {
    let node = 1;
    let value = 0;
    for (let i = 0; i < count; i += 1) {
      const one = bit(odds, from + node);
      node = node * 2 + one;
      value += one << i;
    }
    return value;
  };
  return { bit, even, tree, reversed };
}

function lengths() {
  return { choice: fresh(2), low: fresh(16 << 3), middle: fresh(16 << 3), high: fresh(256) };
}

/**
 * @param {ReturnType<typeof coder>} decode
 * @param {ReturnType<typeof lengths>} known
 * @param {number} position
 */
function lengthOf({ bit, tree }, known, position) {
  if (!bit(known.choice, 0)) return 2 + tree(known.low, position << 3, 3);
  if (!bit(known.choice, 1)) return 10 + tree(known.middle, position << 3, 3);
  return 18 + tree(known.high, 0, 8);
}

/**
 * @param {ReturnType<typeof coder>} decode
 * @param {{slots: Uint16Array, special: Uint16Array, aligned: Uint16Array}} known
 * @param {number} length
 */
function distanceOf({ even, tree, reversed }, known, length) {
  const slot = tree(known.slots, Math.min(length - 2, 3) << 6, 6);
  if (slot < 4) return slot;
  const extra = (slot >> 1) - 1;
  const base = (2 | (slot & 1)) * 2 ** extra;
  if (slot < 14) return base + reversed(known.special, base - slot, extra);
  return base + even(extra - 4) * 16 + reversed(known.aligned, 0, 4);
}

/**
 * @param {ReturnType<typeof coder>} decode
 * @param {Uint16Array} odds
 * @param {number} from
 * @param {number} like the byte that a match would have gone on with; -1 for none
 */
function literalOf({ bit }, odds, from, like) {
  let node = 1;
  let rest = like;
  let same = like >= 0;
  while (node < 0x100 && same) {
    const expected = (rest >> 7) & 1;
    rest <<= 1;
    const one = bit(odds, from + ((1 + expected) << 8) + node);
    node = node * 2 + one;
    same = one === expected;
  }
  while (node < 0x100) node = node * 2 + bit(odds, from + node);
  return node;
}

/**
 * An LZMA file (".lzma") whose header says how many bytes it holds, to be read piece by piece.
 * @param {Uint8Array} data
 * @returns {{out: Uint8Array<ArrayBuffer>, read: (most: number) => boolean}} the bytes, and what fills in so many more
 *   of them and says whether all are there
 */
export function openLzma(data) {
  const literalBits = data[0] % 9;
  const [highBits, lowBits] = [Math.floor(data[0] / 45), Math.floor(data[0] / 9) % 5];
  const out = new Uint8Array(new DataView(data.buffer, data.byteOffset).getUint32(5, true));
  const decode = coder(data, 13);
  const { bit } = decode;
  const literals = fresh(0x300 << (literalBits + lowBits));
  const [isMatch, isLong] = [fresh(STATES << 4), fresh(STATES << 4)];
  const [isRepeat, isFirst, isSecond, isThird] = [fresh(STATES), fresh(STATES), fresh(STATES), fresh(STATES)];
  const [matches, repeats] = [lengths(), lengths()];
  const distances = { slots: fresh(4 << 6), special: fresh(115), aligned: fresh(16) };
  const last = [0, 0, 0, 0];
  let state = 0;
  let at = 0;
  const literal = () => {
    const before = at > 0 ? out[at - 1] : 0;
    const from = 0x300 * (((at & ((1 << lowBits) - 1)) << literalBits) + (before >> (8 - literalBits)));
    out[at] = literalOf(decode, literals, from, state < 7 ? -1 : out[at - last[0] - 1]);
    at += 1;
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  };
  const match = (/** @type {number} */ position) => {
    let length;
    if (!bit(isRepeat, state)) {
      length = lengthOf(decode, matches, position);
      last.unshift(distanceOf(decode, distances, length));
      last.pop();
      state = state < 7 ? 7 : 10;
    } else {
      const which = !bit(isFirst, state) ? 0 : !bit(isSecond, state) ? 1 : 2 + bit(isThird, state);
      if (which === 0 && !bit(isLong, (state << 4) + position)) {
        length = 1;
        state = state < 7 ? 9 : 11;
      } else {
        last.unshift(...last.splice(which, 1));
        length = lengthOf(decode, repeats, position);
        state = state < 7 ? 8 : 11;
      }
    }
    for (let i = 0; i < length && at < out.length; i += 1, at += 1) out[at] = out[at - last[0] - 1];
  };
  const read = (/** @type {number} */ most) => {
    const stop = Math.min(out.length, at + most);
    while (at < stop) {
      const position = at & ((1 << highBits) - 1);
      if (bit(isMatch, (state << 4) + position)) match(position);
      else literal();
    }
    return at >= out.length;
  };
  return { out, read };
}

/**
 * The bytes behind an LZMA file (".lzma") whose header says how many there are.
 * @param {Uint8Array} data
 */
export function unlzma(data) {
  const { out, read } = openLzma(data);
  read(out.length);
  return out;
}
