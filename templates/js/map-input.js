// Wheel, touchpad, drag, pinch and touch over the map, as changes of the view. Plotly's own input is off.
// The page scrolls past the map: the wheel alone and one finger are the map's only while it has the focus or the whole
// screen. Ctrl or ⌘ with the wheel, a pinch, and two fingers are always the map's.

import { t } from './language.js';
import { panBy, pinched, zoomAt } from './map-view.js';

/** @typedef {import('./map-view.js').View} View */
/** @typedef {import('./map-view.js').Bounds} Bounds */

/**
 * What input tells the map.
 * @typedef {object} Target
 * @property {() => View} view
 * @property {() => Bounds} bounds
 * @property {() => boolean} isActive whether the wheel alone and one finger are the map's
 * @property {(view: View) => void} show
 * @property {(x: number, y: number, more: {shift: boolean}) => void} click
 * @property {(x: number, y: number) => void} open
 * @property {(x: number, y: number) => void} hover
 * @property {() => void} leave
 * @property {(text: string) => void} hint
 */

const SLOP = 4; // pixels a pointer may move and still be a click
const SCROLL_PAUSE_MS = 350;

/**
 * How much a wheel event zooms: about 10 % a notch, less for the fine steps of a touchpad.
 * @param {{deltaY: number, deltaMode: number, ctrlKey?: boolean}} event
 */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const pixels = deltaY * unit(deltaMode);
  const fine = ctrlKey && Math.abs(pixels) < 40; // a pinch on a touchpad comes in small steps
  const factor = Math.exp(-pixels * (fine ? 0.008 : 0.0016));
  return Math.min(2, Math.max(0.5, factor));
}

/** @param {number} deltaMode */
function unit(deltaMode) {
  if (deltaMode === 1) return 16;
  return deltaMode === 2 ? 400 : 1;
}

/**
 * What a wheel event over the map does: 'zoom', 'pan' sideways, or 'pass', the page then scrolls.
 * @param {{deltaX: number, deltaY: number, ctrlKey: boolean, metaKey: boolean, shiftKey: boolean}} event
 * @param {{active: boolean, passing: boolean, outermost: boolean}} state whether the map has the focus, whether the page
 *   is being scrolled, and whether the map cannot be zoomed out further
 */
export function wheelAction({ deltaX, deltaY, ctrlKey, metaKey, shiftKey }, { active, passing, outermost }) {
  if (ctrlKey || metaKey) return 'zoom';
  if (!active || passing) return 'pass';
  if (shiftKey || Math.abs(deltaX) > Math.abs(deltaY)) return 'pan';
  return outermost && deltaY > 0 ? 'pass' : 'zoom';
}

/**
 * Listen on the pane.
 * @param {HTMLElement} pane
 * @param {Target} map
 */
export function listen(pane, map) {
  listenToWheel(pane, map);
  listenToPointers(pane, map);
  pane.addEventListener('dblclick', (event) => {
    event.preventDefault();
    map.open(...at(pane, event));
  });
}

/** @param {HTMLElement} pane @param {MouseEvent} event @returns {[number, number]} */
function at(pane, event) {
  const rect = pane.getBoundingClientRect();
  return [event.clientX - rect.left - pane.clientLeft, event.clientY - rect.top - pane.clientTop];
}

/** @param {HTMLElement} pane @param {Target} map */
function listenToWheel(pane, map) {
  let scrolled = -Infinity;
  addEventListener('wheel', (event) => { if (!event.composedPath().includes(pane)) scrolled = event.timeStamp; }, { passive: true });
  pane.addEventListener('wheel', (event) => {
    const passing = event.timeStamp - scrolled < SCROLL_PAUSE_MS;
    const active = map.isActive();
    const action = wheelAction(event, { active, passing, outermost: map.view().s <= map.bounds().least * 1.001 });
    if (action === 'pass') {
      if (passing) scrolled = event.timeStamp;
      else if (!active) map.hint(t('Ctrl + scroll zooms. Click the map to zoom by scrolling alone.'));
      return;
    }
    event.preventDefault();
    if (action === 'zoom') map.show(zoomAt(map.view(), ...at(pane, event), wheelFactor(event), map.bounds()));
    else map.show(panBy(map.view(), -(event.deltaX || event.deltaY) * unit(event.deltaMode), event.shiftKey ? 0 : -event.deltaY * unit(event.deltaMode)));
  }, { passive: false });
}

/** @param {HTMLElement} pane @param {Target} map */
function listenToPointers(pane, map) {
  /** @type {Map<number, [number, number]>} */
  const fingers = new Map();
  const state = { moved: 0 };

  pane.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || /** @type {Element} */ (event.target).closest('button, a, .map-mini, .map-note')) return;
    fingers.set(event.pointerId, at(pane, event));
    if (fingers.size === 1) state.moved = 0;
  });
  pane.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    const here = at(pane, event);
    if (!before) {
      if (event.pointerType === 'mouse' && /** @type {Element} */ (event.target).closest('.map-mini, .map-note')) map.leave();
      else if (event.pointerType === 'mouse') map.hover(...here);
      return;
    }
    const pairBefore = [...fingers.values()];
    fingers.set(event.pointerId, here);
    state.moved += Math.hypot(here[0] - before[0], here[1] - before[1]);
    const pages = event.pointerType === 'touch' && fingers.size === 1 && !map.isActive(); // the browser is about to scroll
    if (state.moved <= SLOP || pages) return;
    if (!pane.hasPointerCapture(event.pointerId)) capture(pane, event.pointerId);
    pane.classList.add('dragged');
    map.leave();
    if (fingers.size === 1) map.show(panBy(map.view(), here[0] - before[0], here[1] - before[1]));
    if (fingers.size === 2) map.show(pinched(map.view(), pairBefore, [...fingers.values()], map.bounds()));
  });
  const lift = (/** @type {PointerEvent} */ event, /** @type {boolean} */ clicked) => {
    if (!fingers.delete(event.pointerId) || fingers.size > 0) return;
    pane.classList.remove('dragged');
    if (clicked && state.moved <= SLOP) map.click(...at(pane, event), { shift: event.shiftKey });
    else if (!clicked && event.pointerType === 'touch' && !map.isActive()) {
      map.hint(t('Two fingers move the map. Tap it to move it with one.'));
    }
  };
  pane.addEventListener('pointerup', (event) => lift(event, true));
  pane.addEventListener('pointercancel', (event) => lift(event, false));
  pane.addEventListener('pointerleave', (event) => { if (!fingers.has(event.pointerId)) map.leave(); });
  // Two fingers are the map's, whatever the style lets the browser do with one.
  const hold = (/** @type {TouchEvent} */ event) => { if (event.touches.length > 1 && event.cancelable) event.preventDefault(); };
  pane.addEventListener('touchstart', hold, { passive: false });
  pane.addEventListener('touchmove', hold, { passive: false });
}

/** @param {HTMLElement} pane @param {number} pointer */
function capture(pane, pointer) {
  try {
    pane.setPointerCapture(pointer);
  } catch {
    // The pointer has gone meanwhile.
  }
}
