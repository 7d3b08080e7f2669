/** From a heatmap to keypoints: threshold, suppression, border, the best k, sub-pixel positions. */
import type { GrayImage } from '../image/image.js';
import { cornerNear } from './corners.js';
import { greedyNms, suppressed } from './nms.js';
import { pickRows } from './pick-features.js';
import { refineKeypoints } from './refine-keypoints.js';
import { findSaliency } from './saliency.js';

/** Which points of the heatmap become keypoints. */
export interface KeypointOptions {
  /** Only pixels with a probability above this, in [0, 1]. @default 0.01 */
  readonly detectionThreshold?: number;
  /** A keypoint silences the (2r + 1)² square around it; whole pixels, >= 0. @default 4 */
  readonly nmsRadius?: number;
  /** No keypoints nearer than this to an edge, where the network sees padding; whole pixels, >= 0. @default 4 */
  readonly borderMargin?: number;
  /** The best so many at most; whole, > 0, or Infinity. @default Infinity */
  readonly maxKeypoints?: number;
  /** Positions between pixels from the shape of the peak; scores and choice stay the same. @default true */
  readonly subpixel?: boolean;
  /**
   * With `subpixel`, keypoints are where the heatmap and the corner strength of the picture are large
   * together (`saliency.ts`), and climb to the corner within so many pixels, where two may end up nearer to each
   * other than `nmsRadius`; 0 leaves them at the peaks of the heatmap alone. Whole pixels, >= 0. @default 5
   */
  readonly cornerRadius?: number;
}

/** Keypoints without descriptors, by descending score. */
export interface Keypoints {
  readonly count: number;
  /** [count, 2] x, y in pixels. */
  readonly keypoints: Float32Array;
  /**
   * [count] in (0, 1], descending. With a `cornerRadius`, the default, the geometric mean of the smoothed
   * probability and the corner strength: it ranks the points of one network, .01 to .1 for good ones. Without, the
   * network's probability at the point, which `detectionThreshold` is compared with in both cases.
   */
  readonly scores: Float32Array;
}

/** The options with their defaults. @throws RangeError for a value out of range, naming it. */
export function keypointOptions(options: KeypointOptions = {}): Required<KeypointOptions> {
  const {
    detectionThreshold = 0.01,
    nmsRadius = 4,
    borderMargin = 4,
    maxKeypoints = Number.POSITIVE_INFINITY,
    subpixel = true,
    cornerRadius = 5,
  } = options;
  if (!(detectionThreshold >= 0 && detectionThreshold <= 1)) {
    throw new RangeError(`expected detectionThreshold in [0, 1], got ${detectionThreshold}`);
  }
  for (const [name, value] of Object.entries({ nmsRadius, borderMargin, cornerRadius })) {
    if (!(Number.isInteger(value) && value >= 0)) {
      throw new RangeError(`expected ${name} to be a whole number of pixels >= 0, got ${value}`);
    }
  }
  if (!((Number.isInteger(maxKeypoints) || maxKeypoints === Number.POSITIVE_INFINITY) && maxKeypoints > 0)) {
    throw new RangeError(`expected maxKeypoints to be a whole number > 0 or Infinity, got ${maxKeypoints}`);
  }
  return { detectionThreshold, nmsRadius, borderMargin, maxKeypoints, subpixel, cornerRadius };
}

/** Whether a point, in pixels of the heatmap, may be a keypoint. */
export type Admits = (x: number, y: number) => boolean;

/**
 * The keypoints of a heatmap alone (§3.2 of DeTone et al. 2018, suppression as in the authors' demo).
 *
 * @param heatmap [height, width] probabilities, without the padding: what is not of the picture must
 *   not take part in the suppression.
 * @param admits which of the points stay; those that do not have silenced their neighbours all the same.
 * @throws RangeError for options out of range or a heatmap of another size.
 */
export function extractKeypoints(
  heatmap: Float32Array,
  width: number,
  height: number,
  options: KeypointOptions = {},
  admits?: Admits,
): Keypoints {
  const { detectionThreshold, nmsRadius, borderMargin, maxKeypoints, subpixel } = keypointOptions(options);
  if (heatmap.length !== width * height) {
    throw new RangeError(`expected ${width}x${height} = ${width * height} values, got ${heatmap.length}`);
  }
  const limits = admits ? { borderMargin } : { borderMargin, maxKeypoints };
  const indices = greedyNms(heatmap, width, height, nmsRadius, detectionThreshold, limits);
  const points = pointsAt(indices, width);
  const keypoints = subpixel ? refineKeypoints(heatmap, width, height, points) : points;
  const scores = Float32Array.from(indices, (index) => heatmap[index]);
  if (!admits) return { count: scores.length, keypoints, scores };
  const kept = [...scores.keys()].filter((n) => admits(keypoints[2 * n], keypoints[2 * n + 1]));
  return pickKeypoints(keypoints, scores, kept.slice(0, maxKeypoints));
}

/**
 * The keypoints of a heatmap and its picture: where both are large together, each at the corner that it climbs
 * to; of those that meet in a pixel the best one stays.
 *
 * @param image checked, of the heatmap's size.
 * @param options checked, with a `cornerRadius` above 0.
 */
export function cornerKeypoints(
  image: GrayImage,
  heatmap: Float32Array,
  options: Required<KeypointOptions>,
  admits: Admits = () => true,
): Keypoints {
  const { width, height } = image;
  const { detectionThreshold, nmsRadius, borderMargin, maxKeypoints, cornerRadius } = options;
  const { saliency, strength } = findSaliency(image, heatmap, detectionThreshold);
  const taken = new Set<number>();
  const keypoints: number[] = [];
  const scores: number[] = [];
  for (const index of suppressed(saliency, width, height, nmsRadius, 0, borderMargin)) {
    const start = [index % width, Math.floor(index / width)] as const;
    const [x, y] = cornerNear(strength, width, height, ...start, cornerRadius) ?? start;
    const pixel = Math.round(y) * width + Math.round(x);
    if (taken.has(pixel) || !admits(x, y)) continue;
    taken.add(pixel);
    keypoints.push(x, y);
    scores.push(Math.sqrt(saliency[index]));
    if (scores.length === maxKeypoints) break;
  }
  return { count: scores.length, keypoints: Float32Array.from(keypoints), scores: Float32Array.from(scores) };
}

/** Pixels as points x, y. */
function pointsAt(indices: Uint32Array, width: number): Float32Array {
  const points = new Float32Array(2 * indices.length);
  for (let n = 0; n < indices.length; n++) {
    points[2 * n] = indices[n] % width;
    points[2 * n + 1] = Math.floor(indices[n] / width);
  }
  return points;
}

/** The keypoints with these indices, in their order. */
export function pickKeypoints(
  keypoints: Float32Array,
  scores: Float32Array,
  kept: readonly number[],
): Keypoints {
  return { count: kept.length, keypoints: pickRows(keypoints, 2, kept), scores: pickRows(scores, 1, kept) };
}
