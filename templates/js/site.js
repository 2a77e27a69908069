// The index of a catalogue: search, order and filters over the cards in the markup. What is chosen stands in the address.

import { keepingFocus } from './focus.js';
import { t } from './language.js';
import { host, root } from './root.js';
import { startTheme } from './theme.js';

const FILTERS = ['level', 'family', 'format'];
const NUMBERS = ['parameters', 'macs', 'size'];
const LEVELS = ['error', 'warning', 'ok', 'unread'];

/** @typedef {Record<string, string | undefined>} Facts what a card says: name, level, family, format, parameters … */
/** @typedef {{q: string, sort: string, reversed: boolean, level: string, family: string, format: string}} Wish */

/**
 * What the address asks for.
 * @param {string} hash '#q=resnet&sort=size'
 * @returns {Wish}
 */
export function wishOf(hash) {
  const asked = new URLSearchParams(hash.slice(1));
  const of = (/** @type {string} */ name) => asked.get(name) ?? '';
  return { q: of('q'), sort: of('sort') || 'name', reversed: of('order') === 'reversed', level: of('level'), family: of('family'), format: of('format') };
}

/**
 * The address of a wish; empty for everything in the usual order.
 * @param {Wish} wish
 */
export function hashOf(wish) {
  const said = new URLSearchParams();
  if (wish.q) said.set('q', wish.q);
  if (wish.sort !== 'name') said.set('sort', wish.sort);
  if (wish.reversed) said.set('order', 'reversed');
  for (const name of /** @type {('level' | 'family' | 'format')[]} */ (FILTERS)) if (wish[name]) said.set(name, wish[name]);
  const text = said.toString();
  return text ? `#${text}` : '';
}

/**
 * Whether a card is wanted: every word of the search in its text, every filter met.
 * @param {Facts} facts
 * @param {string} text all that the card says, in lower case
 * @param {Wish} wish
 */
export function fits(facts, text, wish) {
  const words = wish.q.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word))
    && (!wish.level || facts.level === wish.level) && (!wish.family || facts.family === wish.family) && (!wish.format || facts.format === wish.format);
}

/**
 * The order of two cards: names as people count, figures the largest first, verdicts the worst first, dates the newest;
 * what is not known or could not be
 * read comes last. Equal ones by name.
 * @param {Facts} a
 * @param {Facts} b
 * @param {string} sort
 * @returns {number}
 */
export function compare(a, b, sort) {
  if (sort !== 'level' && (a.level === 'unread') !== (b.level === 'unread')) return a.level === 'unread' ? 1 : -1;
  let found = 0;
  if (NUMBERS.includes(sort)) found = Number(b[sort]) - Number(a[sort]);
  else if (sort === 'level') found = LEVELS.indexOf(a.level ?? '') - LEVELS.indexOf(b.level ?? '');
  else if (sort === 'created') found = (b.created ?? '').localeCompare(a.created ?? '');
  return found || (a.name ?? '').localeCompare(b.name ?? '', undefined, { numeric: true, sensitivity: 'base' });
}

/**
 * Show what is wanted, in its order.
 * @param {HTMLElement} list
 * @param {{card: HTMLElement, text: string}[]} cards
 * @param {Wish} wish
 * @returns {number} how many are shown
 */
function show(list, cards, wish) {
  let shown = 0;
  for (const { card, text } of cards) {
    card.hidden = !fits(card.dataset, text, wish);
    shown += card.hidden ? 0 : 1;
  }
  const order = [...cards].sort((a, b) => compare(a.card.dataset, b.card.dataset, wish.sort));
  if (wish.reversed) order.reverse();
  keepingFocus(list, () => list.append(...order.map(({ card }) => card)));
  return shown;
}

/** @param {HTMLFormElement} form @param {HTMLElement} list */
function start(form, list) {
  const cards = /** @type {HTMLElement[]} */ ([...list.children]).map((card) => ({ card, text: (card.textContent ?? '').toLowerCase() }));
  const field = (/** @type {string} */ name) => /** @type {HTMLInputElement | null} */ (form.elements.namedItem(name));
  const order = /** @type {HTMLButtonElement} */ (form.querySelector('[name="order"]'));
  const nothing = /** @type {HTMLElement} */ (root.querySelector('.nothing'));
  const count = /** @type {HTMLElement} */ (form.querySelector('.count'));

  const wished = () => ({
    q: field('q')?.value.trim() ?? '', sort: field('sort')?.value ?? 'name', reversed: order.getAttribute('aria-pressed') === 'true',
    level: field('level')?.value ?? '', family: field('family')?.value ?? '', format: field('format')?.value ?? '',
  });
  const update = () => {
    const wish = wished();
    const shown = show(list, cards, wish);
    nothing.hidden = shown > 0;
    count.textContent = shown === cards.length ? '' : t('{shown} of {total} models', { shown, total: cards.length });
    history.replaceState(history.state, '', hashOf(wish) || location.pathname + location.search);
  };
  const take = () => {
    const wish = wishOf(location.hash);
    for (const name of ['q', 'sort', ...FILTERS]) {
      const at = field(name);
      if (at) at.value = wish[/** @type {'q'} */ (name)];
    }
    const sort = field('sort');
    if (sort && !sort.value) sort.value = 'name';
    order.setAttribute('aria-pressed', String(wish.reversed));
    update();
  };
  form.addEventListener('input', update);
  form.addEventListener('submit', (event) => event.preventDefault());
  order.addEventListener('click', () => {
    order.setAttribute('aria-pressed', String(order.getAttribute('aria-pressed') !== 'true'));
    update();
  });
  nothing.querySelector('button')?.addEventListener('click', () => {
    history.replaceState(history.state, '', location.pathname + location.search);
    take();
    field('q')?.focus();
  });
  window.addEventListener('hashchange', take);
  root.addEventListener('keydown', (event) => {
    const { key, target } = /** @type {KeyboardEvent} */ (event);
    if (key !== '/' || /** @type {Element} */ (target).closest('input, select, textarea')) return;
    event.preventDefault();
    field('q')?.focus();
  });
  form.hidden = false;
  take();
}

const tools = root?.querySelector('.catalogue-tools');
const models = root?.getElementById('models');
if (tools && models) {
  host.classList.add('js');
  const theme = root.querySelector('[data-tools="theme"]');
  if (theme) startTheme(theme);
  start(/** @type {HTMLFormElement} */ (tools), models);
}
