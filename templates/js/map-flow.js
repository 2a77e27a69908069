// The data flow between cards, whatever boxes lie between: who reads from whom, and the ways from one box to another.

/** @typedef {import('./map-model.js').MapModel} MapModel */

/**
 * Links of data flow from card to card: those that card i reads from, and those that read from it.
 * @typedef {object} Links
 * @property {(i: number) => Int32Array} sources
 * @property {(i: number) => Int32Array} targets
 */

/**
 * Edges as the boxes hold them: between two children of a box, out of a child through the border, in to a child.
 * @typedef {object} Ways
 * @property {Set<number>} across
 * @property {Set<number>} leave
 * @property {Set<number>} enter
 */

/**
 * What a marked path is: cards on the shortest way in order, and every card on any way.
 * @typedef {object} Path
 * @property {number} from
 * @property {number} to
 * @property {number[]} shortest
 * @property {number[]} all
 * @property {Ways} shortWays
 * @property {Ways} allWays
 */

/** @type {WeakMap<MapModel, Links>} */
const known = new WeakMap();

/**
 * The links of a model, made when they are first asked for.
 * @param {MapModel} model
 * @returns {Links}
 */
export function linksOf(model) {
  const links = known.get(model) ?? makeLinks(model);
  known.set(model, links);
  return links;
}

/** @param {MapModel} model @returns {Links} */
function makeLinks({ data, nodes, count }) {
  const back = (/** @type {number} */ i) => (data.sources ? data.sources[nodes.sources[i]] : []);
  const ins = new Int32Array(count + 2);
  const outs = new Int32Array(count + 2);
  for (let i = 0; i < count; i += 1) {
    for (const distance of back(i)) {
      ins[i + 2] += 1;
      outs[i - distance + 2] += 1;
    }
  }
  for (let i = 2; i < count + 2; i += 1) {
    ins[i] += ins[i - 1];
    outs[i] += outs[i - 1];
  }
  const sources = new Int32Array(ins[count + 1]);
  const targets = new Int32Array(ins[count + 1]);
  for (let i = 0; i < count; i += 1) {
    for (const distance of back(i)) {
      sources[ins[i + 1]] = i - distance;
      ins[i + 1] += 1;
      targets[outs[i - distance + 1]] = i;
      outs[i - distance + 1] += 1;
    }
  }
  return { sources: (i) => sources.subarray(ins[i], ins[i + 1]), targets: (i) => targets.subarray(outs[i], outs[i + 1]) };
}

/** @returns {Ways} */
export function noWays() {
  return { across: new Set(), leave: new Set(), enter: new Set() };
}

/**
 * Add every edge that a link from card a to card b runs along: out of boxes, across, into boxes.
 * @param {MapModel} model
 * @param {Ways} ways
 * @param {number} a
 * @param {number} b
 */
export function addLink({ nodes, depth, count }, ways, a, b) {
  let [from, to] = [a, b];
  const { parent } = nodes;
  while (parent[from] !== parent[to]) {
    if (depth[from] >= depth[to]) {
      ways.leave.add(from);
      from = parent[from];
    } else {
      ways.enter.add(to);
      to = parent[to];
    }
  }
  if (from !== to) ways.across.add(from * count + to);
}

/**
 * Whether an edge of the picture is among the ways; ends are nodes, -1 for the border of the box.
 * @param {MapModel} model
 * @param {Ways} ways
 * @param {{source: number, target: number}} line
 */
export function isOn({ count }, ways, { source, target }) {
  if (source >= 0 && target >= 0) return ways.across.has(source * count + target);
  return source >= 0 ? ways.leave.has(source) : ways.enter.has(target);
}

/**
 * Cards outside node i that it reads from and that read from it, and the edges between.
 * @param {MapModel} model
 * @param {number} i
 * @returns {{inputs: number[], outputs: number[], inWays: Ways, outWays: Ways}}
 */
export function around(model, i) {
  const { sources, targets } = linksOf(model);
  const found = { inputs: new Set(), outputs: new Set(), inWays: noWays(), outWays: noWays() };
  for (let k = i; i > 0 && k < model.end[i]; k += 1) {
    for (const source of sources(k)) {
      if (source < i || source >= model.end[i]) {
        found.inputs.add(source);
        addLink(model, found.inWays, source, k);
      }
    }
    for (const target of targets(k)) {
      if (target < i || target >= model.end[i]) {
        found.outputs.add(target);
        addLink(model, found.outWays, k, target);
      }
    }
  }
  return { ...found, inputs: ordered(found.inputs), outputs: ordered(found.outputs) };
}

/** @param {Set<number>} set */
function ordered(set) {
  return [...set].sort((a, b) => a - b);
}

/**
 * Everything that data from node i reaches, or that reaches node i: for each card how many steps away, -1 for never.
 * @param {MapModel} model
 * @param {number} i
 * @param {(card: number) => Int32Array} next
 */
function reach(model, i, next) {
  const steps = new Int32Array(model.count).fill(-1);
  const queue = new Int32Array(model.count);
  let size = 0;
  for (let k = i; k < model.end[i]; k += 1) {
    if (!model.isBox(k)) {
      steps[k] = 0;
      queue[size] = k;
      size += 1;
    }
  }
  for (let at = 0; at < size; at += 1) {
    for (const card of next(queue[at])) {
      if (steps[card] < 0) {
        steps[card] = steps[queue[at]] + 1;
        queue[size] = card;
        size += 1;
      }
    }
  }
  return steps;
}

/**
 * The ways that data takes from one node to another, or back where it only runs that way; null where neither does, or
 * one node holds the other.
 * @param {MapModel} model
 * @param {number} a
 * @param {number} b
 * @returns {Path | null}
 */
export function pathBetween(model, a, b) {
  const apart = a > 0 && b > 0 && (model.end[a] <= b || model.end[b] <= a);
  if (!apart) return null;
  return directed(model, a, b) ?? directed(model, b, a);
}

/** @param {MapModel} model @param {number} from @param {number} to @returns {Path | null} */
function directed(model, from, to) {
  const { sources, targets } = linksOf(model);
  const ahead = reach(model, from, targets);
  const behind = reach(model, to, sources);
  const all = [];
  let start = -1;
  for (let i = 0; i < model.count; i += 1) {
    if (ahead[i] >= 0 && behind[i] >= 0) {
      all.push(i);
      if (ahead[i] === 0 && (start < 0 || behind[i] < behind[start])) start = i;
    }
  }
  if (start < 0) return null;
  const allWays = noWays();
  for (const i of all) for (const next of targets(i)) if (behind[next] >= 0) addLink(model, allWays, i, next);
  const { shortest, shortWays } = descend(model, start, behind);
  return { from, to, shortest, all, shortWays, allWays };
}

/** @param {MapModel} model @param {number} start @param {Int32Array} behind steps left to the end */
function descend(model, start, behind) {
  const { targets } = linksOf(model);
  const shortest = [start];
  const shortWays = noWays();
  for (let i = start; behind[i] > 0; i = shortest[shortest.length - 1]) {
    const next = targets(i).find((card) => behind[card] === behind[i] - 1);
    if (next === undefined) break;
    addLink(model, shortWays, i, next);
    shortest.push(next);
  }
  return { shortest, shortWays };
}

/**
 * The box or card that stands on the picture for a node: itself, or the shut box around it.
 * @param {MapModel} model
 * @param {Set<number>} isOpen
 * @param {number} i
 */
export function shownFor(model, isOpen, i) {
  let shown = i;
  for (let k = model.nodes.parent[i]; k >= 0; k = model.nodes.parent[k]) if (!isOpen.has(k)) shown = k;
  return shown;
}

/**
 * The nearest card that node i reads from, or that reads from it, outside it; -1 for none.
 * @param {MapModel} model
 * @param {number} i
 * @param {'inputs' | 'outputs'} way
 */
export function nearest(model, i, way) {
  const cards = around(model, i)[way];
  if (cards.length === 0) return -1;
  return way === 'inputs' ? cards[cards.length - 1] : cards[0];
}
