/** The two records that training reads, as flat arrays ready to become tensors, and how they are filled. */
import type { GrayImage } from '../image/image.js';
import { CELL, CLASSES } from '../network/architecture.js';
import type { Random } from '../random.js';
import { type Correspondences, NOWHERE } from './correspondences.js';
import {
  cellMask,
  chooseKeypoints,
  oneHotTargets,
  requireWholeCells,
  softTargets,
  type TargetKind,
} from './targets.js';

/** Pictures with detector targets: N = count, Hc = height / 8, Wc = width / 8, K = 4 Hc Wc. */
export interface DetectorBatch {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** [N, H, W] grey in [0, 1]. */
  readonly images: Float32Array<ArrayBuffer>;
  /** The same before light and camera changed them; where a teacher looks at them. */
  readonly clean?: Float32Array<ArrayBuffer> | undefined;
  /** [N, 65, Hc, Wc], each cell a distribution. */
  readonly targets: Float32Array<ArrayBuffer>;
  /** [N, Hc, Wc]: 1 = the cell counts, 0 = it shows nothing real. */
  readonly masks: Float32Array<ArrayBuffer>;
  /** [N, K, 2] x, y in pixels: the labels inside the picture, sub-pixel; what is left over lies far outside. */
  readonly keypoints: Float32Array<ArrayBuffer>;
  /** [N] keypoints of each picture. */
  readonly keypointCounts: Int32Array<ArrayBuffer>;
}

/** Two views of each of N photographs, and what connects them. */
export interface PairBatch {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly view0: DetectorBatch;
  readonly view1: DetectorBatch;
  /** [N, 9]: from pixels of view 0 to pixels of view 1. */
  readonly H_0to1: Float64Array<ArrayBuffer>;
  /** Points that both views show; where the descriptor's loss reads them. */
  readonly correspondences?: Correspondences | undefined;
  /**
   * [N, Hc * Wc, 2]: where in view 1, in pixels, the centre (8i + 3.5, 8j + 3.5) of a cell of view 0 lies;
   * where the descriptor's loss reads it.
   */
  readonly warpedCells?: Float32Array<ArrayBuffer> | undefined;
}

/** One example before it enters a batch. */
export interface Example {
  readonly image: GrayImage;
  /** The same before light and camera changed it. */
  readonly clean?: GrayImage;
  /** [2N] x, y in pixels. */
  readonly keypoints: ArrayLike<number>;
  /** [H * W], not 0 = the pixel is real. */
  readonly mask: Uint8Array;
}

/** Keypoints a cell for which a batch has room on average: suppression leaves no more. */
const KEYPOINTS_PER_CELL = 4;

/**
 * A batch of `count` black pictures whose cells all count for nothing.
 *
 * @param hasClean whether it keeps the pictures before they were changed.
 * @throws RangeError when a side is not a multiple of 8.
 */
export function emptyDetectorBatch(
  count: number,
  width: number,
  height: number,
  hasClean = false,
): DetectorBatch {
  requireWholeCells(width, height);
  const pixels = width * height;
  const cells = pixels / CELL ** 2;
  return {
    count,
    width,
    height,
    images: new Float32Array(count * pixels),
    clean: hasClean ? new Float32Array(count * pixels) : undefined,
    targets: new Float32Array(count * CLASSES * cells),
    masks: new Float32Array(count * cells),
    keypoints: new Float32Array(2 * count * KEYPOINTS_PER_CELL * cells).fill(NOWHERE),
    keypointCounts: new Int32Array(count),
  };
}

/**
 * Writes an example into place `index` of a batch of the same size.
 *
 * @returns the keypoint of each cell, as `chooseKeypoints` gives it.
 */
export function fillExample(
  batch: DetectorBatch,
  index: number,
  { image, clean, keypoints, mask }: Example,
  kind: TargetKind,
  random: Random,
): Int32Array {
  const { width, height } = batch;
  const cells = (width * height) / CELL ** 2;
  const chosen = chooseKeypoints(keypoints, width, height, random);
  const targets =
    kind === 'one' ? oneHotTargets(keypoints, chosen, width, height) : softTargets(keypoints, width, height);
  batch.images.set(image.data, index * width * height);
  if (clean) batch.clean?.set(clean.data, index * width * height);
  batch.targets.set(targets, index * CLASSES * cells);
  batch.masks.set(cellMask(mask, width, height), index * cells);
  fillKeypoints(batch, index, keypoints);
  return chosen;
}

/** Writes the keypoints whose nearest pixel the picture has, as many as there is room for. */
function fillKeypoints(batch: DetectorBatch, index: number, keypoints: ArrayLike<number>): void {
  const { width, height } = batch;
  const room = batch.keypoints.length / (2 * batch.count);
  let kept = 0;
  for (let i = 0; i + 1 < keypoints.length && kept < room; i += 2) {
    const [x, y] = [keypoints[i], keypoints[i + 1]];
    if (!(x >= -0.5 && y >= -0.5 && x < width - 0.5 && y < height - 0.5)) continue;
    batch.keypoints.set([x, y], 2 * (index * room + kept++));
  }
  batch.keypointCounts[index] = kept;
}

/** The keypoints of one picture of a batch: [2N] x, y in pixels. */
export function keypointsOf(batch: DetectorBatch, index: number): Float32Array {
  const start = (index * batch.keypoints.length) / batch.count;
  return batch.keypoints.subarray(start, start + 2 * batch.keypointCounts[index]);
}

/** All buffers of a batch: what may be handed to another thread without copying. */
export function batchBuffers(batch: object): ArrayBuffer[] {
  return Object.values(batch).flatMap((value: unknown) => {
    if (ArrayBuffer.isView(value)) return [value.buffer as ArrayBuffer];
    return typeof value === 'object' && value !== null ? batchBuffers(value) : [];
  });
}
