/** Plots of the reports as SVG, by Observable Plot on a document without a browser. */
import { MissingPackageError } from '../../files/missing-package.js';
import type { Interval } from '../metrics/bootstrap.js';
import { escapeHtml } from './html.js';

/** A curve: points from left to right. */
export interface Curve {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
}

/** Axes of a plot. */
export interface PlotAxes {
  readonly x: string;
  readonly y: string;
  /** @default from 0 to 1 */
  readonly yDomain?: readonly [number, number];
  /** Evenly spaced by ratio rather than by difference. @default false */
  readonly isLogarithmic?: boolean;
  /** Where the ticks are; none given: chosen by the library. */
  readonly xTicks?: readonly number[];
}

const WIDTH = 640;
const HEIGHT = 340;
const LEGEND_LINE = 22;
/** Told apart with any colour vision: Okabe and Ito's, after the darker of Observable's. */
const COLORS = [
  '#0072b2',
  '#d55e00',
  '#009e73',
  '#cc79a7',
  '#e69f00',
  '#56b4e9',
  '#6b4c9a',
  '#7f7f7f',
  '#8c6d31',
  '#333333',
];
/** Of the names after as many as there are colours, and so on; SVG's `stroke-dasharray`. */
const DASHES = ['none', '7 4', '2 3', '9 3 2 3'];

/** The library with a document to draw in. @throws MissingPackageError where it is not installed. */
async function openPlot() {
  try {
    const [Plot, { parseHTML }] = await Promise.all([import('@observablehq/plot'), import('linkedom')]);
    const { document } = parseHTML('<!doctype html><html><body></body></html>');
    return { Plot, document: document as unknown as Document };
  } catch (cause) {
    throw new MissingPackageError('a report', ['@observablehq/plot', 'linkedom'], { cause });
  }
}

/** The colour of each name: the same in all plots of a report that hands over the same names. */
function colorScale(names: readonly string[]) {
  return { domain: [...names], range: names.map((_, n) => COLORS[n % COLORS.length]) };
}

const dashOf = (name: string, names: readonly string[]) =>
  DASHES[Math.floor(names.indexOf(name) / COLORS.length) % DASHES.length];

/** Curves in one frame. @param names of all curves of the report, in the order of their colours. */
export async function curvePlot(
  curves: readonly Curve[],
  names: readonly string[],
  { x, y, yDomain = [0, 1], isLogarithmic = false, xTicks }: PlotAxes,
): Promise<string> {
  const { Plot, document } = await openPlot();
  const points = curves.flatMap(({ name, points }) =>
    points.filter(([, value]) => Number.isFinite(value)).map(([at, value]) => ({ name, at, value })),
  );
  const channels = { x: 'at', y: 'value', stroke: 'name' };
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height: HEIGHT,
    marginLeft: 50,
    color: colorScale(names),
    x: {
      label: x,
      ...(isLogarithmic ? { type: 'log' } : {}),
      ...(xTicks ? { ticks: [...xTicks], tickFormat: (tick: number) => String(tick) } : {}),
    },
    y: { label: y, domain: [...yDomain], grid: true, clamp: true },
    marks: [
      ...DASHES.map((strokeDasharray) =>
        Plot.lineY(
          points.filter(({ name }) => dashOf(name, names) === strokeDasharray),
          { ...channels, strokeWidth: 2, strokeDasharray },
        ),
      ),
      ...(points.length <= 12 * curves.length
        ? [Plot.dot(points, { ...channels, r: 3, fill: 'white' })]
        : []),
    ],
  });
  const shown = names.filter((name) => curves.some((curve) => curve.name === name));
  return withLegend(plot.outerHTML, HEIGHT, shown, names);
}

/** One figure of several rows, each with its interval. */
export async function intervalPlot(
  rows: readonly { readonly name: string; readonly figure: Interval }[],
  names: readonly string[],
  label: string,
): Promise<string> {
  const { Plot, document } = await openPlot();
  const points = rows.map(({ name, figure }) => ({ name, ...figure }));
  const height = 60 + 26 * rows.length;
  const plot = Plot.plot({
    document,
    width: WIDTH,
    height,
    marginLeft: 130,
    color: colorScale(names),
    x: { label, grid: true, zero: true, nice: true },
    y: { label: null, domain: rows.map(({ name }) => name), type: 'point', padding: 0.6 },
    marks: [
      Plot.ruleY(points, {
        y: 'name',
        x1: 'low',
        x2: 'high',
        stroke: 'name',
        strokeWidth: 3,
        strokeOpacity: 0.45,
      }),
      Plot.dot(points, { y: 'name', x: 'value', fill: 'name', r: 5 }),
    ],
  });
  return withLegend(plot.outerHTML, height, [], names);
}

/** The plot on a white card, its legend in lines above it: readable on any page and as a file. */
function withLegend(
  plot: string,
  plotHeight: number,
  shown: readonly string[],
  names: readonly string[],
): string {
  const entries: string[] = [];
  let [left, line] = [16, 0];
  for (const name of shown) {
    const wide = 42 + 7.2 * name.length;
    if (left + wide > WIDTH && left > 16) [left, line] = [16, line + 1];
    const color = COLORS[names.indexOf(name) % COLORS.length];
    const y = 18 + line * LEGEND_LINE;
    entries.push(
      `<path d="M${left} ${y - 4}h23" stroke="${color}" stroke-width="3" ` +
        `stroke-dasharray="${dashOf(name, names)}"/><text x="${left + 28}" y="${y}">${escapeHtml(name)}</text>`,
    );
    left += wide;
  }
  const top = shown.length === 0 ? 8 : 10 + (line + 1) * LEGEND_LINE;
  const height = plotHeight + top + 8;
  const card = `<rect width="${WIDTH}" height="${height}" rx="6" fill="white"/>`;
  const legend = `<g font-family="system-ui, sans-serif" font-size="13" fill="#222">${entries.join('')}</g>`;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" ` +
    `height="${height}" color="#222" role="img">${card}${legend}${plot.replace('<svg', `<svg y="${top}"`)}</svg>`
  );
}
