// How different colours look, also to readers who confuse some: for tests of palettes.

import { readFileSync } from 'node:fs';

/** @typedef {number[]} Rgb 0–1 each */

/** Simulations for complete deficiencies: Machado, Oliveira and Fernandes (2009), for linear RGB. */
const VISIONS = [
  [[1, 0, 0], [0, 1, 0], [0, 0, 1]],
  [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
  [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
  [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
];
const XYZ = [[0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505], [0.2126, 0.7152, 0.0722], [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089]];

const times = (/** @type {number[][]} */ matrix, /** @type {number[]} */ row) => matrix.map((line) => line.reduce((sum, part, k) => sum + part * row[k], 0));
const linear = (/** @type {Rgb} */ color) => color.map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));

/** @param {string} hex @returns {Rgb} */
const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255);

/**
 * The tokens of a theme, 0 light and 1 dark.
 * @param {number} theme
 * @returns {Record<string, Rgb>}
 */
export function tokens(theme) {
  const css = readFileSync(new URL('../../templates/css/tokens.css', import.meta.url), 'utf8');
  const found = css.matchAll(/(--[\w-]+): (?:light-dark\((#\w{6}), (#\w{6})\)|(#\w{6}));/g);
  return Object.fromEntries([...found].map(([, name, light, dark, both]) => [name, rgb(both ?? [light, dark][theme])]));
}

/**
 * A CSS colour made of tokens.
 * @param {string} css
 * @param {Record<string, Rgb>} known
 * @returns {Rgb}
 */
export function resolved(css, known) {
  const mixed = /color-mix\(in srgb, var\((--[\w-]+)\) (\d+)%, var\((--[\w-]+)\)\)/.exec(css);
  if (!mixed) return known[/var\((--[\w-]+)\)/.exec(css)?.[1] ?? ''];
  const share = Number(mixed[2]) / 100;
  return known[mixed[1]].map((part, k) => part * share + known[mixed[3]][k] * (1 - share));
}

/** CIE L*a*b* of a linear colour. */
const lab = (/** @type {number[]} */ color) => {
  const [x, y, z] = times(XYZ, color.map((part) => Math.min(1, Math.max(0, part)))).map((part) => (part > 0.008856 ? Math.cbrt(part) : 7.787 * part + 16 / 116));
  return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
};

/**
 * The difference (CIE 1976) of two colours to those who see it least.
 * @param {Rgb} a
 * @param {Rgb} b
 */
export function difference(a, b) {
  return Math.min(...VISIONS.map((matrix) => {
    const [p, q] = [lab(times(matrix, linear(a))), lab(times(matrix, linear(b)))];
    return Math.hypot(...p.map((part, k) => part - q[k]));
  }));
}

/**
 * Contrast as WCAG 2.2 has it.
 * @param {Rgb} a
 * @param {Rgb} b
 */
export function contrast(a, b) {
  const [low, high] = [a, b].map((color) => times([XYZ[1]], linear(color))[0] + 0.05).sort((x, y) => x - y);
  return high / low;
}
