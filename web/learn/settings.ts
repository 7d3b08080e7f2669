/** What Learn trains: small enough for a step a few times a second in a browser tab. */
import type { NetworkShape } from '../../src/network/architecture.js';
import type { SyntheticBatchSettings } from '../../src/training/synthetic-batches.js';

export type NetworkSize = 'tiny' | 'small' | 'middle';

export const SHAPES: Readonly<Record<NetworkSize, NetworkShape>> = {
  tiny: { encoder: [8, 8, 16, 16], head: 32, descriptor: 0 },
  small: { encoder: [8, 16, 16, 32], head: 64, descriptor: 0 },
  middle: { encoder: [16, 16, 32, 32], head: 64, descriptor: 0 },
};

export interface LearnSettings {
  readonly network: NetworkSize;
  readonly learningRate: number;
  readonly seed: number;
}

export const DEFAULT_SETTINGS: LearnSettings = { network: 'small', learningRate: 0.004, seed: 1 };

/** Steps over which the learning rate rises to its full value. */
export const WARMUP_STEPS = 20;

/** Pictures a step, and their size. */
export const BATCH = { batch: 8, width: 128, height: 96 } as const;

/** The pictures that a training with this seed sees. */
export function batchSettings(seed: number): SyntheticBatchSettings {
  return { seed, ...BATCH, targets: 'soft' };
}
