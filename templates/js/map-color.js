// What the colours of the map mean: a class for each box, and for each class its fill, edge and words.

export const MODES = [
  ['family', 'Family'],
  ['parameters', 'Parameters'],
  ['flops', 'FLOPs'],
  ['bytes', 'Bytes'],
  ['findings', 'Findings'],
];
const STEPS = [0, 0.001, 0.01, 0.03, 0.1, 0.3];
const WORDS = ['none', 'under 0.1 %', '0.1–1 %', '1–3 %', '3–10 %', '10–30 %', 'over 30 %'];
const STRENGTH = [0, 7, 14, 22, 31, 42, 55];
const SEVERITIES = [['none', '--line', 0], ['error', '--bad', 34], ['warning', '--warn', 34], ['note', '--accent', 26]];

/** The step of a share of the whole: 0 for nothing, 6 for more than 30 %. */
export function stepOf(share) {
  if (!(share > 0)) return 0;
  let step = 1;
  while (step < STEPS.length && share >= STEPS[step]) step += 1;
  return step;
}

/** The class of node i in a mode: a number below classCount(mode). */
export function classOf(model, mode, i) {
  if (mode === 'family') return model.nodes.family[i];
  if (mode === 'findings') return model.worst[i];
  const total = model.total[mode];
  return total > 0 ? stepOf(model.nodes[mode][i] / total) : 0;
}

/** The classes of a mode: [{words, fill, edge}], colours as CSS. */
export function classes(model, mode) {
  if (mode === 'family') {
    return model.data.families.map((family, k) => ({ words: model.data.words[k], fill: `var(--${family}-tint)`, edge: `var(--${family})` }));
  }
  if (mode === 'findings') {
    return SEVERITIES.map(([words, token, share]) => ({ words, fill: mixed(token, share), edge: share ? `var(${token})` : 'var(--module)' }));
  }
  return STRENGTH.map((share, k) => ({ words: WORDS[k], fill: mixed('--accent', share), edge: share > 7 ? 'var(--accent)' : 'var(--module)' }));
}

function mixed(token, share) {
  return share ? `color-mix(in srgb, var(${token}) ${share}%, var(--bg))` : 'var(--surface)';
}

/** The classes that some card of the model has, for the legend: [class number, …]. */
export function present(model, mode) {
  const found = new Set();
  for (let i = 1; i < model.count; i += 1) if (mode !== 'family' || !model.isBox(i)) found.add(classOf(model, mode, i));
  if (mode === 'family' && [...Array(model.count).keys()].some((i) => i > 0 && model.isBox(i))) found.add(model.data.families.indexOf('module'));
  return [...found].sort((a, b) => a - b);
}
