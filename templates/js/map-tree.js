// The map as a tree of names for those who do not see it, or would rather read: the same boxes, and choosing one chooses
// it on the map. Items are made when they first show.

import { element } from './dom.js';
import { hasFocus } from './focus.js';
import { t } from './language.js';
import { ancestry, titleOf } from './map-model.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

/**
 * The items that show when some boxes are open, from the top.
 * @param {MapModel} model
 * @param {Set<number>} opened
 */
export function visible(model, opened) {
  /** @type {number[]} */
  const found = [];
  const walk = (/** @type {number} */ i) => {
    found.push(i);
    if (opened.has(i)) model.children(i).forEach(walk);
  };
  walk(0);
  return found;
}

/**
 * What a key does at item i: ['to', item], ['open', i], ['shut', i], ['choose', i], or null where it is none of the tree's.
 * @param {MapModel} model
 * @param {Set<number>} opened
 * @param {number} i
 * @param {string} key
 * @returns {[string, number] | null}
 */
export function treeKey(model, opened, i, key) {
  const all = visible(model, opened);
  const at = all.indexOf(i);
  if (key === 'ArrowDown') return ['to', all[at + 1] ?? i];
  if (key === 'ArrowUp') return ['to', all[at - 1] ?? i];
  if (key === 'Home') return ['to', 0];
  if (key === 'End') return ['to', all[all.length - 1]];
  if (key === 'ArrowLeft') return opened.has(i) ? ['shut', i] : ['to', Math.max(0, model.nodes.parent[i])];
  if (key === 'ArrowRight') return opened.has(i) ? ['to', model.children(i)[0]] : ['open', i];
  return key === 'Enter' || key === ' ' ? ['choose', i] : null;
}

/** A tree as the ARIA practices describe it: arrows walk, Right opens, Left closes, Enter chooses. */
export class Tree {
  /**
   * @param {MapModel} model
   * @param {(i: number) => void} choose
   */
  constructor(model, choose) {
    this.model = model;
    this.choose = choose;
    /** @type {Map<number, HTMLElement>} */
    this.items = new Map();
    this.opened = new Set([0]);
    this.current = 0;
    this.list = element('ul', { 'role': 'tree', 'aria-label': t('The boxes of the map'), 'class': 'map-tree' });
    this.list.addEventListener('keydown', (event) => this.press(event));
    this.list.addEventListener('click', (event) => this.click(/** @type {Element} */ (event.target)));
    this.draw();
    this.point(0, false);
  }

  /** @param {number} i */
  item(i) {
    const { model } = this;
    const known = this.items.get(i);
    if (known) return known;
    const above = model.nodes.parent[i];
    const kin = above < 0 ? [0] : [...model.children(above)];
    const words = [titleOf(model, i), ...model.lines(i)].join(' · ');
    const made = element('li', {
      'role': 'treeitem', 'tabindex': '-1', 'aria-level': model.depth[i] + 1, 'aria-posinset': kin.indexOf(i) + 1, 'aria-setsize': kin.length,
      'aria-selected': 'false', 'data-node': i,
    }, element('span', {}, element('bdi', {}, words)));
    made.style.paddingInlineStart = `${model.depth[i] * 16}px`;
    this.items.set(i, made);
    return made;
  }

  draw() {
    const shown = visible(this.model, this.opened).map((i) => {
      const made = this.item(i);
      if (this.model.isBox(i)) made.setAttribute('aria-expanded', String(this.opened.has(i)));
      return made;
    });
    this.list.replaceChildren(...shown);
  }

  /** @param {number} i @param {boolean} open */
  unfold(i, open) {
    if (!this.model.isBox(i) || this.opened.has(i) === open) return;
    if (open) this.opened.add(i);
    else this.opened.delete(i);
    this.draw();
    this.point(i, true);
  }

  /** @param {number} i @param {boolean} focus */
  point(i, focus) {
    this.items.get(this.current)?.setAttribute('tabindex', '-1');
    this.current = i;
    const made = this.item(i);
    made.setAttribute('tabindex', '0');
    if (focus) made.focus();
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const asked = treeKey(this.model, this.opened, this.current, event.key);
    if (!asked) return;
    event.preventDefault();
    event.stopPropagation();
    const [what, i] = asked;
    if (what === 'to') this.point(i, true);
    else if (what === 'choose') this.choose(i);
    else this.unfold(i, what === 'open');
  }

  /** @param {Element} target */
  click(target) {
    const made = target.closest('li');
    if (!made) return;
    const i = Number(made.dataset.node);
    this.point(i, true);
    if (target.closest('span')) this.choose(i);
    else this.unfold(i, !this.opened.has(i));
  }

  /**
   * Show the chosen node as selected, with the way to it open.
   * @param {number} i
   */
  follow(i) {
    const focused = hasFocus(this.list);
    for (const k of ancestry(this.model, i).slice(0, -1)) this.opened.add(k);
    this.draw();
    for (const made of this.items.values()) made.setAttribute('aria-selected', 'false');
    this.item(i).setAttribute('aria-selected', 'true');
    this.point(i, focused);
  }
}
