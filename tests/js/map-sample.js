// A small map as render/map/payload.py writes it: x → A(first → second → add, with a skip) → B(as A) → y.

const FAMILIES = ['conv', 'linear', 'recurrent', 'attention', 'norm', 'activation', 'pool', 'embedding', 'shape', 'arithmetic', 'io', 'module', 'other'];
const STRINGS = ['', 'x', 'input', 'A', 'Block', 'first', 'Conv2d', 'second', 'ReLU', 'add', 'B', 'y', 'output', '1×3×8×8', '1×16×8×8', '3×3, p1', 'model', 'Net'];
const id = (/** @type {string} */ text) => STRINGS.indexOf(text);

/** @returns {import('../../templates/js/map-model.js').MapData & {severities: string[]}} */
export function sample() {
  return {
    flow: true, note: '', families: FAMILIES, words: FAMILIES, kinds: ['module', 'operation', 'input', 'output', 'group', 'segment'],
    routes: ['plain', 'skip', 'shared'], severities: ['', 'error', 'warning', 'note'], strings: [...STRINGS],
    frames: [
      [224, 524, 1, 1, 12, 12, 0.4, 22], // the model
      [60, 26, -1], // a card
      [124, 184, 0, 0.5, 12, 22, 0.4, 22], // a block
    ],
    shapes: [[id('1×3×8×8'), id('1×16×8×8'), id('1×16×8×8')], [], [id('1×3×8×8'), id('1×16×8×8'), id('1×16×8×8'), id('1×3×8×8'), id('1×16×8×8')]],
    lines: [[], [id('3×3, p1')]],
    sources: [[], [2], [1], [1, 4]],
    healths: [['none', 'no weights'], ['broken', 'NaN or infinite values'], ['sound', 'nothing found']],
    tallies: [[1, 1, 2, 3], [], [2, 1], [1, 1]],
    contents: [
      [200, 300, [60, 40, 60, 120, 60, 200], [[0, 3, 0, 90, 0, 90, 40], [0, 0, 1, 90, 66, 90, 120], [0, 1, 2, 90, 146, 90, 200], [1, 3, 2, 90, 0, 160, 30, 160, 213, 120, 213], [0, 2, 4, 90, 226, 90, 300]]],
      [200, 500, [70, 0, 38, 60, 38, 280, 70, 474], [[0, 0, 1, 100, 26, 100, 60], [0, 1, 2, 100, 244, 100, 280], [0, 2, 3, 100, 464, 100, 474]]],
      [500, 200, [0, 80, 90, 8, 260, 8, 430, 80], [[0, 0, 1, 60, 90, 90, 90], [0, 1, 2, 214, 90, 260, 90], [0, 2, 3, 384, 90, 430, 90]]],
    ],
    tall: [524, 224, 2, 1, 12, 12, 0.4, 22],
    nodes: {
      parent: [-1, 0, 0, 2, 2, 2, 0, 6, 6, 6, 0],
      kind: [0, 2, 0, 0, 0, 1, 0, 0, 0, 1, 3],
      name: ['model', 'x', 'A', 'first', 'second', 'add', 'B', 'first', 'second', 'add', 'y'].map(id),
      type: ['Net', 'input', 'Block', 'Conv2d', 'ReLU', 'add', 'Block', 'Conv2d', 'ReLU', 'add', 'output'].map(id),
      family: [11, 10, 11, 0, 5, 9, 11, 0, 5, 9, 10],
      repeat: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
      frame: [0, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1],
      shapes: [0, 1, 2, 1, 1, 1, 2, 1, 1, 1, 1],
      lines: [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0],
      sources: [0, 0, 0, 1, 2, 3, 0, 1, 2, 3, 2],
      activations: [30, 0, 15, 5, 5, 5, 15, 5, 5, 5, 0],
      health: [1, 0, 2, 2, 0, 0, 1, 1, 0, 0, 0],
      tally: [0, 1, 2, 2, 1, 1, 3, 3, 1, 1, 1],
      output: ['', '1×3×8×8', '', '1×16×8×8', '1×16×8×8', '1×16×8×8', '', '1×16×8×8', '', '', ''].map(id),
      parameters: [1000, 0, 400, 400, 0, 0, 600, 600, 0, 0, 0],
      flops: [2000, 0, 1000, 990, 5, 5, 1000, 990, 5, 5, 0],
      bytes: [4000, 0, 1600, 1600, 0, 0, 2400, 2400, 0, 0, 0],
      findings: [0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0],
    },
  };
}

export const PANE = { w: 800, h: 600 };
