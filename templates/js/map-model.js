// The map's data as arrays: where every node lies in the units of the whole map, and what it is.

/** Rows of [key, count] lists as one flat list with offsets: children by parent. */
export function byParent(parent) {
  const count = parent.length;
  const start = new Int32Array(count + 2);
  for (const p of parent) if (p >= 0) start[p + 2] += 1;
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
 * The model behind the payload `map` (see render/map/payload.py).
 * x, y, w, h are in units of the whole map; unit[i] is how large one unit of the drawing that holds i is in them, and
 * inner[i] the same for the drawing inside i.
 */
export function makeModel(data) {
  const { nodes, frames, contents } = data;
  const count = nodes.parent.length;
  const numbers = () => new Float64Array(count);
  const model = {
    data, nodes, count, x: numbers(), y: numbers(), w: numbers(), h: numbers(), unit: numbers(), inner: numbers(),
    depth: new Uint8Array(count), worst: Uint8Array.from(nodes.findings), flow: data.flow, tall: false,
  };
  const { start, list } = byParent(nodes.parent);
  model.children = (i) => list.subarray(start[i], start[i + 1]);
  model.isBox = (i) => start[i + 1] > start[i];
  model.frame = (i) => (i === 0 && model.tall ? data.tall : frames[nodes.frame[i]]);
  model.content = (i) => (model.isBox(i) ? contents[model.frame(i)[2]] : null);
  model.name = (i) => data.strings[nodes.name[i]];
  model.type = (i) => data.strings[nodes.type[i]];
  model.kind = (i) => data.kinds[nodes.kind[i]];
  model.output = (i) => data.strings[nodes.output[i]];
  model.lines = (i) => data.lines[nodes.lines[i]].map((id) => data.strings[id]);
  model.shapes = (i) => data.shapes[nodes.shapes[i]];
  model.total = { parameters: nodes.parameters[0], flops: nodes.flops[0], bytes: nodes.bytes[0] };
  spread(model);
  rise(model);
  return model;
}

/** Take the arrangement for high panes, or back; says whether that changed anything. */
export function reshape(model, tall) {
  if (model.tall === tall) return false;
  model.tall = tall;
  spread(model);
  return true;
}

function spread(model) {
  const { count } = model;
  [model.w[0], model.h[0]] = model.frame(0);
  model.unit[0] = 1;
  for (let i = 0; i < count; i += 1) {
    const content = model.content(i);
    if (content) {
      const [, , , scale, dx, dy] = model.frame(i);
      model.inner[i] = model.unit[i] * scale;
      const corners = content[2];
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

/** The worst finding inside a box shows on the box. */
function rise(model) {
  for (let i = model.count - 1; i > 0; i -= 1) {
    const above = model.nodes.parent[i];
    if (model.worst[i] && (!model.worst[above] || model.worst[i] < model.worst[above])) model.worst[above] = model.worst[i];
  }
}

/** Name and type with the number of repeats, in the order of preference: [[name, type], …]. */
export function wordings(model, i) {
  const kind = model.kind(i);
  const repeat = model.nodes.repeat[i];
  const type = repeat ? `${model.type(i)} ×${repeat}` : model.type(i);
  let name = model.name(i);
  if (kind === 'input' || kind === 'output') return [[name, name.startsWith(kind) ? '' : type], [name, '']];
  if (name === model.type(i)) name = '';
  const ways = model.isBox(i) ? [[name, type], [name, ''], ['', type]] : [[name, type], ['', type], [name, '']];
  const good = ways.filter(([a, b], k) => (a || b) && !ways.slice(0, k).some((way) => way[0] === a && way[1] === b));
  return good.length > 0 ? good : [['', '']];
}

/** Name and type in one line. */
export function titleOf(model, i) {
  return wordings(model, i)[0].filter(Boolean).join(' ') || 'model';
}

/** The nodes from the model down to i. */
export function ancestry(model, i) {
  const way = [];
  for (let k = i; k >= 0; k = model.nodes.parent[k]) way.unshift(k);
  return way;
}

/** Nodes that i reads from and that read from it, inside the box that holds it; -1 stands for the border. */
export function neighbours(model, i) {
  const above = model.nodes.parent[i];
  const found = { from: [], to: [] };
  if (above < 0) return found;
  const kin = model.children(above);
  const place = kin.indexOf(i);
  const at = (k) => (k < kin.length ? kin[k] : -1);
  for (const [, source, target] of model.content(above)[3]) {
    if (target === place && source !== place) found.from.push(at(source));
    if (source === place && target !== place) found.to.push(at(target));
  }
  return found;
}
