// Plotly with the traces and components that a report draws with, and nothing else.
//
//   npm ci --ignore-scripts && node build.mjs plotly.min.js
//
// Plotly documents bundles of one's own (CUSTOM_BUNDLE.md in its repository); this one leaves out, beside other traces,
// what its basic bundle carries for maps and calendars, and the prose that describes each attribute.

import { parse } from 'acorn';
import { build } from 'esbuild';
import { environmentPlugin } from 'esbuild-plugin-environment';
import InlineCSSPlugin from 'esbuild-plugin-inline-css';
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { minify } from 'terser';

const require = createRequire(import.meta.url);
const plotly = dirname(require.resolve('plotly.js/package.json'));
const { version } = require('plotly.js/package.json');
const UNUSED = ['annotations3d', 'selections', 'images', 'updatemenus', 'sliders', 'rangeslider', 'rangeselector', 'grid', 'errorbars'];
/** Prose in the schema of attributes, which Plotly's own bundles leave out too (tasks/compress_attributes.js). */
const PROSE = [
  /[ \t]*description: '.*',?$/gm,
  /description: `[^`]*`,?/g,
  /description:\s*\[[\s\S]*?\]\s*\.join\(\s*'[^']*'\s*\),?/g,
  /[ \t]*(hrName|role): '.*',?$/gm,
  /(requiredOpts|otherOpts): \[[\s\S]*?\],?/g,
];
/** Spaces of colour that CSS can name; the library knows thirty. */
const MODES = 'Rgb Hsl Lrgb Hwb Lab Lch Oklab Oklch Xyz65 Xyz50'.split(' ').map((name) => `mode${name}`);
const CULORI = join(dirname(require.resolve('culori/package.json')), 'src/index-fn.js');
const COLOURS = `import { useMode, ${MODES} } from ${JSON.stringify(CULORI)};
[${MODES}].forEach((mode) => useMode(mode));
export { converter, formatHex, formatRgb, wcagContrast, wcagLuminance } from ${JSON.stringify(CULORI)};`;
/** What reports have their own of, or none: the bar of buttons, the lasso, legends, colour bars, templates of figures. */
const IDLE = {
  'fonts/ploticon.js': 'module.exports = {};',
  'components/modebar/manage.js': 'module.exports = () => {};',
  'components/modebar/constants.js': 'module.exports = {DRAW_MODES: [], backButtons: [], foreButtons: []};',
  'plot_api/template_api.js': 'module.exports = {};',
  'plot_api/validate.js': 'module.exports = () => {};',
  'components/legend/draw.js': 'module.exports = () => {};',
  'components/legend/style.js': 'module.exports = () => {};',
  'components/colorbar/draw.js': 'module.exports = {draw: () => {}};',
  'components/selections/select.js': `const none = () => {};
    module.exports = {activateLastSelection: none, clearOutline: none, clearSelectionsCache: none, prepSelect: none, reselect: none, selectOnClick: none};`,
};
/** Parts of D3 that nothing here asks for: its own charts, layouts, geometry, brushes, requests and colour scales. */
const D3_UNUSED = new Set(`behavior.zoom csv dsv geom html interpolateZoom json layout mean median nest pairs
  permute random scale.category10 scale.category20 scale.category20b scale.category20c scale.identity scale.log scale.ordinal scale.pow
  scale.quantile scale.quantize scale.sqrt scale.threshold shuffle svg text transpose tsv variance deviation xhr xml zip`.split(/\s+/));
const D3_PARTS = /^d3_(geom|layout|svg)_/;

/** A member such as d3.layout.force as ['d3', 'layout', 'force']. */
function pathOf(node) {
  return node.type === 'MemberExpression' ? [...pathOf(node.object), node.property.name] : [node.name];
}

/** Whether a statement of D3 only makes something that is not used. */
function isUnused(statement) {
  if (statement.type === 'FunctionDeclaration') return D3_PARTS.test(statement.id.name);
  if (statement.type === 'VariableDeclaration') return statement.declarations.every(({ id }) => D3_PARTS.test(id.name));
  const { expression } = statement;
  const target = expression?.type === 'AssignmentExpression' ? expression.left : expression?.callee;
  if (!target) return false;
  const [root, first, second] = pathOf(target);
  return root === 'd3' ? D3_UNUSED.has(first) || D3_UNUSED.has(`${first}.${second}`) : D3_PARTS.test(root);
}

/** D3 without them; an error where something that stays names one. */
function leanD3(source) {
  const body = parse(source, { ecmaVersion: 2020 }).body[0].expression.argument.callee.object.body.body;
  const kept = body.filter((statement) => !isUnused(statement)).map(({ start, end }) => source.slice(start, end)).join('\n');
  const lost = [...kept.matchAll(/\bd3_(?:geom|layout|svg)_\w+|\bd3\.(\w+(?:\.\w+)?)/g)].filter(([, path]) => !path || D3_UNUSED.has(path) || D3_UNUSED.has(path.split('.')[0]));
  if (lost.length > 0) throw new Error(`D3 still uses ${lost.map(([name]) => name)}`);
  return `${source.slice(0, body[0].start)}${kept}${source.slice(body[body.length - 1].end)}`;
}
const ENTRY = "const Plotly = require('plotly.js/src/core'); Plotly.register([require('plotly.js/lib/bar')]); module.exports = Plotly;";

const lean = {
  name: 'lean',
  setup(steps) {
    steps.onResolve({ filter: /^culori$/ }, () => ({ path: 'culori', namespace: 'lean' }));
    steps.onLoad({ filter: /^culori$/, namespace: 'lean' }, () => ({ contents: COLOURS, resolveDir: plotly }));
    steps.onLoad({ filter: /@plotly[\\/]d3[\\/]d3\.js$/ }, ({ path }) => ({ contents: leanD3(readFileSync(path, 'utf8')), loader: 'js' }));
    steps.onLoad({ filter: /maplibre-gl\.css$/ }, () => ({ contents: '' , loader: 'js' }));
    steps.onLoad({ filter: /plotly\.js[\\/]src[\\/].*\.js$/ }, ({ path }) => {
      const inside = relative(join(plotly, 'src'), path).replaceAll('\\', '/');
      if (inside in IDLE) return { contents: IDLE[inside], loader: 'js' };
      let contents = readFileSync(path, 'utf8');
      for (const pattern of PROSE) contents = contents.replace(pattern, '');
      if (inside === 'core.js') {
        for (const name of UNUSED) contents = contents.replace(`require('./components/${name}'),`, '');
      }
      return { contents, loader: 'js' };
    });
  },
};

const bundled = await build({
  stdin: { contents: ENTRY, resolveDir: dirname(plotly) },
  format: 'iife', globalName: 'Plotly', bundle: true, minify: true, write: false, target: 'es2020', legalComments: 'none',
  plugins: [lean, InlineCSSPlugin(), environmentPlugin({ NODE_DEBUG: false })],
  alias: { regl: '@plotly/regl', stream: 'stream-browserify' },
  define: { global: 'window', 'define.amd': 'false' },
});
const { code } = await minify(bundled.outputFiles[0].text, { compress: { passes: 3, ecma: 2020 }, mangle: true, ecma: 2020 });
const head = `/*! plotly.js v${version} (scatter, bar). Copyright 2012-2026, Plotly, Inc. Licensed under the MIT license. */\n`;
writeFileSync(process.argv[2], `${head}${code}\n`);
