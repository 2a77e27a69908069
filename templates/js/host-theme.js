// The theme of a fragment: that of the page around it, and from then on whatever that page changes to.

import { host } from './root.js';
import { changed } from './theme.js';

const NAMES = ['data-theme', 'data-md-color-scheme', 'data-bs-theme', 'data-color-mode', 'class'];
const WORDS = /(?:^|[\s_-])(?:(dark|slate|night|black)|(light|default|white))(?=$|[\s_-])/;

/**
 * What an attribute of an ancestor says of the theme: 'dark', 'light', or nothing.
 * @param {string} name
 * @param {string | null} value
 */
export function said(name, value) {
  if (!value) return '';
  if (name === 'class') return value.split(/\s+/).find((word) => word === 'dark' || word === 'light') ?? '';
  const found = WORDS.exec(value);
  return found ? (found[1] ? 'dark' : 'light') : '';
}

/**
 * Whether a colour, as getComputedStyle gives it, is dark; null where nothing of it is seen.
 * @param {string} color 'rgb(15, 19, 24)'
 */
export function isDark(color) {
  const found = /^rgba?\((\d+), (\d+), (\d+)(?:, ([\d.]+))?\)$/.exec(color);
  if (!found || Number(found[4] ?? 1) < 0.5) return null;
  const [red, green, blue] = found.slice(1, 4).map(Number);
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue < 110;
}

/** @returns {Element[]} from the one around the fragment to the root of its page, through shadow roots */
function ancestors() {
  const found = [];
  /** @type {any} */
  let at = host;
  while (at) {
    at = at.parentElement ?? at.getRootNode().host;
    if (at) found.push(at);
  }
  return found;
}

/**
 * The theme of the page around: what the nearest ancestor says by an attribute, else what its colours are.
 * @param {Element[]} around
 */
function themeAround(around) {
  for (const each of around) {
    for (const name of NAMES) {
      const word = said(name, each.getAttribute(name));
      if (word) return word;
    }
  }
  for (const each of around) {
    const dark = isDark(getComputedStyle(each).backgroundColor);
    if (dark !== null) return dark ? 'dark' : 'light';
  }
  const scheme = around.length > 0 ? getComputedStyle(around[0]).colorScheme : '';
  const system = scheme.includes('dark') && matchMedia('(prefers-color-scheme: dark)').matches;
  return system || scheme === 'dark' ? 'dark' : 'light';
}

/** Take the theme of the page around the fragment, now and whenever it changes. */
export function followHost() {
  const around = ancestors();
  const follow = () => {
    const theme = themeAround(around);
    if (host.dataset.theme === theme) return;
    host.dataset.theme = theme;
    changed();
  };
  const observer = new MutationObserver(follow);
  for (const each of around) observer.observe(each, { attributes: true, attributeFilter: [...NAMES, 'style'] });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', follow);
  follow();
}
