// The rail: which section is being read, and the menu on narrow screens.

import { endEarly, isReturn } from './early.js';
import { calm, isTouched } from './idle.js';
import { embedded, here, placeOf, root } from './root.js';

/**
 * The section being read: the last whose top is above a line down the view; at either end of the page the first or last.
 * @param {number[]} tops
 * @param {number} line
 * @param {string} end 'top', 'bottom' or neither
 */
export function current(tops, line, end) {
  if (end !== '') return end === 'top' ? 0 : tops.length - 1;
  let found = 0;
  tops.forEach((top, i) => { if (top <= line) found = i; });
  return found;
}

/**
 * Open every fold around what the address names, so that a link never leads to nothing.
 * @param {string} id
 */
function openAround(id) {
  const target = id === '' ? null : root.getElementById(id);
  for (let fold = target?.closest('details'); fold; fold = fold.parentElement?.closest('details')) {
    if (!fold.classList.contains('menu')) fold.open = true;
  }
  return target;
}

function follow() {
  openAround(here())?.scrollIntoView();
}

/** The browser finds sections of a fragment by itself, but nothing inside them: that is done here. */
function startFragmentLinks() {
  root.addEventListener('click', (event) => {
    const link = /** @type {Element} */ (event.target).closest('a');
    if (link && link.hash !== '' && link.hash === location.hash) follow();
  });
  follow();
}

const followed = { id: '', at: -Infinity };

/** Note which place of the page the reader follows a link to while it comes to life. */
export function watchLinks() {
  root.addEventListener('click', (event) => {
    const way = /** @type {HTMLAnchorElement | null} */ (/** @type {Element} */ (event.target).closest?.('a[href^="#"]'));
    if (way && !way.dataset.row) Object.assign(followed, { id: placeOf(way.hash), at: performance.now() });
  });
}

/**
 * Show the place that the address names, or a link led to, where it was asked for: what came to life above it may have
 * moved it, and ends a scrolling that is under way. Whoever has done something since then stays where they are.
 */
export function keepPlace() {
  const id = here();
  const since = followed.id === id ? followed.at : -Infinity;
  const asked = since > -Infinity || (!embedded && !isReturn());
  if (id !== '' && asked && !isTouched(since)) root.getElementById(id)?.scrollIntoView({ behavior: 'instant' });
}

const frame = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });

/**
 * Let the browser pass over what is out of sight. Each section gets its height first, one after the other in idle
 * moments, and keeps it: nothing jumps when it comes into sight. A page of another width has other heights.
 */
export async function settleParts() {
  await settleAll();
  endEarly();
  let width = window.innerWidth;
  window.addEventListener('resize', () => {
    if (window.innerWidth === width) return;
    width = window.innerWidth;
    for (const part of root.querySelectorAll('.part.settled')) part.classList.remove('settled');
    settleAll();
  });
}

async function settleAll() {
  for (const part of root.querySelectorAll('.part:not(.settled)')) {
    await calm();
    part.classList.add('awake');
    await frame();
    part.classList.add('settled');
    part.classList.remove('awake');
  }
}

const NARROW = '(max-width: 860px)';

/** Fold the menu away where it stands above the report instead of beside it. */
export function fitMenu() {
  const menu = /** @type {HTMLDetailsElement | null} */ (root.querySelector('.menu')); // a fragment has none
  if (menu) menu.open = !matchMedia(NARROW).matches;
}

/** Mark the section being read in the rail, and fold the menu away on narrow screens after a choice. */
export function startNavigation() {
  const links = /** @type {HTMLAnchorElement[]} */ ([...root.querySelectorAll('.rail li a')]);
  const sections = links.map((link) => root.getElementById(placeOf(link.hash)));
  const narrow = matchMedia(NARROW);
  const state = { waiting: false };

  function mark() {
    state.waiting = false;
    const atEnd = window.scrollY + window.innerHeight >= document.documentElement.scrollHeight - 2;
    const tops = sections.map((section) => section?.getBoundingClientRect().top ?? 0);
    const index = current(tops, window.innerHeight / 3, embedded ? '' : window.scrollY <= 0 ? 'top' : atEnd ? 'bottom' : '');
    links.forEach((link, i) => {
      if (i === index) link.setAttribute('aria-current', 'true');
      else link.removeAttribute('aria-current');
    });
  }

  function later() {
    if (!state.waiting) {
      state.waiting = true;
      requestAnimationFrame(mark);
    }
  }

  window.addEventListener('scroll', later, { passive: true });
  window.addEventListener('resize', later, { passive: true });
  narrow.addEventListener('change', fitMenu);
  window.addEventListener('hashchange', follow);
  if (embedded) startFragmentLinks();
  else openAround(here());
  for (const link of links) link.addEventListener('click', () => { if (narrow.matches) fitMenu(); });
  mark();
}
