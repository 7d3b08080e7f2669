/** Curves over what was swept: changes of warped photographs, views of Homographic Adaptation. */

import { amountOf, isChange, KINDS, SWEEPS } from '../protocols/category.js';
import type { EvaluationRow, HomographyEvaluation } from '../protocols/evaluate-homographies.js';
import { ALL, type Group } from '../protocols/group.js';
import { type Column, columnTitles, figureAt, groupsOfRows, sweptColumns } from './columns.js';
import { type Curve, curvePlot } from './plots.js';
import { type Block, formatFigure } from './report.js';

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

/** Whether a group is one step of a sweep, which stands in the sweep's table. */
export function isStep(group: Group): boolean {
  return group.of === 'category' && isChange(group.category) && SWEEPS[group.category.kind].steps.length > 1;
}

/** The sweeps that the evaluation holds. */
export function categorySweeps({ profile, rows }: HomographyEvaluation): Sweep[] {
  const columns = sweptColumns(profile);
  const titles = columnTitles(columns);
  const groups = groupsOfRows(rows);
  return KINDS.flatMap((kind) => {
    const { title, axis, isLogarithmic } = SWEEPS[kind];
    const steps = groups.flatMap((group) =>
      group.of === 'category' && group.category.kind === kind ? [{ group, x: amountOf(group.category) }] : [],
    );
    if (steps.length < 2) return [];
    return columns.map((column, n) => {
      const curves = rows.map(
        (row): Curve => ({
          name: row.name,
          points: steps.map(
            ({ group, x }) => [x, figureAt(row, column, group)?.value ?? Number.NaN] as const,
          ),
        }),
      );
      return {
        title: `${titles[n]} by ${title}`,
        x: axis,
        isLogarithmic,
        xTicks: steps.map(({ x }) => x),
        curves: drawable(curves),
      };
    });
  });
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
  return [...plots, ...tables, ...(await viewBlocks(rows, sweptColumns(profile)))];
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
  const titles = columnTitles(columns);
  for (const [n, column] of columns.entries()) {
    const curves = networks.map((network): Curve => {
      const own = adapted.filter(({ settings }) => settings.network === network);
      const points = own.map((row): [number, number] => [
        Number(row.settings.warps),
        figureAt(row, column, ALL)?.value ?? Number.NaN,
      ]);
      return { name: network, points: points.sort(([a], [b]) => a - b) };
    });
    const axes = { x: 'views N', y: titles[n], isLogarithmic: true, xTicks };
    const svg = await curvePlot(drawable(curves), networks, axes);
    blocks.push({ kind: 'plot', caption: `${titles[n]} by the number of views.`, svg });
  }
  return blocks;
}
