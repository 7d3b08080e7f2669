/**
 * The homography that most correspondences agree on: RANSAC with a truncated quadratic score (MSAC,
 * Torr and Zisserman 2000), local optimisation of each new best (Chum, Matas and Kittler 2003) and a
 * robust least-squares fit at the end. Deterministic: the samples depend on the seed alone.
 */
import { Random } from '../random.js';
import { type PointPairs, refineHomography, squaredTransferError } from './fit-homography.js';
import {
  type Homography,
  homographyFromFourPoints,
  invertHomography,
  multiplyHomographies,
  normaliseHomography,
} from './homography.js';

export interface HomographyOptions {
  /** Largest transfer error of an inlier, in pixels of picture 1. @default 3 */
  readonly threshold?: number;
  /** Stop once a better sample is less likely than 1 - confidence; in (0, 1). @default 0.9995 */
  readonly confidence?: number;
  /** Samples at most. @default 10000 */
  readonly maxIterations?: number;
  /** Of the samples drawn. @default 0 */
  readonly seed?: number | string;
}

export interface HomographyEstimate {
  /** Maps points of picture 0 to picture 1, last element 1; null where the points determine none. */
  readonly H_0to1: Homography | null;
  /** [M] 1 = the correspondence agrees with it within the threshold. */
  readonly inliers: Uint8Array;
  readonly inlierCount: number;
}

/** Steps of local optimisation, with the cut-off falling from the first to the last multiple of the threshold. */
const LOCAL_CUTOFFS = [2.5, 2, 1.5, 1.5];
/**
 * Cut-off of Tukey's biweight at the end, in standard deviations of one coordinate: wide enough that
 * hardly anything is lost to least squares on the true inliers (measured: 1 % of the corner error).
 */
const TUKEY = 7;
/** Median length of a 2-D normal vector of deviation 1. */
const MEDIAN_LENGTH = 1.1774;
/** Samples are refused if a triangle of theirs has less than this of the square of the longest side. */
const MIN_TRIANGLE = 1e-3;
/** The triangles of four points: offsets of x in [x, y, x, y, …]. */
const TRIANGLES = [
  [2, 4, 6],
  [0, 4, 6],
  [0, 2, 6],
  [0, 2, 4],
] as const;

/**
 * Estimates the homography between two pictures from their matches.
 *
 * @returns null for fewer than four matches or if all lie on a line, with no inliers.
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
  const { threshold = 3, confidence = 0.9995, maxIterations = 10_000, seed = 0 } = options;
  if (!(threshold > 0 && threshold < Number.POSITIVE_INFINITY)) {
    throw new RangeError(`expected threshold to be a number of pixels > 0, got ${threshold}`);
  }
  if (!(confidence > 0 && confidence < 1)) {
    throw new RangeError(`expected confidence in (0, 1), got ${confidence}`);
  }
  if (!(Number.isInteger(maxIterations) && maxIterations > 0)) {
    throw new RangeError(`expected maxIterations to be a whole number > 0, got ${maxIterations}`);
  }
  if (points0.length !== points1.length || points0.length % 2 !== 0) {
    throw new RangeError(
      `expected as many x, y in both pictures, got ${points0.length} and ${points1.length} numbers`,
    );
  }
  const count = points0.length / 2;
  const none = { H_0to1: null, inliers: new Uint8Array(count), inlierCount: 0 };
  if (count < 4) return none;
  const T0 = normalisation(points0);
  const T1 = normalisation(points1);
  const pairs = normalisedPairs(points0, points1, T0, T1);
  const cutoff = threshold * T1[0];
  const random = new Random(seed);
  const consensus = sampleConsensus(pairs, cutoff, confidence, maxIterations, random);
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
  const H_0to1 = multiplyHomographies(invertHomography(T1), multiplyHomographies(h, T0));
  return { H_0to1: normaliseHomography(H_0to1), inliers, inlierCount };
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

/** MSAC's cost, in units of the squared cut-off; given up, as infinite, once it exceeds `limit`. */
function truncatedCost(h: Float64Array, pairs: PointPairs, cutoff: number, limit: number): number {
  const square = cutoff * cutoff;
  let cost = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    const error = squaredTransferError(h, pairs, at);
    cost += error < square ? error / square : 1;
    if (cost > limit) return Number.POSITIVE_INFINITY;
  }
  return cost;
}

/** The best of many four-point homographies, each new best optimised; undefined if no sample was usable. */
function sampleConsensus(
  pairs: PointPairs,
  cutoff: number,
  confidence: number,
  maxIterations: number,
  random: Random,
): Float64Array | undefined {
  const count = pairs.length / 4;
  const sample = new Int32Array(4);
  let best: Float64Array | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let needed = maxIterations;
  for (let iteration = 0; iteration < needed; iteration++) {
    drawSample(sample, count, random);
    const h = homographyOfSample(pairs, sample);
    if (!h) continue;
    const cost = truncatedCost(h, pairs, cutoff, bestCost);
    if (!(cost < bestCost)) continue;
    best = h;
    bestCost = cost;
    const optimised = LOCAL_CUTOFFS.reduce((fit, k) => refineHomography(fit, pairs, k * cutoff, 3), h);
    const optimisedCost = truncatedCost(optimised, pairs, cutoff, bestCost);
    if (optimisedCost < bestCost) {
      best = optimised;
      bestCost = optimisedCost;
    }
    const ratio = inlierRatio(best, pairs, cutoff);
    needed = Math.min(maxIterations, Math.ceil(Math.log(1 - confidence) / Math.log1p(-(ratio ** 4))));
  }
  return best;
}

function inlierRatio(h: Float64Array, pairs: PointPairs, cutoff: number): number {
  let inliers = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    if (squaredTransferError(h, pairs, at) <= cutoff * cutoff) inliers++;
  }
  // Not 1, so that log(1 - ratio⁴) stays finite.
  return Math.min((4 * inliers) / pairs.length, 0.9999);
}

/** Four different correspondences. */
function drawSample(sample: Int32Array, count: number, random: Random): void {
  for (let n = 0; n < 4; ) {
    const index = random.integer(0, count - 1);
    if (sample.subarray(0, n).includes(index)) continue;
    sample[n++] = index;
  }
}

/**
 * The homography through four correspondences, with w > 0 at them; undefined if three lie nearly on a
 * line, or if the triangles change orientation unequally, which no view of a plane does.
 */
function homographyOfSample(pairs: PointPairs, sample: Int32Array): Float64Array | undefined {
  const source = new Float64Array(8);
  const target = new Float64Array(8);
  for (let n = 0; n < 4; n++) {
    const at = 4 * sample[n];
    source.set(pairs.subarray(at, at + 2), 2 * n);
    target.set(pairs.subarray(at + 2, at + 4), 2 * n);
  }
  const smallest0 = MIN_TRIANGLE * squaredExtent(source);
  const smallest1 = MIN_TRIANGLE * squaredExtent(target);
  let flips = 0;
  for (const triangle of TRIANGLES) {
    const area0 = triangleArea(source, triangle);
    const area1 = triangleArea(target, triangle);
    if (!(Math.abs(area0) > smallest0 && Math.abs(area1) > smallest1)) return undefined;
    if (area0 > 0 !== area1 > 0) flips++;
  }
  // All four the other way round is a mirrored picture.
  if (flips !== 0 && flips !== 4) return undefined;
  const h = homographyFromFourPoints(source, target);
  const w = h[6] * source[0] + h[7] * source[1] + h[8];
  return w < 0 ? h.map((element) => -element) : h;
}

function squaredExtent(points: Float64Array): number {
  let largest = 0;
  for (let n = 2; n < 8; n += 2) {
    const squared = (points[n] - points[0]) ** 2 + (points[n + 1] - points[1]) ** 2;
    largest = Math.max(largest, squared);
  }
  return largest;
}

/** Twice the signed area of the triangle whose corners have these offsets. */
function triangleArea(points: Float64Array, [a, b, c]: readonly [number, number, number]): number {
  return (
    (points[b] - points[a]) * (points[c + 1] - points[a + 1]) -
    (points[b + 1] - points[a + 1]) * (points[c] - points[a])
  );
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
