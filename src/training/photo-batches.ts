/** Batches of labelled photographs for MagicPoint: what Homographic Adaptation found is learnt (§5). */
import { multiplyHomographies } from '../geometry/homography.js';
import { type HomographySampling, sampleHomography } from '../geometry/sample-homography.js';
import { Random } from '../random.js';
import { type DetectorBatch, emptyDetectorBatch, fillExample } from './batches.js';
import { loadPhoto, type PhotoStore, photoKeypoints } from './photo-store.js';
import { type PhotoViewSettings, photosOfStep, sampleCrop, viewExample } from './photo-views.js';
import type { TargetKind } from './targets.js';

/** Everything a batch of photographs depends on, but for its step and the photographs. */
export interface PhotoBatchSettings extends PhotoViewSettings {
  readonly targets: TargetKind;
  /** Which views of a crop are shown; null for the crop itself. */
  readonly homographies: HomographySampling | null;
}

/**
 * The batch of one step, the same whatever ran before.
 *
 * @throws RangeError when a side is not a multiple of 8, ImageError or PhotographError when a
 * photograph cannot be used.
 */
export async function makePhotoBatch(
  settings: PhotoBatchSettings,
  step: number,
  store: PhotoStore,
): Promise<DetectorBatch> {
  const { seed, width, height, batch: count, homographies, targets } = settings;
  const batch = emptyDetectorBatch(count, width, height);
  const photos = photosOfStep(seed, store.files.length, step, count);
  for (const [i, index] of photos.entries()) {
    const random = new Random(seed).fork('photo', step * count + i);
    const photo = await loadPhoto(store, index);
    const keypoints = photoKeypoints(store, index, settings.minScore);
    const H_photoToCrop = sampleCrop(random, photo, settings);
    const H_photoToView =
      homographies === null
        ? H_photoToCrop
        : multiplyHomographies(sampleHomography(random, width, height, homographies), H_photoToCrop);
    fillExample(batch, i, viewExample(random, photo, keypoints, H_photoToView, settings), targets, random);
  }
  return batch;
}
