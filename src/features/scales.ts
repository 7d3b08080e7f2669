/**
 * A picture at several sizes. The network knows a corner by what surrounds it, some 40 pixels each way; seen
 * at half the size as well, a place is recognised where another picture shows it twice as large.
 */
import type { GrayImage } from '../image/image.js';
import { fitWithin, resizeImage } from '../image/resize.js';
import { CELL } from '../network/architecture.js';

/** At which sizes the network sees a picture. */
export interface ScaleOptions {
  /**
   * Longest side in pixels of what the network sees; smaller pictures stay as they are. The keypoints are in
   * pixels of the picture handed in. @default Infinity
   */
  readonly resize?: number;
  /**
   * Factors above 0: the network sees the picture that `resize` leaves at each of these sizes, and the features of
   * all sizes come together, the best first. `[1]` is the paper's one pass; `[1, 0.5]` costs at most a quarter more. Thresholds and radii hold in
   * the pixels of each size; sizes below 8x8 pixels are left out. @default [1, 0.5]
   */
  readonly scales?: readonly number[];
}

/** The options with their defaults. @throws RangeError for a value out of range, naming it. */
export function scaleOptions(options: ScaleOptions = {}): Required<ScaleOptions> {
  const { resize = Number.POSITIVE_INFINITY, scales = [1, 0.5] } = options;
  if (!(resize >= CELL)) throw new RangeError(`expected resize to be at least ${CELL} pixels, got ${resize}`);
  if (scales.length === 0 || !scales.every((scale) => scale > 0 && Number.isFinite(scale))) {
    throw new RangeError(`expected scales to be one or more factors above 0, got [${scales}]`);
  }
  return { resize, scales };
}

/** The picture at each size that the network can take; at the first one if it can take none. */
export function picturesAtScales(image: GrayImage, options: ScaleOptions = {}): GrayImage[] {
  const { resize, scales } = scaleOptions(options);
  const largest = fitWithin(image, resize);
  const sizes = scales.map((scale) => ({
    width: Math.max(1, Math.round(scale * largest.width)),
    height: Math.max(1, Math.round(scale * largest.height)),
  }));
  const seen = sizes.filter(({ width, height }) => width >= CELL && height >= CELL);
  return (seen.length > 0 ? seen : sizes.slice(0, 1)).map(({ width, height }) =>
    width === largest.width && height === largest.height ? largest : resizeImage(largest, width, height),
  );
}
