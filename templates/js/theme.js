// Light and dark: the system's, or the reader's choice. Colours are tokens in CSS; scripts ask for them here.

import { mark, t } from './language.js';
import { body, host, root } from './root.js';

const CHOICES = ['system', 'light', 'dark'];
/** @type {Record<string, string>} */
const WORDS = { system: mark('System'), light: mark('Light'), dark: mark('Dark') };

/** Whether the browser knows colours for light and dark; the style sheets give an older one the light ones. */
const hasTwo = () => CSS.supports('color', 'light-dark(red, red)');

/** The theme in force: 'light' or 'dark'. */
export function theme() {
  if (!hasTwo()) return 'light';
  const chosen = host.dataset.theme;
  if (chosen) return chosen;
  return matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
}

/** @type {Map<string, string>} */
const cache = new Map();

/**
 * The colour of a token in the theme in force, such as color('--accent') → 'rgb(31, 95, 191)'.
 * Any CSS colour goes, also 'var(--conv-tint)' and 'color-mix(…)'.
 * @param {string} text
 * @returns {string}
 */
export function color(text) {
  if (!cache.has(text)) learn([text]);
  return /** @type {string} */ (cache.get(text));
}

/**
 * Look colours up that will be asked for: many at once take the browser hardly longer than one.
 * @param {Iterable<string>} texts
 */
export function learn(texts) {
  const unknown = [...new Set(texts)].filter((text) => !cache.has(text));
  if (unknown.length === 0) return;
  const probes = unknown.map((text) => {
    const probe = document.createElement('span');
    probe.style.color = text.startsWith('--') ? `var(${text})` : text;
    probe.style.forcedColorAdjust = 'none'; // in high contrast the page's own colours still tell the parts of a drawing apart
    return probe;
  });
  const holder = document.createElement('span');
  holder.hidden = true;
  holder.append(...probes);
  body().append(holder);
  probes.forEach((probe, k) => cache.set(unknown[k], rgb(getComputedStyle(probe).color)));
  holder.remove();
}

/**
 * 'color(srgb 0.5 0.25 0 / 0.5)', which color-mix gives and Plotly does not read, as 'rgba(128, 64, 0, 0.5)'.
 * @param {string} text
 */
export function rgb(text) {
  const found = /^color\(srgb ([\d.e-]+) ([\d.e-]+) ([\d.e-]+)(?: \/ ([\d.e-]+))?\)$/.exec(text);
  if (!found) return text;
  const parts = found.slice(1, 4).map((part) => Math.round(Math.min(1, Math.max(0, Number(part))) * 255));
  return found[4] === undefined ? `rgb(${parts.join(', ')})` : `rgba(${parts.join(', ')}, ${found[4]})`;
}

/**
 * What a piece of work makes with the colours of the light theme, which paper has; nothing on the page changes.
 * @template Made
 * @param {() => Made} work
 * @returns {Made}
 */
export function inLight(work) {
  const chosen = host.dataset.theme;
  cache.clear();
  host.dataset.theme = 'light';
  try {
    return work();
  } finally {
    if (chosen === undefined) delete host.dataset.theme;
    else host.dataset.theme = chosen;
    cache.clear();
  }
}

/** Say to everything drawn that the colours are others now. */
export function changed() {
  cache.clear();
  root.dispatchEvent(new CustomEvent('themechange', { detail: { theme: theme() } }));
}

/** @param {string} choice */
function choose(choice) {
  if (choice === 'system') delete host.dataset.theme;
  else host.dataset.theme = choice;
  try {
    localStorage.setItem('modelreport-theme', choice);
  } catch {
    // A page from a file may have no storage: the choice then lasts as long as the page.
  }
  changed();
}

function remembered() {
  try {
    const choice = localStorage.getItem('modelreport-theme');
    return choice !== null && CHOICES.includes(choice) ? choice : 'system';
  } catch {
    return 'system';
  }
}

/**
 * Put the theme's buttons into the rail and follow the system while nothing is chosen. Fires 'themechange' on document.
 * @param {Element} place
 */
export function startTheme(place) {
  if (!hasTwo()) return;
  const group = document.createElement('fieldset');
  group.className = 'choice';
  const legend = document.createElement('legend');
  legend.textContent = t('Colours');
  group.append(legend);
  const current = remembered();
  for (const choice of CHOICES) {
    const label = document.createElement('label');
    const input = document.createElement('input');
    input.type = 'radio';
    input.name = 'theme';
    input.value = choice;
    input.checked = choice === current;
    input.addEventListener('change', () => choose(choice));
    const word = document.createElement('span');
    word.textContent = t(WORDS[choice]);
    label.append(input, word);
    group.append(label);
  }
  place.append(group);
  if (current !== 'system') choose(current);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    if (!host.dataset.theme) changed();
  });
}
