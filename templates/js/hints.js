// What a mouse sees by waiting over a thing is shown to the keyboard too; and what is meant to be copied gets a button.

import { copyButton } from './cells.js';
import { element } from './dom.js';
import { body, root } from './root.js';

const GAP = 6;

/**
 * Where a hint stands: below its owner, above where there is no room, within the view.
 * @param {{left: number, top: number, bottom: number}} owner
 * @param {{width: number, height: number}} size
 * @param {{width: number, height: number}} view
 * @returns {[number, number]} left and top
 */
export function spotOf(owner, size, view) {
  const left = Math.max(GAP, Math.min(owner.left, view.width - size.width - GAP));
  const below = owner.bottom + GAP;
  return [left, below + size.height > view.height ? Math.max(GAP, owner.top - GAP - size.height) : below];
}

/** Show the title of whatever the keyboard is on; Escape hides it. */
export function startHints() {
  /** @type {HTMLElement | null} */
  let shown = null;
  const hide = () => {
    shown?.remove();
    shown = null;
  };
  root.addEventListener('focusin', (event) => {
    hide();
    const owner = /** @type {HTMLElement} */ (event.target);
    const words = owner.getAttribute?.('title');
    if (!words || !owner.matches(':focus-visible')) return;
    shown = element('div', { 'class': 'hint', 'aria-hidden': 'true' }, element('bdi', {}, words));
    body().append(shown);
    const [left, top] = spotOf(owner.getBoundingClientRect(), shown.getBoundingClientRect(), { width: window.innerWidth, height: window.innerHeight });
    shown.style.left = `${left}px`;
    shown.style.top = `${top}px`;
  });
  root.addEventListener('focusout', hide);
  root.addEventListener('keydown', (event) => { if (/** @type {KeyboardEvent} */ (event).key === 'Escape') hide(); });
  window.addEventListener('scroll', hide, { passive: true, capture: true });
  for (const place of root.querySelectorAll('[data-copy]')) place.after(copyButton(place.textContent ?? ''));
}
