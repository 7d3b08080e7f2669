/** The two records that training reads, as flat arrays ready to become tensors, and how they are filled. */
import type { GrayImage } from '../image/image.js';
import type { Random } from '../random.js';
import { cellMask, detectorTargets, type TargetKind } from './targets.js';

/** Pictures with detector targets: N = count, Hc = height / 8, Wc = width / 8. */
export interface DetectorBatch {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  /** [N, H, W] grey in [0, 1]. */
  readonly images: Float32Array<ArrayBuffer>;
  /** [N, 65, Hc, Wc], each cell a distribution. */
  readonly targets: Float32Array<ArrayBuffer>;
  /** [N, Hc, Wc]: 1 = the cell counts, 0 = it shows nothing real. */
  readonly masks: Float32Array<ArrayBuffer>;
}

/** Two views of each of N photographs; the arrays of a view are as in `DetectorBatch`. */
export interface PairBatch {
  readonly count: number;
  readonly width: number;
  readonly height: number;
  readonly images0: Float32Array<ArrayBuffer>;
  readonly images1: Float32Array<ArrayBuffer>;
  readonly targets0: Float32Array<ArrayBuffer>;
  readonly targets1: Float32Array<ArrayBuffer>;
  readonly masks0: Float32Array<ArrayBuffer>;
  readonly masks1: Float32Array<ArrayBuffer>;
  /** [N, Hc * Wc, 2]: where in view 1, in pixels, the centre (8i + 3.5, 8j + 3.5) of a cell of view 0 lies. */
  readonly warpedCells: Float32Array<ArrayBuffer>;
  /** [N, 9]: from pixels of view 0 to pixels of view 1. */
  readonly H_0to1: Float64Array<ArrayBuffer>;
}

/** One example before it enters a batch. */
export interface Example {
  readonly image: GrayImage;
  /** [2N] x, y in pixels. */
  readonly keypoints: ArrayLike<number>;
  /** [H * W], not 0 = the pixel is real. */
  readonly mask: Uint8Array;
}

/** A batch of `count` black pictures whose cells all count for nothing. */
export function emptyDetectorBatch(count: number, width: number, height: number): DetectorBatch {
  const pixels = width * height;
  return {
    count,
    width,
    height,
    images: new Float32Array(count * pixels),
    targets: new Float32Array((count * 65 * pixels) / 64),
    masks: new Float32Array((count * pixels) / 64),
  };
}

/** Writes an example into place `index` of a batch of the same size. */
export function fillExample(
  batch: DetectorBatch,
  index: number,
  example: Example,
  kind: TargetKind,
  random: Random,
): void {
  const { width, height } = batch;
  const pixels = width * height;
  batch.images.set(example.image.data, index * pixels);
  batch.targets.set(
    detectorTargets(example.keypoints, width, height, kind, random),
    (index * 65 * pixels) / 64,
  );
  batch.masks.set(cellMask(example.mask, width, height), (index * pixels) / 64);
}

/** The buffers of a batch: what may be handed to another thread without copying. */
export function batchBuffers(batch: DetectorBatch | PairBatch): ArrayBuffer[] {
  const values: unknown[] = Object.values(batch);
  return values.filter((value) => ArrayBuffer.isView(value)).map((array) => array.buffer as ArrayBuffer);
}
