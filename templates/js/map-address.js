// Where a node lies, as text: its path for people and its address for links, #map=layer3.0.conv1.

/** @typedef {import('./map-model.js').MapModel} MapModel */

const PREFIX = 'map=';
/** @type {WeakMap<MapModel, {paths: string[], places: Map<string, number[]>}>} */
const known = new WeakMap();

/**
 * The dotted path of a node as the map names it, from inside the model; boxes that only the map has do not count,
 * other than the node itself where `whole` is asked for.
 * @param {MapModel} model
 * @param {number} i
 * @param {boolean} [whole]
 */
export function pathOf(model, i, whole = false) {
  const parts = [];
  for (let k = i; k > 0; k = model.nodes.parent[k]) {
    if ((whole && k === i) || !['group', 'segment'].includes(model.kind(k))) parts.unshift(model.name(k));
  }
  return parts.join('.');
}

/** @param {MapModel} model */
function index(model) {
  const made = known.get(model);
  if (made) return made;
  const paths = Array.from({ length: model.count }, (_, i) => pathOf(model, i, true));
  /** @type {Map<string, number[]>} */
  const places = new Map();
  paths.forEach((path, i) => {
    const all = places.get(path);
    if (all) all.push(i);
    else places.set(path, [i]);
  });
  known.set(model, { paths, places });
  return { paths, places };
}

/**
 * The paths of all nodes, made once.
 * @param {MapModel} model
 */
export function pathsOf(model) {
  return index(model).paths;
}

/**
 * The address of node i inside the page, without '#': its path, and which of several of that path it is. Nothing for
 * the model itself.
 * @param {MapModel} model
 * @param {number} i
 */
export function addressOf(model, i) {
  if (i <= 0) return '';
  const { paths, places } = index(model);
  const at = (places.get(paths[i]) ?? []).indexOf(i);
  return `${PREFIX}${encodeURIComponent(paths[i])}${at > 0 ? `&${at + 1}` : ''}`;
}

/**
 * The node that a place of the page, decoded, leads to: -1 where it names none, null where it is not about the map.
 * @param {MapModel} model
 * @param {string} place such as 'map=layer3.0.conv1'
 */
export function nodeAt(model, place) {
  if (!place.startsWith(PREFIX)) return null;
  const asked = place.slice(PREFIX.length);
  const { places } = index(model);
  const whole = places.get(asked);
  if (whole) return whole[0];
  const found = /^(.*)&(\d+)$/su.exec(asked);
  return (found && places.get(found[1])?.[Number(found[2]) - 1]) ?? -1;
}
