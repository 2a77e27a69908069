// Where the report stands: a page of its own, or a fragment in a page of somebody else's, inside its own shadow root.
// Whatever looks for an element, listens for what readers do, or reads the address asks here.

const FRAGMENT = 'model-report';
const GIVEN = Symbol.for('modelreport.root');
/** @type {any} what the scripts of all reports in a page see */
const shared = globalThis;

/**
 * The fragment's shadow root; made from its template where the browser, or a script of the host page, did not.
 * @param {Element} place
 * @returns {ShadowRoot}
 */
function shadowOf(place) {
  if (place.shadowRoot) return place.shadowRoot;
  const template = place.querySelector('template');
  const shadow = place.attachShadow({ mode: 'open' });
  if (template) shadow.append(template.content);
  return shadow;
}

/**
 * The root that this script is run for: handed over by the script that unpacked it, or the fragment it stands behind.
 * @returns {Document | ShadowRoot}
 */
function findRoot() {
  if (shared[GIVEN]) return shared[GIVEN];
  const page = shared.document;
  let before = page?.currentScript?.previousElementSibling;
  // What other scripts put at the end of the page meanwhile may stand between a fragment and its script.
  while (before && before.localName !== FRAGMENT) before = before.previousElementSibling;
  return before ? shadowOf(before) : page;
}

/**
 * What the report is in: the document, or the shadow root of its fragment. Ids are unique in it, events end at it.
 */
export const root = findRoot();

/** Whether the report is a fragment in another page. */
export const embedded = root !== shared.document;

/**
 * The element that carries what is true of the whole report: class 'js', data-theme, what failed.
 * @type {HTMLElement}
 */
export const host = embedded ? /** @type {any} */ (root).host : shared.document?.documentElement;

/** The element that everything the report shows is in: where its fonts and colours hold. */
export function body() {
  return (embedded && /** @type {HTMLElement | null} */ (root.querySelector('.page'))) || document.body;
}

/**
 * Run work while the scripts of the report that it starts find this root.
 * @param {() => void} work
 */
export function handingOver(work) {
  const before = shared[GIVEN];
  shared[GIVEN] = root;
  try {
    work();
  } finally {
    shared[GIVEN] = before;
  }
}

/**
 * The address of a place in this report: '#layer-3'; in a fragment '#mr-1f2e3d4c:layer-3', so that several share a page.
 * @param {string} id
 */
export function link(id) {
  return `#${embedded ? `${host.id}:` : ''}${id}`;
}

/**
 * The place in a report that a '#…' names; empty for one that names nothing of it.
 * @param {string} hash such as that of the address bar
 * @param {string} prefix what the addresses of the report's places begin with: nothing where the page is its own
 */
export function placeOf(hash, prefix = embedded ? `${host.id}:` : '') {
  let text = hash.slice(1);
  try {
    text = decodeURIComponent(text);
  } catch {
    // Not of our making: as it is.
  }
  return text.startsWith(prefix) ? text.slice(prefix.length) : '';
}

/** The place in this report that the address names; empty for none. */
export function here() {
  return placeOf(location.hash);
}

/** How wide the report may be, as the style sheets ask: the window, or the fragment's place in its page. */
export function width() {
  return embedded ? host.clientWidth : window.innerWidth;
}

/** The text that the reader has selected. */
export function selected() {
  const own = /** @type {any} */ (root);
  return String((own.getSelection ? own.getSelection() : document.getSelection()) ?? '');
}
