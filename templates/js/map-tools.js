// The bar above the map: search, colours, zoom; and the legend below it.

import { MODES, classes, present } from './map-color.js';
import { element } from './dom.js';
import { titleOf } from './map-model.js';
import { pathOf, search } from './map-search.js';

/**
 * The search field with its list of hits, as a combobox.
 * @param {object} map go(i): fly there; mark(nodes): show them on the map; home(): give the focus back
 */
export function searchField(model, map) {
  const list = element('ul', { class: 'map-hits', role: 'listbox', id: 'map-hits', 'aria-label': 'Boxes found', hidden: true });
  const field = element('input', {
    type: 'search', placeholder: 'Search the map  ( / )', role: 'combobox', 'aria-label': 'Search the map by name, type or shape',
    'aria-controls': 'map-hits', 'aria-expanded': 'false', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false',
  });
  const count = element('span', { class: 'hidden-text', role: 'status' });
  const state = { hits: [], at: -1 };

  const close = () => {
    list.hidden = true;
    field.setAttribute('aria-expanded', 'false');
    field.removeAttribute('aria-activedescendant');
  };
  const choose = (i) => {
    close();
    map.mark(new Set());
    map.go(i);
  };
  const point = (at) => {
    state.at = at;
    [...list.children].forEach((item, k) => item.setAttribute('aria-selected', String(k === at)));
    if (at >= 0) {
      field.setAttribute('aria-activedescendant', list.children[at].id);
      list.children[at].scrollIntoView({ block: 'nearest' });
    } else field.removeAttribute('aria-activedescendant');
  };
  const update = () => {
    const { hits, all, total } = search(model, field.value);
    state.hits = hits;
    map.mark(new Set(all));
    list.replaceChildren(...hits.map((i, k) => hitItem(model, i, k, choose)));
    if (total > hits.length) list.append(element('li', { class: 'muted', role: 'presentation' }, `and ${total - hits.length} more, marked on the map`));
    if (field.value && total === 0) list.append(element('li', { class: 'muted', role: 'presentation' }, 'nothing found'));
    list.hidden = !field.value;
    field.setAttribute('aria-expanded', String(!list.hidden));
    count.textContent = field.value ? `${total} found` : '';
    point(hits.length > 0 ? 0 : -1);
  };
  field.addEventListener('input', update);
  field.addEventListener('focus', () => { if (field.value) update(); });
  field.addEventListener('blur', () => setTimeout(close, 150));
  field.addEventListener('keydown', (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && state.hits.length > 0) point((state.at + step + state.hits.length) % state.hits.length);
    else if (event.key === 'Enter' && state.at >= 0) {
      choose(state.hits[state.at]);
      map.home();
    } else if (event.key === 'Escape') {
      field.value = '';
      update();
      close();
      map.home();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { field, part: element('div', { class: 'map-search' }, field, list, count) };
}

function hitItem(model, i, k, choose) {
  const item = element('li', { role: 'option', id: `map-hit-${k}`, 'aria-selected': 'false' }, element('bdi', {}, titleOf(model, i)), ' ', element('small', { class: 'muted' }, element('bdi', {}, pathOf(model, i))));
  item.addEventListener('pointerdown', (event) => {
    event.preventDefault();
    choose(i);
  });
  return item;
}

/** The choice of what colours mean; only what the model has figures for. */
export function colorField(model, onchange) {
  const usable = MODES.filter(([mode]) => mode === 'family' || (mode === 'findings' ? model.worst.some((worst) => worst > 0) : model.total[mode] > 0));
  const select = element('select', { 'aria-label': 'Colour by' }, ...usable.map(([mode, words]) => element('option', { value: mode }, words)));
  select.addEventListener('change', () => onchange(select.value));
  return element('label', { class: 'map-color' }, 'Colour by ', select);
}

/** Buttons for the zoom. */
export function zoomButtons(actions) {
  const button = (text, title, act) => element('button', { type: 'button', title, 'aria-label': title, onclick: act }, text);
  return element(
    'div', { class: 'map-zoom', role: 'group', 'aria-label': 'Zoom' },
    button('−', 'Zoom out (−)', actions.out), button('+', 'Zoom in (+)', actions.in), button('Fit', 'Whole map (0)', actions.fit),
  );
}

/** Say what the colours and lines mean. */
export function fillLegend(place, model, mode) {
  const all = classes(model, mode);
  const items = present(model, mode).map((k) => {
    const sign = element('i', {});
    sign.style.background = all[k].fill;
    sign.style.borderColor = all[k].edge;
    return element('span', {}, sign, all[k].words);
  });
  if (mode !== 'family' && mode !== 'findings') items.unshift(element('span', {}, 'Share of the whole model:'));
  if (model.data.contents.some((content) => content[3].some((route) => model.data.routes[route[0]] === 'skip'))) {
    items.push(element('span', {}, element('i', { class: 'map-line map-skip' }), 'skip connection'));
  }
  if (!model.flow) items.push(element('span', {}, element('i', { class: 'map-dashed' }), 'inferred from names and order, no data flow'));
  place.replaceChildren(...items);
}
