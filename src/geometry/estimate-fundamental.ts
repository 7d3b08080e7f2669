/**
 * The fundamental matrix that most correspondences agree on: random samples of eight (Hartley 1997) scored by
 * MSAC's cost of the Sampson error, each new best fitted again to what agrees, and a verdict a contrario on whether
 * it is more than chance. Deterministic: all depends on the seed alone.
 */
import { Random } from '../random.js';
import { symmetricEigen } from './eigen.js';
import { logFalseAlarms } from './homography-verdict.js';

export interface FundamentalOptions {
  /** Largest Sampson error of an inlier, in pixels. @default 4 */
  readonly threshold?: number;
  /** Stop once a better sample is less likely than 1 - confidence. @default 0.999 */
  readonly confidence?: number;
  /** Samples that are drawn, at most. @default 3000 */
  readonly maxIterations?: number;
  /** Of the samples drawn. @default 0 */
  readonly seed?: number | string;
}

export interface FundamentalEstimate {
  /** [9] row-major, p1ᵀ F p0 = 0 for points (x, y, 1), of Frobenius norm 1; null where chance explains the matches. */
  readonly F_0to1: Float64Array | null;
  /** [M] 1 = the correspondence agrees within the threshold. */
  readonly inliers: Uint8Array;
  readonly inlierCount: number;
  /** Logarithm to base 10 of the number of matrices as good that chance would give. */
  readonly logFalseAlarms: number;
}

const SAMPLE = 8;
/** Rounds of fitting again to what agrees, for each new best. */
const LOCAL_ROUNDS = 4;

/**
 * Estimates the fundamental matrix of two pictures from matched positions.
 * @param points0 [M, 2] in picture 0 @param points1 [M, 2] in picture 1
 * @throws RangeError for lists of different lengths.
 */
export function estimateFundamentalFromPoints(
  points0: ArrayLike<number>,
  points1: ArrayLike<number>,
  options: FundamentalOptions = {},
): FundamentalEstimate {
  const { threshold = 4, confidence = 0.999, maxIterations = 3000, seed = 0 } = options;
  if (points0.length !== points1.length || points0.length % 2 !== 0) {
    throw new RangeError(
      `expected as many x, y in both pictures, got ${points0.length} and ${points1.length} numbers`,
    );
  }
  const count = points0.length / 2;
  const pairs = new Float64Array(4 * count);
  for (let m = 0; m < count; m++) {
    pairs.set([points0[2 * m], points0[2 * m + 1], points1[2 * m], points1[2 * m + 1]], 4 * m);
  }
  const best = count > SAMPLE ? consensus(pairs, threshold, confidence, maxIterations, seed) : undefined;
  const inliers = best ? agreeing(best, pairs, threshold) : new Uint8Array(count);
  const inlierCount = inliers.reduce((sum, each) => sum + each, 0);
  const alarms = logFalseAlarms(count, inlierCount, SAMPLE, chanceOfLine(pairs, threshold));
  return { F_0to1: best && alarms <= 0 ? best : null, inliers, inlierCount, logFalseAlarms: alarms };
}

function consensus(
  pairs: Float64Array,
  threshold: number,
  confidence: number,
  maxIterations: number,
  seed: number | string,
): Float64Array | undefined {
  const random = new Random(seed);
  const count = pairs.length / 4;
  const order = Int32Array.from({ length: count }, (_, m) => m);
  let best: Float64Array | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let needed = maxIterations;
  for (let draw = 0; draw < needed; draw++) {
    for (let n = 0; n < SAMPLE; n++) {
      const other = random.integer(n, count - 1);
      [order[n], order[other]] = [order[other], order[n]];
    }
    let fit = eightPoint(pairs, order.subarray(0, SAMPLE));
    let cost = fit ? costOf(fit, pairs, threshold, bestCost) : Number.POSITIVE_INFINITY;
    if (!fit || cost >= bestCost) continue;
    for (let round = 0; round < LOCAL_ROUNDS; round++) {
      const mask = agreeing(fit, pairs, threshold);
      const again = eightPoint(
        pairs,
        Int32Array.from(mask.keys()).filter((m) => mask[m] === 1),
      );
      const lower = again ? costOf(again, pairs, threshold) : Number.POSITIVE_INFINITY;
      if (!again || lower >= cost) break;
      [fit, cost] = [again, lower];
    }
    [best, bestCost] = [fit, cost];
    const share = agreeing(fit, pairs, threshold).reduce((sum, each) => sum + each, 0) / count;
    // Not 1, so that the logarithm of what is left stays finite.
    needed = Math.min(
      maxIterations,
      Math.log(1 - confidence) / Math.log1p(-(Math.min(share, 0.999) ** SAMPLE)),
    );
  }
  return best;
}

/** The matrix of rank 2 that these correspondences, eight or more, agree on most. */
function eightPoint(pairs: Float64Array, chosen: Int32Array): Float64Array | undefined {
  if (chosen.length < SAMPLE) return undefined;
  const [s0, x0, y0] = normalisation(pairs, chosen, 0);
  const [s1, x1, y1] = normalisation(pairs, chosen, 2);
  const rows = new Float64Array(9 * chosen.length);
  chosen.forEach((m, n) => {
    const [u, v] = [s0 * (pairs[4 * m] - x0), s0 * (pairs[4 * m + 1] - y0)];
    const [p, q] = [s1 * (pairs[4 * m + 2] - x1), s1 * (pairs[4 * m + 3] - y1)];
    rows.set([p * u, p * v, p, q * u, q * v, q, u, v, 1], 9 * n);
  });
  const f = rankTwo(chosen.length === SAMPLE ? nullVector(rows) : leastVector(rows));
  // Back to pixels: T1ᵀ F T0.
  const T0 = [s0, 0, -s0 * x0, 0, s0, -s0 * y0, 0, 0, 1];
  const T1 = [s1, 0, 0, 0, s1, 0, -s1 * x1, -s1 * y1, 1];
  const pixels = multiply(T1, multiply(f, T0));
  const norm = Math.hypot(...pixels);
  return norm > 0 && Number.isFinite(norm) ? pixels.map((value) => value / norm) : undefined;
}

/** The unit vector x with A x = 0, for A [8, 9], by elimination with the largest pivots. */
function nullVector(a: Float64Array): Float64Array {
  const order = [0, 1, 2, 3, 4, 5, 6, 7, 8];
  for (let step = 0; step < SAMPLE; step++) {
    let [row, column] = [step, step];
    for (let r = step; r < SAMPLE; r++) {
      for (let c = step; c < 9; c++) {
        if (Math.abs(a[9 * r + order[c]]) > Math.abs(a[9 * row + order[column]])) [row, column] = [r, c];
      }
    }
    [order[step], order[column]] = [order[column], order[step]];
    for (let c = 0; c < 9; c++) [a[9 * step + c], a[9 * row + c]] = [a[9 * row + c], a[9 * step + c]];
    const pivot = a[9 * step + order[step]];
    for (let r = step + 1; r < SAMPLE; r++) {
      const factor = a[9 * r + order[step]] / pivot;
      for (let c = step; c < 9; c++) a[9 * r + order[c]] -= factor * a[9 * step + order[c]];
    }
  }
  const x = new Float64Array(9);
  x[order[8]] = 1;
  for (let step = SAMPLE - 1; step >= 0; step--) {
    let sum = 0;
    for (let c = step + 1; c < 9; c++) sum += a[9 * step + order[c]] * x[order[c]];
    x[order[step]] = -sum / a[9 * step + order[step]];
  }
  const norm = Math.hypot(...x);
  return x.map((value) => value / norm);
}

/** The unit vector x for which |A x| is least, for A [rows, 9]. */
function leastVector(a: Float64Array): Float64Array {
  const square = new Float64Array(81);
  for (let at = 0; at < a.length; at += 9) {
    for (let i = 0; i < 9; i++) for (let j = 0; j < 9; j++) square[9 * i + j] += a[at + i] * a[at + j];
  }
  return symmetricEigen(square, 9).vectors[0];
}

/** Scale and centre that give points the mean distance √2 from their mean. */
function normalisation(pairs: Float64Array, chosen: Int32Array, side: number): [number, number, number] {
  let [x, y, distance] = [0, 0, 0];
  for (const m of chosen) {
    x += pairs[4 * m + side] / chosen.length;
    y += pairs[4 * m + side + 1] / chosen.length;
  }
  for (const m of chosen) {
    distance += Math.hypot(pairs[4 * m + side] - x, pairs[4 * m + side + 1] - y) / chosen.length;
  }
  return [distance > 0 ? Math.SQRT2 / distance : 1, x, y];
}

/** The nearest matrix of rank 2: less its part along the right singular vector of the least singular value. */
function rankTwo(f: Float64Array): Float64Array {
  const square = new Float64Array(9);
  for (let i = 0; i < 3; i++) {
    for (let j = 0; j < 3; j++) {
      for (let k = 0; k < 3; k++) square[3 * i + j] += f[3 * k + i] * f[3 * k + j];
    }
  }
  const [e] = symmetricEigen(square, 3).vectors;
  return f.map((value, at) => {
    const row = at - (at % 3);
    return value - (f[row] * e[0] + f[row + 1] * e[1] + f[row + 2] * e[2]) * e[at % 3];
  });
}

function multiply(a: ArrayLike<number>, b: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: 9 }, (_, at) => {
    const [row, column] = [at - (at % 3), at % 3];
    return a[row] * b[column] + a[row + 1] * b[3 + column] + a[row + 2] * b[6 + column];
  });
}

/** Sampson's first-order approximation of the squared distance to the nearest points that agree. */
export function squaredSampsonError(f: Float64Array, pairs: Float64Array, at: number): number {
  const [x, y, u, v] = [pairs[at], pairs[at + 1], pairs[at + 2], pairs[at + 3]];
  const a = f[0] * x + f[1] * y + f[2];
  const b = f[3] * x + f[4] * y + f[5];
  const c = f[0] * u + f[3] * v + f[6];
  const d = f[1] * u + f[4] * v + f[7];
  const residual = u * a + v * b + f[6] * x + f[7] * y + f[8];
  return (residual * residual) / (a * a + b * b + c * c + d * d);
}

/** MSAC's cost; some number above `limit` as soon as it is beyond. */
function costOf(
  f: Float64Array,
  pairs: Float64Array,
  threshold: number,
  limit = Number.POSITIVE_INFINITY,
): number {
  let cost = 0;
  for (let at = 0; at < pairs.length && cost <= limit; at += 4) {
    const ratio = squaredSampsonError(f, pairs, at) / threshold ** 2;
    cost += ratio < 1 ? ratio : 1;
  }
  return cost;
}

function agreeing(f: Float64Array, pairs: Float64Array, threshold: number): Uint8Array {
  return Uint8Array.from({ length: pairs.length / 4 }, (_, m) =>
    squaredSampsonError(f, pairs, 4 * m) <= threshold ** 2 ? 1 : 0,
  );
}

/** The chance that a meaningless match lies within the threshold of its line: the longest strip's share. */
function chanceOfLine(pairs: Float64Array, threshold: number): number {
  const [xs, ys] = [2, 3].map((offset) => pairs.filter((_, at) => at % 4 === offset));
  const width =
    xs.reduce((most, x) => Math.max(most, x), -Infinity) -
    xs.reduce((least, x) => Math.min(least, x), Infinity);
  const height =
    ys.reduce((most, y) => Math.max(most, y), -Infinity) -
    ys.reduce((least, y) => Math.min(least, y), Infinity);
  return Math.min(1, (2 * threshold * Math.hypot(width, height)) / (width * height) || 1);
}
