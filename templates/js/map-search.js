// Finding boxes by name, path, type, attribute or shape.

const LIMIT = 12;
const MARKS = 300;

/** The words of a query: lower case, `x` between digits read as the sign in shapes. */
export function wordsOf(query) {
  return query.toLowerCase().replace(/(\d)\s*[x*]\s*(?=\d)/g, '$1×').split(/\s+/).filter(Boolean);
}

/** The dotted path of a node as the map names it, from inside the model. */
export function pathOf(model, i) {
  const parts = [];
  for (let k = i; k > 0; k = model.nodes.parent[k]) {
    if (!['group', 'segment'].includes(model.kind(k))) parts.unshift(model.name(k));
  }
  return parts.join('.');
}

/**
 * The nodes that every word of the query is found in: in name, type, lines or output shape, or across the path.
 * The best first: exact names, then beginnings, then the rest in order of execution.
 * @returns {{hits: number[], all: number[], total: number}} the first dozen to list, up to some hundred to mark
 */
export function search(model, query) {
  const words = wordsOf(query);
  if (words.length === 0) return { hits: [], all: [], total: 0 };
  const last = words[words.length - 1];
  const whole = words.join(' ');
  const ranked = [[], [], []];
  for (let i = 1; i < model.count; i += 1) {
    const name = model.name(i).toLowerCase();
    const text = `${name} ${model.type(i).toLowerCase()} ${model.lines(i).join(' ').toLowerCase()} ${model.output(i)}`;
    const found = words.every((word) => text.includes(word) || (word.includes('.') && pathOf(model, i).toLowerCase().includes(word)));
    if (found) ranked[name === whole || pathOf(model, i).toLowerCase() === whole ? 0 : name.startsWith(last) ? 1 : 2].push(i);
  }
  const all = ranked.flat();
  return { hits: all.slice(0, LIMIT), all: all.slice(0, MARKS), total: all.length };
}
