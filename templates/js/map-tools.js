// The bar above the map: search, colours, zoom, saving; and the legend below it.

import { element } from './dom.js';
import { t } from './language.js';
import { classOf, classes, isShare, present, usable } from './map-color.js';
import { titleOf } from './map-model.js';
import { pathOf } from './map-address.js';
import { search } from './map-search.js';
import { exactText } from './numbers.js';
import { root } from './root.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/**
 * The search field with its list of hits, as a combobox.
 * @param {MapModel} model
 * @param {string} id that ids in it begin with
 * @param {{go: (i: number) => void, mark: (nodes: number[]) => void, home: () => void}} map what to do with a hit, with
 *   all that is found, and at the end
 */
export function searchField(model, id, map) {
  const list = element('ul', { 'class': 'map-hits', 'role': 'listbox', 'id': `${id}-hits`, 'aria-label': t('Boxes found'), 'hidden': true });
  const field = element('input', {
    'type': 'search', 'placeholder': t('Search: Conv2d, layer3.*, 3x3, 256×64  ( / )'), 'role': 'combobox', 'aria-label': t('Search the map by name, path, type, attribute or shape'),
    'aria-controls': list.id, 'aria-expanded': 'false', 'aria-autocomplete': 'list', 'autocomplete': 'off', 'spellcheck': 'false',
  });
  const count = element('span', { class: 'hidden-text', role: 'status' });
  /** @type {{hits: number[], at: number}} */
  const state = { hits: [], at: -1 };

  const close = () => {
    list.hidden = true;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };
  const clear = () => {
    field.value = '';
    map.mark([]);
    close();
  };
  const choose = (/** @type {number} */ i) => {
    close();
    map.mark([]);
    map.go(i);
    map.home();
  };
  const point = (/** @type {number} */ at) => {
    state.at = at;
    [...list.children].forEach((item, k) => { if (item.role === 'option') item.setAttribute('aria-selected', String(k === at)); });
    if (at >= 0) {
      field.setAttribute('aria-activedescendant', list.children[at].id);
      list.children[at].scrollIntoView({ block: 'nearest' });
    } else field.removeAttribute('aria-activedescendant');
  };
  const update = () => {
    const { hits, all, total } = search(model, field.value);
    state.hits = hits;
    map.mark(all);
    list.replaceChildren(...hits.map((i, k) => hitItem(model, i, `${id}-hit-${k}`, choose)), ...footOf(field.value, hits.length, total));
    list.hidden = !field.value.trim();
    field.setAttribute('aria-expanded', String(!list.hidden));
    count.textContent = list.hidden ? '' : t('{total} found', { total: exactText(total) });
    point(hits.length > 0 ? 0 : -1);
  };
  field.addEventListener('input', update);
  field.addEventListener('focus', () => { if (field.value) update(); });
  field.addEventListener('blur', close);
  field.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && state.hits.length > 0) point((state.at + step + state.hits.length) % state.hits.length);
    else if (event.key === 'Enter' && state.at >= 0 && !list.hidden) choose(state.hits[state.at]);
    else if (event.key === 'Escape') {
      clear();
      map.home();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { field, clear, part: element('div', { class: 'map-search' }, field, list, count) };
}

/** @param {string} query @param {number} listed @param {number} total */
function footOf(query, listed, total) {
  const line = (/** @type {string} */ text) => [element('li', { class: 'muted', role: 'presentation' }, text)];
  if (total > listed) return line(t('and {left} more, marked on the map', { left: exactText(total - listed) }));
  return query.trim() && total === 0 ? line(t('nothing found')) : [];
}

/** @param {MapModel} model @param {number} i @param {string} id @param {(i: number) => void} choose */
function hitItem(model, i, id, choose) {
  const sign = element('i', {});
  const { fill, edge } = classes(model, 'family')[classOf(model, 'family', i)];
  sign.style.background = fill;
  sign.style.borderColor = edge;
  const more = [pathOf(model, i), ...model.lines(i)].filter(Boolean).join(' · ');
  const item = element('li', { role: 'option', id, 'aria-selected': 'false' }, sign, element('bdi', {}, titleOf(model, i)), ' ', element('small', { class: 'muted' }, element('bdi', {}, more)));
  item.addEventListener('pointerdown', (event) => event.preventDefault()); // the field keeps the focus, so that a list can be scrolled
  item.addEventListener('click', () => choose(i));
  return item;
}

/**
 * The choice of what colours mean; only what the model has figures for.
 * @param {MapModel} model
 * @param {(mode: string) => void} onchange
 */
export function colorField(model, onchange) {
  const select = element('select', { 'aria-label': t('Colour by') }, ...usable(model).map(([mode, words]) => element('option', { value: mode }, t(words))));
  select.addEventListener('change', () => onchange(select.value));
  return element('label', { class: 'map-color' }, t('Colour by'), ' ', select);
}

/**
 * The buttons at the right: zoom, saving, full screen, keys.
 * @param {Record<'out' | 'in' | 'fit' | 'full' | 'help' | 'svg' | 'png', () => void>} actions
 */
export function buttons(actions) {
  const button = (/** @type {string} */ text, /** @type {string} */ title, /** @type {() => void} */ act) => element('button', { type: 'button', title, 'aria-label': text.length > 1 ? null : title, 'onclick': act }, text);
  const menu = element('details', { class: 'popup map-save' }, element('summary', {}, t('Save')), element(
    'div', {}, element('button', { type: 'button', onclick: () => save('svg') }, t('This view as SVG')), element('button', { type: 'button', onclick: () => save('png') }, t('This view as PNG')),
  ));
  const save = (/** @type {'svg' | 'png'} */ kind) => {
    menu.querySelector('summary')?.focus();
    menu.open = false;
    actions[kind]();
  };
  menu.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
    event.stopPropagation();
  });
  // In Safari a click on a button takes the focus from the menu and gives it to nothing: only a focus elsewhere, or a press, closes.
  menu.addEventListener('focusout', ({ relatedTarget }) => { if (relatedTarget && !menu.contains(/** @type {Node} */ (relatedTarget))) menu.open = false; });
  root.addEventListener('pointerdown', ({ target }) => { if (!menu.contains(/** @type {Node | null} */ (target))) menu.open = false; });
  return element(
    'div', { 'class': 'map-zoom', 'role': 'group', 'aria-label': t('View') },
    button('−', t('Zoom out (−)'), actions.out), button('+', t('Zoom in (+)'), actions.in), button(t('Fit'), t('Whole map (0)'), actions.fit),
    menu, button('⛶', t('Full screen (m)'), actions.full), button('?', t('Keys (?)'), actions.help),
  );
}

/**
 * Say what the colours and lines mean. Each class is a button that marks its boxes on the map.
 * @param {HTMLElement} place
 * @param {MapModel} model
 * @param {string} mode
 * @param {(nodes: number[]) => void} mark
 */
export function fillLegend(place, model, mode, mark) {
  const all = classes(model, mode);
  const items = present(model, mode).map(([k, nodes]) => {
    const sign = element('i', {});
    sign.style.background = all[k].fill;
    sign.style.borderColor = all[k].edge;
    if (nodes.length === 0) return element('span', {}, sign, all[k].words);
    const title = nodes.length === 1 ? t('1 box: mark it on the map') : t('{count} boxes: mark them on the map', { count: exactText(nodes.length) });
    const item = element('button', { 'type': 'button', 'class': 'map-class', 'aria-pressed': 'false', title }, sign, all[k].words);
    item.addEventListener('click', () => {
      const on = item.getAttribute('aria-pressed') !== 'true';
      for (const other of place.querySelectorAll('[aria-pressed]')) other.setAttribute('aria-pressed', String(other === item && on));
      mark(on ? nodes : []);
    });
    return item;
  });
  place.replaceChildren(...(isShare(mode) ? [element('span', {}, t('Share of the whole model:'))] : []), ...items, ...lineItems(model));
}

/** @param {MapModel} model */
function lineItems(model) {
  const line = (/** @type {string} */ kind, /** @type {string} */ words) => element('span', {}, element('i', { class: `map-line map-${kind}` }), words);
  const skips = model.data.contents.some((content) => content[3].some((route) => model.data.routes[route[0]] === 'skip'));
  const items = skips ? [line('skip', t('skip connection'))] : [];
  if (model.flow) return [...items, line('in', t('goes in')), line('out', t('comes out'))];
  return [...items, element('span', {}, element('i', { class: 'map-dashed' }), t('inferred from names and order, no data flow'))];
}
