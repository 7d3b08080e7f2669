/** Tables of rows against columns, with figures that were measured elsewhere below. */
import { isDeepStrictEqual } from 'node:util';
import type { Interval } from '../metrics/bootstrap.js';
import type { EvaluationRow } from '../protocols/evaluate-homographies.js';
import { type Group, sameGroup } from '../protocols/group.js';
import { type Column, columnTitles, figureAt, isLowerBetter } from './columns.js';
import type { PublishedTable } from './published.js';
import { type Block, type Cell, formatFigure } from './report.js';

/** A value, with its interval where it was measured here. */
type Shown = Pick<Interval, 'value'> & Partial<Interval>;

/** One line of a table: a figure for each column. */
export interface Line {
  readonly title: string;
  readonly figures: readonly (Shown | undefined)[];
}

/** The best figure of each column, as tables show it; undefined where there is nothing to compare. */
export function bestOf(lines: readonly Line[], columns: readonly Column[]): (string | undefined)[] {
  return columns.map(({ figure }, n) => {
    const values = lines.map(({ figures }) => figures[n]?.value ?? Number.NaN).filter(Number.isFinite);
    if (values.length < 2) return undefined;
    return formatFigure(isLowerBetter(figure) ? Math.min(...values) : Math.max(...values));
  });
}

/** The cells of lines; the best of each column stands out. */
export function figureCells(lines: readonly Line[], best: readonly (string | undefined)[] = []): Cell[][] {
  return lines.map(({ title, figures }) => [
    { text: title },
    ...figures.map((figure, n): Cell => {
      const text = formatFigure(figure?.value);
      const detail =
        figure?.low === undefined
          ? undefined
          : `${formatFigure(figure.low, 2)}–${formatFigure(figure.high, 2)}`;
      return { text, detail, isBest: text === best[n] };
    }),
  ]);
}

/** The figures of a group of pairs. */
export function measuredLines(
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  group: Group,
): Line[] {
  return rows.map((row) => ({
    title: row.name,
    figures: columns.map((column) => figureAt(row, column, group)),
  }));
}

/** Figures measured elsewhere. */
export function publishedLines({ rows }: PublishedTable, columns: readonly Column[]): Line[] {
  return rows.map(({ name, figures }) => ({
    title: name,
    figures: columns.map(({ figure }) => figures.find((other) => isDeepStrictEqual(other.figure, figure))),
  }));
}

/** Rows against columns for one group of pairs, figures measured elsewhere below. */
export function figureTable(
  caption: string,
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  group: Group,
  published: readonly PublishedTable[],
): Block {
  const tables = published.filter((table) => sameGroup(table.group, group));
  const linesOf = (ofSamePairs: boolean) =>
    tables
      .filter(({ samePairs = false }) => samePairs === ofSamePairs)
      .flatMap((table) => publishedLines(table, columns));
  const compared = [...measuredLines(rows, columns, group), ...linesOf(true)];
  const sources = tables.map(({ source }) => source).join('; ');
  return {
    kind: 'table',
    caption: sources ? `${caption} Rows measured elsewhere: ${sources}.` : caption,
    head: ['', ...columnTitles(columns)],
    rows: [...figureCells(compared, bestOf(compared, columns)), ...figureCells(linesOf(false))],
  };
}
