/**
 * Whether a homography is more than chance, a contrario (Moisan and Stival, IJCV 57, 2004): the number of homographies through samples of the same matches with which as many would agree
 * if the matches meant nothing. With n matches of which k agree, samples of s = 4 and the chance p that a
 * meaningless match agrees, this number of false alarms is (n - s) C(n, k) C(k, s) p^(k - s).
 *
 * The usual p is the share of the picture that lies within the threshold of one place. It is too small where
 * keypoints crowd: measured on unrelated photographs, as many as 100 times. Ours is the share of all ways to
 * pair the matched points of both pictures anew that would agree with this homography; it knows the crowds,
 * and homographies that shrink a whole picture into one of them.
 */
import type { Random } from '../random.js';
import { type PointPairs, squaredTransferError } from './fit-homography.js';

/** What agreement on a homography is worth. */
export interface HomographyVerdict {
  /**
   * `plane`: more matches agree than chance would give. `chance`: no more. `undetermined`: more than chance,
   * but all save a few lie on a line or in too few places, so that many homographies would do.
   */
  readonly verdict: 'plane' | 'chance' | 'undetermined';
  /** Logarithm to base 10 of the number of false alarms: the lower, the surer. */
  readonly logFalseAlarms: number;
}

/** Lines tried; one with half of the points on it is missed once in 10^9. */
const LINES = 72;

/**
 * Judges a homography by the matches that agree with it.
 *
 * @param pairs [M, 4] @param cutoff transfer error of a match that agrees, in the units of `pairs`.
 * @param maxFalseAlarms that pass as more than chance.
 */
export function judgeHomography(
  h: Float64Array,
  pairs: PointPairs,
  cutoff: number,
  maxFalseAlarms: number,
  random: Random,
): HomographyVerdict {
  const limit = Math.log10(maxFalseAlarms);
  const logAll = logAmongAll(h, pairs, cutoff);
  if (!(logAll <= limit)) return { verdict: 'chance', logFalseAlarms: logAll };
  const logFalseAlarms = Math.max(
    logAll,
    ...[0, 2].map((side) => logBesideLine(h, pairs, cutoff, side, random)),
  );
  return { verdict: logFalseAlarms <= limit ? 'plane' : 'undetermined', logFalseAlarms };
}

function logAmongAll(h: Float64Array, pairs: PointPairs, cutoff: number): number {
  const agreeing = agreeingPairs(h, pairs, cutoff).length / 4;
  return logFalseAlarms(pairs.length / 4, agreeing, 4, chanceOf(h, pairs, pairs, cutoff));
}

/**
 * The same among the pairs beside the line on which most of those that agree lie, each place counted once.
 * A homography whose values on a line are known has three degrees of freedom left: two matches.
 */
function logBesideLine(
  h: Float64Array,
  pairs: PointPairs,
  cutoff: number,
  side: number,
  random: Random,
): number {
  const beside = pairsBesideLine(h, pairs, cutoff, side, random);
  const places = countPlaces(agreeingPairs(h, beside, cutoff), side, 2 * cutoff);
  return logFalseAlarms(beside.length / 4, places, 2, chanceOf(h, beside, pairs, cutoff));
}

/** The squares of this size that hold a point of one picture. */
function countPlaces(pairs: PointPairs, side: number, size: number): number {
  const places = new Set<string>();
  for (let at = side; at < pairs.length; at += 4) {
    places.add(`${Math.floor(pairs[at] / size)} ${Math.floor(pairs[at + 1] / size)}`);
  }
  return places.size;
}

/** The chance that a meaningless match agrees: of place in the whole picture, or of pairing these, the greater. */
function chanceOf(h: Float64Array, some: PointPairs, all: PointPairs, cutoff: number): number {
  return Math.min(1, Math.max(chanceOfPlace(all, cutoff), chanceOfPairing(h, some, cutoff)));
}

/**
 * The logarithm to base 10 of the number of false alarms.
 *
 * @param count matches @param agreeing of them @param sampleSize that determine a model
 * @param chance that a meaningless match agrees, in (0, 1].
 * @returns Infinity where no more agree than determine a model.
 */
export function logFalseAlarms(count: number, agreeing: number, sampleSize: number, chance: number): number {
  if (agreeing <= sampleSize) return Number.POSITIVE_INFINITY;
  return (
    Math.log10(count - sampleSize) +
    logBinomial(count, agreeing) +
    logBinomial(agreeing, sampleSize) +
    (agreeing - sampleSize) * Math.log10(chance)
  );
}

/** Logarithm to base 10 of n over k. */
function logBinomial(n: number, k: number): number {
  let sum = 0;
  for (let i = 1; i <= Math.min(k, n - k); i++) sum += Math.log10((n + 1 - i) / i);
  return sum;
}

function agreeingPairs(h: Float64Array, pairs: PointPairs, cutoff: number): PointPairs {
  return filterPairs(pairs, (at) => squaredTransferError(h, pairs, at) <= cutoff * cutoff);
}

/** The pairs at whose offset the condition holds. */
function filterPairs(pairs: PointPairs, keep: (at: number) => boolean): PointPairs {
  let length = 0;
  const kept = new Float64Array(pairs.length);
  for (let at = 0; at < pairs.length; at += 4) {
    if (!keep(at)) continue;
    kept.set(pairs.subarray(at, at + 4), length);
    length += 4;
  }
  return kept.subarray(0, length);
}

/** The share of the rectangle that the points of picture 1 fill which lies within the cut-off of one place. */
function chanceOfPlace(pairs: PointPairs, cutoff: number): number {
  let [left, right, top, bottom] = [pairs[2], pairs[2], pairs[3], pairs[3]];
  for (let at = 2; at < pairs.length; at += 4) {
    left = Math.min(left, pairs[at]);
    right = Math.max(right, pairs[at]);
    top = Math.min(top, pairs[at + 1]);
    bottom = Math.max(bottom, pairs[at + 1]);
  }
  return (Math.PI * cutoff * cutoff) / ((right - left) * (bottom - top));
}

/** The share of the pairings of a point of picture 0 with the partner of another one that agree with `h`. */
function chanceOfPairing(h: Float64Array, pairs: PointPairs, cutoff: number): number {
  const count = pairs.length / 4;
  const order = Int32Array.from({ length: count }, (_, m) => 4 * m).sort(
    (a, b) => pairs[a + 2] - pairs[b + 2],
  );
  const sortedX = Float64Array.from(order, (at) => pairs[at + 2]);
  let agreeing = 0;
  for (let at = 0; at < pairs.length; at += 4) {
    const w = h[6] * pairs[at] + h[7] * pairs[at + 1] + h[8];
    if (!(w > 0)) continue;
    const x = (h[0] * pairs[at] + h[1] * pairs[at + 1] + h[2]) / w;
    const y = (h[3] * pairs[at] + h[4] * pairs[at + 1] + h[5]) / w;
    for (let n = firstNotBelow(sortedX, x - cutoff); n < count && sortedX[n] <= x + cutoff; n++) {
      const other = order[n];
      const squared = (sortedX[n] - x) ** 2 + (pairs[other + 3] - y) ** 2;
      if (other !== at && squared <= cutoff * cutoff) agreeing++;
    }
  }
  return agreeing / Math.max(1, count * (count - 1));
}

/** Index of the first of ascending values that is not below `least`. */
function firstNotBelow(sorted: Float64Array, least: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < least) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * The pairs whose point of one picture lies further than the cut-off from the line on which most of those
 * that agree lie there.
 * @param side 0 or 2: the offset of that picture's point in a pair.
 */
function pairsBesideLine(
  h: Float64Array,
  pairs: PointPairs,
  cutoff: number,
  side: number,
  random: Random,
): PointPairs {
  const agreeing = agreeingPairs(h, pairs, cutoff);
  let best: Line | undefined;
  let leastBeside = Number.POSITIVE_INFINITY;
  for (let n = 0; n < LINES; n++) {
    const a = side + 4 * random.integer(0, agreeing.length / 4 - 1);
    const b = side + 4 * random.integer(0, agreeing.length / 4 - 1);
    const line = lineThrough(agreeing, a, b);
    let beside = 0;
    for (let at = side; at < agreeing.length && beside < leastBeside; at += 4) {
      if (distanceFrom(line, agreeing, at) > cutoff) beside++;
    }
    if (beside >= leastBeside) continue;
    leastBeside = beside;
    best = line;
  }
  return best ? filterPairs(pairs, (at) => distanceFrom(best, pairs, at + side) > cutoff) : pairs;
}

/** The points (x, y) with nx x + ny y = offset; the normal has length 1. */
interface Line {
  readonly nx: number;
  readonly ny: number;
  readonly offset: number;
}

/** Two points at one place: a line of any direction through it. */
function lineThrough(points: PointPairs, a: number, b: number): Line {
  const [x, y] = [points[a], points[a + 1]];
  const length = Math.hypot(points[b] - x, points[b + 1] - y);
  const [nx, ny] = length > 0 ? [(y - points[b + 1]) / length, (points[b] - x) / length] : [0, 1];
  return { nx, ny, offset: nx * x + ny * y };
}

function distanceFrom({ nx, ny, offset }: Line, points: PointPairs, at: number): number {
  return Math.abs(nx * points[at] + ny * points[at + 1] - offset);
}
