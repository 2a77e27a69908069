// What the scripts say, in the language of the report. English is the source: each message is its own key, and what
// other languages say for it travels in the page (see render/language.py).

import { root } from './root.js';

const PLACEHOLDER = /\{([A-Za-z_]\w*)\}/g;
/** @type {Record<string, string> | null} */
let told = null;

/** @returns {Record<string, string>} from each message to what the report's language says; empty for English */
function messages() {
  if (told === null) {
    const holder = (root ?? globalThis.document)?.getElementById('messages');
    told = holder ? JSON.parse(holder.textContent || '{}') : {};
  }
  return /** @type {Record<string, string>} */ (told);
}

/**
 * Say everything in another language from now on: what the page does by itself, by its element `messages`.
 * @param {Record<string, string> | null} catalogue null: read the page again
 */
export function speak(catalogue) {
  told = catalogue;
}

/**
 * A message in the language of the report, its `{name}` placeholders filled in. One without a value stays as it is.
 * @param {string} message in English, written out where it is used, so that the collector of messages finds it
 * @param {Record<string, unknown>} [values]
 * @returns {string}
 */
export function t(message, values) {
  const known = messages();
  const text = Object.hasOwn(known, message) ? known[message] : message;
  if (!values) return text;
  return text.replace(PLACEHOLDER, (found, name) => (Object.hasOwn(values, name) ? String(values[name]) : found));
}

/**
 * The message as it is: tells the collector of messages that `t` will be given it.
 * @param {string} message
 * @returns {string}
 */
export function mark(message) {
  return message;
}
