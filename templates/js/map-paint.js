// Plotly as the painter of a picture: always the same traces in the same order, so that a new view only moves paths.

import { classOf } from './map-color.js';
import { arrowhead, clipLine, near, smooth } from './map-route.js';

const EDGE = 24;
const CLASSES = 13;
const LEVELS = 8;
const BAR = 22;
const KINDS = [['shared', 0.9], ['plain', 1.1], ['skip', 1.6], ['chosen', 2.2]];

/** Text that Plotly, which reads a part of HTML, shows as it is. */
export function escapeText(text) {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}

function path() {
  const xs = [];
  const ys = [];
  return {
    xs, ys,
    add(points) {
      for (const [x, y] of points) {
        xs.push(Math.round(x * 10) / 10);
        ys.push(Math.round(y * 10) / 10);
      }
      xs.push(null);
      ys.push(null);
    },
  };
}

/** The outline of a box, cut to the pane, its corners cut off a little: a closed polygon. */
export function outline(box, pane, grow = 0) {
  const clamp = (value, most) => Math.min(most + EDGE, Math.max(-EDGE, value));
  const [x0, y0] = [clamp(box.x - grow, pane.w), clamp(box.y - grow, pane.h)];
  const [x1, y1] = [clamp(box.x + box.w + grow, pane.w), clamp(box.y + box.h + grow, pane.h)];
  const r = Math.min(6, (x1 - x0) * 0.18, (y1 - y0) * 0.18);
  if (r < 1.2) return [[x0, y0], [x1, y0], [x1, y1], [x0, y1], [x0, y0]];
  const k = r * 0.3;
  return [
    [x0 + r, y0], [x1 - r, y0], [x1 - k, y0 + k], [x1, y0 + r], [x1, y1 - r], [x1 - k, y1 - k], [x1 - r, y1],
    [x0 + r, y1], [x0 + k, y1 - k], [x0, y1 - r], [x0, y0 + r], [x0 + k, y0 + k], [x0 + r, y0],
  ];
}

const scatter = (made, more) => ({
  type: 'scatter', x: made.xs, y: made.ys, mode: 'lines', hoverinfo: 'skip', showlegend: false, ...more,
});
const area = (made, fill, color, width = 1, dash = 'solid') => (
  scatter(made, { fill: 'toself', fillcolor: fill, line: { color, width, dash, simplify: false } })
);
const stroke = (made, color, width) => scatter(made, { line: { color, width, simplify: false } });

function edgeTraces(picture, pane, marked, color) {
  const colors = {
    shared: color('color-mix(in srgb, var(--muted) 45%, var(--bg))'), plain: color('--muted'), skip: color('--accent'),
    chosen: color('--ink'),
  };
  const traces = [];
  for (const [kind, width] of KINDS) {
    const ways = path();
    const heads = path();
    for (const line of picture.lines) {
      const chosen = marked.selected > 0 && (line.source === marked.selected || line.target === marked.selected);
      if ((chosen ? 'chosen' : line.kind) !== kind || !near(line.points, pane.w, pane.h)) continue;
      clipLine(smooth(line.points, Math.min(8, 8 * line.scale)), pane.w, pane.h).forEach(ways.add);
      const size = Math.min(7, 8 * line.scale) * (chosen ? 1.3 : 1);
      const [x, y] = line.points[line.points.length - 1];
      if (line.arrow && size >= 2 && x > -10 && y > -10 && x < pane.w + 10 && y < pane.h + 10) {
        const head = arrowhead(line.points, size);
        heads.add([...head, head[0]]);
      }
    }
    traces.push(stroke(ways, colors[kind], width), area(heads, colors[kind], colors[kind], 0.5));
  }
  return traces;
}

function cardTraces(model, picture, pane, look, color) {
  const made = Array.from({ length: CLASSES }, path);
  for (const box of picture.cards) made[classOf(model, look.mode, box.i)].add(outline(box, pane));
  const dash = model.flow ? 'solid' : '4px,3px';
  return made.map((each, k) => {
    const { fill, edge } = look.classes[k] ?? { fill: 'var(--surface)', edge: 'var(--line)' };
    return area(each, color(fill), color(edge), 1, dash);
  });
}

/** Open boxes, the deeper above the shallower: a trace for each level and one for its title bars, always as many. */
function levelTraces(model, picture, pane, color) {
  const dash = model.flow ? 'solid' : '4px,3px';
  const depths = [...new Set(picture.boxes.map((box) => box.depth))].sort((a, b) => a - b);
  const traces = [];
  for (let level = 0; level < LEVELS; level += 1) {
    const chosen = depths.filter((_, at) => Math.min(at, LEVELS - 1) === level);
    const fill = path();
    const bars = path();
    for (const box of picture.boxes.filter(({ depth }) => chosen.includes(depth))) {
      const bar = Math.min(BAR * box.scale, box.h);
      fill.add(outline(box, pane));
      if (bar > 5) clipLine([[box.x, box.y + bar], [box.x + box.w, box.y + bar]], pane.w, pane.h).forEach(bars.add);
    }
    traces.push(area(fill, color((chosen[0] ?? 0) % 2 ? '--surface' : '--bg'), color('--line'), 1, dash), stroke(bars, color('--line'), 1));
  }
  return traces;
}

function outlines(picture, indices, pane, grow) {
  const made = path();
  for (const box of [...picture.boxes, ...picture.cards]) if (indices.has(box.i)) made.add(outline(box, pane, grow));
  return made;
}

function textTrace(picture, signs, color) {
  const all = [...picture.labels, ...signs];
  const muted = color('--muted');
  const words = all.map(({ name, text }) => {
    const light = name ? `<span style="color:${muted}">${escapeText(name)}</span>` : '';
    return [light, text ? `<b>${escapeText(text)}</b>` : ''].filter(Boolean).join(' ');
  });
  const ink = color('--ink');
  const anchors = { start: 'middle right', middle: 'middle center', end: 'middle left' };
  return {
    type: 'scatter', mode: 'text', x: all.map((each) => Math.round(each.x * 10) / 10), y: all.map((each) => Math.round(each.y * 10) / 10),
    text: words, textposition: all.map((each) => anchors[each.anchor]), hoverinfo: 'skip', showlegend: false, cliponaxis: true,
    textfont: { size: all.map((each) => Math.round(each.size * 2) / 2), color: all.map((each) => each.color ?? ink) },
  };
}

/** Severity signs in the corner of boxes that findings point at: errors always, others when findings are asked for. */
function signsOf(model, picture, mode, color) {
  const looks = { 1: ['✖', '--bad'], 2: ['▲', '--warn'], 3: ['●', '--accent'] };
  const shown = picture.cards.filter((box) => model.worst[box.i] && (mode === 'findings' || model.worst[box.i] === 1) && box.w > 16 && box.h > 9);
  return shown.map((box) => {
    const [sign, token] = looks[model.worst[box.i]];
    const size = Math.min(10, Math.max(6, box.h * 0.4));
    return { x: box.x + box.w - size * 0.35, y: box.y + size * 0.2, size, name: '', text: sign, anchor: 'middle', color: color(token) };
  });
}

/**
 * The Plotly figure of a picture.
 * @param {object} look what colours mean: {mode, classes}
 * @param {object} marked {selected, hovered: node or -1, found: Set of nodes}
 * @param {(css: string) => string} color resolves CSS colours in the theme in force
 */
export function figureOf(model, picture, pane, look, marked, color) {
  const line = (indices, token, width, grow) => stroke(outlines(picture, indices, pane, grow), color(token), width);
  const data = [
    ...levelTraces(model, picture, pane, color),
    ...edgeTraces(picture, pane, marked, color),
    ...cardTraces(model, picture, pane, look, color),
    line(marked.found, '--warn', 2, 1.5),
    line(new Set([marked.hovered]), '--muted', 1.5, 0.5),
    line(new Set([marked.selected]), '--accent', 2.5, 1.5),
    textTrace(picture, signsOf(model, picture, look.mode, color), color),
  ];
  const axis = { visible: false, fixedrange: true, showgrid: false, zeroline: false };
  const layout = {
    width: pane.w, height: pane.h, margin: { l: 0, r: 0, t: 0, b: 0, pad: 0 }, hovermode: false, dragmode: false,
    showlegend: false, paper_bgcolor: color('--bg'), plot_bgcolor: color('--bg'), font: { family: look.font },
    xaxis: { ...axis, range: [0, pane.w] }, yaxis: { ...axis, range: [pane.h, 0] },
  };
  return { data, layout };
}

/** The painter behind the map: draws figures into an element with Plotly, nothing else. */
export function makePainter(library, place) {
  return {
    draw: ({ data, layout }) => library.react(place, data, layout, { staticPlot: true, displayModeBar: false, responsive: false }),
    end: () => library.purge(place),
  };
}
