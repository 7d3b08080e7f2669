/**
 * How well a detector finds the same points in two views of a plane (§7.1 of DeTone et al. 2018):
 * repeatability and localisation error. Points are [N, 2] x y in pixels of their own view.
 */
import { pickRows } from '../../features/pick-features.js';
import { type Homography, invertHomography, warpPoints } from '../../geometry/homography.js';

/** Width and height of a picture in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Whether a point lies on the picture, its outermost pixel centres included. */
export function isOnPicture(x: number, y: number, { width, height }: Size): boolean {
  return x >= 0 && y >= 0 && x <= width - 1 && y <= height - 1;
}

/**
 * Indices of the points of one view that the other view sees too: those that the homography maps onto it.
 * @param points [N, 2] in the first view.
 */
export function pointsInSharedView(
  points: ArrayLike<number>,
  H_thisToOther: Homography,
  other: Size,
): Int32Array {
  const warped = warpPoints(H_thisToOther, points);
  const kept: number[] = [];
  for (let n = 0; n < warped.length / 2; n++) {
    if (isOnPicture(warped[2 * n], warped[2 * n + 1], other)) kept.push(n);
  }
  return Int32Array.from(kept);
}

/** Distance from each point to the nearest of `others`; infinite when there are none. */
export function nearestDistances(points: ArrayLike<number>, others: ArrayLike<number>): Float64Array {
  const distances = new Float64Array(points.length / 2);
  for (let n = 0; n < distances.length; n++) {
    let best = Number.POSITIVE_INFINITY;
    for (let m = 0; m < others.length; m += 2) {
      const dx = points[2 * n] - others[m];
      const dy = points[2 * n + 1] - others[m + 1];
      const squared = dx * dx + dy * dy;
      if (squared < best) best = squared;
    }
    distances[n] = Math.sqrt(best);
  }
  return distances;
}

/** What `repeatability` measures on one pair. */
export interface Repeatability {
  /** Points of either view with a point of the other within ε, over all; NaN when no view has one. */
  readonly repeatability: number;
  /** Mean distance in pixels of those repeated points; NaN when there are none. */
  readonly localisationError: number;
  /** Points in the shared view that took part. */
  readonly count0: number;
  readonly count1: number;
}

/**
 * Repeatability and localisation error of a pair for several thresholds: points outside the shared view
 * are dropped, then at most `best` of each view are kept, those of view 0 are warped to view 1, and each
 * point looks for its nearest neighbour there (not one to one). A distance of exactly ε counts.
 *
 * @param points0 [N, 2] by descending score. @param points1 [M, 2] by descending score.
 * @param best at most so many of each view after the shared view has been cut. @default Infinity
 * @returns one result for each of `epsilons`.
 */
export function repeatability(
  points0: ArrayLike<number>,
  points1: ArrayLike<number>,
  H_0to1: Homography,
  size0: Size,
  size1: Size,
  epsilons: readonly number[],
  best = Number.POSITIVE_INFINITY,
): Repeatability[] {
  const shared0 = pointsInSharedView(points0, H_0to1, size1).slice(0, best);
  const shared1 = pointsInSharedView(points1, invertHomography(H_0to1), size0).slice(0, best);
  const warped0 = warpPoints(H_0to1, pickRows(points0, 2, shared0, new Float64Array(2 * shared0.length)));
  const kept1 = pickRows(points1, 2, shared1, new Float64Array(2 * shared1.length));
  const distances = [...nearestDistances(warped0, kept1), ...nearestDistances(kept1, warped0)];
  return epsilons.map((epsilon) => {
    const repeated = distances.filter((distance) => distance <= epsilon);
    return {
      repeatability: repeated.length / distances.length,
      localisationError: repeated.reduce((sum, distance) => sum + distance, 0) / repeated.length,
      count0: shared0.length,
      count1: shared1.length,
    };
  });
}
