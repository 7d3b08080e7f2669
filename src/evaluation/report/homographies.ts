/** The report of a comparison on sequences with known homographies. */

import { meanOf } from '../metrics/bootstrap.js';
import type { EvaluationRow, HomographyEvaluation } from '../protocols/evaluate-homographies.js';
import { findFigure } from '../protocols/figure.js';
import { ALL, groupTitle, sameGroup } from '../protocols/group.js';
import { figuresOf } from '../protocols/summarise.js';
import {
  type Column,
  columnTitles,
  estimatorColumns,
  estimatorRows,
  figureAt,
  groupsOfRows,
  isLowerBetter,
  profileColumns,
} from './columns.js';
import {
  bestOf,
  figureCells,
  figureTable,
  type Line,
  measuredLines,
  publishedLines,
} from './figure-table.js';
import { type Curve, curvePlot, intervalPlot } from './plots.js';
import type { PublishedTable } from './published.js';
import {
  type Block,
  type Cell,
  formatFigure,
  pictureBlocks,
  type Report,
  type ReportContext,
  type Section,
} from './report.js';
import { isStep, sweepBlocks } from './sweeps.js';

/** What was measured elsewhere and belongs into a report. */
export interface Elsewhere {
  /** Rows below ours. @default none */
  readonly published?: readonly PublishedTable[];
  /** Tables of their own below the sweeps. @default none */
  readonly besideSweeps?: readonly Block[];
}

/** The report of an evaluation. */
export async function homographyReport(
  evaluation: HomographyEvaluation,
  context: ReportContext,
  { published = [], besideSweeps = [] }: Elsewhere = {},
): Promise<Report> {
  const { dataset, profile, rows } = evaluation;
  const columns = profileColumns(profile);
  const sections: Section[] = [
    { title: 'All pairs', blocks: mainBlocks(evaluation, columns, published) },
    { title: 'By what changes', blocks: groupBlocks(rows, columns, published) },
    { title: 'Sweeps', blocks: [...(await sweepBlocks(evaluation)), ...besideSweeps] },
    {
      title: 'Plots and pictures',
      blocks: [...(await plotBlocks(evaluation, columns)), ...pictureBlocks(context)],
    },
    { title: 'By sequence', blocks: sequenceBlocks(evaluation) },
    { title: 'Protocol', blocks: protocolBlocks(evaluation, context) },
    { title: 'What it took', blocks: costBlocks(rows, context) },
  ];
  return {
    title: context.title,
    summary:
      `${dataset.pairs} pairs of ${dataset.sequences} sequences, profile “${profile.name}”. ${profile.about} ` +
      'Small print under a figure: 95 % interval by bootstrap over pairs. Bold: best of the column.',
    sections: sections.filter(({ blocks }) => blocks.length > 0),
  };
}

function mainBlocks(
  { profile, dataset, rows }: HomographyEvaluation,
  columns: readonly Column[],
  published: readonly PublishedTable[],
): Block[] {
  const blocks: Block[] = [
    figureTable(`${dataset.pairs} pairs.`, rows, columns, ALL, published),
    ...standingBlocks(rows, columns, published),
  ];
  const lines = estimatorRows(rows, profile, ALL);
  if (lines.length > 0) {
    const ownColumns = estimatorColumns(profile, 'ours');
    blocks.push({
      kind: 'table',
      caption: 'Homographies from the same matches by each estimator.',
      head: ['', ...columnTitles(ownColumns)],
      rows: figureCells(lines, bestOf(lines, ownColumns)),
    });
  }
  const failures = rows.flatMap(({ name, failures }) => failures.map((failure) => `${name}, ${failure}`));
  if (failures.length > 0) blocks.push({ kind: 'text', text: `Not scored: ${failures.join('; ')}.` });
  return blocks;
}

/** Where each network stands among all that were measured on the same pairs, wins and losses alike. */
function standingBlocks(
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  published: readonly PublishedTable[],
): Block[] {
  const outside = published.filter(({ group, samePairs }) => samePairs && sameGroup(group, ALL));
  const lines = [
    ...measuredLines(rows, columns, ALL),
    ...outside.flatMap((table) => publishedLines(table, columns)),
  ];
  return rows.flatMap(({ settings }, n): Block[] =>
    settings.weights === undefined ? [] : [{ kind: 'text', text: standing(lines[n], lines, columns) }],
  );
}

function standing(own: Line, lines: readonly Line[], columns: readonly Column[]): string {
  const titles = columnTitles(columns);
  const best = bestOf(lines, columns);
  const isBest = ({ figures }: Line, n: number) =>
    best[n] === undefined || formatFigure(figures[n]?.value) === best[n];
  const scored = own.figures.flatMap((figure, n) => (figure ? [n] : []));
  const losses = scored
    .filter((n) => !isBest(own, n))
    .map((n) => `${titles[n]} (${lines.find((line) => isBest(line, n))?.title} ${best[n]})`);
  const won = `${own.title} is first in ${scored.length - losses.length} of ${scored.length} columns`;
  return losses.length > 0 ? `${won}; behind in ${losses.join(', ')}.` : `${won}.`;
}

function groupBlocks(
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  published: readonly PublishedTable[],
): Block[] {
  return groupsOfRows(rows)
    .filter((group) => group.of !== 'all' && !isStep(group))
    .map((group) => figureTable(`${groupTitle(group)}.`, rows, columns, group, published));
}

/** Of homographies at several limits one of each kind is enough. */
function isPlotted({ figure: { name, epsilon } }: Column): boolean {
  if (name === 'homography') return epsilon === 3;
  return name !== 'auc' || epsilon === 5;
}

async function plotBlocks(
  { profile, rows }: HomographyEvaluation,
  columns: readonly Column[],
): Promise<Block[]> {
  const names = rows.map(({ name }) => name);
  const blocks: Block[] = [];
  const plot = (caption: string, svg: string) => blocks.push({ kind: 'plot', caption, svg });
  const plotted = columns.filter(isPlotted);
  const titles = columnTitles(plotted);
  for (const [n, column] of plotted.entries()) {
    const figures = rows.flatMap((row) => {
      const figure = figureAt(row, column, ALL);
      return figure && Number.isFinite(figure.value) ? [{ name: row.name, figure }] : [];
    });
    if (figures.length > 1) {
      const direction = isLowerBetter(column.figure) ? 'lower is better' : 'higher is better';
      const svg = await intervalPlot(figures, names, titles[n]);
      plot(`${titles[n]}, ${direction}, with 95 % intervals.`, svg);
    }
  }
  for (const { name, epsilons } of profile.detector) {
    const ascending = [...epsilons].sort((a, b) => a - b);
    const curves = rows.map((row): Curve => {
      const figures = figuresOf(row.detector[name]?.figures, ALL);
      const points = ascending.map(
        (epsilon) =>
          [epsilon, findFigure(figures, { name: 'repeatability', epsilon })?.value ?? Number.NaN] as const,
      );
      return { name: row.name, points };
    });
    const axes = { x: 'largest distance of a repeated point, px', y: 'repeatability', xTicks: ascending };
    plot(`Repeatability by ε (${name}).`, await curvePlot(curves, names, axes));
  }
  for (const { name } of profile.homography) {
    const curves = rows
      .filter(({ homography }) => homography[name] !== undefined)
      .map(
        (row): Curve => ({
          name: row.name,
          points: recallCurve(row.homography[name].pairs.map(({ cornerErrors }) => cornerErrors.opencv)),
        }),
      );
    const axes = { x: 'largest mean corner error, px', y: 'share of pairs' };
    plot('Pairs whose homography is at least so good.', await curvePlot(curves, names, axes));
  }
  return blocks;
}

const LARGEST_PLOTTED_ERROR = 10;
const CURVE_STEPS = 100;

function recallCurve(errors: readonly number[]): [number, number][] {
  return Array.from({ length: CURVE_STEPS + 1 }, (_, n) => {
    const limit = (n / CURVE_STEPS) * LARGEST_PLOTTED_ERROR;
    return [limit, errors.filter((error) => error <= limit).length / errors.length];
  });
}

/** Sequences beyond this number would make a table that nobody reads. */
const MOST_SEQUENCES = 130;

function sequenceBlocks({ profile, rows }: HomographyEvaluation): Block[] {
  const blocks: Block[] = [];
  const add = (caption: string, cells: (row: EvaluationRow) => Map<string, number>) => {
    const byRow = rows.map(cells);
    const sequences = [...new Set(byRow.flatMap((figures) => [...figures.keys()]))].sort();
    const shown = rows
      .map((row, n) => ({ name: row.name, figures: byRow[n] }))
      .filter(({ figures }) => figures.size > 0);
    if (sequences.length > MOST_SEQUENCES || shown.length === 0) return;
    blocks.push({
      kind: 'table',
      caption,
      head: ['', ...shown.map(({ name }) => name)],
      rows: sequences.map((sequence) => [
        { text: sequence },
        ...shown.map(({ figures }) => ({ text: formatFigure(figures.get(sequence)) })),
      ]),
    });
  };
  for (const { name, epsilons } of profile.detector) {
    add(`Repeatability at ${epsilons[0]} px (${name}).`, ({ detector }) =>
      meansBySequence(detector[name]?.pairs ?? [], ({ atEpsilons }) => atEpsilons[0].repeatability),
    );
  }
  for (const { name } of profile.homography) {
    add('Share of homographies within 3 px.', ({ homography }) =>
      meansBySequence(homography[name]?.pairs ?? [], ({ cornerErrors }) =>
        cornerErrors.opencv <= 3 ? 1 : 0,
      ),
    );
    add('Matching score.', ({ homography }) =>
      meansBySequence(homography[name]?.pairs ?? [], ({ matchingScore }) => matchingScore),
    );
  }
  return blocks;
}

function meansBySequence<T extends { readonly sequence: string }>(
  pairs: readonly T[],
  figure: (pair: T) => number,
): Map<string, number> {
  const values = new Map<string, number[]>();
  for (const pair of pairs) values.set(pair.sequence, [...(values.get(pair.sequence) ?? []), figure(pair)]);
  return new Map([...values].map(([sequence, figures]) => [sequence, meanOf(figures)]));
}

function protocolBlocks({ profile, dataset, rows }: HomographyEvaluation, context: ReportContext): Block[] {
  const skipped = dataset.skipped.map(({ name, reason }) => `${name} (${reason})`);
  const blocks: Block[] = [
    {
      kind: 'text',
      text:
        'Repeatability: points of either view with a point of the other within ε after warping by the truth, ' +
        'over all points of the shared view; MLE: their mean distance. H@ε: share of pairs whose estimated ' +
        'homography moves the corners by at most ε on average; AUC@t: area under the recall curve up to t. ' +
        'NN mAP: each point of the shared view proposes its nearest neighbour, ranked by descriptor distance; ' +
        'right within 3 px by the truth; mean precision at the right ones. M. score: mutual nearest neighbours ' +
        'right within 3 px, over the mean number of points in the shared view.',
    },
    {
      kind: 'text',
      text:
        skipped.length > 0
          ? `Skipped sequences: ${skipped.join('; ')}.`
          : 'No sequence of the folder was broken; all were used but those that the profile leaves out.',
    },
  ];
  const methods = rows.map(({ name, settings }) => ({ name, ...settings }));
  const value = { profile, dataset, methods, environment: context.environment };
  blocks.push({ kind: 'record', caption: 'The whole protocol, versions and hashes', value });
  return blocks;
}

function costBlocks(
  rows: readonly EvaluationRow[],
  { seconds, environment, peakMemory }: ReportContext,
): Block[] {
  const tasks = [
    ...new Set(
      rows.flatMap(({ detector, homography }) => [...Object.keys(detector), ...Object.keys(homography)]),
    ),
  ];
  const cells = rows.map((row): Cell[] => [
    { text: row.name },
    ...tasks.map((task) => {
      const took = (row.detector[task] ?? row.homography[task])?.extractionSeconds;
      return { text: formatFigure(took ?? undefined, 1) };
    }),
  ]);
  return [
    {
      kind: 'table',
      caption: 'Seconds in the method for all pictures, without decoding and scoring.',
      head: ['', ...tasks],
      rows: cells,
    },
    {
      kind: 'text',
      text: `In all ${Math.round(seconds)} s and ${Math.round(peakMemory)} MiB on ${environment.machine}.`,
    },
  ];
}
