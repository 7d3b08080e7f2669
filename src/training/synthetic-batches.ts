/** Batches of Synthetic Shapes for MagicPoint (§4 of DeTone et al. 2018). */
import { Random } from '../random.js';
import { type SynthesizeSettings, synthesize } from '../synthetic/synthesize.js';
import { type DetectorBatch, emptyDetectorBatch, fillExample } from './batches.js';
import type { TargetKind } from './targets.js';

/** Everything a batch of shapes depends on, but for its step. */
export interface SyntheticBatchSettings {
  readonly seed: number;
  /** Size of the pictures in pixels, multiples of 8. */
  readonly width: number;
  readonly height: number;
  /** Pictures a batch. */
  readonly batch: number;
  readonly targets: TargetKind;
  /** How shapes are drawn and changed; its size is the batch's. */
  readonly synthetic?: Omit<SynthesizeSettings, 'width' | 'height'>;
}

/**
 * The batch of one step: pictures step * batch … step * batch + batch - 1 of the endless sequence that
 * the seed names, whatever ran before.
 *
 * @throws RangeError when a side is not a multiple of 8.
 */
export function makeSyntheticBatch(settings: SyntheticBatchSettings, step: number): DetectorBatch {
  const { seed, width, height, batch: count } = settings;
  const batch = emptyDetectorBatch(count, width, height);
  for (let i = 0; i < count; i++) {
    const index = step * count + i;
    const sample = synthesize(seed, index, { ...settings.synthetic, width, height });
    fillExample(batch, i, sample, settings.targets, new Random(seed).fork('targets', index));
  }
  return batch;
}
