// The map's data as arrays: where every node lies in the units of the whole map, and what it is.

import { t } from './language.js';

/**
 * The payload `map` (see render/map/payload.py).
 * @typedef {object} MapData
 * @property {boolean} flow
 * @property {string} note
 * @property {string[]} families
 * @property {string[]} words
 * @property {string[]} kinds
 * @property {string[]} routes
 * @property {string[]} strings
 * @property {number[][]} frames
 * @property {number[][]} shapes
 * @property {number[][]} lines
 * @property {number[][]} [sources]
 * @property {[string, string][]} healths
 * @property {number[][]} tallies
 * @property {[number, number, number[], number[][]][]} contents
 * @property {number[]} tall
 * @property {Record<string, number[]>} nodes
 */

/**
 * @typedef {object} MapModel
 * @property {MapData} data
 * @property {Record<string, number[]>} nodes
 * @property {number} count
 * @property {Float64Array} x left edge of each node, in units of the whole map
 * @property {Float64Array} y
 * @property {Float64Array} w
 * @property {Float64Array} h
 * @property {Float64Array} unit how large one unit of the drawing that holds the node is
 * @property {Float64Array} inner the same for the drawing inside the node
 * @property {Uint8Array} depth
 * @property {Int32Array} end one past the last node inside each node: what is inside follows it
 * @property {Uint8Array} worst
 * @property {boolean} flow
 * @property {boolean} tall
 * @property {Record<string, number>} total
 * @property {(i: number) => Int32Array} children
 * @property {(i: number) => boolean} isBox
 * @property {(i: number) => number[]} frame
 * @property {(i: number) => [number, number, number[], number[][]]} content of a box; asks nothing of a card
 * @property {(i: number) => string} name
 * @property {(i: number) => string} type
 * @property {(i: number) => string} kind
 * @property {(i: number) => string} output
 * @property {(i: number) => string[]} lines
 * @property {(i: number) => number[]} shapes
 */

/**
 * Rows of [key, count] lists as one flat list with offsets: children by parent.
 * @param {ArrayLike<number>} parent
 */
export function byParent(parent) {
  const count = parent.length;
  const start = new Int32Array(count + 2);
  for (let i = 0; i < count; i += 1) if (parent[i] >= 0) start[parent[i] + 2] += 1;
  for (let i = 2; i < count + 2; i += 1) start[i] += start[i - 1];
  const list = new Int32Array(Math.max(0, count - 1));
  for (let i = 0; i < count; i += 1) {
    if (parent[i] >= 0) {
      list[start[parent[i] + 1]] = i;
      start[parent[i] + 1] += 1;
    }
  }
  return { start, list };
}

/**
 * The model behind the payload `map`.
 * @param {MapData} data
 * @returns {MapModel}
 */
export function makeModel(data) {
  const { nodes, frames, contents } = data;
  const count = nodes.parent.length;
  const numbers = () => new Float64Array(count);
  const { start, list } = byParent(nodes.parent);
  /** @type {MapModel} */
  const model = {
    data, nodes, count, x: numbers(), y: numbers(), w: numbers(), h: numbers(), unit: numbers(), inner: numbers(),
    depth: new Uint8Array(count), end: ends(nodes.parent), worst: Uint8Array.from(nodes.findings), flow: data.flow, tall: false,
    total: Object.fromEntries(Object.entries(nodes).map(([column, values]) => [column, values[0]])),
    children: (i) => list.subarray(start[i], start[i + 1]),
    isBox: (i) => start[i + 1] > start[i],
    frame: (i) => (i === 0 && model.tall ? data.tall : frames[nodes.frame[i]]),
    content: (i) => contents[model.frame(i)[2]],
    name: (i) => data.strings[nodes.name[i]],
    type: (i) => data.strings[nodes.type[i]],
    kind: (i) => data.kinds[nodes.kind[i]],
    output: (i) => data.strings[nodes.output[i]],
    lines: (i) => data.lines[nodes.lines[i]].map((id) => data.strings[id]),
    shapes: (i) => data.shapes[nodes.shapes[i]],
  };
  spread(model);
  rise(model);
  return model;
}

/** @param {number[]} parent */
function ends(parent) {
  const end = new Int32Array(parent.length);
  for (let i = parent.length - 1; i >= 0; i -= 1) {
    end[i] = Math.max(end[i], i + 1);
    if (i > 0) end[parent[i]] = Math.max(end[parent[i]], end[i]);
  }
  return end;
}

/**
 * Take the arrangement for high panes, or back; says whether that changed anything.
 * @param {MapModel} model
 * @param {boolean} tall
 */
export function reshape(model, tall) {
  if (model.tall === tall) return false;
  model.tall = tall;
  spread(model);
  return true;
}

/** @param {MapModel} model */
function spread(model) {
  const { count } = model;
  [model.w[0], model.h[0]] = model.frame(0);
  model.unit[0] = 1;
  for (let i = 0; i < count; i += 1) {
    if (model.isBox(i)) {
      const [, , , scale, dx, dy] = model.frame(i);
      model.inner[i] = model.unit[i] * scale;
      const corners = model.content(i)[2];
      model.children(i).forEach((child, k) => {
        const [w, h] = model.frame(child);
        model.x[child] = model.x[i] + dx * model.unit[i] + corners[2 * k] * model.inner[i];
        model.y[child] = model.y[i] + dy * model.unit[i] + corners[2 * k + 1] * model.inner[i];
        model.w[child] = w * model.inner[i];
        model.h[child] = h * model.inner[i];
        model.unit[child] = model.inner[i];
        model.depth[child] = Math.min(255, model.depth[i] + 1);
      });
    }
  }
}

/**
 * The worst finding inside a box shows on the box.
 * @param {MapModel} model
 */
function rise(model) {
  for (let i = model.count - 1; i > 0; i -= 1) {
    const above = model.nodes.parent[i];
    if (model.worst[i] && (!model.worst[above] || model.worst[i] < model.worst[above])) model.worst[above] = model.worst[i];
  }
}

/**
 * Name and type with the number of repeats, in the order of preference: [[name, type], …].
 * @param {MapModel} model
 * @param {number} i
 * @returns {[string, string][]}
 */
export function wordings(model, i) {
  const kind = model.kind(i);
  const repeat = model.nodes.repeat[i];
  const type = repeat ? `${model.type(i)} ×${repeat}` : model.type(i);
  let name = model.name(i);
  if (kind === 'input' || kind === 'output') return [[name, name.startsWith(kind) ? '' : type], [name, '']];
  if (name === model.type(i)) name = '';
  /** @type {[string, string][]} */
  const ways = repeat ? [[name, type], ['', type], [name, `×${repeat}`], [name, '']] : model.isBox(i) ? [[name, type], [name, ''], ['', type]] : [[name, type], ['', type], [name, '']];
  const good = ways.filter(([a, b], k) => (a || b) && !ways.slice(0, k).some((way) => way[0] === a && way[1] === b));
  return good.length > 0 ? good : [['', '']];
}

/**
 * Name and type in one line.
 * @param {MapModel} model
 * @param {number} i
 */
export function titleOf(model, i) {
  return wordings(model, i)[0].filter(Boolean).join(' ') || t('model');
}

/**
 * The nodes from the model down to i.
 * @param {MapModel} model
 * @param {number} i
 */
export function ancestry(model, i) {
  /** @type {number[]} */
  const way = [];
  for (let k = i; k >= 0; k = model.nodes.parent[k]) way.unshift(k);
  return way;
}

/**
 * Nodes that i reads from and that read from it, inside the box that holds it; -1 stands for the border.
 * @param {MapModel} model
 * @param {number} i
 */
export function neighbours(model, i) {
  const above = model.nodes.parent[i];
  /** @type {{from: number[], to: number[]}} */
  const found = { from: [], to: [] };
  if (above < 0) return found;
  const kin = model.children(above);
  const place = kin.indexOf(i);
  const at = (/** @type {number} */ k) => (k < kin.length ? kin[k] : -1);
  for (const [, source, target] of model.content(above)[3]) {
    if (target === place && source !== place) found.from.push(at(source));
    if (source === place && target !== place) found.to.push(at(target));
  }
  return found;
}
