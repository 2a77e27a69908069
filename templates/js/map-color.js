// What the colours of the map mean: a class for each box, and for each class its fill, edge and words.

import { mark, t } from './language.js';
import { exactText } from './numbers.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/**
 * A class of boxes: what it is called, and its colours as CSS.
 * @typedef {{words: string, fill: string, edge: string}} ColorClass
 */

/**
 * The choices of what colours mean: [column of the data, words].
 * @type {[string, string][]}
 */
export const MODES = [
  ['family', mark('Family')],
  ['parameters', mark('Parameters')],
  ['flops', mark('FLOPs')],
  ['bytes', mark('Bytes of weights')],
  ['activations', mark('Activation memory')],
  ['health', mark('Weight health')],
  ['findings', mark('Findings')],
];
const STEPS = [0, 0.001, 0.01, 0.03, 0.1, 0.3];
const WORDS = [mark('none'), mark('under 0.1 %'), mark('0.1–1 %'), mark('1–3 %'), mark('3–10 %'), mark('10–30 %'), mark('over 30 %')];
const STRENGTH = [0, 7, 14, 22, 31, 42, 55];
/** @type {[string, string, number][]} */
const SEVERITIES = [[mark('none'), '--line', 0], [mark('error'), '--bad', 34], [mark('warning'), '--warn', 34], [mark('note'), '--accent', 26]];
/**
 * The look of each class of weight health; one that is not here looks like `noted`.
 * @type {Record<string, [string, number]>}
 */
const HEALTH = {
  none: ['--line', 0], broken: ['--bad', 52], dead: ['--ink', 32], fresh: ['--activation', 56], odd: ['--embedding', 40],
  noted: ['--linear', 60], unread: ['--muted', 20], sound: ['--accent', 44],
};
/** A sign for each class of health that is not fine, so that colour is never alone. */
const HEALTH_SIGNS = { broken: ['✖', '--bad'], dead: ['○', '--bad'], fresh: ['◌', '--warn'], odd: ['▲', '--warn'] };
/** @type {Record<number, [string, string]>} */
const SEVERITY_SIGNS = { 1: ['✖', '--bad'], 2: ['▲', '--warn'], 3: ['●', '--accent'] };

/**
 * The step of a share of the whole: 0 for nothing, 6 for more than 30 %.
 * @param {number} share
 */
export function stepOf(share) {
  if (!(share > 0)) return 0;
  let step = 1;
  while (step < STEPS.length && share >= STEPS[step]) step += 1;
  return step;
}

/**
 * Whether colours show shares of the whole in a mode.
 * @param {string} mode
 */
export function isShare(mode) {
  return !['family', 'findings', 'health'].includes(mode);
}

/**
 * The modes that the model has figures for.
 * @param {MapModel} model
 */
export function usable(model) {
  return MODES.filter(([mode]) => {
    if (mode === 'family') return true;
    if (mode === 'findings') return model.worst.some((worst) => worst > 0);
    if (mode === 'health') return (model.nodes.health ?? []).some((place) => !['none', 'unread'].includes(model.data.healths[place][0]));
    return model.total[mode] > 0;
  });
}

/**
 * The class of node i in a mode: a place in what `classes` gives.
 * @param {MapModel} model
 * @param {string} mode
 * @param {number} i
 */
export function classOf(model, mode, i) {
  if (mode === 'family') return model.nodes.family[i];
  if (mode === 'findings') return model.worst[i];
  if (mode === 'health') return model.nodes.health[i];
  const total = model.total[mode];
  return total > 0 ? stepOf(model.nodes[mode][i] / total) : 0;
}

/**
 * The classes of a mode.
 * @param {MapModel} model
 * @param {string} mode
 * @returns {ColorClass[]}
 */
export function classes(model, mode) {
  const { data } = model;
  if (mode === 'family') {
    return data.families.map((family, k) => ({ words: data.words[k], fill: `var(--${family}-tint)`, edge: `var(--${family})` }));
  }
  if (mode === 'findings') return SEVERITIES.map(([words, token, share]) => marked(t(words), token, share));
  if (mode === 'health') return data.healths.map(([id, words]) => marked(words, ...(HEALTH[id] ?? HEALTH.noted)));
  return STRENGTH.map((share, k) => ({ words: t(WORDS[k]), fill: mixed('--accent', share), edge: share > 7 ? 'var(--accent)' : 'var(--module)' }));
}

/**
 * How healthy the weights of node i are, in words, from the worst on: of a box how many tensors of how many, so that
 * one tensor is not taken for all.
 * @param {MapModel} model
 * @param {number} i
 * @returns {string[]}
 */
export function healthWords(model, i) {
  const { healths, tallies } = model.data;
  const tally = tallies[model.nodes.tally[i]];
  const pairs = tally.flatMap((kind, k) => (k % 2 ? [] : [{ id: healths[kind][0], words: healths[kind][1], count: tally[k + 1] }]));
  const all = pairs.reduce((sum, { count }) => sum + count, 0);
  const told = pairs.length > 1 ? pairs.filter(({ id }) => id !== 'sound') : pairs;
  return told.map(({ words, count }) => {
    if (all === 1) return words;
    const values = { count: exactText(count), all: exactText(all), words };
    return count === all ? t('all {all} tensors: {words}', values) : t('{count} of {all} tensors: {words}', values);
  });
}

/**
 * The sign in the corner of node i, [sign, token], or nothing. Errors carry theirs in every mode.
 * @param {MapModel} model
 * @param {string} mode
 * @param {number} i
 */
export function signOf(model, mode, i) {
  if (mode === 'health') return /** @type {Record<string, string[]>} */ (HEALTH_SIGNS)[model.data.healths[model.nodes.health[i]][0]] ?? null;
  const worst = model.worst[i];
  return worst && (mode === 'findings' || worst === 1) ? SEVERITY_SIGNS[worst] : null;
}

/** @param {string} words @param {string} token @param {number} share @returns {ColorClass} */
function marked(words, token, share) {
  return { words, fill: mixed(token, share), edge: share ? `var(${token})` : 'var(--module)' };
}

/** @param {string} token @param {number} share */
function mixed(token, share) {
  return share ? `color-mix(in srgb, var(${token}) ${share}%, var(--bg))` : 'var(--surface)';
}

/**
 * The classes for the legend, each with its cards: those that some card has; of shares all, as a scale.
 * @param {MapModel} model
 * @param {string} mode
 * @returns {[number, number[]][]}
 */
export function present(model, mode) {
  /** @type {Map<number, number[]>} */
  const found = new Map(isShare(mode) ? STRENGTH.map((_, k) => [k, []]) : []);
  for (let i = 1; i < model.count; i += 1) {
    const k = classOf(model, mode, i);
    if (model.isBox(i) && mode !== 'family' && mode !== 'findings') continue;
    if (!found.has(k)) found.set(k, []);
    found.get(k)?.push(i);
  }
  return [...found].sort(([a], [b]) => a - b);
}
