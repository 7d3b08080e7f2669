/** Curves over what was swept: rotation and scale of warped photographs, views of Homographic Adaptation. */
import { type Column, homographyColumns } from './columns.js';
import type { EvaluationRow, HomographyEvaluation } from './evaluate-homographies.js';
import { type Curve, curvePlot } from './plots.js';
import { type Block, formatFigure } from './report.js';

/** Figures that are worth a curve each. */
const SWEPT = /^(rep\.|H@3|NN mAP|M\. score)/;

/** One figure over one sweep. */
export interface Sweep {
  /** What is swept, and the title of the figure. */
  readonly title: string;
  readonly x: string;
  readonly isLogarithmic: boolean;
  /** Values swept, ascending. */
  readonly xTicks: readonly number[];
  /** One for each row that has the figure; its points are at the values swept. */
  readonly curves: readonly Curve[];
}

const SWEEPS = [
  {
    kind: 'rotation',
    pattern: /^rotation ([\d.]+)°$/,
    x: 'turn in the plane, degrees',
    isLogarithmic: false,
  },
  { kind: 'scale', pattern: /^scale ([\d.]+)$/, x: 'factor of scale', isLogarithmic: true },
];

/** Whether a category is one value of a sweep, which stands in the sweep's table. */
export function isSwept(category: string): boolean {
  return SWEEPS.some(({ pattern }) => pattern.test(category));
}

/** The sweeps over categories that the evaluation holds. */
export function categorySweeps({ profile, rows }: HomographyEvaluation): Sweep[] {
  const columns = homographyColumns(profile).filter(({ title }) => SWEPT.test(title));
  return SWEEPS.flatMap(({ kind, pattern, x, isLogarithmic }) => {
    const at = valuesOf(rows, pattern);
    const xTicks = [...at.values()].sort((a, b) => a - b);
    return columns.map((column) => {
      const curves = rows.map((row): Curve => ({ name: row.name, points: pointsOf(column, row, at) }));
      return { title: `${column.title} by ${kind}`, x, isLogarithmic, xTicks, curves: drawable(curves) };
    });
  }).filter(({ xTicks }) => xTicks.length > 1);
}

/** Plots and tables for each sweep that the evaluation holds; none where it holds none. */
export async function sweepBlocks(evaluation: HomographyEvaluation): Promise<Block[]> {
  const { profile, rows } = evaluation;
  const names = rows.map(({ name }) => name);
  const plots: Block[] = [];
  const tables: Block[] = [];
  for (const { title, x, isLogarithmic, xTicks, curves } of categorySweeps(evaluation)) {
    const svg = await curvePlot(curves, names, { x, y: title, isLogarithmic, xTicks });
    plots.push({ kind: 'plot', caption: `${title}.`, svg });
    tables.push(sweepTable(`${title}: ${x}.`, curves, xTicks));
  }
  const columns = homographyColumns(profile).filter(({ title }) => SWEPT.test(title));
  return [...plots, ...tables, ...(await viewBlocks(rows, columns))];
}

/** The swept value of each category that is one of the sweep. */
function valuesOf(rows: readonly EvaluationRow[], pattern: RegExp): Map<string, number> {
  const values = new Map<string, number>();
  for (const { detector } of rows) {
    for (const { figures } of Object.values(detector)) {
      for (const category of Object.keys(figures)) {
        const value = pattern.exec(category)?.[1];
        if (value !== undefined) values.set(category, Number(value));
      }
    }
  }
  return values;
}

function pointsOf(column: Column, row: EvaluationRow, at: ReadonlyMap<string, number>): [number, number][] {
  return [...at]
    .map(([category, x]): [number, number] => [x, column.of(row, category)?.value ?? Number.NaN])
    .sort(([a], [b]) => a - b);
}

function sweepTable(caption: string, curves: readonly Curve[], xTicks: readonly number[]): Block {
  const rows = curves.map(({ name, points }) => [
    { text: name },
    ...points.map(([, y]) => ({ text: formatFigure(y) })),
  ]);
  return { kind: 'table', caption, head: ['', ...xTicks.map(String)], rows };
}

function drawable(curves: readonly Curve[]): Curve[] {
  return curves.filter(({ points }) => points.some(([, y]) => Number.isFinite(y)));
}

/** Rows that differ in their number of views, as one curve for each network (§5.2). */
async function viewBlocks(rows: readonly EvaluationRow[], columns: readonly Column[]): Promise<Block[]> {
  const adapted = rows.filter(({ settings }) => typeof settings.warps === 'number');
  const networks = [...new Set(adapted.map(({ settings }) => String(settings.network)))];
  const xTicks = [...new Set(adapted.map(({ settings }) => Number(settings.warps)))].sort((a, b) => a - b);
  if (xTicks.length < 2) return [];
  const blocks: Block[] = [];
  for (const column of columns) {
    const curves = networks.map((network): Curve => {
      const own = adapted.filter(({ settings }) => settings.network === network);
      const points = own.map((row): [number, number] => [
        Number(row.settings.warps),
        column.of(row, 'all')?.value ?? Number.NaN,
      ]);
      return { name: network, points: points.sort(([a], [b]) => a - b) };
    });
    const axes = { x: 'views N', y: column.title, isLogarithmic: true, xTicks };
    const svg = await curvePlot(drawable(curves), networks, axes);
    blocks.push({ kind: 'plot', caption: `${column.title} by the number of views.`, svg });
  }
  return blocks;
}
