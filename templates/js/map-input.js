// Wheel, drag, pinch and touch over the map, as changes of the view. Plotly's own input is off.

import { panBy, pinched, zoomAt } from './map-view.js';

const SLOP = 4; // pixels a pointer may move and still be a click
const SCROLL_PAUSE_MS = 350;

/** How much a wheel event zooms: about 10 % a notch, less for the fine steps of a touchpad. */
export function wheelFactor({ deltaY, deltaMode, ctrlKey }) {
  const pixels = deltaY * (deltaMode === 1 ? 16 : deltaMode === 2 ? 400 : 1);
  const factor = Math.exp(-pixels * (ctrlKey ? 0.008 : 0.0016));
  return Math.min(2, Math.max(0.5, factor));
}

/**
 * Listen on the pane.
 * @param {object} map what to tell: view(), bounds(), show(view), click(x, y), open(x, y), hover(x, y), leave(), atRest()
 */
export function listen(pane, map) {
  const fingers = new Map();
  const state = { moved: 0, scrolled: 0 };
  const at = (event) => {
    const rect = pane.getBoundingClientRect();
    return [event.clientX - rect.left, event.clientY - rect.top];
  };

  // A page being scrolled past the map goes on scrolling; and where there is nothing to zoom out to, it scrolls too.
  addEventListener('wheel', (event) => { if (!pane.contains(event.target)) state.scrolled = event.timeStamp; }, { passive: true });
  pane.addEventListener('wheel', (event) => {
    const passing = event.timeStamp - state.scrolled < SCROLL_PAUSE_MS && !event.ctrlKey && !event.metaKey;
    const outward = event.deltaY > 0 && map.view().s <= map.bounds().least * 1.001;
    if (passing || (outward && !event.ctrlKey)) {
      if (passing) state.scrolled = event.timeStamp;
      return;
    }
    event.preventDefault();
    const [x, y] = at(event);
    map.show(zoomAt(map.view(), x, y, wheelFactor(event), map.bounds()));
  }, { passive: false });

  pane.addEventListener('pointerdown', (event) => {
    if (event.button !== 0 || event.target.closest('button')) return;
    fingers.set(event.pointerId, at(event));
    if (fingers.size === 1) state.moved = 0;
  });
  pane.addEventListener('pointermove', (event) => {
    const before = fingers.get(event.pointerId);
    const here = at(event);
    if (!before) {
      if (event.pointerType === 'mouse') map.hover(...here);
      return;
    }
    const pairBefore = [...fingers.values()];
    fingers.set(event.pointerId, here);
    state.moved += Math.hypot(here[0] - before[0], here[1] - before[1]);
    if (state.moved <= SLOP) return;
    if (!pane.hasPointerCapture(event.pointerId)) pane.setPointerCapture(event.pointerId);
    pane.classList.add('dragged');
    map.leave();
    if (fingers.size === 1) map.show(panBy(map.view(), here[0] - before[0], here[1] - before[1]));
    if (fingers.size === 2) map.show(pinched(map.view(), pairBefore, [...fingers.values()], map.bounds()));
  });
  const lift = (event, clicked) => {
    if (!fingers.delete(event.pointerId)) return;
    if (fingers.size > 0) return;
    pane.classList.remove('dragged');
    if (clicked && state.moved <= SLOP) map.click(...at(event));
  };
  pane.addEventListener('pointerup', (event) => lift(event, true));
  pane.addEventListener('pointercancel', (event) => lift(event, false));
  pane.addEventListener('pointerleave', (event) => { if (!fingers.has(event.pointerId)) map.leave(); });
  pane.addEventListener('dblclick', (event) => {
    event.preventDefault();
    map.open(...at(event));
  });
}
