// Plotly with the traces and components that a report draws with, and nothing else.
//
//   npm ci --ignore-scripts && node build.mjs plotly.min.js
//
// Plotly documents bundles of one's own (CUSTOM_BUNDLE.md in its repository); this one leaves out, beside other traces,
// what its basic bundle carries for maps and calendars, and the prose that describes each attribute.

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
/** What reports have their own of, or none: the bar of buttons, the lasso, legends, colour bars. */
const IDLE = {
  'fonts/ploticon.js': 'module.exports = {};',
  'components/modebar/manage.js': 'module.exports = () => {};',
  'components/legend/draw.js': 'module.exports = () => {};',
  'components/legend/style.js': 'module.exports = () => {};',
  'components/colorbar/draw.js': 'module.exports = {draw: () => {}};',
  'components/selections/select.js': `const none = () => {};
    module.exports = {activateLastSelection: none, clearOutline: none, clearSelectionsCache: none, prepSelect: none, reselect: none, selectOnClick: none};`,
};
const ENTRY = "const Plotly = require('plotly.js/src/core'); Plotly.register([require('plotly.js/lib/bar')]); module.exports = Plotly;";

const lean = {
  name: 'lean',
  setup(steps) {
    steps.onResolve({ filter: /^culori$/ }, () => ({ path: 'culori', namespace: 'lean' }));
    steps.onLoad({ filter: /^culori$/, namespace: 'lean' }, () => ({ contents: COLOURS, resolveDir: plotly }));
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
