// The map as a tree of names for those who do not see it, or would rather read: the same boxes, and choosing one chooses
// it on the map. Branches are made when they are opened.

import { element } from './dom.js';
import { t } from './language.js';
import { ancestry, titleOf } from './map-model.js';

/** @typedef {import('./map-model.js').MapModel} MapModel */

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
    this.current = 0;
    this.list = element('ul', { 'role': 'tree', 'aria-label': t('The boxes of the map'), 'class': 'map-tree' }, this.item(0, 1, 1, 1));
    this.unfold(0, true);
    this.point(0, false);
    this.list.addEventListener('keydown', (event) => this.press(event));
    this.list.addEventListener('click', (event) => this.click(/** @type {Element} */ (event.target)));
  }

  /** @param {number} i @param {number} level @param {number} place @param {number} count */
  item(i, level, place, count) {
    const words = [titleOf(this.model, i), ...this.model.lines(i)].join(' · ');
    const made = element('li', {
      'role': 'treeitem', 'tabindex': '-1', 'aria-level': level, 'aria-posinset': place, 'aria-setsize': count,
      'aria-expanded': this.model.isBox(i) ? 'false' : null, 'aria-selected': 'false', 'data-node': i, 'aria-label': words,
    }, element('span', {}, element('bdi', {}, words)));
    this.items.set(i, made);
    return made;
  }

  /** @param {number} i */
  isOpen(i) { return this.items.get(i)?.getAttribute('aria-expanded') === 'true'; }

  /** @param {number} i @param {boolean} open */
  unfold(i, open) {
    const made = this.items.get(i);
    if (!made || !this.model.isBox(i)) return;
    made.setAttribute('aria-expanded', String(open));
    if (open && !made.querySelector('ul')) {
      const inside = [...this.model.children(i)];
      const level = Number(made.getAttribute('aria-level')) + 1;
      made.append(element('ul', { role: 'group' }, ...inside.map((child, k) => this.item(child, level, k + 1, inside.length))));
    }
  }

  /** @param {number} i @param {boolean} focus */
  point(i, focus) {
    this.items.get(this.current)?.setAttribute('tabindex', '-1');
    this.current = i;
    const made = this.items.get(i);
    made?.setAttribute('tabindex', '0');
    if (focus) made?.focus();
  }

  /** The items that show, from the top. */
  visible() {
    /** @type {number[]} */
    const found = [];
    const walk = (/** @type {number} */ i) => {
      found.push(i);
      if (this.isOpen(i)) this.model.children(i).forEach(walk);
    };
    walk(0);
    return found;
  }

  /**
   * Where a key leads from the current item, or null.
   * @param {string} key
   */
  step(key) {
    const { current, model } = this;
    const all = this.visible();
    const at = all.indexOf(current);
    if (key === 'ArrowDown') return all[at + 1] ?? current;
    if (key === 'ArrowUp') return all[at - 1] ?? current;
    if (key === 'Home') return 0;
    if (key === 'End') return all[all.length - 1];
    if (key === 'ArrowLeft') return this.isOpen(current) ? current : Math.max(0, model.nodes.parent[current]);
    if (key === 'ArrowRight') return this.isOpen(current) ? model.children(current)[0] : current;
    return null;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { current } = this;
    const to = this.step(event.key);
    if (to === null && !['Enter', ' '].includes(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
    if (to === null) this.choose(current);
    else if (to === current && event.key === 'ArrowRight') this.unfold(current, true);
    else if (to === current && event.key === 'ArrowLeft') this.unfold(current, false);
    else this.point(to, true);
  }

  /** @param {Element} target */
  click(target) {
    const made = target.closest('li');
    if (!made) return;
    const i = Number(made.dataset.node);
    this.point(i, true);
    if (target.closest('span')) this.choose(i);
    else this.unfold(i, !this.isOpen(i));
  }

  /**
   * Show the chosen node as selected, with the way to it open.
   * @param {number} i
   */
  follow(i) {
    for (const k of ancestry(this.model, i).slice(0, -1)) this.unfold(k, true);
    for (const made of this.list.querySelectorAll('[aria-selected="true"]')) made.setAttribute('aria-selected', 'false');
    this.items.get(i)?.setAttribute('aria-selected', 'true');
    this.point(i, false);
  }
}
