/** From a heatmap to keypoints: threshold, suppression, border, the best k, sub-pixel positions. */
import type { GrayImage } from '../image/image.js';
import { cornerHeatmap, cornerStrength, snapToCorners } from './corners.js';
import { greedyNms } from './nms.js';
import { refineKeypoints } from './refine-keypoints.js';

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
   * together (`corners.ts`), and climb to the corner within so many pixels, where two may end up nearer to each
   * other than `nmsRadius`; 0 leaves them at the peaks of the heatmap alone. Whole pixels, >= 0. @default 5
   */
  readonly cornerRadius?: number;
}

/** Keypoints without descriptors, by descending score. */
export interface Keypoints {
  readonly count: number;
  /** [count, 2] x, y in pixels. */
  readonly keypoints: Float32Array;
  /** [count] > 0: the probability, or the geometric mean of that, smoothed, and the corner strength. */
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

/**
 * The keypoints of a heatmap (§3.2 of DeTone et al. 2018, suppression as in the authors' demo).
 *
 * @param heatmap [height, width] probabilities, without the padding: what is not of the picture must
 *   not take part in the suppression.
 * @param image the picture of the heatmap, to whose corners the keypoints go; of those that meet in a pixel
 *   the best one stays. Absent, they stay at the peaks of the heatmap.
 * @throws RangeError for options out of range or a heatmap or picture of another size.
 */
export function extractKeypoints(
  heatmap: Float32Array,
  width: number,
  height: number,
  options: KeypointOptions = {},
  image?: GrayImage,
): Keypoints {
  const { detectionThreshold, nmsRadius, borderMargin, maxKeypoints, subpixel, cornerRadius } =
    keypointOptions(options);
  if (heatmap.length !== width * height) {
    throw new RangeError(`expected ${width}x${height} = ${width * height} values, got ${heatmap.length}`);
  }
  if (image && (image.width !== width || image.height !== height)) {
    throw new RangeError(`expected a picture of ${width}x${height}, got ${image.width}x${image.height}`);
  }
  if (!image || !subpixel || cornerRadius === 0) {
    const limits = { borderMargin, maxKeypoints };
    const indices = greedyNms(heatmap, width, height, nmsRadius, detectionThreshold, limits);
    const { keypoints, scores } = pointsAt(indices, heatmap, width);
    return {
      count: scores.length,
      keypoints: subpixel ? refineKeypoints(heatmap, width, height, keypoints) : keypoints,
      scores,
    };
  }
  const strength = cornerStrength(image);
  const weighted = cornerHeatmap(heatmap, strength, width, height, detectionThreshold);
  const found = pointsAt(greedyNms(weighted, width, height, nmsRadius, 0, { borderMargin }), weighted, width);
  const { keypoints } = snapToCorners(strength, width, height, found.keypoints, cornerRadius);
  return firstOfEachPixel(keypoints, found.scores.map(Math.sqrt), width, maxKeypoints);
}

/** Pixels as points x, y with the values of a map there. */
function pointsAt(indices: Uint32Array, map: Float32Array, width: number) {
  const keypoints = new Float32Array(2 * indices.length);
  for (let n = 0; n < indices.length; n++) {
    keypoints[2 * n] = indices[n] % width;
    keypoints[2 * n + 1] = Math.floor(indices[n] / width);
  }
  return { keypoints, scores: Float32Array.from(indices, (index) => map[index]) };
}

/** The best keypoints without those that lie in the pixel of an earlier one. */
function firstOfEachPixel(
  keypoints: Float32Array,
  scores: Float32Array,
  width: number,
  maxKeypoints: number,
): Keypoints {
  const taken = new Set<number>();
  const kept: number[] = [];
  for (let n = 0; n < scores.length && kept.length < maxKeypoints; n++) {
    const pixel = Math.round(keypoints[2 * n + 1]) * width + Math.round(keypoints[2 * n]);
    if (taken.has(pixel)) continue;
    taken.add(pixel);
    kept.push(n);
  }
  return pickKeypoints(keypoints, scores, kept);
}

/** The keypoints with these indices, in their order. */
export function pickKeypoints(
  keypoints: Float32Array,
  scores: Float32Array,
  kept: readonly number[],
): Keypoints {
  return {
    count: kept.length,
    keypoints: Float32Array.from(kept.flatMap((n) => [keypoints[2 * n], keypoints[2 * n + 1]])),
    scores: Float32Array.from(kept, (n) => scores[n]),
  };
}
