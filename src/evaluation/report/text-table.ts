/** The tables as aligned text, for terminals. */

import type { HomographyEvaluation } from '../protocols/evaluate-homographies.js';
import type { SyntheticEvaluation } from '../protocols/evaluate-synthetic.js';
import { groupTitle } from '../protocols/group.js';
import { estimatorColumns, groupsOfRows, homographyColumns } from './columns.js';
import { formatFigure } from './report.js';
import { categorySweeps, isStep } from './sweeps.js';

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
  const columns = [...homographyColumns(profile), ...estimatorColumns(profile, 'ours', ' ours')];
  for (const group of groups) {
    const table = rows.map((row) => [row.name, ...columns.map((column) => column.text(row, group))]);
    lines.push('', ...alignedLines([[groupTitle(group), ...columns.map(({ title }) => title)], ...table]));
  }
  for (const { title, xTicks, curves } of categorySweeps(evaluation)) {
    const table = curves.map(({ name, points }) => [name, ...points.map(([, y]) => formatFigure(y))]);
    lines.push('', title, ...alignedLines([['', ...xTicks.map(String)], ...table]));
  }
  for (const { name, failures } of rows) lines.push(...failures.map((failure) => `${name}, ${failure}`));
  return lines;
}

/** The evaluation on Synthetic Shapes as a table. */
export function syntheticLines({ protocol, rows }: SyntheticEvaluation): string[] {
  const head = ['', 'mAP clean', 'mAP noisy', 'MLE clean', 'MLE noisy'];
  const table = rows.map(({ name, clean, noisy }) => [
    name,
    ...[clean.averagePrecision, noisy.averagePrecision, clean.localisationError, noisy.localisationError].map(
      ({ value }) => formatFigure(value),
    ),
  ]);
  const { count, width, height } = protocol;
  return [`${count} pictures of ${width}x${height}`, '', ...alignedLines([head, ...table])];
}
