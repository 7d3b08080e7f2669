/** Batches of pairs from a store of labelled photographs. */
import type { PairBatch } from './batches.js';
import { makePairs, type PairBatchSettings } from './pairs.js';
import { loadPhoto, type PhotoStore, photoKeypoints } from './photo-store.js';

/**
 * The batch of one step, the same whatever ran before.
 *
 * @throws RangeError when a side is not a multiple of 8, ImageError or PhotographError when a
 * photograph cannot be used.
 */
export function makePairBatch(
  settings: PairBatchSettings,
  step: number,
  store: PhotoStore,
): Promise<PairBatch> {
  return makePairs(settings, step, {
    count: store.files.length,
    load: async (index) => ({
      photo: await loadPhoto(store, index),
      labels: photoKeypoints(store, index, settings.minScore),
    }),
  });
}
