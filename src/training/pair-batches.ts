/** Pairs of views of photographs for the joint training of detector and descriptor (§3.4, §6). */
import { type Homography, invertHomography, multiplyHomographies } from '../geometry/homography.js';
import { type HomographySampling, sampleHomography } from '../geometry/sample-homography.js';
import { Random } from '../random.js';
import { emptyDetectorBatch, fillExample, type PairBatch } from './batches.js';
import { loadPhoto, type PhotoStore, photoKeypoints } from './photo-store.js';
import { type PhotoViewSettings, photosOfStep, sampleCrop, viewExample } from './photo-views.js';
import type { TargetKind } from './targets.js';

/** Everything a batch of pairs depends on, but for its step and the photographs. */
export interface PairBatchSettings extends PhotoViewSettings {
  readonly targets: TargetKind;
  /** How a warped view may differ from the crop. */
  readonly homographies: HomographySampling;
  /**
   * Which views are warped: `second` leaves view 0 the upright crop, as the paper does; `both` warps each
   * by a homography of its own, which doubles the range between them. @default 'second'
   */
  readonly warpedViews?: 'second' | 'both';
  /**
   * Share of the cells of view 0 whose centres view 1 should show. Pairs with less are drawn again, a few
   * times; then the best one is taken. @default 0.4
   */
  readonly minOverlap?: number;
}

/** Draws of a pair before the best is taken. */
const MAX_TRIES = 8;
/** Where a point goes that lies on or behind the horizon: far outside any view, yet finite. */
const NOWHERE = -1e6;

/**
 * The batch of one step, the same whatever ran before.
 *
 * @throws RangeError when a side is not a multiple of 8, ImageError or PhotographError when a
 * photograph cannot be used.
 */
export async function makePairBatch(
  settings: PairBatchSettings,
  step: number,
  store: PhotoStore,
): Promise<PairBatch> {
  const { seed, width, height, batch: count } = settings;
  const view0 = emptyDetectorBatch(count, width, height);
  const view1 = emptyDetectorBatch(count, width, height);
  const warpedCells = new Float32Array((2 * count * width * height) / 64);
  const homographies = new Float64Array(9 * count);
  const photos = photosOfStep(seed, store.files.length, step, count);
  for (const [i, index] of photos.entries()) {
    const random = new Random(seed).fork('pair', step * count + i);
    const photo = await loadPhoto(store, index);
    const keypoints = photoKeypoints(store, index, settings.minScore);
    const H_photoToCrop = sampleCrop(random, photo, settings);
    const { H_cropTo0, H_cropTo1, H_0to1, cells } = samplePair(random, settings);
    warpedCells.set(cells, i * cells.length);
    homographies.set(H_0to1, 9 * i);
    for (const [view, H_cropToView] of [
      [view0, H_cropTo0],
      [view1, H_cropTo1],
    ] as const) {
      const H_photoToView =
        H_cropToView === null ? H_photoToCrop : multiplyHomographies(H_cropToView, H_photoToCrop);
      const example = viewExample(random, photo, keypoints, H_photoToView, settings);
      fillExample(view, i, example, settings.targets, random);
    }
  }
  return {
    count,
    width,
    height,
    images0: view0.images,
    images1: view1.images,
    targets0: view0.targets,
    targets1: view1.targets,
    masks0: view0.masks,
    masks1: view1.masks,
    warpedCells,
    H_0to1: homographies,
  };
}

interface Pair {
  /** Null = the crop itself. */
  readonly H_cropTo0: Homography | null;
  readonly H_cropTo1: Homography;
  readonly H_0to1: Homography;
  /** As `warpCells` gives them. */
  readonly cells: Float32Array;
}

/** Two views of a crop that overlap enough, or the best of a few. */
function samplePair(random: Random, settings: PairBatchSettings): Pair {
  const { width, height, homographies, warpedViews = 'second', minOverlap = 0.4 } = settings;
  let best: Pair | undefined;
  let bestOverlap = -1;
  for (let tries = 0; tries < MAX_TRIES && bestOverlap < minOverlap; tries++) {
    const H_cropTo0 = warpedViews === 'both' ? sampleHomography(random, width, height, homographies) : null;
    const H_cropTo1 = sampleHomography(random, width, height, homographies);
    const H_0to1 =
      H_cropTo0 === null ? H_cropTo1 : multiplyHomographies(H_cropTo1, invertHomography(H_cropTo0));
    const cells = warpCells(H_0to1, width, height);
    const overlap = overlapOfCells(cells, width, height);
    if (overlap > bestOverlap) {
      best = { H_cropTo0, H_cropTo1, H_0to1, cells };
      bestOverlap = overlap;
    }
  }
  return best as Pair;
}

/**
 * Where the centres (8i + 3.5, 8j + 3.5) of the cells of view 0 lie in view 1: [height / 8 * width / 8, 2]
 * x, y in pixels. A centre on or behind the horizon is sent far away.
 */
export function warpCells(H_0to1: Homography, width: number, height: number): Float32Array {
  const cellsWide = width / 8;
  const cellsHigh = height / 8;
  const cells = new Float32Array(2 * cellsWide * cellsHigh);
  const [a, b, c, d, e, f, g, h, i] = H_0to1;
  for (let row = 0, at = 0; row < cellsHigh; row++) {
    for (let column = 0; column < cellsWide; column++, at += 2) {
      const x = 8 * column + 3.5;
      const y = 8 * row + 3.5;
      const depth = g * x + h * y + i;
      cells[at] = depth > 0 ? Math.max(NOWHERE, Math.min(-NOWHERE, (a * x + b * y + c) / depth)) : NOWHERE;
      cells[at + 1] =
        depth > 0 ? Math.max(NOWHERE, Math.min(-NOWHERE, (d * x + e * y + f) / depth)) : NOWHERE;
    }
  }
  return cells;
}

/** Share of the warped centres that lie inside a view. */
function overlapOfCells(cells: Float32Array, width: number, height: number): number {
  let inside = 0;
  for (let at = 0; at < cells.length; at += 2) {
    const x = cells[at];
    const y = cells[at + 1];
    if (x >= -0.5 && x <= width - 0.5 && y >= -0.5 && y <= height - 0.5) inside++;
  }
  return (2 * inside) / cells.length;
}
