/** The report of a comparison on Synthetic Shapes. */
import { drawKeypoints } from '../../drawing/draw.js';
import type { GrayImage } from '../../image/image.js';
import { encodeWebp } from '../../image/lossy.js';
import { SHAPE_KINDS } from '../../synthetic/sample.js';
import {
  protocolSample,
  type SyntheticEvaluation,
  type SyntheticFigures,
  type SyntheticProtocol,
  type SyntheticRow,
} from '../protocols/evaluate-synthetic.js';
import type { Method } from '../rivals/method.js';
import { curvePlot } from './plots.js';
import { PUBLISHED_SHAPES } from './published.js';
import {
  type Block,
  type Cell,
  formatFigure,
  type Picture,
  pictureBlocks,
  type Report,
  type ReportContext,
} from './report.js';

/** The report of an evaluation. */
export async function syntheticReport(
  { protocol, rows }: SyntheticEvaluation,
  context: ReportContext,
): Promise<Report> {
  const methods = rows.map(({ name, settings }) => ({ name, ...settings }));
  return {
    title: context.title,
    summary:
      `${protocol.count} pictures of ${protocol.width}x${protocol.height}, all kinds in turn, clean and with ` +
      `the training's changes of light. A detection is right when it lies within ${protocol.epsilon} px of a ` +
      'corner that no better one has; mAP: area under the envelope of precision and recall of all detections ' +
      'of all pictures ranked together; MLE: mean distance of the right ones. Small print: 95 % interval by ' +
      'bootstrap over pictures. Bold: best of the column.',
    sections: [
      { title: 'All kinds', blocks: [totalTable(rows), ...(await precisionPlots(rows))] },
      { title: 'Noise swept', blocks: await sweepBlocks(rows) },
      {
        title: 'By kind',
        blocks: [kindTable(rows, 'clean'), kindTable(rows, 'noisy'), ...pictureBlocks(context)],
      },
      {
        title: 'Protocol and cost',
        blocks: [
          {
            kind: 'text',
            text:
              `Milliseconds a picture: ${rows.map((row) => `${row.name} ${formatFigure(1000 * row.secondsPerPicture, 1)}`).join(', ')}. ` +
              `In all ${Math.round(context.seconds)} s and ${Math.round(context.peakMemory)} MiB on ${context.environment.machine}.`,
          },
          {
            kind: 'record',
            caption: 'The whole protocol, versions and hashes',
            value: { protocol, methods, environment: context.environment },
          },
        ],
      },
    ],
  };
}

/** Columns of the table of totals: which of the two sets, which figure, which way is better. */
export const SHAPE_TOTALS = [
  { title: 'mAP clean', of: (row: SyntheticRow) => row.clean.averagePrecision, best: Math.max },
  { title: 'mAP noisy', of: (row: SyntheticRow) => row.noisy.averagePrecision, best: Math.max },
  { title: 'MLE clean', of: (row: SyntheticRow) => row.clean.localisationError, best: Math.min },
  { title: 'MLE noisy', of: (row: SyntheticRow) => row.noisy.localisationError, best: Math.min },
] as const;

function totalTable(rows: readonly SyntheticRow[]): Block {
  const best = SHAPE_TOTALS.map(({ of, best }) => best(...rows.map((row) => of(row).value)));
  const ours = rows.map((row): Cell[] => [
    { text: row.name },
    ...SHAPE_TOTALS.map(({ of }, n) => {
      const { value, low, high } = of(row);
      const detail = `${formatFigure(low, 2)}–${formatFigure(high, 2)}`;
      return { text: formatFigure(value), detail, isBest: rows.length > 1 && value === best[n] };
    }),
  ]);
  const theirs = PUBLISHED_SHAPES.map(({ name, clean, noisy, cleanError, noisyError }): Cell[] => [
    { text: name },
    ...[clean, noisy, cleanError, noisyError].map((value) => ({ text: formatFigure(value) })),
  ]);
  return {
    kind: 'table',
    caption:
      'Published rows: DeTone et al. 2018, table 2, and the notebook of rpautrat/SuperPoint. Each drew its ' +
      'own shapes and noise, so the data differ.',
    head: ['', ...SHAPE_TOTALS.map(({ title }) => title)],
    rows: [...ours, ...theirs],
  };
}

async function precisionPlots(rows: readonly SyntheticRow[]): Promise<Block[]> {
  const names = rows.map(({ name }) => name);
  const blocks: Block[] = [];
  for (const set of ['clean', 'noisy'] as const) {
    const curves = rows.map(({ name, curves }) => ({ name, points: curves[set] }));
    const svg = await curvePlot(curves, names, { x: 'recall', y: 'precision' });
    blocks.push({ kind: 'plot', caption: `Precision and recall, ${set}.`, svg });
  }
  return blocks;
}

async function sweepBlocks(rows: readonly SyntheticRow[]): Promise<Block[]> {
  const curves = rows.map(({ name, sweep }) => ({
    name,
    points: sweep.map(({ level, averagePrecision }) => [level, averagePrecision] as const),
  }));
  const names = rows.map(({ name }) => name);
  const svg = await curvePlot(curves, names, { x: 'noise: 0 clean, 1 noisy, 2 nothing else', y: 'mAP' });
  const levels = rows[0].sweep.map(({ level }) => String(level));
  return [
    { kind: 'plot', caption: 'mAP as noise grows (the paper’s noise figure).', svg },
    {
      kind: 'table',
      caption: 'mAP by level of noise.',
      head: ['', ...levels],
      rows: rows.map(({ name, sweep }) => [
        { text: name },
        ...sweep.map(({ averagePrecision }) => ({ text: formatFigure(averagePrecision) })),
      ]),
    },
  ];
}

function kindTable(rows: readonly SyntheticRow[], set: 'clean' | 'noisy'): Block {
  const kinds = SHAPE_KINDS.filter((kind) => rows.some((row) => row.kinds[kind] !== undefined));
  const cell = (figures: SyntheticFigures | undefined): Cell => ({
    text: formatFigure(figures?.averagePrecision.value),
    detail: figures && `${formatFigure(figures.localisationError.value, 2)} px`,
  });
  return {
    kind: 'table',
    caption: `mAP and, below it, MLE by kind, ${set}. Ellipses and noise have no corners: their detections count above.`,
    head: ['', ...kinds],
    rows: rows.map((row) => [{ text: row.name }, ...kinds.map((kind) => cell(row.kinds[kind]?.[set]))]),
  };
}

const EXAMPLE_SCALE = 2;
/** A detection that is drawn needs this score, as in use. */
const DRAWN_SCORE = 0.05;

/** One clean and one noisy picture of each kind with a network's detections drawn. */
export async function syntheticPictures(protocol: SyntheticProtocol, method: Method): Promise<Picture[]> {
  const pictures: Picture[] = [];
  for (const [index, kind] of SHAPE_KINDS.entries()) {
    const { sample, noisy } = protocolSample(protocol, index);
    const add = async (image: GrayImage, caption: string) => {
      const settings = {
        ...protocol,
        detectionThreshold: Math.max(protocol.detectionThreshold, DRAWN_SCORE),
      };
      const features = await method.extract(image, settings, caption);
      const bytes = await encodeWebp(drawKeypoints(image, features, { scale: EXAMPLE_SCALE }));
      pictures.push({ caption, bytes, type: 'image/webp' });
    };
    await add(sample.image, kind);
    await add(noisy, `${kind}, noisy`);
  }
  return pictures;
}
