/** How a detector does on shapes that no training here sees. */
import { extractKeypoints } from '../../src/features/extract-keypoints.js';
import type { Weights } from '../../src/network/weights.js';
import { Random } from '../../src/random.js';
import { SHAPE_KINDS, type ShapeKind } from '../../src/synthetic/sample.js';
import { synthesize } from '../../src/synthetic/synthesize.js';
import { type DetectorBatch, emptyDetectorBatch, fillExample } from '../../src/training/batches.js';
import { makeSyntheticBatch } from '../../src/training/synthetic-batches.js';
import { validateDetector } from '../../src/training/validate.js';
import { BATCH, batchSettings, type Difficulty, SYNTHETIC } from './settings.js';

/** A picture with the truth and what the network makes of it. */
export interface Tile {
  readonly kind: ShapeKind;
  /** [height, width] grey in [0, 1]. */
  readonly image: Float32Array;
  /** [height, width] probabilities. */
  readonly heatmap: Float32Array;
  /** [N, 2] */
  readonly truth: Float32Array;
  readonly found: Float32Array;
}

export interface Look {
  readonly tiles: readonly Tile[];
  readonly loss: number;
  /** Share of what it found that is a corner, and of the corners that it found. */
  readonly precision: number;
  readonly recall: number;
}

/** Far from the seeds that the page offers. */
const SEED = 70_001;
/** As `validateDetector` counts. */
const DETECTION_THRESHOLD = 0.05;
/** Noise has no corners to show. */
const KINDS = SHAPE_KINDS.filter((kind) => kind !== 'gaussianNoise');

const { width, height } = BATCH;

interface Exhibits {
  readonly samples: readonly { readonly kind: ShapeKind; readonly truth: Float32Array }[];
  readonly batches: readonly DetectorBatch[];
}

const exhibits = new Map<Difficulty, Exhibits>();

/** One picture of each kind first, then a few of all. Made once. */
function exhibitsOf(difficulty: Difficulty): Exhibits {
  const known = exhibits.get(difficulty);
  if (known) return known;
  const shown = emptyDetectorBatch(KINDS.length, width, height);
  const samples = KINDS.map((kind, n) => {
    const sample = synthesize(SEED, n, { ...SYNTHETIC[difficulty], kind, width, height });
    fillExample(shown, n, sample, 'soft', new Random(SEED));
    return { kind, truth: sample.keypoints };
  });
  const others = [1, 2].map((step) => makeSyntheticBatch(batchSettings(SEED, difficulty), step));
  const made = { samples, batches: [shown, ...others] };
  exhibits.set(difficulty, made);
  return made;
}

export async function look(weights: Weights, difficulty: Difficulty): Promise<Look> {
  const { samples, batches } = exhibitsOf(difficulty);
  const tiles: Tile[] = [];
  const numbers = await validateDetector(weights, batches, (image, heatmap) => {
    const sample = samples[tiles.length];
    if (!sample) return;
    const options = { detectionThreshold: DETECTION_THRESHOLD, borderMargin: 0 };
    const found = extractKeypoints(heatmap, width, height, options).keypoints;
    tiles.push({ ...sample, image: image.slice(), heatmap, found });
  });
  return { tiles, ...numbers };
}
