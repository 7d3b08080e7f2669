/** Homographies from matches: by OpenCV's RANSAC as the common yardstick, its USAC_MAGSAC, and this project's own. */
import type { Features } from '../../features/features.js';
import { pickRows } from '../../features/pick-features.js';
import { estimateHomography } from '../../geometry/estimate-homography.js';
import type { Homography } from '../../geometry/homography.js';
import type { Matches } from '../../matching/matches.js';
import { loadOpenCv, type Mat, type OpenCv, withOpenCv } from './opencv.js';

/** Settings of a robust estimation. */
export interface RobustSettings {
  /** Largest reprojection error of an inlier, pixels. */
  readonly threshold: number;
  readonly maxIterations: number;
  readonly confidence: number;
}

/** A homography and the number of matches that agree with it. */
export interface Estimate {
  readonly H_0to1: Homography | null;
  readonly inlierCount: number;
}

/** The estimators that are compared: OpenCV's RANSAC first, the common yardstick. */
export const ESTIMATORS = ['opencv', 'magsac', 'ours'] as const;

/** An estimator of homographies. */
export type EstimatorName = (typeof ESTIMATORS)[number];

/** Something of each estimator; builds of OpenCV may lack USAC_MAGSAC. */
export type ByEstimator<T> = Readonly<Record<Exclude<EstimatorName, 'magsac'>, T>> & { readonly magsac?: T };

/** Something that follows from each estimate. */
export function perEstimator<T>(
  { opencv, magsac, ours }: ByEstimator<Estimate>,
  of: (estimate: Estimate) => T,
): ByEstimator<T> {
  return { opencv: of(opencv), ...(magsac ? { magsac: of(magsac) } : {}), ours: of(ours) };
}

/** The homography by each estimator. */
export async function estimateWithAll(
  features0: Features,
  features1: Features,
  matches: Matches,
  settings: RobustSettings,
): Promise<ByEstimator<Estimate>> {
  const { RANSAC, USAC_MAGSAC } = await loadOpenCv();
  const magsac =
    USAC_MAGSAC && (await estimateWithOpenCv(features0, features1, matches, settings, USAC_MAGSAC));
  // Deterministic by seed.
  const { H_0to1, inlierCount } = estimateHomography(features0, features1, matches, { ...settings, seed: 0 });
  return {
    opencv: await estimateWithOpenCv(features0, features1, matches, settings, RANSAC),
    ...(magsac ? { magsac } : {}),
    ours: { H_0to1, inlierCount },
  };
}

/** OpenCV's `findHomography` by one of its methods; it seeds itself with the same number at each call. */
export function estimateWithOpenCv(
  features0: Features,
  features1: Features,
  matches: Matches,
  { threshold, maxIterations, confidence }: RobustSettings,
  method: number,
): Promise<Estimate> {
  return withOpenCv((cv, keep) => {
    if (matches.count < 4) return { H_0to1: null, inlierCount: 0 };
    const mask = keep(new cv.Mat());
    const found = keep(
      cv.findHomography(
        keep(pointsMat(cv, features0, matches.indices0)),
        keep(pointsMat(cv, features1, matches.indices1)),
        method,
        threshold,
        mask,
        maxIterations,
        confidence,
      ),
    );
    if (found.rows !== 3) return { H_0to1: null, inlierCount: 0 };
    return {
      H_0to1: found.data64F.slice(),
      inlierCount: mask.data.reduce((sum, isInlier) => sum + isInlier, 0),
    };
  });
}

function pointsMat(cv: OpenCv, { keypoints }: Features, indices: Int32Array): Mat {
  const mat = new cv.Mat(indices.length, 1, cv.CV_64FC2);
  pickRows(keypoints, 2, indices, mat.data64F);
  return mat;
}
