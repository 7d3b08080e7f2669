/** Pairs of views of photographs for the joint training of detector and descriptor (§3.4, §6). */
import { type Homography, invertHomography, multiplyHomographies } from '../geometry/homography.js';
import {
  type HomographySampling,
  PAIR_HOMOGRAPHIES,
  sampleHomography,
} from '../geometry/sample-homography.js';
import type { GrayImage } from '../image/image.js';
import { CELL } from '../network/architecture.js';
import { Random } from '../random.js';
import { emptyDetectorBatch, fillExample, type PairBatch } from './batches.js';
import { emptyCorrespondences, fillCorrespondences } from './correspondences.js';
import { type PhotoViewSettings, photosOfStep, sampleCrop, viewExample } from './photo-views.js';
import type { TargetKind } from './targets.js';

/** Everything a batch of pairs depends on, but for its step and the photographs. */
export interface PairBatchSettings extends PhotoViewSettings {
  readonly targets: TargetKind;
  /** How a warped view may differ from the crop. */
  readonly homographies: HomographySampling;
  /**
   * Share of the pairs whose views differ no more than the paper's do (`PAIR_HOMOGRAPHIES`), whatever
   * `homographies` says: most pictures that users match are upright. @default 0
   */
  readonly mildPairs?: number;
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
  /** Whether a teacher looks on: the batch then keeps the views before light and camera changed them. */
  readonly teacher?: object | undefined;
  /** Decides what the batch holds for the descriptor: for `hinge` warped cells, else correspondences. */
  readonly descriptorLoss: { readonly kind: string };
}

/** Labelled photographs, wherever they are. */
export interface LabelledPhotos {
  readonly count: number;
  /** The photograph of a number, and its labels, [2N] x, y in its pixels. */
  load(index: number): Promise<{ readonly photo: GrayImage; readonly labels: number[] }>;
}

/** Draws of a pair before the best is taken. */
const MAX_TRIES = 8;
/** Coordinate of a point on or behind the horizon: far outside any view, yet finite. */
const FAR = -1e6;

/**
 * The batch of one step, the same whatever ran before.
 * @throws RangeError when a side is not a multiple of 8, and what loading a photograph throws.
 */
export async function makePairs(
  settings: PairBatchSettings,
  step: number,
  photos: LabelledPhotos,
): Promise<PairBatch> {
  const { seed, width, height, batch: count } = settings;
  const empty = () => emptyDetectorBatch(count, width, height, settings.teacher !== undefined);
  const [view0, view1] = [empty(), empty()];
  const homographies = new Float64Array(9 * count);
  const isHinge = settings.descriptorLoss.kind === 'hinge';
  const correspondences = isHinge ? undefined : emptyCorrespondences(count, width, height);
  const warpedCells = isHinge ? new Float32Array((2 * count * width * height) / CELL ** 2) : undefined;
  for (const [i, index] of photosOfStep(seed, photos.count, step, count).entries()) {
    const random = new Random(seed).fork('pair', step * count + i);
    const { photo, labels } = await photos.load(index);
    const H_photoToCrop = sampleCrop(random, photo, settings);
    const { H_cropTo0, H_cropTo1, H_0to1, cells } = samplePair(random, settings);
    const exampleOf = (H_cropToView: Homography | null) => {
      const H_photoToView =
        H_cropToView === null ? H_photoToCrop : multiplyHomographies(H_cropToView, H_photoToCrop);
      return viewExample(random, photo, labels, H_photoToView, settings);
    };
    const example0 = exampleOf(H_cropTo0);
    const chosen0 = fillExample(view0, i, example0, settings.targets, random);
    fillExample(view1, i, exampleOf(H_cropTo1), settings.targets, random);
    homographies.set(H_0to1, 9 * i);
    warpedCells?.set(cells, i * cells.length);
    if (correspondences) {
      const { keypoints: keypoints0 } = example0;
      const [masks0, masks1] = [view0.masks, view1.masks];
      const pair = { width, height, masks0, masks1, H_0to1, keypoints0, chosen0 };
      fillCorrespondences(correspondences, i, pair, random);
    }
  }
  return { count, width, height, view0, view1, H_0to1: homographies, correspondences, warpedCells };
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
  const { width, height, mildPairs = 0, warpedViews = 'second', minOverlap = 0.4 } = settings;
  const isMild = mildPairs > 0 && random.uniform() < mildPairs;
  const homographies = isMild ? PAIR_HOMOGRAPHIES : settings.homographies;
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
  const cellsWide = width / CELL;
  const cellsHigh = height / CELL;
  const middle = (CELL - 1) / 2;
  const cells = new Float32Array(2 * cellsWide * cellsHigh);
  const [a, b, c, d, e, f, g, h, i] = H_0to1;
  for (let row = 0, at = 0; row < cellsHigh; row++) {
    for (let column = 0; column < cellsWide; column++, at += 2) {
      const x = CELL * column + middle;
      const y = CELL * row + middle;
      const depth = g * x + h * y + i;
      cells[at] = depth > 0 ? within((a * x + b * y + c) / depth) : FAR;
      cells[at + 1] = depth > 0 ? within((d * x + e * y + f) / depth) : FAR;
    }
  }
  return cells;
}

const within = (value: number) => Math.max(FAR, Math.min(-FAR, value));

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
