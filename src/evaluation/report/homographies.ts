/** The report of a comparison on sequences with known homographies. */

import { meanOf } from '../metrics/bootstrap.js';
import type { EvaluationRow, HomographyEvaluation } from '../protocols/evaluate-homographies.js';
import { ALL, type Group, groupTitle } from '../protocols/group.js';
import { figuresOf } from '../protocols/summarise.js';
import { type Column, estimatorColumns, groupsOfRows, homographyColumns } from './columns.js';
import { type Curve, curvePlot, intervalPlot } from './plots.js';
import { PAPER_HOMOGRAPHIES, PAPER_REPEATABILITY, type PublishedTable } from './published.js';
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

/** The report of an evaluation. */
export async function homographyReport(
  evaluation: HomographyEvaluation,
  context: ReportContext,
): Promise<Report> {
  const { dataset, profile, rows } = evaluation;
  const columns = homographyColumns(profile);
  const sections: Section[] = [
    { title: 'All pairs', blocks: mainBlocks(rows, columns, evaluation) },
    { title: 'By what changes', blocks: groupBlocks(rows, columns) },
    { title: 'Sweeps', blocks: await sweepBlocks(evaluation) },
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

function isBest(column: Column, rows: readonly EvaluationRow[], row: EvaluationRow, group: Group): boolean {
  const figures = rows.map((other) => column.of(other, group)?.value ?? Number.NaN).filter(Number.isFinite);
  const best = column.better === 'higher' ? Math.max(...figures) : Math.min(...figures);
  const own = column.of(row, group)?.value;
  return own !== undefined && figures.length > 1 && formatFigure(own) === formatFigure(best);
}

/** A table of rows against columns for one group of pairs, published figures below. */
function figureTable(
  caption: string,
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  group: Group,
  published?: PublishedTable,
): Block {
  const ours = rows.map((row): Cell[] => [
    { text: row.name },
    ...columns.map((column) => {
      const figure = column.of(row, group);
      const detail = figure && `${formatFigure(figure.low, 2)}–${formatFigure(figure.high, 2)}`;
      return { text: column.text(row, group), detail, isBest: isBest(column, rows, row, group) };
    }),
  ]);
  const theirs = (published?.rows ?? []).map(({ name, figures }): Cell[] => [
    { text: name },
    ...columns.map(({ title }) => ({
      text: formatFigure(figures[title.startsWith('rep.@3') ? 'rep' : title.split(' nms')[0]]),
    })),
  ]);
  return {
    kind: 'table',
    caption: published ? `${caption} Rows of the paper: ${published.source}.` : caption,
    head: ['', ...columns.map(({ title }) => title)],
    rows: [...ours, ...theirs],
  };
}

function mainBlocks(
  rows: readonly EvaluationRow[],
  columns: readonly Column[],
  { profile, dataset }: HomographyEvaluation,
): Block[] {
  const blocks: Block[] = [
    figureTable(`${dataset.pairs} pairs.`, rows, columns, ALL, PAPER_HOMOGRAPHIES),
    ...standingBlocks(rows, columns),
  ];
  if (profile.homography.length > 0) {
    blocks.push(
      figureTable(
        "Homographies by this project's estimator from the same matches; OpenCV's is in the table above.",
        rows.filter(({ homography }) => Object.keys(homography).length > 0),
        estimatorColumns(profile, 'ours'),
        ALL,
      ),
    );
  }
  const failures = rows.flatMap(({ name, failures }) => failures.map((failure) => `${name}, ${failure}`));
  if (failures.length > 0) blocks.push({ kind: 'text', text: `Not scored: ${failures.join('; ')}.` });
  return blocks;
}

/** Where each network stands, wins and losses alike. */
function standingBlocks(rows: readonly EvaluationRow[], columns: readonly Column[]): Block[] {
  return rows
    .filter(({ settings }) => settings.weights !== undefined)
    .map((row) => ({ kind: 'text', text: standing(row, rows, columns) }));
}

function standing(row: EvaluationRow, rows: readonly EvaluationRow[], columns: readonly Column[]): string {
  const scored = columns.filter((column) => column.of(row, ALL) !== undefined);
  const lost = scored.filter((column) => !isBest(column, rows, row, ALL));
  const losses = lost.map((column) => {
    const winner = rows.find((other) => isBest(column, rows, other, ALL));
    return `${column.title} (${winner?.name} ${winner && column.text(winner, ALL)})`;
  });
  const won = `${row.name} is first in ${scored.length - lost.length} of ${scored.length} columns`;
  return losses.length > 0 ? `${won}; behind in ${losses.join(', ')}.` : `${won}.`;
}

function groupBlocks(rows: readonly EvaluationRow[], columns: readonly Column[]): Block[] {
  return groupsOfRows(rows)
    .filter((group) => group.of !== 'all' && !isStep(group))
    .map((group) => {
      const title = groupTitle(group);
      return figureTable(`${title}.`, rows, columns, group, PAPER_REPEATABILITY[title]);
    });
}

async function plotBlocks(
  { profile, rows }: HomographyEvaluation,
  columns: readonly Column[],
): Promise<Block[]> {
  const names = rows.map(({ name }) => name);
  const blocks: Block[] = [];
  const plot = (caption: string, svg: string) => blocks.push({ kind: 'plot', caption, svg });
  for (const column of columns) {
    const figures = rows.flatMap((row) => {
      const figure = column.of(row, ALL);
      return figure && Number.isFinite(figure.value) ? [{ name: row.name, figure }] : [];
    });
    if (figures.length > 1 && !/^(H@[15]|AUC@[13])/.test(column.title)) {
      const direction = column.better === 'higher' ? 'higher is better' : 'lower is better';
      plot(
        `${column.title}, ${direction}, with 95 % intervals.`,
        await intervalPlot(figures, names, column.title),
      );
    }
  }
  for (const { name, epsilons } of profile.detector) {
    const ascending = [...epsilons].sort((a, b) => a - b);
    const curves = rows.map((row): Curve => {
      const figures = figuresOf(row.detector[name]?.figures, ALL);
      const points = ascending.map(
        (epsilon) => [epsilon, figures?.[`repeatability@${epsilon}`].value ?? Number.NaN] as const,
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
