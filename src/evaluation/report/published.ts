/**
 * Figures that were not measured here, to stand beside ours: of publications, and of other networks that were
 * scored outside this package. Where they come from other pictures they are a bearing, not a competition.
 */
import type { Figure } from '../protocols/figure.js';
import { ALL, type Group } from '../protocols/group.js';
import { type Block, formatFigure } from './report.js';

/** Figures of one row that was measured elsewhere. */
export interface PublishedRow {
  readonly name: string;
  readonly figures: readonly { readonly figure: Figure; readonly value: number }[];
}

/** Rows measured elsewhere, over which pairs, and where they are from. */
export interface PublishedTable {
  readonly group: Group;
  /** Whether the pairs are those of the report, so that the rows compare with its own. @default false */
  readonly samePairs?: boolean;
  readonly source: string;
  readonly rows: readonly PublishedRow[];
}

/** The figures that publications give, by short names. */
const FIGURES = {
  rep: { name: 'repeatability', epsilon: 3 },
  mle: { name: 'localisationError', epsilon: 3 },
  h1: { name: 'homography', epsilon: 1, estimator: 'opencv' },
  h3: { name: 'homography', epsilon: 3, estimator: 'opencv' },
  h5: { name: 'homography', epsilon: 5, estimator: 'opencv' },
  auc5: { name: 'auc', epsilon: 5, estimator: 'opencv' },
  nnMap: { name: 'nnMap' },
  score: { name: 'matchingScore' },
} satisfies Record<string, Figure>;

function row(name: string, values: Partial<Record<keyof typeof FIGURES, number>>): PublishedRow {
  const figures = Object.entries(values).map(([key, value]) => ({
    figure: FIGURES[key as keyof typeof FIGURES],
    value,
  }));
  return { name, figures };
}

function named(name: string): Group {
  return { of: 'category', category: { kind: 'named', name } };
}

const DATA_DIFFER = 'on HPatches: the data differ unless this is HPatches itself';
const SECOND_HAND = 'rows other than SuperPoint as others quote them';

/** Tables 4 (all pairs) and 3 (by what changes, suppression by 4) of the paper. */
export const PAPER_TABLES: readonly PublishedTable[] = [
  {
    group: ALL,
    source: `DeTone et al. 2018, table 4, ${DATA_DIFFER}`,
    rows: [
      row('paper: SuperPoint', {
        h1: 0.31,
        h3: 0.684,
        h5: 0.829,
        rep: 0.581,
        mle: 1.158,
        nnMap: 0.821,
        score: 0.47,
      }),
      row('paper: LIFT', { h1: 0.284, h3: 0.598, h5: 0.717, rep: 0.449, mle: 1.102 }),
      row('paper: SIFT', { h1: 0.424, h3: 0.676, h5: 0.759, rep: 0.495, mle: 0.833 }),
      row('paper: ORB', { h1: 0.15, h3: 0.395, h5: 0.538, rep: 0.641, mle: 1.157 }),
    ],
  },
  {
    group: named('illumination'),
    source: `DeTone et al. 2018, table 3, illumination, suppression by 4, ${SECOND_HAND}, ${DATA_DIFFER}`,
    rows: [
      row('paper: SuperPoint', { rep: 0.652 }),
      row('paper: MagicPoint', { rep: 0.575 }),
      row('paper: FAST', { rep: 0.575 }),
      row('paper: Harris', { rep: 0.62 }),
      row('paper: Shi-Tomasi', { rep: 0.606 }),
      row('paper: random', { rep: 0.101 }),
    ],
  },
  {
    group: named('viewpoint'),
    source: `DeTone et al. 2018, table 3, viewpoint, suppression by 4, ${SECOND_HAND}, ${DATA_DIFFER}`,
    rows: [
      row('paper: SuperPoint', { rep: 0.503 }),
      row('paper: MagicPoint', { rep: 0.322 }),
      row('paper: FAST', { rep: 0.503 }),
      row('paper: Harris', { rep: 0.556 }),
      row('paper: Shi-Tomasi', { rep: 0.552 }),
      row('paper: random', { rep: 0.1 }),
    ],
  },
];

/** Other networks on graf, boat, leuven and ubc, by the protocol `design`. */
const OUTSIDE_OXFORD: PublishedTable = {
  group: ALL,
  samePairs: true,
  source:
    'rows marked ¹ were measured once outside this package, from the official weights on these pairs by the ' +
    'protocol “design”; ALIKED t16 by fewer figures',
  rows: [
    row('SuperPoint v1 ¹', {
      rep: 0.688,
      mle: 0.992,
      h1: 0.5,
      h3: 0.8,
      h5: 0.85,
      auc5: 0.666,
      nnMap: 0.675,
      score: 0.448,
    }),
    row('ALIKED n16rot ¹', {
      rep: 0.737,
      mle: 0.822,
      h1: 0.55,
      h3: 0.85,
      h5: 0.85,
      auc5: 0.719,
      nnMap: 0.804,
      score: 0.512,
    }),
    row('ALIKED n16 ¹', {
      rep: 0.674,
      mle: 0.855,
      h1: 0.55,
      h3: 0.75,
      h5: 0.8,
      auc5: 0.678,
      nnMap: 0.735,
      score: 0.472,
    }),
    row('ALIKED t16 ¹', { rep: 0.666, mle: 0.871, h3: 0.7, nnMap: 0.699, score: 0.457 }),
    row('ALIKE l ¹', {
      rep: 0.661,
      mle: 0.776,
      h1: 0.6,
      h3: 0.75,
      h5: 0.8,
      auc5: 0.684,
      nnMap: 0.695,
      score: 0.39,
    }),
    row('ALIKE t ¹', {
      rep: 0.576,
      mle: 0.81,
      h1: 0.5,
      h3: 0.65,
      h5: 0.7,
      auc5: 0.591,
      nnMap: 0.631,
      score: 0.317,
    }),
  ],
};

/** The hash of graf, boat, leuven and ubc as lossless grey pictures of full size. */
const OXFORD_HASH = '8086383cc6f54fa49b663947a75d8616360175b467dac6c900a0e531147319c7';

/** What stands beside a comparison on sequences with known homographies of this hash. */
export function publishedBeside(datasetHash: string): readonly PublishedTable[] {
  return datasetHash === OXFORD_HASH ? [OUTSIDE_OXFORD, ...PAPER_TABLES] : PAPER_TABLES;
}

/** Other methods on other photographs with changes like those of `evaluate warps`, as a table. */
export const OUTSIDE_CHANGES: Block = {
  kind: 'table',
  caption:
    'For bearing, measured once outside this package on 24 other photographs, one pair each, 480x640, with a small ' +
    'change of view and one change of the picture: Gaussian blur of deviation 1.5 to 3.2 px; light (gamma .4 or ' +
    '2.5, the edge of a shadow, a glare); a quarter to a half of the light with noise of deviation 6 to 12 of 255. ' +
    'The pairs are not those above. NN mAP and, below it, M. score.',
  head: ['', 'blur', 'light', 'darkness', 'view alone'],
  rows: [
    { name: 'SuperPoint v1', figures: [0.908, 0.526, 0.929, 0.652, 0.764, 0.361, 0.961, 0.749] },
    { name: 'ALIKED n16', figures: [0.834, 0.353, 0.978, 0.525, 0.844, 0.419, 0.984, 0.74] },
    { name: 'AKAZE', figures: [0.959, 0.513, 0.892, 0.325, 0.932, 0.482, 0.935, 0.577] },
  ].map(({ name, figures }) => [
    { text: name },
    ...[0, 2, 4, 6].map((n) => ({ text: formatFigure(figures[n]), detail: formatFigure(figures[n + 1]) })),
  ]),
};

/** Average precision and localisation error on Synthetic Shapes: clean and noisy. */
export interface PublishedShapes {
  readonly name: string;
  readonly clean: number;
  readonly noisy: number;
  readonly cleanError?: number;
  readonly noisyError?: number;
}

/** Table 2 of the paper, and the notebook of rpautrat/SuperPoint (4 pixels, 120x160); each drew its own shapes. */
export const PUBLISHED_SHAPES: readonly PublishedShapes[] = [
  { name: 'paper: MagicPoint', clean: 0.979, noisy: 0.971, cleanError: 0.86, noisyError: 1.012 },
  { name: 'paper: FAST', clean: 0.405, noisy: 0.061 },
  { name: 'paper: Harris', clean: 0.678, noisy: 0.213 },
  { name: 'paper: Shi-Tomasi', clean: 0.686, noisy: 0.157 },
  { name: 'rpautrat: MagicPoint', clean: 0.971, noisy: 0.92, cleanError: 0.612, noisyError: 0.783 },
  { name: 'rpautrat: Harris', clean: 0.695, noisy: 0.254, cleanError: 2.007, noisyError: 2.203 },
  { name: 'rpautrat: Shi-Tomasi', clean: 0.585, noisy: 0.123, cleanError: 1.604, noisyError: 1.937 },
  { name: 'rpautrat: FAST', clean: 0.755, noisy: 0.082, cleanError: 2.094, noisyError: 2.202 },
];
