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
  /** @type {HTMLElement | null} */
  let owner = null;
  const hide = () => {
    shown?.remove();
    shown = null;
  };
  /** Beside its owner, also when the page moves; gone with it. */
  const put = () => {
    if (!shown || !owner) return;
    const at = owner.getBoundingClientRect();
    const view = { width: window.innerWidth, height: window.innerHeight };
    if (at.bottom < 0 || at.top > view.height) {
      hide();
      return;
    }
    const [left, top] = spotOf(at, shown.getBoundingClientRect(), view);
    shown.style.left = `${left}px`;
    shown.style.top = `${top}px`;
  };
  root.addEventListener('focusin', (event) => {
    hide();
    owner = /** @type {HTMLElement} */ (event.target);
    const words = owner.getAttribute?.('title');
    if (!words || !owner.matches(':focus-visible')) return;
    shown = element('div', { 'class': 'hint', 'aria-hidden': 'true' }, element('bdi', {}, words));
    body().append(shown);
    put();
  });
  root.addEventListener('focusout', hide);
  root.addEventListener('keydown', (event) => { if (/** @type {KeyboardEvent} */ (event).key === 'Escape') hide(); });
  window.addEventListener('scroll', put, { passive: true, capture: true });
  for (const place of root.querySelectorAll('[data-copy]')) place.after(copyButton(place.textContent ?? ''));
}
