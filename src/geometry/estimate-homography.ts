/**
 * The homography that most correspondences agree on: random sample consensus, a robust least-squares fit, and
 * a verdict on whether it is more than chance. Deterministic: all depends on the seed alone.
 */
import { Random } from '../random.js';
import { type PointPairs, refineHomography, squaredTransferError } from './fit-homography.js';
import {
  type Homography,
  invertHomography,
  multiplyHomographies,
  normaliseHomography,
} from './homography.js';
import { type HomographyVerdict, judgeHomography } from './homography-verdict.js';
import { sampleConsensus } from './sample-consensus.js';

export interface HomographyOptions {
  /** Largest transfer error of an inlier, in pixels of picture 1. @default 3 */
  readonly threshold?: number;
  /** Stop once a better sample is less likely than 1 - confidence; in (0, 1). @default 0.9995 */
  readonly confidence?: number;
  /** Homographies of samples that are scored, at most. @default 10000 */
  readonly maxIterations?: number;
  /** Of the samples drawn. @default 0 */
  readonly seed?: number | string;
  /**
   * Homographies as good that the same points would give by chance, at most, for one to be returned; > 0.
   * Infinity returns the best, whatever it is worth. @default 1
   */
  readonly maxFalseAlarms?: number;
}

export interface HomographyEstimate extends HomographyVerdict {
  /** Maps points of picture 0 to picture 1, last element 1; null unless the verdict is `plane`. */
  readonly H_0to1: Homography | null;
  /** [M] 1 = the correspondence agrees with the best homography within the threshold, also where it is not returned. */
  readonly inliers: Uint8Array;
  readonly inlierCount: number;
}

/**
 * Cut-off of Tukey's biweight at the end, in standard deviations of one coordinate: wide enough that
 * hardly anything is lost to least squares on the true inliers (measured: 1 % of the corner error).
 */
const TUKEY = 7;
/** Median length of a 2-D normal vector of deviation 1. */
const MEDIAN_LENGTH = 1.1774;
/**
 * Estimates the homography between two pictures from their matches, and judges whether it is more than
 * chance: that of two unrelated photographs is null, as is one of points on a line.
 *
 * @throws RangeError for options out of range, matches that name no keypoint, positions that are not finite.
 */
export function estimateHomography(
  features0: { readonly keypoints: Float32Array },
  features1: { readonly keypoints: Float32Array },
  matches: { readonly indices0: Int32Array; readonly indices1: Int32Array },
  options: HomographyOptions = {},
): HomographyEstimate {
  return estimateHomographyFromPoints(
    matchedPoints(features0.keypoints, matches.indices0),
    matchedPoints(features1.keypoints, matches.indices1),
    options,
  );
}

function matchedPoints(keypoints: Float32Array, indices: Int32Array): Float32Array {
  const points = new Float32Array(2 * indices.length);
  for (let m = 0; m < indices.length; m++) {
    const index = indices[m];
    if (!(index >= 0 && 2 * index < keypoints.length)) {
      throw new RangeError(`expected matches of ${keypoints.length / 2} keypoints, got the index ${index}`);
    }
    points.set(keypoints.subarray(2 * index, 2 * index + 2), 2 * m);
  }
  return points;
}

/**
 * As `estimateHomography`, from the matched positions themselves.
 * @param points0 [M, 2] in picture 0 @param points1 [M, 2] in picture 1
 */
export function estimateHomographyFromPoints(
  points0: ArrayLike<number>,
  points1: ArrayLike<number>,
  options: HomographyOptions = {},
): HomographyEstimate {
  const {
    threshold = 3,
    confidence = 0.9995,
    maxIterations = 10_000,
    seed = 0,
    maxFalseAlarms = 1,
  } = options;
  if (!(threshold > 0 && threshold < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`expected threshold to be a number of pixels > 0, got ${threshold}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`expected confidence in (0, 1), got ${confidence}`);
  }
  if (!(Number.isInteger(maxIterations) && maxIterations > 0)) {
    throw new RangeError(`expected maxIterations to be a whole number > 0, got ${maxIterations}`);
  }
  if (!(maxFalseAlarms > 0)) {
    throw new RangeError(`expected maxFalseAlarms to be a number > 0, got ${maxFalseAlarms}`);
  }
  if (points0.length !== points1.length || points0.length % 2 !== 0) {
    throw new RangeError(
      `expected as many x, y in both pictures, got ${points0.length} and ${points1.length} numbers`,
    );
  }
  const count = points0.length / 2;
  const none = {
    H_0to1: null,
    inliers: new Uint8Array(count),
    inlierCount: 0,
    verdict: 'chance',
    logFalseAlarms: Number.POSITIVE_INFINITY,
  } as const;
  if (count < 4) return none;
  const T0 = normalisation(points0);
  const T1 = normalisation(points1);
  const pairs = normalisedPairs(points0, points1, T0, T1);
  const cutoff = threshold * T1[0];
  const random = new Random(seed);
  const consensus = sampleConsensus(pairs, { cutoff, confidence, maxIterations }, random);
  if (!consensus) return none;
  const h = finalFit(consensus, pairs, cutoff);
  const inliers = new Uint8Array(count);
  let inlierCount = 0;
  for (let m = 0; m < count; m++) {
    if (squaredTransferError(h, pairs, 4 * m) <= cutoff * cutoff) {
      inliers[m] = 1;
      inlierCount++;
    }
  }
  const agreement = judgeHomography(h, pairs, cutoff, maxFalseAlarms, random);
  if (agreement.verdict !== 'plane') return { H_0to1: null, inliers, inlierCount, ...agreement };
  const H_0to1 = multiplyHomographies(invertHomography(T1), multiplyHomographies(h, T0));
  return { H_0to1: normaliseHomography(H_0to1), inliers, inlierCount, ...agreement };
}

/** The similarity that gives points the mean 0 and the mean distance √2 from it (Hartley 1997). */
function normalisation(points: ArrayLike<number>): Homography {
  const count = points.length / 2;
  let [meanX, meanY, distance] = [0, 0, 0];
  for (let n = 0; n < points.length; n += 2) {
    if (!(Number.isFinite(points[n]) && Number.isFinite(points[n + 1]))) {
      throw new RangeError(`expected finite positions, got (${points[n]}, ${points[n + 1]})`);
    }
    meanX += points[n] / count;
    meanY += points[n + 1] / count;
  }
  for (let n = 0; n < points.length; n += 2) {
    distance += Math.hypot(points[n] - meanX, points[n + 1] - meanY) / count;
  }
  const scale = distance > 0 ? Math.SQRT2 / distance : 1;
  return Float64Array.of(scale, 0, -scale * meanX, 0, scale, -scale * meanY, 0, 0, 1);
}

function normalisedPairs(
  points0: ArrayLike<number>,
  points1: ArrayLike<number>,
  T0: Homography,
  T1: Homography,
): PointPairs {
  const pairs = new Float64Array(2 * points0.length);
  for (let n = 0; n < points0.length; n += 2) {
    pairs[2 * n] = T0[0] * points0[n] + T0[2];
    pairs[2 * n + 1] = T0[4] * points0[n + 1] + T0[5];
    pairs[2 * n + 2] = T1[0] * points1[n] + T1[2];
    pairs[2 * n + 3] = T1[4] * points1[n + 1] + T1[5];
  }
  return pairs;
}

/**
 * Fits again with the cut-off that the inliers' own spread asks for. Looking no further than the
 * threshold would cut the tail off where the noise is large, and the estimate would get worse for it.
 */
function finalFit(start: Float64Array, pairs: PointPairs, cutoff: number): Float64Array {
  let h = start;
  for (let round = 0; round < 3; round++) {
    const errors: number[] = [];
    for (let at = 0; at < pairs.length; at += 4) {
      const error = squaredTransferError(h, pairs, at);
      if (error <= 4 * cutoff * cutoff) errors.push(error);
    }
    errors.sort((a, b) => a - b);
    const deviation = Math.sqrt(errors[errors.length >> 1] ?? 0) / MEDIAN_LENGTH;
    const reach = Math.min(3 * cutoff, Math.max(0.2 * cutoff, TUKEY * deviation));
    h = refineHomography(h, pairs, reach, 10);
  }
  return h;
}
