// The list of keys, as a dialog.

import { element } from './dom.js';
import { t } from './language.js';
import { KEYS } from './map-keys.js';

/**
 * A dialog that lists the keys and what a pointer does.
 * @param {HTMLElement} place that it stands in
 * @returns {() => void} shows it
 */
export function makeHelp(place) {
  const keys = KEYS.map(([names, words]) => [element('dt', {}, ...names.map((name) => element('kbd', {}, name))), element('dd', {}, t(words))]);
  const pointers = [
    [t('Click'), t('Choose a box')],
    [t('Double click'), t('Go into a box')],
    [t('Shift-click'), t('Mark the path from the chosen box')],
    [t('Drag'), t('Move the map')],
    [t('Ctrl + scroll'), t('Zoom; scrolling alone zooms once the map was clicked')],
  ].map(([name, words]) => [element('dt', {}, name), element('dd', {}, words)]);
  const close = element('button', { 'type': 'button', 'aria-label': t('Close'), 'onclick': () => dialog.close() }, '✕');
  const title = t('Keys of the map');
  const dialog = element(
    'dialog', { 'class': 'map-help', 'aria-label': title },
    element('header', {}, element('h3', {}, title), close), element('dl', {}, ...keys.flat(), ...pointers.flat()),
  );
  dialog.addEventListener('keydown', (event) => event.stopPropagation());
  dialog.addEventListener('click', (event) => { if (event.target === dialog) dialog.close(); });
  place.append(dialog);
  return () => dialog.showModal();
}
