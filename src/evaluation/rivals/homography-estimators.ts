/** Homographies from matches by two estimators: this project's own, and OpenCV's as the common yardstick. */
import type { Features } from '../../features/features.js';
import { estimateHomography } from '../../geometry/estimate-homography.js';
import type { Homography } from '../../geometry/homography.js';
import type { Matches } from '../../matching/matches.js';
import { pickPoints } from '../metrics/detection-metrics.js';
import { type Mat, type OpenCv, withOpenCv } from './opencv.js';

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

/** This project's estimator, deterministic by seed. */
export function estimateWithOurs(
  features0: Features,
  features1: Features,
  matches: Matches,
  settings: RobustSettings,
): Estimate {
  const { H_0to1, inlierCount } = estimateHomography(features0, features1, matches, { ...settings, seed: 0 });
  return { H_0to1, inlierCount };
}

/** OpenCV's `findHomography` with RANSAC; it seeds itself with the same number at each call. */
export function estimateWithOpenCv(
  features0: Features,
  features1: Features,
  matches: Matches,
  { threshold, maxIterations, confidence }: RobustSettings,
): Promise<Estimate> {
  return withOpenCv((cv, keep) => {
    if (matches.count < 4) return { H_0to1: null, inlierCount: 0 };
    const mask = keep(new cv.Mat());
    const found = keep(
      cv.findHomography(
        keep(pointsMat(cv, features0, matches.indices0)),
        keep(pointsMat(cv, features1, matches.indices1)),
        cv.RANSAC,
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
  mat.data64F.set(pickPoints(keypoints, indices));
  return mat;
}
