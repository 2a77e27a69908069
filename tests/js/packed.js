// Tables for tests, written row by row and packed as they travel (see render/columnar.py).

/**
 * @param {object} settings what is not rows: columns, tree, noun …
 * @param {any[][]} rows id, depth, state, note, then the cells: a text, [text, exact, href] or, for numbers, a number or null
 * @param {Record<number, any[]>} [numbers] forms of columns of numbers by their place: ['exact'], ['share', whole]
 */
export function packed(settings, rows, numbers = {}) {
  const columns = /** @type {any} */ (settings).columns;
  return {
    caption: 'Modules', noun: ['{count} module', '{count} modules'], tree: false, ...settings,
    rows: {
      ids: rows.map(([id]) => id), depths: rows.map(([, depth]) => depth), states: rows.map(([, , state]) => state),
      notes: Object.fromEntries(rows.flatMap(([, , , note], i) => (note ? [[i, note]] : []))),
    },
    cells: columns.map((/** @type {any} */ _, /** @type {number} */ place) => {
      const cells = rows.map((row) => row[place + 4]);
      if (numbers[place]) return [numbers[place][0], cells, ...numbers[place].slice(1)];
      const words = [...new Set(cells.map((cell) => JSON.stringify(cell)))];
      return ['words', words.map((word) => JSON.parse(word)), cells.map((cell) => words.indexOf(JSON.stringify(cell)))];
    }),
  };
}

/** A small tree of modules: net / conv, 1…2 / 1 / fc, 2, relu. */
export const TREE = packed(
  {
    tree: true,
    columns: [
      ['name', 'Name', 'name', '', 1], ['type', 'Type', 'text', '', 1], ['output', 'Output', 'code', '', 1],
      ['parameters', 'Parameters', 'number', '', 1, '', 1], ['share', 'Share', 'share', '', 1], ['bytes', 'Bytes', 'number', '', 1, '', 1],
      ['settings', 'Settings', 'code', '', 0],
    ],
  },
  [
    ['r-0', 0, 0, '', 'net', 'Net', '1×10', 1000, 1000, 4000, ''],
    ['r-1', 1, 0, '', 'conv', 'Conv2d', '1×64×7×7', 10, 10, 40, 'kernel_size=3, stride=2'],
    ['r-2', 1, 2, '×2', '1…2', 'Block', '1×64×7×7', 900, 900, 3600, ''],
    ['r-3', 2, 1, '', '1', 'Block', '1×64×7×7', 600, 600, 2400, ''],
    ['r-4', 3, 0, '', ['fc', '.', ''], 'Linear', ['1×10', '', '#x'], 600, 600, 2400, 'in_features=5, out_features=120'],
    ['r-5', 2, 0, '', '2', 'Block', '1×64×7×7', 300, 300, 1200, ''],
    ['r-6', 1, 0, '', 'relu', 'ReLU', '1×64×7×7', null, null, 0, ''],
  ],
  { 3: ['exact'], 4: ['share', 1000], 5: ['bytes'] },
);
