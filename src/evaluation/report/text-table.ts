/** The tables as aligned text, for terminals. */

import type { Interval } from '../metrics/bootstrap.js';
import type { HomographyEvaluation } from '../protocols/evaluate-homographies.js';
import type { SyntheticEvaluation } from '../protocols/evaluate-synthetic.js';
import { type Group, groupTitle } from '../protocols/group.js';
import {
  columnTitles,
  estimatorColumns,
  estimatorRows,
  figureAt,
  groupsOfRows,
  profileColumns,
} from './columns.js';
import { formatFigure } from './report.js';
import { categorySweeps, isStep } from './sweeps.js';
import { SHAPE_TOTALS } from './synthetic.js';

/** Between two columns. */
const GAP = '  ';

/**
 * Rows of cells as lines: the first column to the left, the others to the right. Columns that reach beyond
 * `width` characters go on below, beside the first one again.
 */
export function alignedLines(rows: readonly (readonly string[])[], width: number): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  let [shown, taken] = [0, 0];
  while (shown < widths.length && (shown < 2 || taken + widths[shown] <= width)) {
    taken += widths[shown++] + GAP.length;
  }
  const lines = rows.map((row) =>
    row
      .slice(0, shown)
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join(GAP)
      .trimEnd(),
  );
  if (shown === widths.length) return lines;
  const rest = rows.map((row) => [row[0], ...row.slice(shown)]);
  return [...lines, ...alignedLines(rest, width)];
}

/**
 * The evaluation's tables, one for each group of pairs and one for each sweep.
 * @param width characters of the longest line. Wider tables go on below. @default any
 */
export function figureLines(evaluation: HomographyEvaluation, width = Number.POSITIVE_INFINITY): string[] {
  const { dataset, profile, rows } = evaluation;
  const groups = groupsOfRows(rows).filter((group) => !isStep(group));
  const lines = [`profile ${profile.name}, ${dataset.pairs} pairs of ${dataset.sequences} sequences`];
  for (const { name, reason } of dataset.skipped) lines.push(`skipped ${name}: ${reason}`);
  const columns = profileColumns(profile);
  for (const group of groups) {
    const table = rows.map((row) => [
      row.name,
      ...columns.map((column) => text(figureAt(row, column, group))),
    ]);
    lines.push('', ...alignedLines([[groupTitle(group), ...columnTitles(columns)], ...table], width));
    if (group.of !== 'kind') lines.push(...estimatorLines(evaluation, group, width));
  }
  for (const { title, xTicks, curves } of categorySweeps(evaluation)) {
    const table = curves.map(({ name, points }) => [name, ...points.map(([, y]) => formatFigure(y))]);
    lines.push('', title, ...alignedLines([['', ...xTicks.map(String)], ...table], width));
  }
  for (const { name, failures } of rows) lines.push(...failures.map((failure) => `${name}, ${failure}`));
  return lines;
}

/** Homographies of one group by each estimator, from the same matches. */
function estimatorLines({ profile, rows }: HomographyEvaluation, group: Group, width: number): string[] {
  const lines = estimatorRows(rows, profile, group);
  if (lines.length === 0) return [];
  const table = lines.map(({ title, figures }) => [title, ...figures.map(text)]);
  return [
    '',
    ...alignedLines(
      [['homographies by', ...columnTitles(estimatorColumns(profile, 'ours'))], ...table],
      width,
    ),
  ];
}

function text(figure: Interval | undefined): string {
  return formatFigure(figure?.value);
}

/**
 * The evaluation on Synthetic Shapes as a table.
 * @param width characters of the longest line. A wider table goes on below. @default any
 */
export function syntheticLines(
  { protocol, rows }: SyntheticEvaluation,
  width = Number.POSITIVE_INFINITY,
): string[] {
  const head = ['', ...SHAPE_TOTALS.map(({ title }) => title)];
  const table = rows.map((row) => [row.name, ...SHAPE_TOTALS.map(({ of }) => text(of(row)))]);
  const { count } = protocol;
  return [
    `${count} pictures of ${protocol.width}x${protocol.height}`,
    '',
    ...alignedLines([head, ...table], width),
  ];
}
