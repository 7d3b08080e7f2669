/** What Learn trains: small enough for a few steps a second in a browser tab, and for corners within a minute. */
import { type Photometry, SYNTHETIC_PHOTOMETRY } from '../../src/image/photometric.js';
import type { NetworkShape } from '../../src/network/architecture.js';
import type { SynthesizeSettings } from '../../src/synthetic/synthesize.js';
import type { SyntheticBatchSettings } from '../../src/training/synthetic-batches.js';

export type NetworkSize = 'tiny' | 'small' | 'middle';
/** `clear`: shapes in good light, seen as they are drawn; `hard`: as MagicPoint's full training draws them. */
export type Difficulty = 'clear' | 'hard';

export const SHAPES: Readonly<Record<NetworkSize, NetworkShape>> = {
  tiny: { encoder: [8, 8, 16, 16], head: 32, descriptor: 0 },
  small: { encoder: [8, 16, 16, 32], head: 64, descriptor: 0 },
  middle: { encoder: [16, 16, 32, 32], head: 64, descriptor: 0 },
};

export interface LearnSettings {
  readonly network: NetworkSize;
  readonly difficulty: Difficulty;
  readonly learningRate: number;
  readonly seed: number;
}

export const DEFAULT_SETTINGS: LearnSettings = {
  network: 'small',
  difficulty: 'clear',
  learningRate: 0.015,
  seed: 1,
};

/** Steps over which the learning rate rises to its full value. */
export const WARMUP_STEPS = 20;

/** Pictures a step, and their size. */
export const BATCH = { batch: 8, width: 128, height: 96 } as const;

const GOOD_LIGHT: Photometry = {
  ...SYNTHETIC_PHOTOMETRY,
  brightness: 0.05,
  contrast: [0.9, 1.1],
  noise: [0, 0.01],
  speckle: [0, 0.0005],
  shade: { ...SYNTHETIC_PHOTOMETRY.shade, ellipses: 3 },
  motionBlur: 1,
};

/** How shapes are drawn. */
export const SYNTHETIC: Readonly<Record<Difficulty, SynthesizeSettings>> = {
  clear: {
    homography: null,
    photometry: GOOD_LIGHT,
    texture: 0.2,
    // Kinds with many corners teach the most in a short time.
    weights: { checkerboard: 3, multiplePolygons: 2, cube: 2, polygon: 2, ellipses: 0.3, gaussianNoise: 0.2 },
  },
  hard: {},
};

/** The pictures that a training with this seed sees. */
export function batchSettings(seed: number, difficulty: Difficulty): SyntheticBatchSettings {
  return { seed, ...BATCH, targets: 'soft', synthetic: SYNTHETIC[difficulty] };
}
