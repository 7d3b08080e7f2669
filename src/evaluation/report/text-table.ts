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

/** Rows of cells as lines: the first column to the left, the others to the right. */
export function alignedLines(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]) : cell.padStart(widths[column])))
      .join('  ')
      .trimEnd(),
  );
}

/** The evaluation's tables, one for each group of pairs and one for each sweep. */
export function figureLines(evaluation: HomographyEvaluation): string[] {
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
    lines.push('', ...alignedLines([[groupTitle(group), ...columnTitles(columns)], ...table]));
    if (group.of !== 'kind') lines.push(...estimatorLines(evaluation, group));
  }
  for (const { title, xTicks, curves } of categorySweeps(evaluation)) {
    const table = curves.map(({ name, points }) => [name, ...points.map(([, y]) => formatFigure(y))]);
    lines.push('', title, ...alignedLines([['', ...xTicks.map(String)], ...table]));
  }
  for (const { name, failures } of rows) lines.push(...failures.map((failure) => `${name}, ${failure}`));
  return lines;
}

/** Homographies of one group by each estimator, from the same matches. */
function estimatorLines({ profile, rows }: HomographyEvaluation, group: Group): string[] {
  const lines = estimatorRows(rows, profile, group);
  if (lines.length === 0) return [];
  const table = lines.map(({ title, figures }) => [title, ...figures.map(text)]);
  return [
    '',
    ...alignedLines([['homographies by', ...columnTitles(estimatorColumns(profile, 'ours'))], ...table]),
  ];
}

function text(figure: Interval | undefined): string {
  return formatFigure(figure?.value);
}

/** The evaluation on Synthetic Shapes as a table. */
export function syntheticLines({ protocol, rows }: SyntheticEvaluation): string[] {
  const head = ['', ...SHAPE_TOTALS.map(({ title }) => title)];
  const table = rows.map((row) => [row.name, ...SHAPE_TOTALS.map(({ of }) => text(of(row)))]);
  const { count, width, height } = protocol;
  return [`${count} pictures of ${width}x${height}`, '', ...alignedLines([head, ...table])];
}
