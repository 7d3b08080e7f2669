/**
 * Random sample consensus: homographies through four correspondences, scored by the truncated quadratic
 * cost (MSAC, Torr and Zisserman 2000), given up early by a sequential test (Matas and Chum 2005), each new
 * best locally optimised (Chum, Matas and Kittler 2003).
 */
import type { Random } from '../random.js';
import { type PointPairs, refineHomography, squaredTransferError } from './fit-homography.js';

/** How long to look. */
export interface ConsensusSettings {
  /** Transfer error, in the units of the pairs, up to which a correspondence agrees. */
  readonly cutoff: number;
  /** Stop once a better sample is less likely than 1 - confidence. */
  readonly confidence: number;
  /** Homographies that are scored, at most. */
  readonly maxIterations: number;
}

/** Steps of local optimisation, with the cut-off falling from the first to the last multiple of the threshold. */
const LOCAL_CUTOFFS = [2.5, 2, 1.5, 1.5];
/** Draws at most for each homography that may be scored: one in five random samples is a view of a plane. */
const DRAWS = 10;
/** A homography is given up once it looks this much more like one of the useless ones than like a better one. */
const LOG_DOUBT = Math.log(100);
/** Share of the matches that agree with a useless homography, for the sequential test. */
const USELESS_SHARE = 1e-3;
/** Fewer matches than this do not agree on anything that the verdict would let pass. */
const LEAST_AGREEING = 8;
/** Samples are refused if a triangle of theirs has less than this of the square of the longest side. */
const MIN_TRIANGLE = 1e-3;
/**
 * The best of many four-point homographies.
 *
 * @param pairs [M, 4], M >= 4. @returns undefined if no sample was usable, as where all points lie on a line.
 */
export function sampleConsensus(
  pairs: PointPairs,
  { cutoff, confidence, maxIterations }: ConsensusSettings,
  random: Random,
): Float64Array | undefined {
  // In random order, so that the first of them speak for all.
  const shuffled = shufflePairs(pairs, random);
  const count = pairs.length / 4;
  const sample = new Int32Array(4);
  const h = new Float64Array(9);
  let best: Float64Array | undefined;
  let bestCost = Number.POSITIVE_INFINITY;
  let share = Math.min(LEAST_AGREEING / count, 0.5);
  let needed = DRAWS * maxIterations;
  for (let draw = 0, scored = 0; draw < needed && scored < maxIterations; draw++) {
    drawSample(sample, count, random);
    if (!homographyThrough(shuffled, sample, h)) continue;
    scored++;
    const cost = costUnlessHopeless(h, shuffled, cutoff, bestCost, share);
    if (!(cost < bestCost)) continue;
    const optimised = LOCAL_CUTOFFS.reduce<Float64Array>(
      (fit, k) => refineHomography(fit, pairs, k * cutoff, 3),
      h,
    );
    const optimisedCost = costUnlessHopeless(optimised, shuffled, cutoff, cost, share);
    best = optimisedCost < cost ? optimised : h.slice();
    bestCost = Math.min(cost, optimisedCost);
    const found = inlierRatio(best, shuffled, cutoff);
    share = Math.max(share, found);
    needed = Math.min(DRAWS * maxIterations, Math.log(1 - confidence) / Math.log1p(-(found ** 4)));
  }
  return best;
}

function shufflePairs(pairs: PointPairs, random: Random): PointPairs {
  const order = random.shuffle(Int32Array.from({ length: pairs.length / 4 }, (_, m) => m));
  const shuffled = new Float64Array(pairs.length);
  order.forEach((from, to) => {
    shuffled.set(pairs.subarray(4 * from, 4 * from + 4), 4 * to);
  });
  return shuffled;
}

/**
 * MSAC's cost, in units of the squared cut-off, or infinity as soon as it exceeds `limit` or as the correspondences seen so far are
 * `LOG_DOUBT` likelier for a useless homography than for one with which this share of them agrees.
 */
function costUnlessHopeless(
  h: Float64Array,
  pairs: PointPairs,
  cutoff: number,
  limit: number,
  share: number,
): number {
  const square = cutoff * cutoff;
  const agreeing = Math.log(USELESS_SHARE / share);
  const disagreeing = Math.log((1 - USELESS_SHARE) / (1 - share));
  let cost = 0;
  let doubt = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    const error = squaredTransferError(h, pairs, at);
    if (error < square) {
      cost += error / square;
      doubt += agreeing;
    } else {
      cost++;
      doubt += disagreeing;
    }
    if (cost > limit || doubt > LOG_DOUBT) return Number.POSITIVE_INFINITY;
  }
  return cost;
}

function inlierRatio(h: Float64Array, pairs: PointPairs, cutoff: number): number {
  let inliers = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    if (squaredTransferError(h, pairs, at) <= cutoff * cutoff) inliers++;
  }
  // Not 1, so that logarithms of what is left stay finite.
  return Math.min((4 * inliers) / pairs.length, 0.9999);
}

/** Four different numbers below `count`. */
function drawSample(sample: Int32Array, count: number, random: Random): void {
  for (let n = 0; n < 4; ) {
    const index = random.integer(0, count - 1);
    let isNew = true;
    for (let earlier = 0; earlier < n; earlier++) isNew &&= sample[earlier] !== index;
    if (isNew) sample[n++] = index;
  }
}

/**
 * Puts the homography through four correspondences into `h`, with w > 0 at them.
 *
 * With P the source's first three points as columns (x, y, 1), P⁻¹ takes the fourth to the areas of the
 * triangles that it makes with two of the three, over the area of the three; Q does the same in the target.
 * So H = Q diag(r) P⁻¹ up to scale, r the target's areas over the source's.
 *
 * @returns false if three points lie nearly on a line, or if the triangles change orientation unequally,
 *   which no view of a plane does; all four the other way round is a mirrored picture.
 */
export function homographyThrough(pairs: PointPairs, sample: Int32Array, h: Float64Array): boolean {
  const [a, b, c, d] = [4 * sample[0], 4 * sample[1], 4 * sample[2], 4 * sample[3]];
  const whole0 = twiceArea(pairs, a, b, c);
  const whole1 = twiceArea(pairs, a + 2, b + 2, c + 2);
  const isMirrored = whole0 > 0 !== whole1 > 0;
  const least0 = MIN_TRIANGLE * squaredExtent(pairs, a, b, c, d);
  const least1 = MIN_TRIANGLE * squaredExtent(pairs, a + 2, b + 2, c + 2, d + 2);
  if (!(Math.abs(whole0) > least0 && Math.abs(whole1) > least1)) return false;
  h.fill(0);
  for (let corner = 0; corner < 3; corner++) {
    const [at, next, last] = corner === 0 ? [a, b, c] : corner === 1 ? [b, c, a] : [c, a, b];
    const area0 = twiceArea(pairs, d, next, last);
    const area1 = twiceArea(pairs, d + 2, next + 2, last + 2);
    if (!(Math.abs(area0) > least0 && Math.abs(area1) > least1)) return false;
    if ((area0 > 0 !== area1 > 0) !== isMirrored) return false;
    // The row of P⁻¹ is the line through the other two points.
    const ratio = area1 / area0 / whole0;
    const lineX = ratio * (pairs[next + 1] - pairs[last + 1]);
    const lineY = ratio * (pairs[last] - pairs[next]);
    const line1 = ratio * (pairs[next] * pairs[last + 1] - pairs[last] * pairs[next + 1]);
    const sign = isMirrored ? -1 : 1;
    for (let row = 0; row < 3; row++) {
      const target = sign * (row < 2 ? pairs[at + 2 + row] : 1);
      h[3 * row] += target * lineX;
      h[3 * row + 1] += target * lineY;
      h[3 * row + 2] += target * line1;
    }
  }
  return true;
}

/** Twice the signed area of the triangle of three points, given by the offsets of their x. */
function twiceArea(points: PointPairs, a: number, b: number, c: number): number {
  return (
    (points[b] - points[a]) * (points[c + 1] - points[a + 1]) -
    (points[b + 1] - points[a + 1]) * (points[c] - points[a])
  );
}

function squaredExtent(points: PointPairs, a: number, b: number, c: number, d: number): number {
  return Math.max(
    squaredDistance(points, a, b),
    squaredDistance(points, a, c),
    squaredDistance(points, a, d),
  );
}

function squaredDistance(points: PointPairs, a: number, b: number): number {
  return (points[b] - points[a]) ** 2 + (points[b + 1] - points[a + 1]) ** 2;
}
