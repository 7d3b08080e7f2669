/**
 * Figures published by others, to stand beside ours. They come from other pictures (HPatches) or other
 * shapes, so they are a bearing, not a competition.
 */

/** Figures of one published row by the titles of our columns. */
export interface PublishedRow {
  readonly name: string;
  readonly figures: Readonly<Record<string, number>>;
}

/** Published rows and where they are from. */
export interface PublishedTable {
  readonly source: string;
  readonly rows: readonly PublishedRow[];
}

const DATA_DIFFER = 'on HPatches: the data differ unless this is HPatches itself';
const SECOND_HAND = 'rows other than SuperPoint as others quote them';

/** Table 4 of the paper, all pairs. */
export const PAPER_HOMOGRAPHIES: PublishedTable = {
  source: `DeTone et al. 2018, table 4, ${DATA_DIFFER}`,
  rows: [
    {
      name: 'paper: SuperPoint',
      figures: {
        'H@1': 0.31,
        'H@3': 0.684,
        'H@5': 0.829,
        rep: 0.581,
        MLE: 1.158,
        'NN mAP': 0.821,
        'M. score': 0.47,
      },
    },
    { name: 'paper: LIFT', figures: { 'H@1': 0.284, 'H@3': 0.598, 'H@5': 0.717, rep: 0.449, MLE: 1.102 } },
    { name: 'paper: SIFT', figures: { 'H@1': 0.424, 'H@3': 0.676, 'H@5': 0.759, rep: 0.495, MLE: 0.833 } },
    { name: 'paper: ORB', figures: { 'H@1': 0.15, 'H@3': 0.395, 'H@5': 0.538, rep: 0.641, MLE: 1.157 } },
  ],
};

/** Table 3 of the paper: repeatability by what changes, suppression by 4. */
export const PAPER_REPEATABILITY: Readonly<Record<string, PublishedTable>> = {
  illumination: {
    source: `DeTone et al. 2018, table 3, illumination, suppression by 4, ${SECOND_HAND}, ${DATA_DIFFER}`,
    rows: [
      { name: 'paper: SuperPoint', figures: { rep: 0.652 } },
      { name: 'paper: MagicPoint', figures: { rep: 0.575 } },
      { name: 'paper: FAST', figures: { rep: 0.575 } },
      { name: 'paper: Harris', figures: { rep: 0.62 } },
      { name: 'paper: Shi-Tomasi', figures: { rep: 0.606 } },
      { name: 'paper: random', figures: { rep: 0.101 } },
    ],
  },
  viewpoint: {
    source: `DeTone et al. 2018, table 3, viewpoint, suppression by 4, ${SECOND_HAND}, ${DATA_DIFFER}`,
    rows: [
      { name: 'paper: SuperPoint', figures: { rep: 0.503 } },
      { name: 'paper: MagicPoint', figures: { rep: 0.322 } },
      { name: 'paper: FAST', figures: { rep: 0.503 } },
      { name: 'paper: Harris', figures: { rep: 0.556 } },
      { name: 'paper: Shi-Tomasi', figures: { rep: 0.552 } },
      { name: 'paper: random', figures: { rep: 0.1 } },
    ],
  },
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
