/** How good an estimated homography is (§7.3 of DeTone et al. 2018, and the AUC of later work). */
import { type Homography, warpPoints } from '../../geometry/homography.js';
import type { Size } from './detection-metrics.js';

/** Whether the corners of a picture are the centres of its corner pixels or the ends of its area. */
export type CornerRule = 'pixelCentres' | 'pictureEdges';

/**
 * Mean distance in pixels between the four corners of view 0 as the two homographies map them.
 *
 * @param estimated null when the estimation failed: the error is then infinite.
 * @param corners `pixelCentres`: (0, 0) … (W - 1, H - 1); `pictureEdges`: (-0.5, -0.5) … (W - 0.5, H - 0.5).
 */
export function cornerError(
  estimated: Homography | null,
  truth: Homography,
  { width, height }: Size,
  corners: CornerRule = 'pixelCentres',
): number {
  if (estimated === null) return Number.POSITIVE_INFINITY;
  const margin = corners === 'pictureEdges' ? 0.5 : 0;
  const [left, top, right, bottom] = [-margin, -margin, width - 1 + margin, height - 1 + margin];
  const points = [left, top, right, top, left, bottom, right, bottom];
  const ours = warpPoints(estimated, points);
  const theirs = warpPoints(truth, points);
  let sum = 0;
  for (let n = 0; n < 8; n += 2) sum += Math.hypot(ours[n] - theirs[n], ours[n + 1] - theirs[n + 1]);
  // A corner on the horizon is not a number; such an estimate is as wrong as none.
  return Number.isFinite(sum) ? sum / 4 : Number.POSITIVE_INFINITY;
}

/** Share of the errors that are at most `threshold`. NaN for no errors. */
export function correctness(errors: readonly number[], threshold: number): number {
  return errors.filter((error) => error <= threshold).length / errors.length;
}

/**
 * Area under the curve "share of errors at most e" for e from 0 to `threshold`, divided by `threshold`.
 * The curve is drawn straight from (0, 0) through the points (e_i, i / N) of the sorted errors and runs
 * level after the last one below the threshold, as is usual since SuperGlue. NaN for no errors.
 */
export function areaUnderRecall(errors: readonly number[], threshold: number): number {
  if (errors.length === 0) return Number.NaN;
  const sorted = errors.filter((error) => error < threshold).sort((a, b) => a - b);
  let area = 0;
  let [previousError, previousRecall] = [0, 0];
  for (const [n, error] of sorted.entries()) {
    const recall = (n + 1) / errors.length;
    area += ((error - previousError) * (recall + previousRecall)) / 2;
    [previousError, previousRecall] = [error, recall];
  }
  return (area + (threshold - previousError) * previousRecall) / threshold;
}
